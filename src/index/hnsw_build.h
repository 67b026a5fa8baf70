// Builds a layered graph over the valid rows of a space. The result depends on the rows and the
// parameters only, not on the number of threads: nodes are inserted in batches that see the graph
// as it was before the batch, and the links back are applied in a fixed order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/context.h"
#include "index/array.h"
#include "index/graph.h"
#include "index/workers.h"

namespace elanus::index {

struct GraphParams {
  size_t m = 16;  // neighbours a node chooses; layer 0 keeps up to 2 m
  size_t ef_construction = 200;
};

struct BuiltGraph {
  std::vector<uint32_t> order;  // of the upper layers
  std::vector<uint32_t> first;  // the rows inserted first, a random sample: seeds for a search
  std::vector<size_t> counts;   // per layer
  std::vector<size_t> degrees;
  std::vector<Array<uint32_t>> links;  // per layer
  uint32_t entry_row = Graph::kNone;

  Graph View() const;
};

// `valid`: a byte a row or null; rows that are not valid get no links and are never reached. Every
// other row can be reached from the entry along layer 0.
Status BuildGraph(const Context& context, const Space& space, size_t rows, const uint8_t* valid,
                  const GraphParams& params, Workers* workers, const Progress& progress,
                  BuiltGraph* out);

}  // namespace elanus::index
