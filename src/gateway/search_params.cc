#include "gateway/search_params.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <utility>
#include <vector>

#include "gateway/names.h"
#include "gateway/params.h"
#include "gateway/search_cursors.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

using JsonParams = std::vector<std::pair<std::string, Value>>;

bool LargeTopK(const CollectionInfo& collection) {
  const std::string* mode = FindProperty(collection.properties, "query_mode");
  return mode != nullptr && *mode == "large_topk";
}

int64_t TopKMax(const CollectionInfo& collection, const Limits& limits) {
  return LargeTopK(collection) ? limits.large_top_k_max : limits.top_k_max;
}

// "it should be in range [1, 16384], but got N: invalid parameter", or nothing.
std::optional<std::string> LimitError(int64_t limit, int64_t max) {
  if (limit > 0 && limit <= max) return std::nullopt;
  return Concat("it should be in range [1, ", max, "], but got ", limit, ": invalid parameter");
}

// Null where it is absent or null.
const Value* Find(const JsonParams& params, std::string_view key) {
  for (const auto& [name, value] : params) {
    if (name == key) return value.is_null() ? nullptr : &value;
  }
  return nullptr;
}

std::string Spelled(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  std::ostringstream text;
  if (value.is_int()) text << value.as_int();
  if (value.is_double()) text << value.as_double();
  return text.str();
}

Status CheckTopK(const CollectionInfo& collection, const Properties& params, const RankPlan* rank,
                 const Limits& limits, SearchPlan* plan) {
  const int64_t outer = rank != nullptr ? rank->limit + rank->offset : 0;
  const int64_t max = TopKMax(collection, limits);
  const std::string* text = FindProperty(params, "topk");
  if (text == nullptr) {
    if (outer <= 0) return Fail(Code::kParameterMissing, "topk is required");
    plan->limit = outer;
  } else if (const std::optional<int64_t> given = ParseInteger(*text)) {
    plan->limit = *given;
  } else {
    if (outer <= 0) return Invalid("topk [", *text, "] is invalid");
    plan->limit = outer;
  }
  if (const auto error = LimitError(plan->limit, max)) {
    if (!plan->iterator) return Invalid("topk [", plan->limit, "] is invalid, ", *error);
    plan->limit = max;
  }
  if (rank == nullptr) {
    if (const std::string* offset = FindProperty(params, "offset")) {
      const std::optional<int64_t> value = ParseInteger(*offset);
      if (!value.has_value()) return Invalid("offset [", *offset, "] is invalid");
      plan->offset = *value;
      if (const auto error = LimitError(plan->offset, max); plan->offset != 0 && error) {
        return Invalid("offset [", plan->offset, "] is invalid, ", *error);
      }
    }
  }
  const int64_t depth = plan->limit + plan->offset;
  if (const auto error = LimitError(depth, max)) {
    return Invalid("offset+topk [", depth, "] is invalid, ", *error);
  }
  return {};
}

Result<int> RoundDecimal(const Properties& params) {
  const std::string* text = FindProperty(params, "round_decimal");
  if (text == nullptr) return -1;
  const std::optional<int64_t> value = ParseInteger(*text);
  if (!value.has_value() || *value < -1 || *value > 6) {
    return Invalid("round_decimal [", *text,
                   "] is invalid, should be -1 or an integer in range [0, 6]");
  }
  return static_cast<int>(*value);
}

Status InvalidCombination(std::string_view message) { return InvalidExpected("", "", message); }

