// Snapshot: what a reader sees of a shard. Immutable; a reader pins one for the length of its
// request.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "io/file_system.h"
#include "meta/catalog.h"
#include "model/types.h"
#include "roles/coordinator.h"
#include "segment/growing_segment.h"
#include "segment/live_table.h"
#include "segment/sealed_segment.h"
#include "segment/segment.h"

namespace elanus::shard {

// One segment as readers see it. Replaced, never changed.
struct SegmentView {
  SegmentId id;
  std::shared_ptr<segment::Segment> segment;
  size_t rows = 0;
  segment::LiveTable::Ptr live;

  // Sealed only.
  std::shared_ptr<segment::SealedSegment> sealed;  // null: growing or frozen
  std::shared_ptr<const segment::IndexSet> indexes;
  std::map<IndexId, FieldId> index_ids;  // the declared indexes that they are
  // Their files. With a value, so that aggregates may leave it out.
  std::map<IndexId, std::shared_ptr<const io::Mapping>> index_files =
      {};  // NOLINT(readability-redundant-member-init)
  // Growing only: null once frozen.
  std::shared_ptr<segment::GrowingSegment> growing;
  uint64_t frozen_lsn = 0;  // frozen: the newest frame in it

  size_t live_rows() const { return rows - live->dead(); }
};
using SegmentViewPtr = std::shared_ptr<const SegmentView>;

struct Snapshot {
  Timestamp ts = 0;     // of the newest request in it
  Timestamp floor = 0;  // the oldest readable moment
  roles::CollectionPtr collection;
  std::vector<SegmentViewPtr> segments;  // sealed, then frozen (oldest first), then growing
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// Where the current snapshot hangs. One writer, any readers.
class SnapshotSlot {
 public:
  SnapshotPtr Get() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  void Set(SnapshotPtr snapshot) {
    {
      const std::lock_guard lock(mutex_);
      snapshot_.swap(snapshot);
    }  // what nobody reads any more is destroyed outside the lock
  }

 private:
  mutable std::mutex mutex_;
  SnapshotPtr snapshot_;
};

}  // namespace elanus::shard
