// Loading and releasing. Rows are served from mapped files, so "loaded" is a promise to clients
// that the coordinator records; nothing is copied.
#include <algorithm>
#include <string>

#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/names.h"
#include "gateway/request.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

std::string Listed(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : names) {
    if (text.size() > 1) text += ' ';
    text += name;
  }
  return text + "]";
}

// The ids of the fields to load; empty: all.
Result<std::vector<FieldId>> LoadFields(const Schema& schema,
                                        const std::vector<std::string>& names) {
  std::vector<FieldId> ids;
  bool has_vector = false;
  for (const std::string& name : names) {
    const Field* field = schema.Find(name);
    if (field == nullptr) {
      return Invalid("failed to get field schema by name: fieldName(", name, ") not found");
    }
    has_vector |= IsVector(field->type);
    ids.push_back(field->id);
  }
  if (ids.empty()) return ids;
  const auto contains = [&ids](const Field& field) {
    return std::find(ids.begin(), ids.end(), field.id) != ids.end();
  };
  for (const Field& field : schema.fields) {
    if (field.primary && !contains(field)) {
      return Invalid("load field list ", Listed(names), " does not contain primary key field ",
                     field.name);
    }
    if (field.partition_key && !contains(field)) {
      return Invalid("load field list ", Listed(names), " does not contain partition key field ",
                     field.name);
    }
    if (field.clustering_key && !contains(field)) {
      return Invalid("load field list ", Listed(names), " does not contain clustering key field ",
                     field.name);
    }
  }
  if (!has_vector) {
    return Invalid("load field list ", Listed(names), " does not contain vector field");
  }
  return ids;
}

Status CheckIndexes(const CollectionInfo& info, const std::string& name,
                    const std::vector<FieldId>& load_fields) {
  if (info.indexes.empty()) return FailWith(Code::kIndexNotFound, {{"collection", name}});
  std::vector<std::string> bare;
  for (const Field& field : info.schema.fields) {
    const bool wanted = load_fields.empty() || std::find(load_fields.begin(), load_fields.end(),
                                                         field.id) != load_fields.end();
    if (IsVector(field.type) && wanted && info.FindIndex(field.id) == nullptr) {
      bare.push_back(field.name);
    }
  }
  if (bare.empty()) return {};
  return Invalid("there is no vector index on field: ", Listed(bare),
                 ", please create index firstly");
}

Status CheckReplicas(int32_t replica_number, const std::vector<std::string>& resource_groups) {
  const size_t replicas = static_cast<size_t>(std::max(replica_number, 1));
  if (resource_groups.size() > 1 && resource_groups.size() != replicas) {
    std::string groups;
    for (const std::string& group : resource_groups) {
      groups += (groups.empty() ? "" : ",") + group;
    }
    return Invalid("replica=[", replicas, "] resource group=[", groups,
                   "], resource group num can only be 0, 1 or same as replica number");
  }
  if (replicas > 1) {
    return Fail(Code::kResourceInsufficient,
                Concat("when load ", replica_number, " replica count"));
  }
  return {};
}

Result<const Partition*> FindPartition(const CollectionInfo& info, const std::string& name) {
  const Partition* partition = info.FindPartition(name);
  if (partition == nullptr) return FailWith(Code::kPartitionNotFound, {{"partition", name}});
  return partition;
}

}  // namespace

Status Gateway::Load(const std::string& database, const std::string& collection,
                     const std::vector<std::string>& partitions, int32_t replica_number,
                     const std::vector<std::string>& resource_groups,
                     const std::vector<std::string>& load_fields, bool is_partition_call) {
  TRY(CheckCollectionName(collection, *limits_));
  const roles::CollectionPtr info = TRY(Find(database, collection));
  if (is_partition_call && info->schema.partition_key() != nullptr) {
    return Invalid("disable load partitions if partition key mode is used");
  }
  const std::vector<FieldId> fields = TRY(LoadFields(info->schema, load_fields));
  TRY(CheckIndexes(*info, collection, fields));
  for (const std::string& partition : partitions) TRY(FindPartition(*info, partition));
  if (is_partition_call && partitions.empty()) {
    return Invalid("failed to load partition, due to no partition specified");
  }
  TRY(CheckReplicas(replica_number, resource_groups));
  TRY(shards_->CheckRoom());
  return coordinator_->Load(DatabaseOf(database), collection, partitions,
                            std::max(replica_number, 1), load_fields, resource_groups);
}

Status Gateway::Release(const std::string& database, const std::string& collection,
                        const std::vector<std::string>& partitions, bool is_partition_call) {
  TRY(CheckCollectionName(collection, *limits_));
  const roles::CollectionPtr info = TRY(Find(database, collection));
  if (is_partition_call && info->schema.partition_key() != nullptr) {
    return Invalid("disable release partitions if partition key mode is used");
  }
  for (const std::string& partition : partitions) TRY(FindPartition(*info, partition));
  if (is_partition_call && partitions.empty()) {
    return InvalidExpected("any partition", "empty partition list",
                           "failed to release partition, due to no partition specified");
  }
  return coordinator_->Release(DatabaseOf(database), collection, partitions);
}

Result<LoadState> Gateway::GetLoadState(const std::string& database, const std::string& collection,
                                        const std::vector<std::string>& partitions) {
  TRY(CheckCollectionName(collection, *limits_));
  const Result<roles::CollectionPtr> found = Find(database, collection);
  if (!found.ok()) {
    if (found.status().code() == Code::kCollectionNotFound) return LoadState::kNotExist;
    return Status(found.status());
  }
  const CollectionInfo& info = **found;
  if (!info.loaded) return LoadState::kNotLoad;
  for (const std::string& name : partitions) {
    const Partition* partition = TRY(FindPartition(info, name));
    if (!partition->loaded) return LoadState::kNotLoad;
  }
  return LoadState::kLoaded;
}

Result<int64_t> Gateway::LoadingProgress(const std::string& database, const std::string& collection,
                                         const std::vector<std::string>& partitions) {
  TRY(CheckCollectionName(collection, *limits_));
  const roles::CollectionPtr info = TRY(Find(database, collection));
  if (!info->loaded) return NotLoaded(*info);
  for (const std::string& name : partitions) {
    const Partition* partition = TRY(FindPartition(*info, name));
    if (!partition->loaded) {
      return FailWith(Code::kPartitionNotLoaded,
                      {{"partition", std::to_string(partition->id.value)}});
    }
  }
  return int64_t{100};
}

}  // namespace elanus::gateway
