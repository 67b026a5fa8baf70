// The log record of one write request (docs/formats/log.md). The log holds facts: full rows, and
// keys to end. Which rows a key ends is found again on replay, from the same state in the same
// order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/column.h"
#include "model/types.h"

namespace elanus::shard {

struct WriteRecord {
  ShardId shard;
  Timestamp ts = 0;
  bool fresh_keys = false;
  bool replace_everywhere = false;
  Batch rows;
  std::vector<PartitionId> partitions;  // one for each row, or one for all

  Column ended_keys;  // 0 rows: none
  std::vector<PartitionId>
      ended_partitions;                   // one for each key, one for all, or empty = everywhere
  std::vector<Timestamp> ended_inserted;  // when not empty: end only the row inserted then
};

std::string EncodeWrite(const WriteRecord& record);
// Writes the timestamp into an encoded record: it is known only when the record takes its place.
void StampWrite(std::string* encoded, Timestamp ts);
// The shard and timestamp of a record, without decoding the rest.
Result<std::pair<ShardId, Timestamp>> PeekRecord(std::string_view encoded);
Result<WriteRecord> DecodeWrite(std::string_view encoded);

}  // namespace elanus::shard
