#include "gateway/rank_params.h"

#include <algorithm>
#include <string>

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
  if (reranker.k <= 0 || reranker.k >= 16384) {
    return Invalid("The rank params k should be in range (0, 16384)");
  }
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
  for (size_t i = 0; i < weights.size(); ++i) {
    const JsonView weight = weights.At(i);
    if (!weights.is_array() || !weight.is_number()) {
      return Invalid("failed to parse weights: the weights param should be an array of numbers");
    }
    if (!(weight.number() >= 0 && weight.number() <= 1)) {
      return Invalid("rank param weight should be in range [0, 1]");
    }
    reranker.weights.push_back(static_cast<float>(weight.number()));
  }
  if (reranker.weights.empty()) {
    return Invalid("rerank_builder: weighted reranker requires weights parameter");
  }
  if (reranker.weights.size() != searches) {
    return InvalidExpected(std::to_string(searches), std::to_string(reranker.weights.size()),
                           "the length of weights param mismatch with ann search requests");
  }
  return reranker;
}

}  // namespace

Result<Reranker> ParseReranker(const Properties& rank_params, size_t searches) {
  std::string strategy = "rrf";
  if (const std::string* given = FindProperty(rank_params, "strategy")) strategy = *given;
  std::transform(strategy.begin(), strategy.end(), strategy.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
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
