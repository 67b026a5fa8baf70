#include <algorithm>
#include <utility>

#include "coordinator/rules.h"

namespace elanus::coordinator {

Result<Edit> AddPartition(CollectionInfo* info, Partition partition, int64_t partitions_max) {
  if (info->FindPartition(partition.name) != nullptr) return Edit::kUnchanged;
  const auto count = static_cast<int64_t>(info->partitions.size());
  if (count >= partitions_max) {
    return Fail(Code::kParameterInvalid,
                "partition number (" + std::to_string(count) + ") exceeds max configuration (" +
                    std::to_string(partitions_max) + "), collection: " + info->name);
  }
  partition.loaded = std::all_of(info->partitions.begin(), info->partitions.end(),
                                 [](const Partition& other) { return other.loaded; });
  info->partitions.push_back(std::move(partition));
  return Edit::kChanged;
}

Result<Edit> RemovePartition(CollectionInfo* info, std::string_view name) {
  if (name == kDefaultPartitionName) {
    return Fail(Code::kParameterInvalid, "default partition cannot be deleted");
  }
  const auto found = std::find_if(info->partitions.begin(), info->partitions.end(),
                                  [&](const Partition& p) { return p.name == name; });
  if (found == info->partitions.end()) return Edit::kUnchanged;
  if (found->loaded) {
    return Fail(Code::kParameterInvalid,
                "partition cannot be dropped, partition is loaded, please release it first");
  }
  info->partitions.erase(found);
  return Edit::kChanged;
}

}  // namespace elanus::coordinator