// Milvus's checks of both versions of search iterators, in its order.
Status PlanIterator(const Properties& params, bool grouped, int64_t max, SearchPlan* plan) {
  if (plan->iterator && grouped) {
    return InvalidCombination("Not allowed to do groupBy when doing iteration");
  }
  if (!IsTrue(params, "search_iter_v2")) return {};
  const auto failed = [](const Status& status) {
    return Invalid("parse iterator v2 info failed: ", status.message());
  };
  if (!plan->iterator) {
    return failed(
        Fail(Code::kParameterMissing, "both iterator and search_iter_v2 must be set in the SDK"));
  }
  if (plan->offset > 0) {
    return failed(
        InvalidCombination("Setting an offset is not permitted when using a search iterator v2"));
  }
  IteratorPage page;
  if (const std::string* token = FindProperty(params, "search_iter_id"); token != nullptr) {
    if (!token->empty() && !SearchCursors::IsToken(*token)) {
      return failed(Invalid("invalid token format"));
    }
    page.token = *token;
  }
  const std::string* size = FindProperty(params, "search_iter_batch_size");
  if (size == nullptr || size->empty()) {
    return failed(Fail(Code::kParameterMissing, "batch size is required"));
  }
  const std::optional<int64_t> batch = ParseInteger(*size);
  if (!batch.has_value()) {
    return failed(Invalid("batch size is invalid, strconv.ParseInt: parsing \"", *size,
                          "\": invalid syntax"));
  }
  if (const auto error = LimitError(*batch, max)) {
    return failed(Invalid("batch size is invalid, ", *error));
  }
  if (const std::string* text = FindProperty(params, "search_iter_last_bound");
      text != nullptr && !text->empty()) {
    page.bound = ParseFloat(*text);
    if (!page.bound.has_value()) {
      return failed(Invalid("failed to parse input last bound, strconv.ParseFloat: parsing \"",
                            *text, "\": invalid syntax"));
    }
  }
  plan->limit = *batch;
  plan->page = std::move(page);
  return {};
}

Status PlanOrder(const CollectionInfo& collection, const Properties& params, const RankPlan* rank,
                 SearchPlan* plan) {
  SearchOrder order = TRY(ParseSearchOrder(collection.schema, params));
  if (order.empty()) return {};
  if (plan->groups.has_value() && plan->groups->fields.size() > 1) {
    return Invalid("order_by_fields is not supported with multi-field group_by_fields");
  }
  if (plan->iterator) {
    return InvalidCombination("order_by is not supported when using search iterator");
  }
  if (rank == nullptr) plan->order = std::move(order);  // of a hybrid search only its own counts
  return {};
}

Result<query::GroupScore> GroupScorer(const Properties& params) {
  const std::string* name = FindProperty(params, "rank_group_scorer");
  if (name == nullptr || *name == "max") return query::GroupScore::kMax;
  if (*name == "sum") return query::GroupScore::kSum;
  if (*name == "avg") return query::GroupScore::kAverage;
  return Invalid("invalid group scorer \"", *name, "\", must be max/sum/avg");
}

Result<float> RangeBound(std::string_view name, const Value& value) {
  if (value.is_number()) return static_cast<float>(value.as_double());
  const std::string text = value.is_string() ? value.as_string() : std::string();
  const std::string_view kind = !value.is_string()      ? "boolean"
                                : text.starts_with('[') ? "array"
                                : text.starts_with('{') ? "object"
                                                        : "string";
  return Invalid("param '", name, "' (", Spelled(value), "): type must be number, but is ", kind);
}

Status PlanRange(const JsonParams& params, SearchPlan* plan) {
  const Value* radius = Find(params, "radius");
  const Value* filter = Find(params, "range_filter");
  if (radius == nullptr) return {};
  const float far = TRY(RangeBound("radius", *radius));
  index::Range range;
  range.upper = DistanceOf(plan->metric, far);
  if (filter != nullptr) {
    const float near = TRY(RangeBound("range_filter", *filter));
    const bool similar = LargerIsNearer(plan->metric);
    if (similar ? near <= far : near >= far) {
      return Invalid("metric type (", NameOf(plan->metric), "), range_filter(", Spelled(*filter),
                     ") must be ", similar ? "greater" : "less", " than radius(", Spelled(*radius),
                     ")");
    }
    range.lower = DistanceOf(plan->metric, near);
  }
  plan->range = range;
  return {};
}

// Members of `params` that belong to the search and not to the index.
bool IsIndexParam(std::string_view key) {
  constexpr std::array<std::string_view, 27> kOthers = {"radius",
                                                        "range_filter",
                                                        "metric_type",
                                                        "anns_field",
                                                        "topk",
                                                        "limit",
                                                        "offset",
                                                        "round_decimal",
                                                        "ignore_growing",
                                                        "group_by_field",
                                                        "group_by_fields",
                                                        "group_size",
                                                        "strict_group_size",
                                                        "order_by_fields",
                                                        "page_retain_order",
                                                        "hints",
                                                        "iterator",
                                                        "collection_id",
                                                        "timezone",
                                                        "time_fields",
                                                        "nq",
                                                        "params",
                                                        "json_path",
                                                        "json_type",
                                                        "strict_cast",
                                                        "analyzer_name",
                                                        "consistency_level"};
  return std::find(kOthers.begin(), kOthers.end(), key) == kOthers.end() &&
         !key.starts_with("search_iter");
}

