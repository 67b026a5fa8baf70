#include "shard/record.h"

#include <cstring>

#include "base/coding.h"

namespace elanus::shard {
namespace {

// kind u8, shard i64, ts u64, flags u8, then the rest.
constexpr uint8_t kWrite = 1;
constexpr size_t kTimestampOffset = 1 + sizeof(int64_t);

enum Flag : uint8_t { kFreshKeys = 1, kReplaceEverywhere = 2 };

void PutPartitions(const std::vector<PartitionId>& partitions, Writer* w) {
  w->Varint(partitions.size());
  for (const PartitionId partition : partitions) w->I64(partition.value);
}

Result<std::vector<PartitionId>> GetPartitions(Reader* r) {
  const uint64_t count = TRY(r->Varint());
  if (count > r->remaining() / sizeof(int64_t))
    return Status(Code::kCorruption, "log record is cut short");
  std::vector<PartitionId> partitions;
  partitions.reserve(count);
  for (uint64_t i = 0; i < count; ++i) partitions.emplace_back(TRY(r->I64()));
  return partitions;
}

}  // namespace

std::string EncodeWrite(const WriteRecord& record) {
  std::string bytes;
  bytes.reserve(record.rows.bytes() + record.ended_keys.bytes() +
                64 * (record.rows.columns.size() + 2) +
                sizeof(int64_t) * (record.partitions.size() + record.ended_partitions.size() +
                                   record.ended_inserted.size()));
  Writer w(&bytes);
  w.U8(kWrite);
  w.I64(record.shard.value);
  w.U64(record.ts);
  w.U8(static_cast<uint8_t>((record.fresh_keys ? kFreshKeys : 0) |
                            (record.replace_everywhere ? kReplaceEverywhere : 0)));
  PutPartitions(record.partitions, &w);
  record.rows.EncodeTo(&bytes);
  record.ended_keys.EncodeTo(&bytes);
  PutPartitions(record.ended_partitions, &w);
  w.Varint(record.ended_inserted.size());
  for (const Timestamp ts : record.ended_inserted) w.U64(ts);
  return bytes;
}

void StampWrite(std::string* encoded, Timestamp ts) {
  std::memcpy(encoded->data() + kTimestampOffset, &ts, sizeof ts);
}

Result<std::pair<ShardId, Timestamp>> PeekRecord(std::string_view encoded) {
  Reader r(encoded);
  const uint8_t kind = TRY(r.U8());
  if (kind != kWrite)
    return Status(Code::kCorruption, "log record has unknown kind " + std::to_string(kind));
  const ShardId shard(TRY(r.I64()));
  return std::pair(shard, TRY(r.U64()));
}

Result<WriteRecord> DecodeWrite(std::string_view encoded) {
  WriteRecord record;
  std::tie(record.shard, record.ts) = TRY(PeekRecord(encoded));
  Reader r(encoded.substr(kTimestampOffset + sizeof(Timestamp)));
  const uint8_t flags = TRY(r.U8());
  record.fresh_keys = (flags & kFreshKeys) != 0;
  record.replace_everywhere = (flags & kReplaceEverywhere) != 0;
  record.partitions = TRY(GetPartitions(&r));
  record.rows = TRY(Batch::Decode(&r));
  record.ended_keys = TRY(Column::Decode(&r));
  record.ended_partitions = TRY(GetPartitions(&r));
  const uint64_t count = TRY(r.Varint());
  if (count > r.remaining() / sizeof(Timestamp))
    return Status(Code::kCorruption, "log record is cut short");
  for (uint64_t i = 0; i < count; ++i) record.ended_inserted.push_back(TRY(r.U64()));
  if (record.rows.rows > 0 && record.partitions.size() != 1 &&
      record.partitions.size() != record.rows.rows) {
    return Status(Code::kCorruption, "log record has partitions for other rows");
  }
  return record;
}

}  // namespace elanus::shard
