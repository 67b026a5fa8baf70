// How lists of hits are joined and scored anew: `strategy` and its `params` of a hybrid search, or
// a function of function_score.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/status.h"
#include "model/json.h"
#include "model/schema.h"
#include "query/decay.h"
#include "query/hits.h"
#include "query/rerank.h"

namespace elanus::gateway {

struct Reranker {
  double k = 60;               // rank fusion
  std::vector<float> weights;  // not empty: weighted
  bool normalize = false;
  // Scores are joined by `mode` and fall with the number in `input`.
  struct Decay {
    query::Decay curve;
    query::ScoreMode mode = query::ScoreMode::kMax;
    FieldId input;
  };
  std::optional<Decay> decay;
};

Result<Reranker> ParseReranker(const Properties& rank_params, size_t searches);

// What both ways of asking have in common.
Status CheckRankFusion(const Reranker& reranker);
Result<std::vector<float>> ParseWeights(const JsonView& weights);
Status CheckWeights(const Reranker& reranker, size_t searches);

// The lists as one, best first. `input`: the output column of the decay's field.
query::HitLists Rerank(const Reranker& reranker, const std::vector<query::HitLists>& lists,
                       const std::vector<Metric>& metrics, size_t input);
// Whether larger scores are better in what Rerank gives.
bool Descends(const Reranker& reranker, const std::vector<Metric>& metrics);

}  // namespace elanus::gateway
