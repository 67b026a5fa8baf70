// Indexes: what was asked for is checked here and held against the others by the coordinator.
#include "gateway/indexes.h"

#include <algorithm>

#include "expr/field_path.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/names.h"
#include "gateway/params.h"
#include "gateway/request.h"
#include "gateway/schema_check.h"
#include "gateway/text.h"
#include "index/scalar_index.h"
#include "index/vector_index.h"

namespace elanus::gateway {
namespace {

constexpr std::string_view kAutoIndex = "AUTOINDEX";

Status CheckSize(const Properties& params, const Limits& limits) {
  size_t bytes = 0;
  for (const auto& [key, value] : params) bytes += key.size() + value.size();
  if (static_cast<int64_t>(bytes) <= limits.index_params_bytes_max) return {};
  return Invalid("index params size ", bytes, " exceeds the limit ", limits.index_params_bytes_max);
}

// Parameters of every index type.
Status CheckCommonParams(const Properties& params) {
  if (const std::string* mmap = FindProperty(params, "mmap.enabled")) {
    if (!ParseBool(*mmap).has_value()) {
      return Invalid("invalid mmap type params: invalid mmap.enabled value: ", *mmap,
                     ", expected: true, false");
    }
  }
  if (const std::string* policy = FindProperty(params, "warmup")) {
    const Status status = CheckWarmupPolicy(*policy);
    if (!status.ok()) return Invalid("invalid warmup params: ", status.message());
  }
  return {};
}

// Index type and metric of a vector field. `params` keeps what describe echoes.
Status CheckVectorIndex(const Field& field, const std::string* type, IndexInfo* index) {
  const bool automatic = type == nullptr || *type == kAutoIndex;
  const std::string* metric_name = index->Param("metric_type");
  if (automatic) {
    const size_t allowed = (type != nullptr ? 1u : 0u) + (metric_name != nullptr ? 1u : 0u);
    if (index->params.size() > allowed) {
      return Invalid("only metric type can be passed when use AutoIndex");
    }
  }
  index->type = automatic ? std::string(kAutoIndex) : *type;
  if (metric_name != nullptr) {
    const Result<Metric> metric = MetricFromName(*metric_name);
    if (metric.ok()) index->metric = *metric;  // else: told of by name below
  } else if (field.made && !automatic) {
    index->metric = Metric::kBm25;
    index->params.emplace_back("metric_type", NameOf(index->metric));
  } else if (automatic) {
    index->metric = field.made ? Metric::kBm25 : index::DefaultMetric(field.type);
  }
  if (automatic) {
    const std::string echoed =
        metric_name != nullptr ? *metric_name : std::string(NameOf(index->metric));
    index->params = {{"index_type", std::string(kAutoIndex)}, {"metric_type", echoed}};
  }
  return index::CheckBuildParams(field, index->type, index->metric, index->params);
}

Status CheckScalarIndex(const Field& field, const std::string* type, IndexInfo* index) {
  index->type = type == nullptr || type->empty() ? std::string(kAutoIndex) : *type;
  if (type == nullptr) index->params.emplace_back("index_type", index->type);
  return index::CheckScalarIndexParams(field, index->type, index->params);
}

// A JSON path as a JSON pointer: json['a'][0] is /a/0, the field itself is empty.
Result<std::string> PointerOf(const Schema& schema, const Field& field, std::string_view path) {
  const expr::FieldPath parsed = TRY(expr::ParseFieldPath(path, schema));
  if (parsed.field->id != field.id) return Invalid("fieldID not match with field name");
  std::string pointer;
  for (const std::string& key : parsed.keys) {
    pointer += '/';
    for (const char c : key) {
      if (c == '~') {
        pointer += "~0";
      } else if (c == '/') {
        pointer += "~1";
      } else {
        pointer += c;
      }
    }
  }
  return pointer;
}

std::string PointerOf(const Schema& schema, const Field& field, const IndexInfo& index) {
  const std::string* path = index.Param("json_path");
  if (path == nullptr) return {};  // the whole field
  Result<std::string> pointer = PointerOf(schema, field, *path);
  return pointer.ok() ? std::move(pointer).take() : *path;
}

// A field may have an index for each path; the default name tells them apart.
Status NameJsonIndex(const CollectionInfo& info, const Field& field, IndexInfo* index) {
  std::string pointer;
  if (const std::string* path = index->Param("json_path")) {
    pointer = TRY(PointerOf(info.schema, field, *path));
  }
  if (!index->name.empty()) return {};
  index->name = field.name + pointer;
  for (const IndexInfo& other : info.indexes) {
    if (other.field == field.id && PointerOf(info.schema, field, other) == pointer) {
      index->name = other.name;
    }
  }
  return {};
}

// What clients call an indexed field: a key of the dynamic field by its own name.
std::string IndexedName(const Schema& schema, const Field& field, const IndexInfo& index) {
  if (!field.dynamic) return field.name;
  const std::string pointer = PointerOf(schema, field, index);
  std::string name;
  for (size_t i = 1; i < pointer.size() && pointer[i] != '/'; ++i) {
    if (pointer[i] != '~' || i + 1 == pointer.size()) {
      name += pointer[i];
    } else {
      name += pointer[++i] == '1' ? '/' : '~';
    }
  }
  return name.empty() ? field.name : name;
}

}  // namespace

Result<IndexInfo> DeclareIndex(const CollectionInfo& collection, const Field& field,
                               const std::string& named, const std::string& index_name,
                               const Properties& params, const Limits& limits) {
  TRY(CheckSize(params, limits));
  IndexInfo index;
  index.field = field.id;
  index.name = index_name;
  index.params = TRY(FlattenIndexParams(params));
  TRY(CheckSize(index.params, limits));
  TRY(CheckCommonParams(index.params));
  if (field.dynamic && index.Param("json_path") == nullptr) {
    index.params.emplace_back("json_path", named);  // the key is told by nothing else
  }
  const std::string* given_type = index.Param("index_type");
  const std::string type = given_type != nullptr ? *given_type : "";  // outlives index.params
  const std::string* given = given_type != nullptr ? &type : nullptr;
  TRY(IsVector(field.type) ? CheckVectorIndex(field, given, &index)
                           : CheckScalarIndex(field, given, &index));
  const std::string* nested = FindProperty(params, "params");
  if (nested != nullptr && !(IsVector(field.type) && index.type == kAutoIndex)) {
    index.params_text = *nested;
  }
  if (field.type == DataType::kJson) TRY(NameJsonIndex(collection, field, &index));
  return index;
}

Status Gateway::CreateIndex(const std::string& database, const std::string& collection,
                            const std::string& field_name, const std::string& index_name,
                            const Properties& params) {
  const roles::CollectionPtr info = TRY(Find(database, collection));
  TRY(CheckIndexName(index_name, *limits_));
  const Field* field = info->schema.Find(field_name);
  if (field == nullptr) field = info->schema.dynamic_field();
  if (field == nullptr) return Invalid("cannot create index on non-exist field: ", field_name);
  return coordinator_->CreateIndex(
      DatabaseOf(database), collection,
      TRY(DeclareIndex(*info, *field, field_name, index_name, params, *limits_)));
}

Status Gateway::DropIndex(const std::string& database, const std::string& collection,
                          const std::string& field_name, const std::string& index_name) {
  const roles::CollectionPtr info = TRY(Find(database, collection));
  for (const IndexInfo& index : info->indexes) {
    const Field* field = info->schema.Find(index.field);
    const bool meant = index_name.empty()
                           ? field != nullptr && (field_name.empty() || field->name == field_name)
                           : index.name == index_name;
    if (meant && field != nullptr && IsVector(field->type) && info->loaded) {
      return Invalid("vector index cannot be dropped on loaded collection: ", info->id.value);
    }
  }
  return coordinator_->DropIndex(DatabaseOf(database), collection, field_name, index_name);
}

Result<std::vector<IndexDescription>> Gateway::DescribeIndex(const std::string& database,
                                                             const std::string& collection,
                                                             const std::string& /*field*/,
                                                             const std::string& index_name) {
  TRY(CheckCollectionName(collection, *limits_));
  const roles::CollectionPtr info = TRY(Find(database, collection));
  std::vector<IndexDescription> found;
  for (const IndexInfo& index : info->indexes) {
    if (!index_name.empty() && index.name != index_name) continue;
    IndexDescription description;
    description.info = index;
    if (const Field* field = info->schema.Find(index.field)) {
      description.field_name = IndexedName(info->schema, *field, index);
    }
    found.push_back(std::move(description));
  }
  if (found.empty()) {
    if (!index_name.empty()) return FailWith(Code::kIndexNotFound, {{"indexName", index_name}});
    return FailWith(Code::kIndexNotFound, {{"collection", collection}});
  }
  const roles::ShardPtr shard = TRY(shards_->Open(info));
  for (IndexDescription& description : found) {
    description.progress = shard->ProgressOf(description.info.id);
    description.finished = description.progress.failure.empty() &&
                           description.progress.indexed_rows >= description.progress.total_rows;
  }
  return found;
}

}  // namespace elanus::gateway
