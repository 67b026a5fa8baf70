// RowOrigin: when each row of a growing segment was inserted, and into which partition. One writer;
// readers ask for rows that were published to them.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <unordered_map>

#include "meta/catalog.h"
#include "model/bitmap.h"
#include "model/types.h"
#include "segment/chunked_array.h"

namespace elanus::segment {

class RowOrigin {
 public:
  explicit RowOrigin(BlockArena* arena);

  // Rows [first, first + count), ts not below earlier ones. partitions: one each, or one for all.
  void Append(size_t first, size_t count, std::span<const PartitionId> partitions, Timestamp ts);

  Timestamp InsertedAt(size_t row) const;
  // How many rows were inserted at or before `ts`, of the first `rows`.
  size_t RowsUpTo(Timestamp ts, size_t rows) const;

  PartitionId PartitionOf(size_t row) const;
  // partitions: sorted.
  void MaskPartitions(std::span<const PartitionId> partitions, size_t rows, Bitmap* allowed) const;

 private:
  struct Run {  // rows from `first` on
    Timestamp ts;
    uint64_t first;
  };
  uint16_t OrdinalOf(PartitionId partition);

  ChunkedArray runs_;
  std::atomic<size_t> run_count_{0};
  ChunkedArray ordinals_;    // uint16 a row: which of partitions_
  ChunkedArray partitions_;  // PartitionId
  std::atomic<size_t> partition_count_{0};
  std::unordered_map<PartitionId, uint16_t> ordinal_of_;  // the writer's
};

// Clears bits [begin, end).
void ClearRange(Bitmap* bitmap, size_t begin, size_t end);

// Of a sealed segment, whose partitions are ranges of rows, ascending.
PartitionId PartitionAt(std::span<const meta::PartitionRange> ranges, uint32_t row);
// Clears the first `rows` rows of partitions that are not in `partitions` (sorted).
void KeepPartitions(std::span<const meta::PartitionRange> ranges,
                    std::span<const PartitionId> partitions, size_t rows, Bitmap* allowed);

}  // namespace elanus::segment
