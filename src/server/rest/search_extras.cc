#include "server/rest/search_extras.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "server/rest/json_text.h"

namespace elanus::server {
namespace {

constexpr Param kArgParams[] = {{"column", ParamKind::kString}, {"literal", ParamKind::kAny}};
constexpr Shape kArg{"FunctionChainArg", kArgParams};
constexpr Param kExprParams[] = {{"name", ParamKind::kString},
                                 {"args", ParamKind::kStructs, false, &kArg},
                                 {"params", ParamKind::kMap}};
constexpr Shape kExpr{"FunctionChainExpr", kExprParams};
constexpr Param kOpParams[] = {{"op", ParamKind::kString},
                               {"expr", ParamKind::kStruct, false, &kExpr},
                               {"inputs", ParamKind::kStrings},
                               {"outputs", ParamKind::kStrings},
                               {"params", ParamKind::kMap}};
constexpr Shape kOp{"FunctionChainOp", kOpParams};
constexpr Param kChainParams[] = {{"name", ParamKind::kString},
                                  {"stage", ParamKind::kString},
                                  {"ops", ParamKind::kStructs, false, &kOp}};

constexpr Param kMetricParams[] = {{"op", ParamKind::kString}, {"fieldName", ParamKind::kString}};
constexpr Shape kMetric{"AggregationMetric", kMetricParams};
constexpr Param kOrderParams[] = {{"key", ParamKind::kString}, {"direction", ParamKind::kString}};
constexpr Shape kOrder{"AggregationOrder", kOrderParams};
constexpr Param kSortParams[] = {{"fieldName", ParamKind::kString},
                                 {"direction", ParamKind::kString}};
constexpr Shape kSort{"AggregationSort", kSortParams};
constexpr Param kTopHitsParams[] = {{"size", ParamKind::kInt64},
                                    {"sort", ParamKind::kStructs, false, &kSort}};
constexpr Shape kTopHits{"AggregationTopHits", kTopHitsParams};
constexpr Param kAggregationParams[] = {{"fields", ParamKind::kStrings},
                                        {"size", ParamKind::kInt64},
                                        {"searchSize", ParamKind::kInt64},
                                        {"metrics", ParamKind::kMap},
                                        {"order", ParamKind::kStructs, false, &kOrder},
                                        {"topHits", ParamKind::kStruct, false, &kTopHits},
                                        {"subAggregation", ParamKind::kMap}};

std::string Trimmed(const std::string& text) {
  constexpr const char* kBlank = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

Status Refuse(const std::string& message) { return Fail(Code::kParameterInvalid, message); }

// ---- chains -------------------------------------------------------------------------------------

// What is wrong with a value says where it is, from the outside in: `where` comes first.
Status ToParam(const Json& value, const std::string& where, pb_schema::FunctionParamValue* out);

template <typename Map>
Status AddParams(const Json& params, const std::string& where, const std::string& what, Map* out) {
  for (const auto& [key, value] : params.members) {
    const std::string name = Trimmed(key);
    if (name.empty()) return Refuse(where + what + " name is empty");
    TRY(ToParam(value, where + what + " \"" + key + "\": ", &(*out)[name]));
  }
  return {};
}

Status ToParam(const Json& value, const std::string& where, pb_schema::FunctionParamValue* out) {
  switch (value.kind) {
    case JsonKind::kNone:
    case JsonKind::kNull:
      return Refuse(where + "function param value is nil");
    case JsonKind::kBool:
      out->set_bool_value(value.boolean);
      return {};
    case JsonKind::kNumber: {
      const double number = value.Double();
      int64_t whole = 0;
      if (value.ToInt(&whole)) {
        out->set_int64_value(whole);
      } else if (std::trunc(number) == number && std::abs(number) < 9.2e18) {
        out->set_int64_value(static_cast<int64_t>(number));
      } else {
        out->set_double_value(number);
      }
      return {};
    }
    case JsonKind::kString:
      out->set_string_value(value.text);
      return {};
    case JsonKind::kArray:
      for (size_t i = 0; i < value.items.size(); ++i) {
        TRY(ToParam(value.items[i], where + "array[" + std::to_string(i) + "]: ",
                    out->mutable_array_value()->add_values()));
      }
      out->mutable_array_value();
      return {};
    case JsonKind::kObject:
      return AddParams(value, where, "object field", out->mutable_object_value()->mutable_fields());
  }
  return {};
}

Status ToExpr(const Json& expr, const std::string& where, pb_schema::FunctionChainExpr* out) {
  out->set_name(Trimmed(expr["name"].String()));
  if (out->name().empty()) return Refuse(where + "expr name is empty");
  const auto& args = expr["args"].items;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string at = where + "args[" + std::to_string(i) + "]: ";
    const Json& column = args[i]["column"];
    const Json& literal = args[i]["literal"];
    if (column.null() == literal.null()) {
      return Refuse(at + "exactly one of column or literal is required");
    }
    pb_schema::FunctionChainExprArg* arg = out->add_args();
    if (column.null()) {
      TRY(ToParam(literal, at + "literal: ", arg->mutable_literal()));
      continue;
    }
    arg->mutable_column()->set_name(Trimmed(column.String()));
    if (arg->column().name().empty()) return Refuse(at + "column name is empty");
  }
  return AddParams(expr["params"], where + "params: ", "param", out->mutable_params());
}

Status ToOp(const Json& op, const std::string& where, pb_schema::FunctionChainOp* out) {
  out->set_op(Trimmed(op["op"].String()));
  if (out->op().empty()) return Refuse(where + "op name is empty");
  TRY(AddParams(op["params"], where + "params: ", "param", out->mutable_params()));
  if (!op["expr"].null()) TRY(ToExpr(op["expr"], where + "expr: ", out->mutable_expr()));
  for (const std::string& name : op["inputs"].Strings()) out->add_inputs(Trimmed(name));
  for (const std::string& name : op["outputs"].Strings()) out->add_outputs(Trimmed(name));
  return {};
}

// ---- buckets ------------------------------------------------------------------------------------

void AppendInt64(int64_t value, bool as_number, std::string* out) {
  if (as_number) {
    AppendInt(value, out);
  } else {
    AppendQuoted(std::to_string(value), out);
  }
}

void AppendKey(const pb_schema::BucketKeyEntry& key, bool int64_numbers, std::string* out) {
  JsonObject object(out);
  object.Add("fieldName",
             key.field_name().empty() ? std::to_string(key.field_id()) : key.field_name());
  AppendInt64(key.field_id(), int64_numbers, object.Key("fieldId"));
  std::string* value = object.Key("value");
  switch (key.value_case()) {
    case pb_schema::BucketKeyEntry::kIntVal:
      return AppendInt64(key.int_val(), int64_numbers, value);
    case pb_schema::BucketKeyEntry::kStringVal:
      return AppendQuoted(key.string_val(), value);
    case pb_schema::BucketKeyEntry::kBoolVal:
      *value += key.bool_val() ? "true" : "false";
      return;
    case pb_schema::BucketKeyEntry::VALUE_NOT_SET:
      *value += "null";
      return;
  }
}

void AppendMetric(const pb_schema::MetricValue& metric, bool int64_numbers, std::string* out) {
  switch (metric.value_case()) {
    case pb_schema::MetricValue::kIntVal:
      return AppendInt64(metric.int_val(), int64_numbers, out);
    case pb_schema::MetricValue::kDoubleVal:
      return AppendDouble(metric.double_val(), out);
    case pb_schema::MetricValue::kStringVal:
      return AppendQuoted(metric.string_val(), out);
    case pb_schema::MetricValue::kBoolVal:
      *out += metric.bool_val() ? "true" : "false";
      return;
    case pb_schema::MetricValue::VALUE_NOT_SET:
      *out += "null";
      return;
  }
}

void AppendField(const pb_schema::AggHitField& field, bool int64_numbers, std::string* out) {
  switch (field.value_case()) {
    case pb_schema::AggHitField::kIntVal:
      return AppendInt64(field.int_val(), int64_numbers, out);
    case pb_schema::AggHitField::kBoolVal:
      *out += field.bool_val() ? "true" : "false";
      return;
    case pb_schema::AggHitField::kFloatVal:
      return AppendFloat(field.float_val(), out);
    case pb_schema::AggHitField::kDoubleVal:
      return AppendDouble(field.double_val(), out);
    case pb_schema::AggHitField::kStringVal:
      return AppendQuoted(field.string_val(), out);
    case pb_schema::AggHitField::kBytesVal:
      return AppendQuoted(field.bytes_val(), out);
    case pb_schema::AggHitField::VALUE_NOT_SET:
      *out += "null";
      return;
  }
}

struct BucketStyle {
  std::string_view primary_field;
  bool int64_numbers;
};

void AppendHit(const pb_schema::AggHit& hit, const BucketStyle& style, std::string* out) {
  JsonObject object(out);
  std::string* key = object.Key(style.primary_field);
  if (hit.has_str_pk()) {
    AppendQuoted(hit.str_pk(), key);
  } else {
    AppendInt64(hit.int_pk(), style.int64_numbers, key);
  }
  AppendFloat(hit.score(), object.Key("distance"));
  for (const pb_schema::AggHitField& field : hit.fields()) {
    if (field.field_name() == style.primary_field) continue;
    AppendField(field, style.int64_numbers,
                object.Key(field.field_name().empty() ? std::to_string(field.field_id())
                                                      : field.field_name()));
  }
}

void AppendBucket(const pb_schema::AggBucket& bucket, const BucketStyle& style, std::string* out) {
  JsonObject object(out);
  AppendArray(bucket.key(), object.Key("key"),
              [&](const auto& key, std::string* to) { AppendKey(key, style.int64_numbers, to); });
  AppendInt64(bucket.count(), style.int64_numbers, object.Key("count"));
  {
    JsonObject metrics(object.Key("metrics"));
    for (const auto& [alias, metric] : bucket.metrics()) {
      AppendMetric(metric, style.int64_numbers, metrics.Key(alias));
    }
  }
  AppendArray(bucket.hits(), object.Key("hits"),
              [&](const auto& hit, std::string* to) { AppendHit(hit, style, to); });
  AppendArray(bucket.sub_groups(), object.Key("subGroups"),
              [&](const auto& group, std::string* to) { AppendBucket(group, style, to); });
}

}  // namespace

const Shape kFunctionChainShape{"FunctionChain", kChainParams};
const Shape kAggregationShape{"SearchAggregation", kAggregationParams};

Status AddChains(const Json& chains, FunctionChains* out) {
  for (size_t i = 0; i < chains.items.size(); ++i) {
    const Json& chain = chains.items[i];
    const std::string where = "functionChains[" + std::to_string(i) + "]: ";
    pb_schema::FunctionChain* added = out->Add();
    added->set_name(Trimmed(chain["name"].String()));
    const std::string stage_name = Trimmed(chain["stage"].String());
    pb_schema::FunctionChainStage stage{};
    if (!pb_schema::FunctionChainStage_Parse(stage_name, &stage)) {
      return Refuse(where + "unsupported function chain stage: " + stage_name);
    }
    added->set_stage(stage);
    const auto& ops = chain["ops"].items;
    for (size_t op = 0; op < ops.size(); ++op) {
      TRY(ToOp(ops[op], where + "ops[" + std::to_string(op) + "]: ", added->add_ops()));
    }
  }
  return {};
}

Result<pb_common::SearchAggregationSpec> AggregationOf(const Json& aggregation) {
  const std::string name = "searchAggregation.";
  TRY(CheckShape(aggregation, kAggregationShape));
  pb_common::SearchAggregationSpec spec;
  const auto require = [&](const std::string& text, const std::string& what) {
    return text.empty() ? Refuse(name + what + " must be non-empty") : Status();
  };
  for (const std::string& field : aggregation["fields"].Strings()) {
    spec.add_fields(Trimmed(field));
    if (spec.fields(spec.fields_size() - 1).empty()) {
      return Refuse(name + "fields must contain non-empty field names");
    }
  }
  if (spec.fields().empty()) return Refuse(name + "fields must be non-empty");
  spec.set_size(aggregation["size"].Int());
  spec.set_search_size(aggregation["searchSize"].Int());
  if (spec.size() <= 0) return Refuse(name + "size must be positive");
  if (spec.search_size() < 0) return Refuse(name + "searchSize must be non-negative");
  if (spec.search_size() > 0 && spec.search_size() < spec.size()) {
    return Refuse(name + "searchSize must be greater than or equal to size");
  }
  for (const auto& [key, metric] : aggregation["metrics"].members) {
    const std::string alias = Trimmed(key);
    TRY(require(alias, "metrics alias"));
    if (metric.kind != JsonKind::kObject)
      return Refuse(name + "metrics." + alias + " is no object");
    TRY(CheckShape(metric, kMetric));
    pb_common::MetricAggSpec& added = (*spec.mutable_metrics())[alias];
    added.set_op(Trimmed(metric["op"].String()));
    added.set_field_name(Trimmed(metric["fieldName"].String()));
    TRY(require(added.op(), "metrics." + alias + ".op"));
    TRY(require(added.field_name(), "metrics." + alias + ".fieldName"));
  }
  for (const Json& order : aggregation["order"].items) {
    pb_common::OrderSpec* added = spec.add_order();
    added->set_key(Trimmed(order["key"].String()));
    added->set_direction(Trimmed(order["direction"].String()));
    TRY(require(added->key(), "order key"));
    TRY(require(added->direction(), "order direction"));
  }
  if (const Json& top = aggregation["topHits"]; !top.null()) {
    spec.mutable_top_hits()->set_size(top["size"].Int());
    if (spec.top_hits().size() <= 0) return Refuse(name + "topHits.size must be positive");
    for (const Json& sort : top["sort"].items) {
      pb_common::SortSpec* added = spec.mutable_top_hits()->add_sort();
      added->set_field_name(Trimmed(sort["fieldName"].String()));
      added->set_direction(Trimmed(sort["direction"].String()));
      TRY(require(added->field_name(), "topHits.sort fieldName"));
      TRY(require(added->direction(), "topHits.sort direction"));
    }
  }
  if (const Json& sub = aggregation["subAggregation"]; !sub.null()) {
    *spec.mutable_sub_aggregation() = TRY(AggregationOf(sub));
  }
  return spec;
}

Status AppendBuckets(const pb_schema::SearchResultData& results, std::string_view primary_field,
                     bool int64_numbers, std::string* out) {
  const BucketStyle style{primary_field, int64_numbers};
  int next = 0;
  *out += '[';
  for (int query = 0; query < results.agg_topks_size(); ++query) {
    if (query > 0) *out += ',';
    const auto count = static_cast<int>(results.agg_topks(query));
    if (count < 0 || count > results.agg_buckets_size() - next) {
      return Status(Code::kInternal, "search_aggregation: the counts do not fit the buckets");
    }
    *out += "{\"buckets\":[";
    for (int i = 0; i < count; ++i) {
      if (i > 0) *out += ',';
      AppendBucket(results.agg_buckets(next++), style, out);
    }
    *out += "]}";
  }
  *out += ']';
  return {};
}

}  // namespace elanus::server
