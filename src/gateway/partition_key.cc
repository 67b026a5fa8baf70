#include "gateway/partition_key.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "gateway/schema_check.h"
#include "gateway/text.h"

namespace elanus::gateway {

PartitionKeys::PartitionKeys(const CollectionInfo& collection) {
  const std::string lead = Concat(kDefaultPartitionName, "_");
  std::vector<std::pair<int64_t, PartitionId>> numbered;
  for (const Partition& partition : collection.partitions) {
    if (!partition.name.starts_with(lead)) continue;
    const Result<int64_t> number = ParseInt64(partition.name.substr(lead.size()));
    if (number.ok()) numbered.emplace_back(*number, partition.id);
  }
  std::sort(numbered.begin(), numbered.end());
  for (const auto& [number, id] : numbered) ids_.push_back(id);
}

PartitionId PartitionKeys::Of(int64_t key) const {
  return ids_[HashInt(static_cast<uint64_t>(key)) % ids_.size()];
}

PartitionId PartitionKeys::Of(std::string_view key) const {
  return ids_[HashBytes(key) % ids_.size()];
}

std::vector<PartitionId> PartitionKeys::Of(const Column& keys) const {
  std::vector<PartitionId> out(keys.rows());
  if (keys.type() == DataType::kInt64) {
    for (size_t row = 0; row < out.size(); ++row) out[row] = Of(keys.as<int64_t>()[row]);
  } else {
    for (size_t row = 0; row < out.size(); ++row) out[row] = Of(keys.String(row));
  }
  return out;
}

}  // namespace elanus::gateway
