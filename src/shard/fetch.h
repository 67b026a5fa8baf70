// Rows of a snapshot by place, and their values.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "expr/filter.h"
#include "model/column.h"
#include "model/schema.h"
#include "shard/snapshot.h"

namespace elanus::shard {

// A row somewhere in a snapshot.
struct Place {
  uint32_t view;
  uint32_t row;
};

// Fails where the schema has no field with this id.
Result<const Field*> FieldOf(const Schema& schema, FieldId id);

// Fails where the filter reads a field that the schema does not have (any more).
Status CheckFields(const expr::Filter& filter, const Schema& schema);

// The values of `field` at `places`, in their order.
Result<Column> FetchColumn(const Snapshot& snapshot, const Field& field,
                           const std::vector<Place>& places);

// -1, 0, 1: order of two rows of a column of keys.
int CompareKeys(const Column& keys, size_t a, size_t b);

std::vector<PartitionId> Ascending(std::vector<PartitionId> partitions);
std::vector<PartitionId> PartitionsOf(const CollectionInfo& collection);  // ascending

}  // namespace elanus::shard
