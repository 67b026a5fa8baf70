// Query: rows by filter, in key order.
#include <algorithm>
#include <string>
#include <utility>

#include "gateway/gateway.h"
#include "gateway/groups.h"
#include "gateway/limits.h"
#include "gateway/names.h"
#include "gateway/order_by.h"
#include "gateway/output_fields.h"
#include "gateway/params.h"
#include "gateway/request.h"
#include "gateway/search_params.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

struct QueryPlan {
  int64_t limit = -1;  // -1: all
  int64_t offset = 0;
  bool iterator = false;
  std::optional<Value> after;  // an iterator's cursor: only keys above it
  std::vector<std::string> order_by;
  std::vector<std::string> group_by;
};

Status CheckFlag(const Properties& params, std::string_view key, std::string_view message,
                 bool* value) {
  const std::string* text = FindProperty(params, key);
  if (text == nullptr) return {};
  const std::optional<bool> parsed = ParseBool(*text);
  if (!parsed.has_value()) return InvalidExpected("true or false", *text, message);
  *value = *parsed;
  return {};
}

Result<QueryPlan> PlanQuery(const CollectionInfo& collection, const Properties& params,
                            const Limits& limits) {
  QueryPlan plan;
  bool stop_for_best = false;  // results are in key order anyway
  TRY(CheckFlag(params, "reduce_stop_for_best", "value for reduce_stop_for_best is invalid",
                &stop_for_best));
  TRY(CheckFlag(params, "iterator", "value for iterator field is invalid", &plan.iterator));
  int64_t collection_id = 0;
  if (const std::string* text = FindProperty(params, "collection_id")) {
    const std::optional<int64_t> id = ParseInteger(*text);
    if (!id.has_value()) {
      return InvalidExpected("int value for collection_id", "collection_id",
                             "value for collection id is invalid");
    }
    collection_id = *id;
  }
  if (const std::string* text = FindProperty(params, "limit")) {
    const std::optional<int64_t> limit = ParseInteger(*text);
    if (!limit.has_value()) return Invalid("limit [", Trim(*text), "] is invalid");
    if (const std::string* offset = FindProperty(params, "offset")) {
      const std::optional<int64_t> value = ParseInteger(*offset);
      if (!value.has_value()) return Invalid("offset [", Trim(*offset), "] is invalid");
      plan.offset = *value;
    }
    TRY(CheckResultWindow(collection, plan.offset, *limit, limits));
    plan.limit = *limit;
  }
  TRY(TimeZoneOf(collection, params));
  if (collection_id > 0 && collection_id != collection.id.value) {
    return Invalid(
        "Input collection id is not consistent to collectionID in the context,alias or database "
        "may have changed");
  }
  const auto list = [&params](std::string_view key) {
    const std::string* value = FindProperty(params, key);
    return value == nullptr ? std::vector<std::string>() : SplitList(*value);
  };
  plan.order_by = list("order_by_fields");
  plan.group_by = list("group_by_fields");
  if (!plan.order_by.empty() && plan.limit < 0) return Invalid("ORDER BY requires explicit limit");
  if (!plan.order_by.empty() && plan.iterator) {
    return Invalid("ORDER BY with iterator is not supported");
  }
  if (!list("query_iter_last_element_offset").empty()) {
    return NotBuilt("query_iter_last_element_offset of query");
  }
  if (const std::string* last = FindProperty(params, "query_iter_last_pk");
      last != nullptr && plan.iterator) {
    if (collection.schema.primary().type == DataType::kVarChar) {
      plan.after = Value(*last);
    } else {
      const std::optional<int64_t> key = ParseInteger(*last);
      if (!key.has_value()) return Invalid("query_iter_last_pk [", *last, "] is invalid");
      plan.after = Value(*key);
    }
  }
  return plan;
}

}  // namespace

