#include "gateway/rank_params.h"

#include <string>

#include "base/text.h"
#include "gateway/text.h"
#include "model/json.h"

namespace elanus::gateway {
namespace {

template <typename... Parts>
Status BuilderError(const Parts&... parts) {
  return Invalid("rerank_builder: ", Concat(parts...), ": invalid parameter");
}

Result<Reranker> ParseRankFusion(const JsonView& params) {
  Reranker reranker;
  const JsonView k = params.Find("k");
  if (!k.exists()) return reranker;
  if (!k.is_number()) return BuilderError("the type of rank param k should be float");
  reranker.k = k.number();
  TRY(CheckRankFusion(reranker));
  return reranker;
}

Result<Reranker> ParseWeighted(const JsonView& params, size_t searches) {
  Reranker reranker;
  const JsonView norm = params.Find("norm_score");
  if (norm.is_bool()) {
    reranker.normalize = norm.boolean();
  } else if (norm.exists()) {
    const auto parsed = norm.is_string() ? ParseBool(norm.string()) : std::nullopt;
    if (!parsed.has_value()) {
      return BuilderError("the type of rank param norm_score should be bool");
    }
    reranker.normalize = *parsed;
  }
  const JsonView weights = params.Find("weights");
  if (weights.exists()) reranker.weights = TRY(ParseWeights(weights));
  TRY(CheckWeights(reranker, searches));
  return reranker;
}

query::WeightedOptions Weighted(const Reranker& reranker, const std::vector<Metric>& metrics) {
  return {reranker.weights, metrics, reranker.normalize};
}

}  // namespace

Status CheckRankFusion(const Reranker& reranker) {
  if (reranker.k > 0 && reranker.k < 16384) return {};
  return Invalid("The rank params k should be in range (0, 16384)");
}

Result<std::vector<float>> ParseWeights(const JsonView& weights) {
  std::vector<float> parsed;
  for (size_t i = 0; i < weights.size(); ++i) {
    const JsonView weight = weights.At(i);
    if (!weights.is_array() || !weight.is_number()) {
      return Invalid("failed to parse weights: the weights param should be an array of numbers");
    }
    if (!(weight.number() >= 0 && weight.number() <= 1)) {
      return Invalid("rank param weight should be in range [0, 1]");
    }
    parsed.push_back(static_cast<float>(weight.number()));
  }
  return parsed;
}

Status CheckWeights(const Reranker& reranker, size_t searches) {
  if (reranker.weights.empty()) {
    return Invalid("rerank_builder: weighted reranker requires weights parameter");
  }
  if (reranker.weights.size() == searches) return {};
  return InvalidExpected(std::to_string(searches), std::to_string(reranker.weights.size()),
                         "the length of weights param mismatch with ann search requests");
}

query::HitLists Rerank(const Reranker& reranker, const std::vector<query::HitLists>& lists,
                       const std::vector<Metric>& metrics, size_t input) {
  if (reranker.decay.has_value()) {
    return query::Decayed(
        query::FuseByScore(lists, reranker.decay->mode, metrics, reranker.normalize),
        reranker.decay->curve, input);
  }
  if (reranker.weights.empty()) return query::FuseByRank(lists, reranker.k);
  return query::FuseByWeight(lists, Weighted(reranker, metrics));
}

bool Descends(const Reranker& reranker, const std::vector<Metric>& metrics) {
  const bool weighted = !reranker.decay.has_value() && !reranker.weights.empty();
  return !weighted || query::LargerIsBetter(Weighted(reranker, metrics));
}

Result<Reranker> ParseReranker(const Properties& rank_params, size_t searches) {
  const std::string* given = FindProperty(rank_params, "strategy");
  const std::string strategy = given != nullptr ? Lower(*given) : "rrf";
  std::string binary;
  if (const std::string* text = FindProperty(rank_params, "params");
      text != nullptr && !text->empty()) {
    Result<std::string> encoded = EncodeJson(*text);
    if (!encoded.ok()) {
      return BuilderError("parse rerank params failed: ", encoded.status().message());
    }
    binary = std::move(encoded).take();
  }
  const JsonView params(binary);
  if (strategy == "rrf") return ParseRankFusion(params);
  if (strategy == "weighted") return ParseWeighted(params, searches);
  return BuilderError("unsupported rank type ", strategy);
}

}  // namespace elanus::gateway
