#include "gateway/function_score.h"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <utility>

#include "base/text.h"
#include "gateway/params.h"
#include "gateway/text.h"
#include "model/json.h"

namespace elanus::gateway {
namespace {

// The last parameter of that name in any case.
const std::string* FindAnyCase(const Properties& params, std::string_view key) {
  const std::string* found = nullptr;
  for (const auto& [name, value] : params) {
    if (Lower(name) == key) found = &value;
  }
  return found;
}

std::string RankerOf(const RankFunction& function) {
  const std::string* name = FindAnyCase(function.params, "reranker");
  return name != nullptr ? Lower(*name) : std::string();
}

std::optional<double> ParseNumber(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size()) return std::nullopt;
  return value;
}

Result<bool> ParseMode(const std::string* text, std::string_view name) {
  if (text == nullptr) return false;
  const std::string mode = Lower(*text);
  if (mode == "sum") return true;
  if (mode == "multiply") return false;
  return Invalid("unknown ", name, " mode: ", mode);
}

Result<roles::Boost::Random> ParseRandom(const Schema& schema, const std::string& text) {
  const std::string binary = TRY(EncodeJson(text));
  const JsonView params(binary);
  if (!params.is_object()) return Invalid("random_score must be a JSON object, got ", text);
  roles::Boost::Random random;
  if (const JsonView name = params.Find("field"); name.exists()) {
    if (!name.is_string()) return Invalid("random seed field name must be string");
    const Field* field = schema.Find(name.string());
    if (field == nullptr) {
      return FailWith(Code::kFieldNotFound, "random seed field not found",
                      {{"field", name.string()}});
    }
    if (field->type != DataType::kInt64) {
      return Invalid("only support int64 field as random seed, but got ", NameOf(field->type));
    }
    random.field = field->id;
  }
  const JsonView seed = params.Find("seed");
  if (!seed.exists()) {
    random.seed = static_cast<int64_t>(std::random_device()());
  } else if (!seed.is_number()) {
    return Invalid("random seed must be number");
  } else if (seed.type() == JsonType::kInt) {
    random.seed = seed.int64();
  } else {
    return Invalid("parse boost random seed params failed: not an integer of 64 bits");
  }
  return random;
}

Result<roles::Boost> ParseBoost(const Schema& schema, const RankFunction& function,
                                const expr::TemplateValues& templates) {
  roles::Boost boost;
  if (const std::string* filter = FindProperty(function.params, "filter")) {
    auto compiled = expr::Compile(*filter, schema, templates);
    if (!compiled.ok()) return std::move(compiled).error().Prefixed("parse expr failed");
    boost.filter = std::move(compiled).take();
  }
  const std::string* weight = FindProperty(function.params, "weight");
  if (weight == nullptr) return Invalid("must set weight params for weight scorer");
  const std::optional<float> value = ParseFloat(*weight);
  if (!value.has_value()) {
    return Invalid("parse function scorer weight params failed: strconv.ParseFloat: parsing \"",
                   *weight, "\": invalid syntax");
  }
  boost.weight = *value;
  if (const std::string* random = FindProperty(function.params, "random_score")) {
    boost.random = TRY(ParseRandom(schema, *random));
  }
  return boost;
}

Result<Reranker> ParseRankFusion(const RankFunction& function) {
  Reranker reranker;
  const std::string* k = FindAnyCase(function.params, "k");
  if (k == nullptr) return reranker;
  const std::optional<double> value = ParseNumber(*k);
  if (!value.has_value()) return Invalid(*k, " is not a number");
  reranker.k = *value;
  TRY(CheckRankFusion(reranker));
  return reranker;
}

Result<Reranker> ParseWeighted(const RankFunction& function, size_t searches) {
  Reranker reranker;
  if (const std::string* weights = FindAnyCase(function.params, "weights")) {
    const auto binary = EncodeJson(*weights);
    if (!binary.ok()) return Invalid("failed to parse weights: ", binary.status().message());
    reranker.weights = TRY(ParseWeights(JsonView(*binary)));
  }
  if (const std::string* norm = FindAnyCase(function.params, "norm_score")) {
    const std::optional<bool> value = ParseBool(*norm);
    if (!value.has_value()) {
      return Invalid("failed to parse norm_score: strconv.ParseBool: parsing \"", *norm,
                     "\": invalid syntax");
    }
    reranker.normalize = *value;
  }
  TRY(CheckWeights(reranker, searches));
  return reranker;
}

Status CheckDecay(const std::string& curve, query::Decay* decay) {
  constexpr double kLeast = 0.001;
  constexpr double kMost = 0.999;
  constexpr std::string_view kLead = "rerank_builder: decay: ";
  if (decay->scale <= 0) return Invalid(kLead, "scale must be > 0, got ", decay->scale);
  if (decay->offset < 0) return Invalid(kLead, "offset must be >= 0, got ", decay->offset);
  if (decay->decay <= 0 || decay->decay >= 1) {
    return Invalid(kLead, "decay must be 0 < decay < 1, got ", decay->decay);
  }
  if (decay->decay < kLeast || decay->decay > kMost) {
    return Invalid(kLead, "decay must be between ", kLeast, " and ", kMost,
                   " for numerical stability, got ", decay->decay);
  }
  if (curve == "gauss") {
    decay->curve = query::DecayCurve::kGauss;
  } else if (curve == "exp") {
    decay->curve = query::DecayCurve::kExponential;
  } else if (curve == "linear") {
    decay->curve = query::DecayCurve::kLinear;
  } else {
    return Invalid(kLead, "invalid function \"", curve, "\", must be one of [gauss, exp, linear]");
  }
  return {};
}

Result<query::ScoreMode> ParseScoreMode(const std::string* text) {
  const std::string mode = text != nullptr ? Lower(*text) : "max";
  if (mode == "max") return query::ScoreMode::kMax;
  if (mode == "sum") return query::ScoreMode::kSum;
  if (mode == "avg") return query::ScoreMode::kAverage;
  return Invalid("unsupported score_mode: ", mode, ", only supports [max, sum, avg]");
}

Result<const Field*> InputField(const Schema& schema, const RankFunction& function,
                                std::string_view ranker) {
  if (function.inputs.size() != 1) {
    return Invalid("rerank_builder: ", ranker, " reranker requires exactly 1 input field, got ",
                   function.inputs.size());
  }
  const Field* field = schema.Find(function.inputs[0]);
  if (field != nullptr) return field;
  return Invalid("rerank_builder: input field ", function.inputs[0],
                 " not found in collection schema");
}

Result<Reranker> ParseDecay(const Schema& schema, const RankFunction& function) {
  Reranker::Decay step;
  const auto number = [&function](std::string_view key, double* value) -> Result<bool> {
    const std::string* text = FindAnyCase(function.params, key);
    if (text == nullptr) return false;
    const std::optional<double> parsed = ParseNumber(*text);
    if (!parsed.has_value()) return Invalid("decay param ", key, ": ", *text, " is not a number");
    *value = *parsed;
    return true;
  };
  const std::string* curve = FindAnyCase(function.params, "function");
  const bool has_origin = TRY(number("origin", &step.curve.origin));
  const bool has_scale = TRY(number("scale", &step.curve.scale));
  TRY(number("offset", &step.curve.offset));
  TRY(number("decay", &step.curve.decay));
  if (curve == nullptr) return Fail(Code::kParameterMissing, "decay function not specified");
  if (!has_origin) return Fail(Code::kParameterMissing, "decay origin not specified");
  if (!has_scale) return Fail(Code::kParameterMissing, "decay scale not specified");
  step.mode = TRY(ParseScoreMode(FindAnyCase(function.params, "score_mode")));

  Reranker reranker;
  reranker.normalize = IsTrue(FindAnyCase(function.params, "norm_score"));
  const Field* input = TRY(InputField(schema, function, "decay"));
  if (input->type == DataType::kJson || input->type == DataType::kArray || IsVector(input->type)) {
    return Invalid("unsupported field type: ", NameOf(input->type));
  }
  if (!IsNumber(input->type)) {
    return Invalid("rerank_builder: decay input field ", input->name, " must be numeric, got ",
                   NameOf(input->type));
  }
  TRY(CheckDecay(Lower(*curve), &step.curve));
  step.input = input->id;
  reranker.decay = step;
  return reranker;
}

bool IsWebLink(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme)) return text.size() > scheme.size() && text[scheme.size()] != '/';
  }
  return false;
}