Result<QueryAnswer> Gateway::RunQuery(const Context& context, const Query& request) {
  TRY(CheckCollectionName(request.collection, *limits_));
  const roles::CollectionPtr collection = TRY(Find(request.database, request.collection));
  const Schema& schema = collection->schema;
  const bool keyed = schema.partition_key() != nullptr;
  if (keyed) TRY(NamedPartitions(*collection, request.partitions, *limits_));
  for (const std::string& name : request.partitions) {
    TRY(CheckPartitionName(name, PartitionNameUse::kLookUp, *limits_));
  }
  const bool ignore_growing = TRY(IgnoreGrowing(request.params));
  const QueryPlan plan = TRY(PlanQuery(*collection, request.params, *limits_));
  std::string timezone = TRY(TimeZoneOf(*collection, request.params));
  const auto filter = TRY(CompileFilter(parsed_.get(), schema, request, timezone, plan.after));
  OutputFields output =
      TRY(ResolveOutputFields(schema, request.output_fields, PrimaryKey::kWhereNamed));
  const std::vector<const Field*> group_by = TRY(GroupFields(schema, plan.group_by));
  const bool grouped = !group_by.empty() || !output.aggregates.empty();
  if (grouped) TRY(CheckOrderOfGroups(plan.order_by, group_by));
  std::vector<query::OrderKey> order = TRY(ParseOrderBy(schema, plan.order_by));
  GroupPlan groups;
  if (grouped) groups = TRY(PlanGroups(schema, group_by, request.output_fields, *limits_));
  if (filter->always_true() && plan.limit < 0 && output.aggregates.empty()) {
    return Invalid("empty expression should be used with limit");
  }
  std::vector<PartitionId> partitions =
      TRY(NamedPartitions(*collection, request.partitions, *limits_));
  const bool counts = std::find(output.aggregates.begin(), output.aggregates.end(), "count(*)") !=
                      output.aggregates.end();
  if (counts && group_by.empty() && plan.limit >= 0) {
    return Invalid("count entities with pagination is not allowed");
  }
  const bool count_only = counts && group_by.empty() && output.names.size() == 1;
  partitions = TRY(LoadedPartitions(*collection, std::move(partitions)));

  const ReadTime time = ReadTimeOf(request.guarantee, plan.iterator, &coordinator_->oracle());
  const FieldId primary = schema.primary().id;
  if (std::find(output.ids.begin(), output.ids.end(), primary) == output.ids.end()) {
    output.ids.push_back(primary);
  }
  roles::QueryRequest query;
  query.collection = collection;
  query.at = time.at;
  if (!filter->always_true()) query.filter = filter;
  query.partitions = std::move(partitions);
  query.count_only = count_only;
  query.limit = plan.limit;
  query.offset = plan.offset;
  if (grouped) {
    if (!count_only) query.groups = groups.groups;
  } else {
    query.output = output.ids;
    query.order = order;
  }
  query.ignore_growing = ignore_growing;
  query.bytes_max = static_cast<size_t>(std::max<int64_t>(limits_->output_bytes_max, 0));
  const roles::ShardPtr shard = TRY(shards_->Open(collection));
  roles::QueryResult result = TRY(shard->Query(context, query));

  QueryAnswer answer;
  answer.collection = collection->name;
  answer.output_fields = output.names;
  answer.primary_field = schema.primary().name;
  answer.session_ts = time.session;
  answer.timezone = std::move(timezone);
  if (count_only) {
    answer.count = result.count;
    return answer;
  }
  if (grouped) {
    const size_t limit = plan.limit < 0 ? ~size_t{0} : static_cast<size_t>(plan.limit);
    answer.columns =
        GroupColumns(schema, groups, order, static_cast<size_t>(plan.offset), limit, result.rows);
    return answer;
  }
  if (result.rows.rows == 0) {  // typed all the same
    result.rows.columns.clear();
    for (const FieldId id : output.ids) {
      const Field* field = schema.Find(id);
      result.rows.columns.emplace_back(id, field->type, field->dim);
    }
  }
  answer.columns = Describe(schema, output.ids, std::move(result.rows.columns));
  return answer;
}

}  // namespace elanus::gateway
