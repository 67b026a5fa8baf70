// GrowingSegment: append-only rows in memory (shard.md section 2). One writer (the lane thread);
// readers see rows below the count of their snapshot, without locks: bytes below it never change.
#pragma once

#include <memory>
#include <span>

#include "model/column.h"
#include "segment/block_pool.h"
#include "segment/segment.h"

namespace elanus::segment {

class GrowingSegment : public Segment {
 public:
  // `pool` is shared by the segments of a node; null: a pool of its own.
  static std::shared_ptr<GrowingSegment> Make(const Schema& schema,
                                              std::shared_ptr<BlockPool> pool = nullptr);

  // Appends rows (a column for each field of the schema; absent ones get default or null), all
  // inserted at `ts`. partitions: one each, or one for all. Lane thread only. Returns the first
  // row.
  virtual uint32_t Append(const Batch& batch, std::span<const PartitionId> partitions,
                          Timestamp ts) = 0;

  // Fields added to the schema later: rows from here on carry them.
  virtual void ExtendSchema(const Schema& schema) = 0;

  // From the next Append on searches of `field` by `metric` read codes instead of all of the column
  // (vector_codes.h), except where VectorSearch says exact. Lane thread only.
  virtual void Code(FieldId field, Metric metric) = 0;

  // Bytes of the values appended. memory_bytes() is what is allocated for them: up to twice that,
  // as chunks double. To decide when to seal, this is the measure.
  virtual uint64_t data_bytes() const = 0;
};

}  // namespace elanus::segment
