// How a hybrid search joins its lists: `strategy` and its `params`.
#pragma once

#include <cstddef>
#include <vector>

#include "base/status.h"
#include "model/schema.h"

namespace elanus::gateway {

struct Reranker {
  double k = 60;               // rank fusion
  std::vector<float> weights;  // not empty: weighted
  bool normalize = false;
};

Result<Reranker> ParseReranker(const Properties& rank_params, size_t searches);

}  // namespace elanus::gateway