// How a filtered search should go about it: checked, and the choice stays ours.
Status CheckHints(const Properties& params, const JsonParams& json) {
  const auto refused = [](const std::string& hints) {
    return Status(Code::kUnexpected,
                  Concat("fail to search on QueryNode 1: hints: ", hints, " not supported"));
  };
  if (const std::string* hints = FindProperty(params, "hints");
      hints != nullptr && !hints->empty()) {
    if (*hints != "disable" && *hints != "iterative_filter") return refused(*hints);
  } else if (const Value* member = Find(json, "hints")) {
    if (Spelled(*member) != "iterative_filter") return refused(Spelled(*member));
  }
  return {};
}

Result<const Field*> VectorField(const Schema& schema, const Properties& params) {
  const std::string* name = FindProperty(params, "anns_field");
  if (name != nullptr && !name->empty()) {
    return schema.Find(*name);  // null is told of after the other parameters, as Milvus does
  }
  const Field* only = nullptr;
  for (const Field& field : schema.fields) {
    if (!IsVector(field.type)) continue;
    if (only != nullptr) {
      return Invalid("multiple anns_fields exist, please specify a anns_field in search_params");
    }
    only = &field;
  }
  if (only == nullptr) return Invalid("anns_field not found in schema");
  return only;
}

}  // namespace

Result<bool> IgnoreGrowing(const Properties& params) {
  const std::string* text = FindProperty(params, "ignore_growing");
  if (text == nullptr) return false;
  const std::optional<bool> value = ParseBool(*text);
  if (!value.has_value()) return Invalid("parse ignore growing field failed");
  return *value;
}

Status CheckQueryCount(int64_t count, const Limits& limits) {
  if (count > 0 && count <= limits.queries_max) return {};
  return Invalid("nq [", count,
                 "] is invalid, nq (number of search vector per search request) should be in "
                 "range [1, ",
                 limits.queries_max, "], but got ", count);
}

Status CheckResultWindow(const CollectionInfo& collection, int64_t offset, int64_t limit,
                         const Limits& limits) {
  constexpr std::string_view kLead = "invalid max query result window, ";
  if (offset < 0) {
    return Invalid(kLead, "offset [", offset, "] is invalid, should be gte than 0");
  }
  if (limit <= 0) {
    return Invalid(kLead, "limit [", limit, "] is invalid, should be greater than 0");
  }
  const int64_t max =
      LargeTopK(collection) ? limits.large_result_window_max : limits.result_window_max;
  int64_t depth = 0;
  if (!__builtin_add_overflow(offset, limit, &depth) && depth <= max) return {};
  return Invalid(kLead, "(offset+limit) should be in range [1, ", max, "], but got ", depth);
}

Result<RankPlan> PlanRank(const CollectionInfo& collection, const Properties& params,
                          const Limits& limits) {
  RankPlan plan;
  const std::string* limit = FindProperty(params, "limit");
  if (limit == nullptr) return Invalid("limit not found in rank_params");
  const std::optional<int64_t> limit_value = ParseInteger(*limit);
  if (!limit_value.has_value()) return Invalid("limit [", *limit, "] is invalid");
  plan.limit = *limit_value;
  if (const std::string* offset = FindProperty(params, "offset")) {
    const std::optional<int64_t> value = ParseInteger(*offset);
    if (!value.has_value()) return Invalid("offset [", *offset, "] is invalid");
    plan.offset = *value;
  }
  TRY(CheckResultWindow(collection, plan.offset, plan.limit, limits));
  plan.round_decimal = TRY(RoundDecimal(params));
  plan.groups = TRY(ParseSearchGroups(collection.schema, params, limits));
  if (!TRY(ParseSearchOrder(collection.schema, params)).empty()) {
    return Invalid("order_by is not supported for hybrid search");
  }
  if (plan.groups.has_value()) plan.group_score = TRY(GroupScorer(params));
  return plan;
}

