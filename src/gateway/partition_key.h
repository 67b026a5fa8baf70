// Which partition a row goes to under a partition key.
#pragma once

#include <cstdint>
#include <vector>

#include "model/column.h"
#include "model/schema.h"
#include "model/value.h"

namespace elanus::gateway {

// The partitions that keys are spread over, in the order of their numbers: _default_0,
// _default_1...
class PartitionKeys {
 public:
  explicit PartitionKeys(const CollectionInfo& collection);

  size_t count() const { return ids_.size(); }
  PartitionId Of(int64_t key) const;
  PartitionId Of(std::string_view key) const;
  // Of each row of the key's column.
  std::vector<PartitionId> Of(const Column& keys) const;

 private:
  std::vector<PartitionId> ids_;
};

}  // namespace elanus::gateway
