#include "server/milvus/wire_buckets.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "model/json.h"

namespace elanus::server {
namespace {

gateway::AggregationSpec DecodeLevel(const pb_common::SearchAggregationSpec& spec) {
  gateway::AggregationSpec out;
  out.fields.assign(spec.fields().begin(), spec.fields().end());
  out.size = spec.size();
  out.search_size = spec.search_size();
  for (const auto& [alias, metric] : spec.metrics())
    out.metrics.push_back({alias, {metric.op(), metric.field_name()}});
  std::sort(out.metrics.begin(), out.metrics.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const pb_common::OrderSpec& order : spec.order())
    out.order.push_back({order.key(), order.direction(), order.null_first()});
  if (!spec.has_top_hits()) return out;
  out.top_hits.emplace();
  out.top_hits->size = spec.top_hits().size();
  for (const pb_common::SortSpec& sort : spec.top_hits().sort())
    out.top_hits->order.push_back({sort.field_name(), sort.direction(), sort.null_first()});
  return out;
}

// A null has no value.
void EncodeKey(const Value& value, pb_schema::BucketKeyEntry* out) {
  if (value.is_bool()) out->set_bool_val(value.as_bool());
  if (value.is_int()) out->set_int_val(value.as_int());
  if (value.is_string()) out->set_string_val(value.as_string());
}

void EncodeMetric(const Value& value, pb_schema::MetricValue* out) {
  if (value.is_bool()) out->set_bool_val(value.as_bool());
  if (value.is_int()) out->set_int_val(value.as_int());
  if (value.is_double()) out->set_double_val(value.as_double());
  if (value.is_string()) out->set_string_val(value.as_string());
}

void EncodeField(const Column& column, size_t row, pb_schema::AggHitField* out) {
  const Value value = query::ValueAt(column, row);
  if (value.is_null()) return;
  if (column.type() == DataType::kJson) {
    out->set_bytes_val(JsonText(value.as_string()));
  } else if (column.type() == DataType::kFloat) {
    out->set_float_val(static_cast<float>(value.as_double()));
  } else if (value.is_bool()) {
    out->set_bool_val(value.as_bool());
  } else if (value.is_int()) {
    out->set_int_val(value.as_int());
  } else if (value.is_double()) {
    out->set_double_val(value.as_double());
  } else {
    out->set_string_val(value.as_string());
  }
}

void EncodeHit(const gateway::SearchAnswer& answer, size_t row, pb_schema::AggHit* out) {
  if (answer.ids.fixed()) {
    out->set_int_pk(answer.ids.as<int64_t>()[row]);
  } else {
    out->set_str_pk(std::string(answer.ids.String(row)));
  }
  out->set_score(answer.scores[row]);
  for (const gateway::OutputColumn& column : answer.columns) {
    pb_schema::AggHitField* field = out->add_fields();
    field->set_field_id(column.field.id.value);
    field->set_field_name(column.field.name);
    EncodeField(column.column, row, field);
  }
}

void EncodeBucket(const gateway::SearchAnswer& answer, const query::Bucket& bucket, size_t depth,
                  pb_schema::AggBucket* out) {
  const gateway::AggregationAnswer::Level& level = answer.aggregation->levels[depth];
  for (size_t i = 0; i < bucket.key.size(); ++i) {
    pb_schema::BucketKeyEntry* key = out->add_key();
    key->set_field_id(level.keys[i].first);
    key->set_field_name(level.keys[i].second);
    EncodeKey(bucket.key[i], key);
  }
  out->set_count(bucket.count);
  for (size_t i = 0; i < bucket.metrics.size(); ++i) {
    if (!bucket.metrics[i].is_null())
      EncodeMetric(bucket.metrics[i], &(*out->mutable_metrics())[level.aliases[i]]);
  }
  for (const uint32_t hit : bucket.hits) EncodeHit(answer, hit, out->add_hits());
  for (const query::Bucket& inner : bucket.buckets)
    EncodeBucket(answer, inner, depth + 1, out->add_sub_groups());
}

}  // namespace

gateway::AggregationSpec DecodeAggregation(const pb_common::SearchAggregationSpec& spec) {
  gateway::AggregationSpec out = DecodeLevel(spec);
  if (spec.has_sub_aggregation()) {
    out.sub = std::make_shared<gateway::AggregationSpec>(DecodeAggregation(spec.sub_aggregation()));
  }
  return out;
}

Status EncodeBuckets(const gateway::SearchAnswer& answer, pb_schema::SearchResultData* results) {
  for (const auto& column : answer.columns) {
    const DataType type = column.field.type;
    if (type == DataType::kArray || type == DataType::kGeometry) {
      return Fail(Code::kUnimplemented, "field " + column.field.name + " of type " +
                                            std::string(NameOf(type)) +
                                            " in top_hits is not built yet");
    }
  }
  for (const std::vector<query::Bucket>& buckets : answer.aggregation->queries) {
    results->add_topks(0);
    results->add_agg_topks(static_cast<int64_t>(buckets.size()));
    for (const query::Bucket& bucket : buckets)
      EncodeBucket(answer, bucket, 0, results->add_agg_buckets());
  }
  for (const std::string& field : answer.output_fields) results->add_output_fields(field);
  results->set_primary_field_name(answer.primary_field);
  results->set_all_search_count(answer.rows_searched);
  return {};
}

}  // namespace elanus::server
