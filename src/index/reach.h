// How far a graph search goes. It stops where the next node is farther than the k-th best found by
// more than a factor, so that easy queries end early and hard ones do not (Al-Jazzazi et al.,
// "Distance adaptive beam search for provably accurate graph-based nearest neighbor search", 2025).
// The factor comes from the effort that was asked for: `ef` is to reach about as far as a beam of
// ef nodes does, and how distances grow with the rank is measured at the build.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/graph.h"
#include "index/workers.h"

namespace elanus::index {

// growth[i]: the typical distance of the 10 * 2^i-th neighbour as a part of the tenth's; squared
// distances in the space of the graph.
struct Growth {
  static constexpr size_t kSteps = 8;
  std::array<float, kSteps> growth = {1, 1, 1, 1, 1, 1, 1, 1};

  // At rank k * ratio against rank k.
  float At(double ratio) const;
};

// From the rows named by `sample`.
Growth MeasureGrowth(const Space& space, size_t rows, const uint8_t* valid,
                     const std::vector<uint32_t>& sample, Workers* workers);

// `estimated`: nodes are kept by estimates from codes of their neighbours, whose error widens the
// search by itself.
Reach ReachOf(const Growth& growth, size_t k, size_t ef, float shift, bool estimated);

}  // namespace elanus::index
