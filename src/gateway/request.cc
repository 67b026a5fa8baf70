#include "gateway/request.h"

#include <algorithm>

#include "gateway/names.h"
#include "gateway/text.h"
#include "model/timestamptz.h"

namespace elanus::gateway {

Status NotLoaded(const CollectionInfo& collection) {
  return FailWith(Code::kCollectionNotLoaded, {{"collection", std::to_string(collection.id.value)}});
}

Result<std::vector<PartitionId>> ReadPartitions(const CollectionInfo& collection,
                                                const std::vector<std::string>& names,
                                                const Limits& limits) {
  if (!names.empty() && collection.schema.partition_key() != nullptr) {
    return Invalid(
        "not support manually specifying the partition names if partition key mode is used");
  }
  std::vector<PartitionId> ids;
  for (const std::string& name : names) {
    TRY(CheckPartitionName(name, PartitionNameUse::kLookUp, limits));
  }
  for (const std::string& name : names) {
    const Partition* partition = collection.FindPartition(name);
    if (partition == nullptr) return Invalid("partition name ", name, " not found");
    if (collection.loaded && !partition->loaded) {
      return FailWith(Code::kPartitionNotLoaded,
                      {{"partition", std::to_string(partition->id.value)}});
    }
    if (std::find(ids.begin(), ids.end(), partition->id) == ids.end()) ids.push_back(partition->id);
  }
  if (!collection.loaded) return NotLoaded(collection);
  if (!names.empty()) return ids;

  const bool all = std::all_of(collection.partitions.begin(), collection.partitions.end(),
                               [](const Partition& partition) { return partition.loaded; });
  if (all) return ids;
  for (const Partition& partition : collection.partitions) {
    if (partition.loaded) ids.push_back(partition.id);
  }
  if (ids.empty()) return NotLoaded(collection);
  return ids;
}

Result<std::string> TimeZoneOf(const CollectionInfo& collection, const Properties& params) {
  if (const std::string* zone = FindProperty(params, "timezone"); zone != nullptr && !zone->empty()) {
    if (!IsTimeZone(*zone)) return Invalid("unknown or invalid IANA Time Zone ID: ", *zone);
    return *zone;
  }
  const std::string* zone = FindProperty(collection.properties, "timezone");
  return zone != nullptr ? *zone : std::string("UTC");
}

}  // namespace elanus::gateway
