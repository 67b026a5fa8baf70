// Catalog: the typed view of the MetaStore; alone knows its key layout (docs/formats/catalog.md).
// Thread-safe. Every change is one durable transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "meta/meta_store.h"
#include "model/access.h"
#include "model/compaction.h"
#include "model/database.h"
#include "model/resource_group.h"
#include "model/schema.h"
#include "model/types.h"

namespace elanus::meta {

// Rows [begin, end) of a segment belong to `partition`.
struct PartitionRange {
  PartitionId partition;
  uint32_t begin = 0;
  uint32_t end = 0;

  bool operator==(const PartitionRange&) const = default;
};

// An index file of one segment.
struct IndexObject {
  IndexId index;
  FieldId field;
  int64_t object = 0;  // names the file
  uint64_t bytes = 0;

  bool operator==(const IndexObject&) const = default;
};

// A sealed segment as its shard's head records it.
struct SegmentMeta {
  SegmentId id;  // also names its file
  uint32_t rows = 0;
  uint64_t bytes = 0;
  Timestamp min_ts = 0, max_ts = 0;        // of its rows
  std::vector<PartitionRange> partitions;  // ascending, without gaps
  int64_t delta = 0;                       // object that holds its ended rows; 0: none
  std::vector<IndexObject> indexes;

  bool operator==(const SegmentMeta&) const = default;
};

// A shard's root record: which objects make it up, and up to where the log is in them.
struct ShardHead {
  uint64_t version = 0;      // 0: no head yet, the shard is empty
  uint64_t applied_lsn = 0;  // frames up to here are in the segments
  Timestamp floor = 0;
  int64_t next_object = 1;  // for segment, delta and index files
  std::vector<SegmentMeta> segments;

  bool operator==(const ShardHead&) const = default;
};

class Catalog {
 public:
  // Checks the format version ("data folder has format 7, this binary reads up to 1"), writes it
  // when new. The store must outlive the catalog.
  static Result<std::unique_ptr<Catalog>> Open(MetaStore* store);
  virtual ~Catalog() = default;

  virtual Result<std::vector<CollectionInfo>> LoadCollections() = 0;
  virtual Result<std::vector<DatabaseInfo>> LoadDatabases() = 0;
  virtual Status PutDatabase(const DatabaseInfo& database) = 0;  // new, or in place of the old one
  virtual Status DropDatabase(const std::string& name) = 0;

  virtual Result<std::vector<ResourceGroup>> LoadResourceGroups() = 0;
  // One transaction that makes `before`, which is stored, into `after`; both by name.
  virtual Status ChangeResourceGroups(const std::vector<ResourceGroup>& before,
                                      const std::vector<ResourceGroup>& after) = 0;

  // Writes `info` if the stored version is info.version - 1 (absent for version 1); kInternal when
  // not, and nothing is written.
  virtual Status PutCollection(const CollectionInfo& info) = 0;
  // Several collections in one transaction (an alias moves).
  virtual Status PutCollections(const std::vector<CollectionInfo>& infos) = 0;
  // Removes the collection, stored with this version; leaves a tombstone of its shard until
  // ForgetShard.
  virtual Status DropCollection(const CollectionInfo& info) = 0;
  virtual Result<std::vector<ShardId>> LoadTombstones() = 0;
  // Removes the shard's head, segments and tombstone.
  virtual Status ForgetShard(ShardId shard) = 0;

  virtual Result<AccessRules> LoadAccessRules() = 0;
  // One transaction that makes `before`, which is stored, into `after`.
  virtual Status ChangeAccessRules(const AccessRules& before, const AccessRules& after) = 0;

  // Segments ascending by id.
  virtual Result<ShardHead> LoadHead(ShardId shard) = 0;
  // Shards that have a head, with applied_lsn (cheap: no segments read).
  virtual Result<std::vector<std::pair<ShardId, uint64_t>>> LoadAppliedLsns() = 0;
  // Replaces the head if the stored version is before.version and the shard was not dropped;
  // kInternal when not. `after` is before.version + 1. Writes O(what changed against `before`).
  virtual Status CommitHead(ShardId shard, const ShardHead& before, const ShardHead& after) = 0;

  // Compactions that were asked for, ascending by id.
  virtual Result<std::vector<Compaction>> LoadCompactions() = 0;
  virtual Status PutCompaction(const Compaction& compaction) = 0;  // new, or in place of the old
  virtual Status ForgetCompactions(const std::vector<int64_t>& ids) = 0;

  // First of a block of `count` ids never given before, for things and for auto ids. Ids rise, also
  // over restarts; most calls touch memory only.
  virtual Result<int64_t> AllocateIds(int64_t count) = 0;

  // The timestamp up to which the oracle may hand out; 0 when never set.
  virtual Result<Timestamp> LoadTimestampLimit() = 0;
  virtual Status SaveTimestampLimit(Timestamp limit) = 0;
};

}  // namespace elanus::meta
