#include <algorithm>

#include "coordinator/rules.h"

namespace elanus::coordinator {
namespace {

// "[a b]", as Milvus prints lists of names.
std::string Bracketed(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : names) text += (text.size() > 1 ? " " : "") + name;
  return text + "]";
}

Status Lacks(const std::vector<std::string>& names, std::string_view what) {
  return Fail(Code::kParameterInvalid,
              "load field list " + Bracketed(names) + " does not contain " + std::string(what));
}

// Ascending; empty when it is all of them.
Result<std::vector<FieldId>> ResolveLoadFields(const Schema& schema,
                                               const std::vector<std::string>& names) {
  std::vector<FieldId> ids;
  if (names.empty()) return ids;
  bool has_vector = false;
  for (const std::string& name : names) {
    const Field* field = schema.Find(name);
    if (field == nullptr) {
      return Fail(Code::kParameterInvalid,
                  "failed to get field schema by name: fieldName(" + name + ") not found");
    }
    has_vector |= IsVector(field->type);
    ids.push_back(field->id);
  }
  if (const Field* dynamic = schema.dynamic_field()) ids.push_back(dynamic->id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  const auto listed = [&](const Field& field) {
    return std::binary_search(ids.begin(), ids.end(), field.id);
  };
  if (!listed(schema.primary())) return Lacks(names, "primary key field " + schema.primary().name);
  if (!has_vector) return Lacks(names, "vector field");
  for (const Field& field : schema.fields) {
    if (field.partition_key && !listed(field)) {
      return Lacks(names, "partition key field " + field.name);
    }
    if (field.clustering_key && !listed(field)) {
      return Lacks(names, "clustering key field " + field.name);
    }
  }
  if (ids.size() == schema.fields.size()) ids.clear();
  return ids;
}

Status CheckIndexed(const CollectionInfo& info, const std::vector<FieldId>& load_fields) {
  if (info.indexes.empty()) {
    return FailWith(Code::kIndexNotFound, {{"collection", info.name}});
  }
  std::vector<std::string> bare;
  for (const Field& field : info.schema.fields) {
    const bool wanted =
        load_fields.empty() || std::binary_search(load_fields.begin(), load_fields.end(), field.id);
    if (IsVector(field.type) && wanted && info.FindIndex(field.id) == nullptr) {
      bare.push_back(field.name);
    }
  }
  if (bare.empty()) return Status();
  return Fail(Code::kParameterInvalid, "there is no vector index on field: " + Bracketed(bare) +
                                           ", please create index firstly");
}

// One node holds one replica of a row.
Status CheckReplicas(const CollectionInfo& info, int32_t replica_number, bool by_partitions) {
  const std::string wanted = std::to_string(replica_number);
  if (info.loaded && replica_number != info.replica_number) {
    return FailWith(Code::kParameterInvalid,
                    by_partitions ? "can't change the replica number for loaded partitions"
                                  : "can't change the replica number for loaded collection",
                    {{"expected", std::to_string(info.replica_number)}, {"actual", wanted}});
  }
  if (replica_number > 1) {
    return FailWith(Code::kResourceInsufficient, "when load " + wanted + " replica count",
                    {{"currentStreamingNode", "1"}, {"expectedStreamingNode", wanted}});
  }
  return Status();
}

// Pointers into `info`; all when no names are given.
Result<std::vector<Partition*>> FindPartitions(CollectionInfo* info,
                                               const std::vector<std::string>& names) {
  std::vector<Partition*> found;
  for (Partition& partition : info->partitions) {
    if (names.empty()) found.push_back(&partition);
  }
  for (const std::string& name : names) {
    const auto it = std::find_if(info->partitions.begin(), info->partitions.end(),
                                 [&](const Partition& p) { return p.name == name; });
    if (it == info->partitions.end()) {
      return FailWith(Code::kPartitionNotFound, {{"partition", name}});
    }
    found.push_back(&*it);
  }
  return found;
}

}  // namespace

Result<std::string> GroupToLoadInto(const ResourceGroupTable& groups, const CollectionInfo& info,
                                    int32_t replica_number, const std::vector<std::string>& asked) {
  if (asked.empty() && info.loaded) return info.resource_group;
  std::string name(asked.empty() ? kDefaultResourceGroupName : asked.front());
  const bool is_default = name == kDefaultResourceGroupName || name == "default";
  if (is_default) name = kDefaultResourceGroupName;
  const ResourceGroup group = TRY(groups.Find(name));
  const bool there =
      info.loaded && name == (info.resource_group.empty() ? std::string(kDefaultResourceGroupName)
                                                          : info.resource_group);
  if (!group.has_node && !there) {
    return FailWith(Code::kResourceGroupNodeNotEnough,
                    {{"rg", name},
                     {"currentNodeNum", "0"},
                     {"expectedNodeNum", std::to_string(std::max(replica_number, 1))}});
  }
  return is_default ? std::string() : name;
}

Result<Edit> MarkLoaded(CollectionInfo* info, const std::vector<std::string>& partitions,
                        int32_t replica_number, const std::vector<std::string>& load_fields) {
  replica_number = std::max(replica_number, 1);
  std::vector<FieldId> fields = TRY(ResolveLoadFields(info->schema, load_fields));
  TRY(CheckIndexed(*info, fields));
  const std::vector<Partition*> targets = TRY(FindPartitions(info, partitions));
  TRY(CheckReplicas(*info, replica_number, !partitions.empty()));
  if (info->loaded && fields != info->load_fields) {
    return Fail(Code::kParameterInvalid, "can't change the load field list for loaded collection");
  }
  const bool all_loaded =
      std::all_of(targets.begin(), targets.end(), [](const Partition* p) { return p->loaded; });
  if (info->loaded && all_loaded) return Edit::kUnchanged;
  for (Partition* partition : targets) partition->loaded = true;
  info->loaded = true;
  info->replica_number = replica_number;
  info->load_fields = std::move(fields);
  return Edit::kChanged;
}

Result<Edit> MarkReleased(CollectionInfo* info, const std::vector<std::string>& partitions) {
  const std::vector<Partition*> targets = TRY(FindPartitions(info, partitions));
  const bool none_loaded =
      std::none_of(targets.begin(), targets.end(), [](const Partition* p) { return p->loaded; });
  if (!info->loaded || none_loaded) return Edit::kUnchanged;
  for (Partition* partition : targets) partition->loaded = false;
  info->loaded = std::any_of(info->partitions.begin(), info->partitions.end(),
                             [](const Partition& p) { return p.loaded; });
  if (!info->loaded) {
    info->replica_number = 0;
    info->resource_group.clear();
    info->load_fields.clear();
  }
  return Edit::kChanged;
}

}  // namespace elanus::coordinator
