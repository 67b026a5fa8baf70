// Shard: the rows of one collection (or of a part of it), and everything done to rows.
// A Write that returned OK is durable and visible to every read that begins after. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "expr/filter.h"
#include "index/vector_index.h"
#include "model/column.h"
#include "model/compaction.h"
#include "model/schema.h"
#include "model/types.h"
#include "query/chain.h"
#include "query/grouping.h"
#include "query/json_values.h"
#include "query/order.h"
#include "roles/coordinator.h"

namespace elanus::roles {

// One request; shows whole or not at all. Ends (deletes) act before inserts.
struct WriteRequest {
  CollectionPtr collection;
  // Rows to insert: a column for every field of the schema, dense. A key that its partition already
  // holds is replaced (shard.md section 3).
  Batch rows;
  std::vector<PartitionId> partitions;  // of each row; one element: the same for all rows
  bool fresh_keys = false;              // keys were made by the server: no look-up needed
  bool replace_everywhere = false;      // upsert under a partition key: replace in every partition

  // Keys to end, in `delete_partitions` (empty: all), alone or beside `rows`.
  std::optional<Column> delete_keys;
  std::vector<PartitionId> delete_partitions;
  // A partial update: the rows replaced must be the ones that a read at `at` found, live rows of
  // `keys` of the request's keys; else nothing is written, the answer is kServiceUnavailable, and
  // the caller reads again.
  struct Seen {
    Timestamp at = 0;
    size_t keys = 0;
  };
  std::optional<Seen> seen;
  // Or: every row that passes, as of the moment the write takes its place in the order.
  std::shared_ptr<const expr::Filter> delete_filter;
};

struct WriteResult {
  Timestamp timestamp = 0;
  int64_t inserted = 0;
  int64_t ended = 0;  // rows that were live and are no longer
};

struct QueryVectors {
  DataType type = DataType::kNone;
  int64_t dim = 0;
  size_t count = 0;
  std::string dense;  // packed rows
  std::vector<std::string> sparse;
};

// By what a search takes its hits: of each group the nearest, of the nearest groups.
struct SearchGroups {
  struct Key {
    FieldId field;
    bool json = false;  // by what lies at `path` in a JSON field
    std::vector<std::string> path;
    query::JsonCast cast;
  };
  std::vector<Key> keys;  // at least one
  size_t size = 1;        // hits of a group
  // Groups are filled as far as there are rows for them; else they keep what was met on the way.
  bool strict = false;
};

// Changes the scores of the hits that pass a filter, within those each segment found. Larger scores
// are nearer here: a distance counts as a negative score.
struct Boost {
  std::shared_ptr<const expr::Filter> filter;  // null: every row
  float weight = 1;
  // The weight times a number in [0, 1) that a hash makes of the seed and the row, or of the Int64
  // that the field holds.
  struct Random {
    int64_t seed = 0;
    std::optional<FieldId> field;
  };
  std::optional<Random> random;
};

struct Boosts {
  std::vector<Boost> all;
  bool add_up = false;  // what several boosts say of a row is added, not multiplied
  bool add = false;     // and added to its score, not multiplied with it
};

struct SearchRequest {
  CollectionPtr collection;
  Timestamp at = 0;  // 0: now
  FieldId field;
  QueryVectors queries;
  Metric metric = Metric::kNone;
  std::string index_type;  // declared; small segments answer exactly whatever it is
  size_t limit = 0;        // hits per query, offset included; with `groups`: groups
  index::SearchParams params;
  std::optional<index::Range> range;
  std::shared_ptr<const expr::Filter> filter;  // null: every row
  std::vector<PartitionId> partitions;         // empty: all
  std::vector<FieldId> output;
  bool ignore_growing = false;
  std::optional<SearchGroups> groups;  // without `boosts`
  Boosts boosts;
  // Changes the scores of the hits that each segment found, as boosts do; kMap alone. Or null.
  std::shared_ptr<const query::Chain> chain;
};

// Hits of all queries, query after query, nearest first, ties by key; one hit a key. Of groups as
// well: hits of one group need not lie side by side.
struct SearchResult {
  std::vector<uint32_t> counts;  // per query
  Column keys;
  std::vector<float> scores;   // as clients see them
  std::vector<Column> output;  // in the order asked
  std::vector<Column> groups;  // a column for each key of `groups`
  int64_t rows_searched = 0;
};

struct QueryRequest {
  CollectionPtr collection;
  Timestamp at = 0;  // 0: now
  std::shared_ptr<const expr::Filter> filter;
  std::vector<PartitionId> partitions;  // empty: all
  std::vector<FieldId> output;
  bool count_only = false;
  std::vector<query::OrderKey> order;  // empty: ascending by key; ties are by key
  int64_t limit = -1;                  // -1: all
  int64_t offset = 0;
  bool ignore_growing = false;
  // Groups instead of rows, in no order; `output`, `order`, `limit` and `offset` do not count.
  struct Groups {
    std::vector<query::GroupKey> keys;  // none: one group
    std::vector<query::Aggregate> aggregates;
    size_t max = 0;  // groups; over it: an error
  };
  std::optional<Groups> groups;
  size_t bytes_max = 0;  // 0: no limit; over it: kParameterTooLarge
};

struct QueryResult {
  int64_t count = 0;  // count_only
  Batch rows;         // output fields as asked; of groups the keys, then the aggregates
};

enum class SegmentState { kGrowing, kSealed, kFlushed };

struct SegmentInfo {
  SegmentId id;
  SegmentState state = SegmentState::kGrowing;
  int64_t rows = 0;
  uint64_t bytes = 0;
  PartitionId partition;             // of its first row
  std::vector<std::string> indexes;  // names of those that are built
};

// How far an index is, over sealed rows. `pending` rows are served without it meanwhile.
struct IndexProgress {
  int64_t total_rows = 0;
  int64_t indexed_rows = 0;
  std::string failure;  // not empty: the build failed and is not being retried
};

struct ShardStats {
  int64_t physical_rows = 0;  // deleted and replaced rows count until merged away
  int64_t live_rows = 0;
  std::vector<std::pair<PartitionId, int64_t>> partition_rows;  // physical
  std::vector<SegmentInfo> segments;
  uint64_t memory_bytes = 0;         // what the system cannot take back; mapped files are not in it
  uint64_t growing_bytes = 0;        // of that: rows that are in no segment file yet
  uint64_t disk_bytes = 0;           // segments and indexes
  uint64_t index_bytes = 0;          // of that: indexes
  std::vector<std::string> damages;  // of its files, as far as anybody has met them; by file
};

struct FlushResult {
  std::vector<SegmentId> segments;  // every sealed segment after the flush
  Timestamp timestamp = 0;
};

class Shard {
 public:
  virtual ~Shard() = default;
  virtual Result<WriteResult> Write(const Context& context, WriteRequest request) = 0;
  virtual Result<SearchResult> Search(const Context& context, const SearchRequest& request) = 0;
  virtual Result<QueryResult> Query(const Context& context, const QueryRequest& request) = 0;
  // Everything written before the call is in segment files when it returns; index builds and merges
  // of what is there start without further waiting.
  virtual Result<FlushResult> Flush(const Context& context) = 0;
  virtual ShardStats Stats() = 0;
  virtual IndexProgress ProgressOf(IndexId index) = 0;
};

using ShardPtr = std::shared_ptr<Shard>;

// What of a collection is to be compacted, and how.
struct CompactionRequest {
  CollectionPtr collection;
  // Megabytes of the segments to be made; 0: as merges by themselves make them; more than can be
  // bytes: as large as is sensible. Larger segments are then taken apart.
  int64_t target_megabytes = 0;
  bool by_clustering_key = false;
  bool deletes_only = false;  // segments are cleared of ended rows, and not joined
  // With values, so that aggregates may leave them out.
  PartitionId partition = {};            // 0: all
  std::vector<SegmentId> segments = {};  // empty: all  NOLINT(readability-redundant-member-init)
};

// The shards of this process. Thread-safe.
class ShardDirectory {
 public:
  virtual ~ShardDirectory() = default;
  // Opens it on first use (recovering what the log holds).
  virtual Result<ShardPtr> Open(const CollectionPtr& collection) = 0;
  // A new version of a collection: schema, indexes, partitions. Cheap; work starts behind it.
  // Rows of partitions that are gone end at once.
  virtual Status Update(const CollectionPtr& collection) = 0;
  // Plans a compaction of what is flushed, and starts it behind; it goes on after a restart.
  // Without a plan (there is nothing to compact) it has no id and is not kept.
  virtual Result<Compaction> Compact(const CompactionRequest& request) = 0;
  // Nothing: there was none, or long ago.
  virtual std::optional<Compaction> FindCompaction(int64_t id) = 0;
  // Its rows, files and log records are no longer needed; running reads end on their snapshot.
  virtual Status Drop(ShardId shard) = 0;
  // kMemoryLimitExceeded while the process has taken so much memory that nothing may be loaded.
  virtual Status CheckRoom() { return {}; }
};

}  // namespace elanus::roles
