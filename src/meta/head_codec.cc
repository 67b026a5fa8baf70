#include "meta/head_codec.h"

#include "base/coding.h"
#include "meta/record.h"

namespace elanus::meta {
namespace {

// Tags; never reused.
enum HeadTag : uint64_t { kVersion = 1, kAppliedLsn = 2, kFloor = 3, kNextObject = 4 };
enum SegmentTag : uint64_t {
  kId = 1,
  kRows = 2,
  kBytes = 3,
  kMinTs = 4,
  kMaxTs = 5,
  kPartition = 6,  // repeated: varint partition, begin, end
  kDelta = 7,
  kIndex = 8,  // repeated: varint index, field, object, bytes
};

}  // namespace

std::string EncodeHead(std::string_view key, const ShardHead& head) {
  RecordWriter record;
  record.Number(kVersion, head.version);
  record.Number(kAppliedLsn, head.applied_lsn);
  record.Number(kFloor, head.floor);
  record.Number(kNextObject, static_cast<uint64_t>(head.next_object));
  return record.Seal(key);
}

Result<ShardHead> DecodeHead(std::string_view key, std::string_view value) {
  const RecordReader record = TRY(RecordReader::Open(key, value));
  ShardHead head;
  head.version = TRY(record.Number(kVersion));
  head.applied_lsn = TRY(record.Number(kAppliedLsn));
  head.floor = TRY(record.Number(kFloor));
  head.next_object = static_cast<int64_t>(TRY(record.Number(kNextObject)));
  return head;
}

std::string EncodeSegment(std::string_view key, const SegmentMeta& segment) {
  RecordWriter record;
  record.Number(kId, static_cast<uint64_t>(segment.id.value));
  record.Number(kRows, segment.rows);
  record.Number(kBytes, segment.bytes);
  record.Number(kMinTs, segment.min_ts);
  record.Number(kMaxTs, segment.max_ts);
  for (const PartitionRange& range : segment.partitions) {
    std::string bytes;
    Writer writer(&bytes);
    writer.Varint(static_cast<uint64_t>(range.partition.value));
    writer.Varint(range.begin);
    writer.Varint(range.end);
    record.Bytes(kPartition, bytes);
  }
  record.Number(kDelta, static_cast<uint64_t>(segment.delta));
  for (const IndexObject& index : segment.indexes) {
    std::string bytes;
    Writer writer(&bytes);
    writer.Varint(static_cast<uint64_t>(index.index.value));
    writer.Varint(static_cast<uint64_t>(index.field.value));
    writer.Varint(static_cast<uint64_t>(index.object));
    writer.Varint(index.bytes);
    record.Bytes(kIndex, bytes);
  }
  return record.Seal(key);
}

Result<SegmentMeta> DecodeSegment(std::string_view key, std::string_view value) {
  const RecordReader record = TRY(RecordReader::Open(key, value));
  SegmentMeta segment;
  segment.id = SegmentId(static_cast<int64_t>(TRY(record.Number(kId))));
  segment.rows = static_cast<uint32_t>(TRY(record.Number(kRows)));
  segment.bytes = TRY(record.Number(kBytes));
  segment.min_ts = TRY(record.Number(kMinTs));
  segment.max_ts = TRY(record.Number(kMaxTs));
  for (const std::string_view bytes : record.All(kPartition)) {
    Reader reader(bytes);
    PartitionRange range;
    range.partition = PartitionId(static_cast<int64_t>(TRY(reader.Varint())));
    range.begin = static_cast<uint32_t>(TRY(reader.Varint()));
    range.end = static_cast<uint32_t>(TRY(reader.Varint()));
    segment.partitions.push_back(range);
  }
  segment.delta = static_cast<int64_t>(TRY(record.Number(kDelta)));
  for (const std::string_view bytes : record.All(kIndex)) {
    Reader reader(bytes);
    IndexObject index;
    index.index = IndexId(static_cast<int64_t>(TRY(reader.Varint())));
    index.field = FieldId(static_cast<int64_t>(TRY(reader.Varint())));
    index.object = static_cast<int64_t>(TRY(reader.Varint()));
    index.bytes = TRY(reader.Varint());
    segment.indexes.push_back(index);
  }
  return segment;
}

}  // namespace elanus::meta