// Checks all that can be checked without the service, which is not built.
Status RefuseModel(const Schema& schema, const RankFunction& function) {
  constexpr std::string_view kLead = "rerank_builder: ";
  const Field* input = TRY(InputField(schema, function, "model"));
  if (input->type != DataType::kVarChar) {
    return Invalid(kLead, "model input field ", input->name, " must be VarChar, got ",
                   NameOf(input->type));
  }
  const std::string* queries = FindProperty(function.params, "queries");
  if (queries == nullptr) {
    return Invalid(kLead, "rerank function missing required param: queries");
  }
  const auto binary = EncodeJson(*queries);
  if (!binary.ok() || !JsonView(*binary).is_array()) {
    return Invalid(kLead, "parse rerank params [queries] failed: not an array of strings");
  }
  if (JsonView(*binary).size() == 0) {
    return Fail(Code::kParameterMissing, Concat(kLead, "rerank queries must not be empty"));
  }
  const std::string* provider = FindAnyCase(function.params, "provider");
  if (provider == nullptr) return Invalid(kLead, "lost rerank params:provider ");
  constexpr std::string_view kProviders[] = {"vllm",     "tei", "siliconflow", "cohere",
                                             "voyageai", "ali", "zilliz",      "huggingface"};
  if (std::find(std::begin(kProviders), std::end(kProviders), Lower(*provider)) ==
      std::end(kProviders)) {
    return Invalid(kLead, "unknown rerank model provider:", *provider);
  }
  if (Lower(*provider) == "tei" || Lower(*provider) == "vllm") {
    const std::string* endpoint = FindAnyCase(function.params, "endpoint");
    if (endpoint == nullptr || !IsWebLink(*endpoint)) {
      return Invalid(kLead, "endpoint: [", endpoint != nullptr ? *endpoint : std::string(),
                     "] is not a valid http/https link");
    }
  }
  return NotBuilt("reranker model (provider ", *provider, ")");
}

}  // namespace

