// Insert, Upsert, Delete: everything that is not determined by the rows alone (ids, defaults,
// partitions) is settled here, before the log.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "gateway/columns.h"
#include "gateway/functions.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/names.h"
#include "gateway/partial_update.h"
#include "gateway/partition_key.h"
#include "gateway/request.h"
#include "gateway/text.h"
#include "model/json.h"

namespace elanus::gateway {
namespace {

enum class Kind { kInsert, kUpsert };

Status CheckSize(const Insert& request, const Limits& limits) {
  if (limits.insert_bytes_max < 0) return {};
  size_t bytes = 0;
  for (const InputColumn& column : request.columns) bytes += column.payload.bytes();
  if (static_cast<int64_t>(bytes) <= limits.insert_bytes_max) return {};
  return FailWith(Code::kParameterTooLarge,
                  {{"message", "insert request size exceeds maxInsertSize"}});
}

Status CheckRowCount(int64_t rows) {
  if (rows > 0) return {};
  return InvalidExpected("invalid num_rows", std::to_string(rows),
                         "num_rows should be greater than 0");
}

// Refuses keys that a field owns.
Status CheckKeys(const Schema& schema, const JsonView& object) {
  Status status;
  object.ForEachMember([&](std::string_view key, const JsonView&) {
    if (key == kDynamicFieldName) {
      status = Invalid("cannot set json key to: ", kDynamicFieldName);
    } else if (schema.Find(key) != nullptr) {
      status = Invalid("dynamic field name cannot include the static field name: ", key);
    }
    return status.ok();
  });
  return status;
}

// Gives the column of dynamic values its name and checks every row of it.
Status CheckDynamic(const Schema& schema, std::vector<InputColumn>* columns) {
  if (!schema.enable_dynamic_field) return {};
  for (InputColumn& column : *columns) {
    if (column.dynamic) column.name = kDynamicFieldName;
    if (column.name != kDynamicFieldName) continue;
    for (size_t row = 0; row < column.payload.rows(); ++row) {
      if (column.payload.String(row) == "{}") continue;
      const Result<std::string> binary = EncodeJson(column.payload.String(row));
      if (!binary.ok()) {
        return Invalid("invalid dynamic field data, only json map is supported: ",
                       binary.status().message());
      }
      const JsonView object(*binary);
      if (!object.is_object()) {
        return Invalid("invalid dynamic field data, only json map is supported: row ", row,
                       " is not an object");
      }
      TRY(CheckKeys(schema, object));
    }
  }
  return {};
}

// Every field has its column or may do without; no column lacks its field. `automatic`: the primary
// key is made here.
Status CheckColumnSet(const Schema& schema, const std::vector<InputColumn>& columns,
                      bool automatic) {
  std::set<std::string_view> names;
  for (const InputColumn& column : columns) {
    if (!names.insert(column.name).second) {
      return Invalid("duplicated field ", column.name, " found");
    }
  }
  size_t matched = 0;
  for (const Field& field : schema.fields) {
    const bool given = names.contains(field.name);
    matched += given ? 1 : 0;
    if (field.made) {
      if (!given) continue;
      return RefuseMade(field);
    }
    if (field.primary && automatic) {
      matched -= given ? 1 : 0;  // one more than there is room for
      continue;
    }
    if (given || field.dynamic || field.nullable || field.default_value.has_value()) continue;
    return Invalid("fieldSchema(", field.name, ") has no corresponding fieldData pass in");
  }
  if (matched == columns.size()) return {};
  return InvalidExpected(std::to_string(schema.fields.size()),
                         std::to_string(schema.fields.size() + columns.size() - matched),
                         "more fieldData has pass in");
}

bool HasDuplicates(const Column& keys) {
  if (keys.type() == DataType::kInt64) {
    std::unordered_set<int64_t> seen(keys.as<int64_t>(), keys.as<int64_t>() + keys.rows());
    return seen.size() != keys.rows();
  }
  std::unordered_set<std::string_view> seen;
  for (size_t row = 0; row < keys.rows(); ++row) {
    if (!seen.insert(keys.String(row)).second) return true;
  }
  return false;
}

Result<Column> MakeKeys(const Field& field, size_t rows, roles::Coordinator* coordinator) {
  const int64_t first = TRY(coordinator->AllocateIds(static_cast<int64_t>(rows)));
  Column keys(field.id, field.type);
  if (field.type == DataType::kInt64) {
    auto* out = reinterpret_cast<int64_t*>(keys.ResizeFixed(rows));
    for (size_t row = 0; row < rows; ++row) out[row] = first + static_cast<int64_t>(row);
  } else {
    keys.Reserve(rows, rows * 20);
    for (size_t row = 0; row < rows; ++row) {
      keys.AppendString(std::to_string(first + static_cast<int64_t>(row)));
    }
  }
  return keys;
}

Status CheckPartitionGiven(const CollectionInfo& info, const std::string& partition,
                           const Limits& limits) {
  if (info.schema.partition_key() != nullptr) {
    if (partition.empty()) return {};
    return Invalid(
        "not support manually specifying the partition names if partition key mode is used");
  }
  if (partition.empty()) return {};
  return CheckPartitionName(partition, PartitionNameUse::kDeclare, limits);
}

Result<PartitionId> FindPartition(const CollectionInfo& info, const std::string& name) {
  const Partition* partition =
      info.FindPartition(name.empty() ? kDefaultPartitionName : std::string_view(name));
  if (partition == nullptr) return FailWith(Code::kPartitionNotFound, {{"partition", name}});
  return partition->id;
}

Result<std::vector<PartitionId>> PartitionsOf(const CollectionInfo& info,
                                              const std::string& partition, const Batch& rows) {
  const Field* key = info.schema.partition_key();
  if (key == nullptr) return std::vector<PartitionId>{TRY(FindPartition(info, partition))};
  const PartitionKeys keys(info);
  if (keys.count() == 0) return FailWith(Code::kPartitionNotFound, {{"partition", "_default_0"}});
  return keys.Of(*rows.Find(key->id));
}

Result<Batch> Decode(const Schema& schema, std::vector<InputColumn> columns,
                     const ColumnRules& rules, Column* made_keys) {
  Batch batch;
  batch.rows = rules.rows;
  batch.columns.reserve(schema.fields.size());
  for (const Field& field : schema.fields) {
    if (field.primary && made_keys != nullptr) {
      batch.columns.push_back(std::move(*made_keys));
      continue;
    }
    if (field.made) continue;
    const auto given = std::find_if(columns.begin(), columns.end(), [&field](const InputColumn& c) {
      return c.name == field.name;
    });
    if (given == columns.end()) {
      batch.columns.push_back(TRY(AbsentColumn(field, rules)));
    } else {
      batch.columns.push_back(TRY(DecodeColumn(field, std::move(*given), rules)));
    }
  }
  TRY(MakeOutputs(schema, &batch));
  return batch;
}

Result<std::shared_ptr<const TimeZone>> ZoneOf(const CollectionInfo& info) {
  const std::string* zone = FindProperty(info.properties, "timezone");
  return TimeZone::Load(zone != nullptr ? *zone : "UTC");
}

// Only Timestamptz fields need the zone's file.
bool NeedsZone(const Schema& schema) {
  return std::any_of(schema.fields.begin(), schema.fields.end(),
                     [](const Field& field) { return field.type == DataType::kTimestamptz; });
}

Result<roles::WriteRequest> MakeWrite(const roles::CollectionPtr& info,
                                      const std::string& partition, Kind kind, Batch rows,
                                      bool fresh_keys, std::optional<Column> old_keys) {
  roles::WriteRequest write;
  write.collection = info;
  write.rows = std::move(rows);
  write.partitions = TRY(PartitionsOf(*info, partition, write.rows));
  write.fresh_keys = fresh_keys;
  const bool keyed = info->schema.partition_key() != nullptr;
  write.replace_everywhere = kind == Kind::kUpsert && keyed;
  if (old_keys.has_value()) {
    write.delete_keys = std::move(old_keys);
    if (!keyed) write.delete_partitions = write.partitions;
  }
  return write;
}

// The rows that a partial upsert names, as of `at`.
Result<roles::QueryResult> FindOldRows(const Context& context, const roles::CollectionPtr& info,
                                       const std::string& partition, const Column& keys,
                                       std::vector<FieldId> fields, Timestamp at,
                                       roles::Shard* shard) {
  roles::QueryRequest query = TRY(QueryByKeys(info, keys, at, std::move(fields)));
  if (info->schema.partition_key() == nullptr) {
    query.partitions = {TRY(FindPartition(*info, partition))};
  }
  return shard->Query(context, query);
}

// Reads the rows, puts what was sent over them and writes them back, if nobody changed them
// meanwhile; else once more.
Result<Mutation> WritePartial(const Context& context, const roles::CollectionPtr& info,
                              Insert& request, const ColumnRules& rules,
                              roles::Coordinator* coordinator, roles::Shard* shard) {
  const Schema& schema = info->schema;
  const Field& primary = schema.primary();
  Result<std::vector<PartitionId>> loaded = LoadedPartitions(*info, {});
  if (!loaded.ok()) return std::move(loaded).error().Prefixed("failed to query");
  Batch sent;
  sent.rows = rules.rows;
  for (InputColumn& column : request.columns) {
    const Field& field = *schema.Find(column.name);
    sent.columns.push_back(TRY(DecodeColumn(field, std::move(column), rules)));
  }
  const Column keys = *sent.Find(primary.id);
  std::optional<Column> new_keys;
  if (primary.auto_id) new_keys = TRY(MakeKeys(primary, rules.rows, coordinator));
  const std::vector<FieldId> old_fields = OldFields(schema, sent, request.field_ops);

  constexpr int kTriesMax = 100;
  for (int tries = 1;; ++tries) {
    TRY(context.Check());
    const Timestamp at = coordinator->oracle().Next();  // whatever is written from here on is later
    const roles::QueryResult old =
        TRY(FindOldRows(context, info, request.partition, keys, old_fields, at, shard));
    Batch rows = TRY(MergeRows(schema, rules, sent, old.rows, request.field_ops));
    std::optional<Column> old_keys;
    if (new_keys.has_value()) {
      old_keys = keys;
      for (Column& column : rows.columns) {
        if (column.field() == primary.id) column = *new_keys;
      }
    }
    roles::WriteRequest write =
        TRY(MakeWrite(info, request.partition, Kind::kUpsert, std::move(rows), new_keys.has_value(),
                      std::move(old_keys)));
    write.seen = {at, old.rows.rows};
    const Result<roles::WriteResult> written = shard->Write(context, std::move(write));
    if (written.status().code() == Code::kServiceUnavailable && tries < kTriesMax) continue;
    if (!written.ok()) return written.status();
    Mutation mutation;
    mutation.ids = new_keys.has_value() ? *new_keys : keys;
    mutation.timestamp = written->timestamp;
    mutation.inserted = mutation.upserted = mutation.deleted = request.num_rows;
    return mutation;
  }
}

Result<Mutation> Write(const Context& context, Insert request, Kind kind,
                       roles::Coordinator* coordinator, roles::ShardDirectory* shards,
                       const Limits& limits) {
  TRY(CheckCollectionName(request.collection, limits));
  TRY(CheckSize(request, limits));
  const roles::CollectionPtr info =
      TRY(coordinator->Find(DatabaseOf(request.database), request.collection));
  const Schema& schema = info->schema;
  if (request.schema_timestamp != 0 && request.schema_timestamp != info->updated) {
    return FailWith(Code::kSchemaMismatch, {{"collection", request.collection}});
  }
  const Field& primary = schema.primary();
  const auto given_key =
      std::find_if(request.columns.begin(), request.columns.end(),
                   [&primary](const InputColumn& column) { return column.name == primary.name; });
  const bool has_key = given_key != request.columns.end();

  bool automatic = false;  // the keys of the new rows are made here
  bool partial = false;
  if (kind == Kind::kUpsert) {
    TRY(CheckPartitionGiven(*info, request.partition, limits));
    if (!has_key) return Invalid("must assign pk when upsert, primary field: ", primary.name);
    if (given_key->payload.type() == primary.type && HasDuplicates(given_key->payload)) {
      return Invalid("duplicate primary keys are not allowed in the same batch");
    }
    TRY(CheckRowCount(request.num_rows));
    partial = TRY(CheckFieldOps(schema, request.columns, request.field_ops));
    partial |= request.partial_update;
  } else {
    const bool allowed = IsTrue(info->properties, "allow_insert_auto_id");
    automatic = primary.auto_id && !(allowed && has_key);
  }
  TRY(CheckDynamic(schema, &request.columns));
  TRY(CheckRowCount(request.num_rows));
  TRY(partial ? CheckPartialColumns(schema, request.columns)
              : CheckColumnSet(schema, request.columns, automatic));

  const auto zone = NeedsZone(schema) ? TRY(ZoneOf(*info)) : nullptr;
  const ColumnRules rules{static_cast<size_t>(request.num_rows), &limits,
                          zone != nullptr ? zone.get() : &TimeZone::Utc()};
  const roles::ShardPtr shard = TRY(shards->Open(info));
  if (partial) {
    return WritePartial(context, info, request, rules, coordinator, shard.get());
  }
  std::optional<Column> old_keys;
  if (kind == Kind::kUpsert && primary.auto_id) {
    automatic = true;  // the row named by its old key gets a new one
    old_keys = TRY(DecodeColumn(primary, std::move(*given_key), rules));
  }
  if (kind == Kind::kInsert) TRY(CheckPartitionGiven(*info, request.partition, limits));
  std::optional<Column> keys;
  if (automatic) keys = TRY(MakeKeys(primary, rules.rows, coordinator));
  Batch rows = TRY(Decode(schema, std::move(request.columns), rules, keys ? &*keys : nullptr));
  roles::WriteRequest write = TRY(
      MakeWrite(info, request.partition, kind, std::move(rows), automatic, std::move(old_keys)));

  Mutation mutation;
  mutation.ids = *write.rows.Find(primary.id);
  const roles::WriteResult result = TRY(shard->Write(context, std::move(write)));
  mutation.timestamp = result.timestamp;
  mutation.inserted = request.num_rows;
  if (kind == Kind::kUpsert) mutation.upserted = mutation.deleted = request.num_rows;
  return mutation;
}

// Keys named by a filter as a column, each once; false when one of them cannot be a key.
bool KeysOf(const std::vector<Value>& values, const Field& primary, Column* keys) {
  *keys = Column(primary.id, primary.type);
  std::unordered_set<int64_t> numbers;
  std::unordered_set<std::string_view> texts;
  for (const Value& value : values) {
    if (primary.type == DataType::kInt64 && value.is_int()) {
      if (numbers.insert(value.as_int()).second) keys->Append(value.as_int());
    } else if (primary.type == DataType::kVarChar && value.is_string()) {
      if (texts.insert(value.as_string()).second) keys->AppendString(value.as_string());
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<Mutation> Gateway::RunInsert(const Context& context, Insert request) {
  return Write(context, std::move(request), Kind::kInsert, coordinator_, shards_, *limits_);
}

Result<Mutation> Gateway::RunUpsert(const Context& context, Insert request) {
  return Write(context, std::move(request), Kind::kUpsert, coordinator_, shards_, *limits_);
}

Result<Mutation> Gateway::RunDelete(const Context& context, const Delete& request) {
  TRY(CheckCollectionName(request.collection, *limits_));
  const roles::CollectionPtr info = TRY(Find(request.database, request.collection));
  expr::CompileOptions options;
  options.timezone = TRY(TimeZoneOf(*info, {}));
  Result<std::shared_ptr<const expr::Filter>> compiled =
      expr::Compile(request.filter, info->schema, request.templates, options);
  if (!compiled.ok()) {
    return std::move(compiled).error().Prefixed("failed to create delete plan");
  }
  const std::shared_ptr<const expr::Filter> filter = *compiled;
  if (filter->always_true()) {
    return Invalid("delete plan can't be empty or always true : ", request.filter);
  }

  roles::WriteRequest write;
  write.collection = info;
  if (!request.partition.empty()) {
    TRY(CheckPartitionGiven(*info, request.partition, *limits_));
    write.delete_partitions = {TRY(FindPartition(*info, request.partition))};
  }
  Mutation mutation;
  Column keys;
  const std::vector<Value>* listed = filter->primary_keys();
  const bool simple = listed != nullptr && KeysOf(*listed, info->schema.primary(), &keys);
  if (simple) {
    mutation.deleted = static_cast<int64_t>(keys.rows());
    if (keys.rows() == 0) return mutation;
    write.delete_keys = std::move(keys);
  } else {
    write.delete_filter = filter;
  }
  const roles::ShardPtr shard = TRY(shards_->Open(info));
  const roles::WriteResult result = TRY(shard->Write(context, std::move(write)));
  if (!simple) mutation.deleted = result.ended;
  mutation.timestamp = result.timestamp;
  return mutation;
}

}  // namespace elanus::gateway
