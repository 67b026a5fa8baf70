// Clustering for inverted lists: Lloyd's rounds over growing samples, rows matched to centres by
// products of bytes (simd/tiles.h); small lists move into large ones, so that lists are of similar
// length. Deterministic: the same rows and parameters give the same centres, whatever the threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/context.h"
#include "index/vector_index.h"
#include "index/workers.h"

namespace elanus::index {

// Centres of the valid rows of a dense column: `count` of them, fewer when there are fewer rows.
// Numeric columns: float32 by L2 (of normalised rows for COSINE). Binary: majority bits by Hamming.
struct Centres {
  size_t count = 0;
  size_t dim = 0;
  std::vector<float> floats;  // numeric: count x dim
  std::vector<uint8_t> bits;  // binary: count x dim/8
};

// Centres and the centre nearest to each valid row, kNoCentre for the others; nearest up to the
// precision of bytes and of a last small move of the centres.
inline constexpr uint32_t kNoCentre = ~0u;
Status ClusterRows(const Context& context, const VectorView& vectors, Metric metric, size_t count,
                   Workers* workers, Centres* centres, std::vector<uint32_t>* owner);

}  // namespace elanus::index