Result<roles::Boosts> ParseBoosts(const Schema& schema, const FunctionScore& score,
                                  const expr::TemplateValues& templates) {
  roles::Boosts boosts;
  for (const RankFunction& function : score.functions) {
    if (RankerOf(function) != "boost") continue;
    boosts.all.push_back(TRY(ParseBoost(schema, function, templates)));
  }
  if (boosts.all.empty()) return boosts;
  boosts.add = TRY(ParseMode(FindProperty(score.params, "boost_mode"), "boost"));
  boosts.add_up = TRY(ParseMode(FindProperty(score.params, "function_mode"), "function"));
  return boosts;
}

Result<std::optional<Reranker>> ParseRankFunction(const Schema& schema, const FunctionScore& score,
                                                  size_t searches) {
  const RankFunction* function = nullptr;
  for (const RankFunction& one : score.functions) {
    if (RankerOf(one) == "boost") continue;
    if (function != nullptr) {
      return Invalid("rerank_builder: currently only supports one rerank function");
    }
    function = &one;
  }
  if (function == nullptr) return std::optional<Reranker>();
  const std::string name = RankerOf(*function);
  if (name.empty()) {
    return Fail(Code::kParameterMissing, "rerank_builder: reranker name not specified");
  }
  if (name == "rrf") return std::optional(TRY(ParseRankFusion(*function)));
  if (name == "weighted") return std::optional(TRY(ParseWeighted(*function, searches)));
  if (name == "decay") return std::optional(TRY(ParseDecay(schema, *function)));
  if (name == "model") TRY(RefuseModel(schema, *function));
  return Invalid("rerank_builder: unsupported reranker ", name);
}

}  // namespace elanus::gateway