Result<SearchPlan> PlanSearch(const CollectionInfo& collection, const Properties& params,
                              const RankPlan* rank, const Limits& limits) {
  SearchPlan plan;
  plan.ignore_growing = TRY(IgnoreGrowing(params));
  plan.field = TRY(VectorField(collection.schema, params));
  const std::string* iterator = FindProperty(params, "iterator");
  plan.iterator = iterator != nullptr && (*iterator == "True" || *iterator == "true");
  TRY(CheckTopK(collection, params, rank, limits, &plan));
  plan.round_decimal = TRY(RoundDecimal(params));
  plan.groups =
      rank != nullptr ? rank->groups : TRY(ParseSearchGroups(collection.schema, params, limits));
  const bool grouped = plan.groups.has_value();

  JsonParams json;
  if (const std::string* text = FindProperty(params, "params"); text != nullptr && !text->empty()) {
    json = TRY(ParseJsonObject(*text));
  }
  const bool ranged = Find(json, "radius") != nullptr;
  if (!ranged && Find(json, "range_filter") != nullptr) {
    return InvalidExpected("range_filter", "",
                           "range_filter requires radius to be set; range_filter alone is not a "
                           "valid range search parameter");
  }
  if (ranged && grouped) {
    return InvalidCombination("Not allowed to do range-search when doing search-group-by");
  }
  TRY(PlanIterator(params, grouped, TopKMax(collection, limits), &plan));
  TRY(PlanOrder(collection, params, rank, &plan));
  if (const std::string* text = FindProperty(params, "collection_id")) {
    const int64_t id = ParseInteger(*text).value_or(0);
    if (id > 0 && id != collection.id.value) {
      return Invalid("collection id:", id,
                     " in the request is not consistent to that in the search context,alias or "
                     "database may have been changed: ",
                     collection.id.value);
    }
  }
  if (plan.field == nullptr) {
    return Invalid("failed to create query plan: failed to get field schema by name: fieldName(",
                   *FindProperty(params, "anns_field"), ") not found");
  }
  if (!IsVector(plan.field->type)) {
    return Invalid("failed to create query plan: field (", plan.field->name,
                   ") to search is not of vector data type");
  }
  if (grouped && plan.field->type == DataType::kBinaryVector) {
    return Invalid("not support search_group_by operation based on binary vector column");
  }

  plan.index = collection.FindIndex(plan.field->id);
  if (!collection.loaded || plan.index == nullptr) return plan;  // the caller says so
  plan.metric = plan.index->metric;
  const std::string* metric = FindProperty(params, "metric_type");
  if (metric != nullptr && !metric->empty()) {
    const Result<Metric> given = MetricFromName(*metric);
    if (!given.ok() || *given != plan.metric) {
      return InvalidExpected(NameOf(plan.metric), *metric, "metric type not match");
    }
  }
  JsonParams index_params;
  for (const auto& member : json) {
    if (IsIndexParam(member.first)) index_params.push_back(member);
  }
  // A grouped search asks the index for as many rows as its groups need, one of a range for those
  // within it.
  const int64_t rows = grouped || ranged ? 1 : plan.limit + plan.offset;
  auto checked = index::CheckSearchParams(plan.index->type, *plan.field, rows, index_params);
  // In Milvus an operator on the query node refuses them, and clients look for its words.
  if (!checked.ok()) {
    return std::move(checked).error().Prefixed(
        "fail to search on QueryNode 1: worker(1) query failed: "
        "N6milvus21ExecOperatorExceptionE :Operator::GetOutput failed");
  }
  plan.params = std::move(checked).take();
  if (plan.metric == Metric::kBm25) {
    plan.params.bm25.emplace();
    for (const auto& [key, value] : plan.index->params) {
      if (key != "bm25_k1" && key != "bm25_b") continue;
      float* param = key == "bm25_k1" ? &plan.params.bm25->k1 : &plan.params.bm25->b;
      std::from_chars(value.data(), value.data() + value.size(), *param);
    }
  }
  if (!ranged) TRY(CheckHints(params, json));
  TRY(PlanRange(json, &plan));
  if (grouped) TRY(CheckGroupTypes(collection.schema, *plan.groups));
  return plan;
}

}  // namespace elanus::gateway
