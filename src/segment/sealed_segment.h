// SealedSegment: an immutable segment file, mapped (docs/formats/segment.md). Rows are sorted by
// (partition, primary key), so a partition is a row range and a key is found by binary search.
// Large columns are 4 KiB aligned, all with a crc32c per 64 KiB, checked on first touch; header and
// footer at Open. A damaged block is kCorruption with file and offset, never rows.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "meta/catalog.h"
#include "segment/live_table.h"
#include "segment/segment.h"

namespace elanus::segment {

// Primary keys as FindKeys takes them; the values are of the key's type.
Column KeyColumn(FieldId field, DataType type, const std::vector<Value>& keys);

class SealedSegment : public Segment {
 public:
  static Result<std::shared_ptr<SealedSegment>> Open(io::FileSystem* fs, const std::string& path,
                                                     const meta::SegmentMeta& meta,
                                                     const Schema& schema);

  // What an index is built from; borrowed from the mapping. Verifies checksums of the column.
  // kFieldNotFound if the field was added after the segment was written: there is nothing to index
  // (see Has).
  virtual Result<index::VectorView> Vectors(const Field& field, Metric metric) const = 0;
  virtual Result<index::ScalarView> Scalars(const Field& field) const = 0;
  // The same to open an index over: nothing is read or verified. Search verifies a dense column
  // before the first use of an index over it.
  virtual Result<index::VectorView> LendVectors(const Field& field) const = 0;
  virtual Result<index::ScalarView> LendScalars(const Field& field) const = 0;
  virtual uint64_t file_bytes() const = 0;
  // Where in the mapped file a field lies. Empty: nowhere.
  virtual std::vector<std::span<const std::byte>> MappedBytes(FieldId /*field*/) const {
    return {};
  }
  // Lets go of what calls have found out, and would find out again.
  virtual void DropCaches() const {}
  // How many rows were inserted before `ts`; up to 1/64 of the rows fewer. The first call that
  // needs it reads the timestamps.
  virtual size_t RowsInsertedBefore(Timestamp ts) const = 0;
  // How many rows have a value up to `value` in a field of 64-bit integers; up to 1/64 of the rows
  // fewer. The first call that needs it reads the column.
  virtual size_t RowsUpTo(const Field& field, int64_t value) const = 0;
};

// One input of WriteSegment: a segment, how many of its rows, which of them have ended.
struct MergeInput {
  std::shared_ptr<const Segment> segment;
  size_t rows = 0;
  LiveTable::Ptr live;
  // None: every row may be kept. With a value, so that aggregates may leave it out.
  std::optional<Bitmap> kept = {};  // NOLINT(readability-redundant-member-init)
};

struct WrittenSegment {
  meta::SegmentMeta meta;  // id is the caller's; no delta, no indexes
  LiveTable::Ptr live;     // ends newer than `floor`, carried over
  // row_maps[i][old row] = new row, or Segment::kNoRow if dropped.
  std::vector<std::vector<uint32_t>> row_maps;
};

// Writes the rows of `inputs` that are live, or ended after `floor`, as one sorted segment file at
// `path` (written beside, synced, renamed; the folder is synced by the caller). Serves flush (one
// growing input) and merge (several sealed ones). Rows of partitions not in `partitions` are
// dropped, and those that their input does not keep. Peak memory beyond the inputs: O(rows) small.
Result<WrittenSegment> WriteSegment(const Context& context, io::FileSystem* fs,
                                    const std::string& path, SegmentId id, const Schema& schema,
                                    std::span<const MergeInput> inputs,
                                    std::span<const PartitionId> partitions, Timestamp floor);

// Reads a whole segment file: every damage in it that checksums show, with file and offset.
struct SegmentCheck {
  SegmentId id;
  uint32_t rows = 0;
  uint64_t bytes = 0;
  std::vector<Status> damage;
};
Result<SegmentCheck> CheckSegmentFile(io::FileSystem* fs, const std::string& path);

// Delta object: the LiveTables of several segments, one file.
Status WriteDelta(io::FileSystem* fs, const std::string& path,
                  std::span<const std::pair<SegmentId, LiveTable::Ptr>> tables);
Result<std::vector<std::pair<SegmentId, LiveTable::Ptr>>> ReadDelta(io::FileSystem* fs,
                                                                    const std::string& path);

}  // namespace elanus::segment
