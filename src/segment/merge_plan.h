// MergePlan: which rows of which inputs become the rows of a new segment, in order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "meta/catalog.h"
#include "segment/sealed_segment.h"

namespace elanus::segment {

struct RowRef {
  uint32_t input;
  uint32_t row;
};

struct MergePlan {
  std::vector<RowRef> rows;                      // by (partition, key, insert)
  std::vector<meta::PartitionRange> partitions;  // those with rows
  std::vector<std::vector<uint32_t>> row_maps;   // as WrittenSegment's
  std::vector<LiveTable::Ended> ended;           // new rows that have ended after the floor
};

// As WriteSegment. `key`: the primary key.
Result<MergePlan> PlanMerge(const Context& context, const Field& key,
                            std::span<const MergeInput> inputs,
                            std::span<const PartitionId> partitions, Timestamp floor);

}  // namespace elanus::segment
