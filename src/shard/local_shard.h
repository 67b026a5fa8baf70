// LocalShard: a shard whose rows are in this process (shard.md). The lane thread alone changes it;
// readers pin a Snapshot. Flush, merge and index builds run on other threads, propose new objects,
// commit the head under `maintain_mutex_`, and have the lane thread install the result.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/context.h"
#include "base/memory_budget.h"
#include "index/paced_verify.h"
#include "io/file_system.h"
#include "meta/catalog.h"
#include "roles/oracle.h"
#include "roles/shard.h"
#include "segment/block_pool.h"
#include "shard/expiry.h"
#include "shard/growing_memory.h"
#include "shard/lane.h"
#include "shard/record.h"
#include "shard/snapshot.h"
#include "shard/split.h"
#include "shard/warm_up.h"

namespace elanus::shard {

struct ShardOptions {
  size_t seal_rows = 65536;
  size_t seal_bytes = 64 << 20;
  // How long what ended stays readable at an earlier timestamp.
  int64_t history_ms = 60'000;
  // How long rows that outlived their collection's TTL are kept, unseen: so long a longer TTL
  // brings them back. Rows that carry their own expiry go at once.
  int64_t ttl_grace_ms = 30'000;
  // Merges stop at segments of this size.
  uint64_t segment_bytes_max = 1ULL << 30;
  // Without writes for this long the shard is sealed where that helps, merged, and indexed as
  // declared, whatever its size.
  int64_t quiet_ms = 10'000;
  // Smaller segments are searched exactly: as fast, and never wrong.
  size_t index_rows_min = 2048;
  uint64_t index_bytes_early = 256 << 20;  // segments this large get their index while writes go on
  int build_threads = 2;
  int64_t index_retry_ms = 30'000;         // after a failed build
  int64_t scrub_interval_ms = 86'400'000;  // an index file is read again after so long
};

// Index types that compare every row, and have no file.
inline bool IsExact(const std::string& type) { return type == "FLAT" || type == "BIN_FLAT"; }

// What a shard borrows from its host.
struct ShardEnv {
  io::FileSystem* fs = nullptr;
  io::FileSystem* paced_fs = nullptr;  // the same, for merges and index builds
  std::string dir;                     // one folder per shard below it
  meta::Catalog* catalog = nullptr;
  roles::Oracle* oracle = nullptr;
  const Clock* clock = nullptr;
  Lane* lane = nullptr;
  GrowingMemory* memory = nullptr;
  MemoryBudget* budget = nullptr;
  std::shared_ptr<segment::BlockPool> blocks;  // of growing segments, recycled
  ShardOptions options;
  std::function<Result<int64_t>()> next_object;  // ids never given before
  std::function<void(ShardId)> wake_flusher;     // there is a frozen segment
  std::function<void(ShardId)> wake_worker;      // a merge or an index may be due
};

class LocalShard final : public roles::Shard, public std::enable_shared_from_this<LocalShard> {
 public:
  // Opens what the head names; replay brings the rest. Removes files that no head names.
  static Result<std::shared_ptr<LocalShard>> Open(const ShardEnv* env,
                                                  roles::CollectionPtr collection);
  ~LocalShard() override;

  Result<roles::WriteResult> Write(const Context& context, roles::WriteRequest request) override;
  Result<roles::SearchResult> Search(const Context& context,
                                     const roles::SearchRequest& request) override;
  Result<roles::QueryResult> Query(const Context& context,
                                   const roles::QueryRequest& request) override;
  Result<roles::FlushResult> Flush(const Context& context) override;
  roles::ShardStats Stats() override;
  roles::IndexProgress ProgressOf(IndexId index) override;

  ShardId id() const { return id_; }

  // Recovery only, before the lane has commands: applies a record if the head does not hold it yet.
  Status Replay(WriteRecord record, wal::Lsn lsn);
  void FinishReplay();

  void Update(const roles::CollectionPtr& collection);
  // A request may know a newer schema than this shard was told of: without it columns would be
  // dropped, and fields not found.
  void Learn(const roles::CollectionPtr& collection);
  // No more writes or jobs; files are removed. Readers end on their snapshot.
  Status Drop();

  // Flusher thread: writes every frozen segment.
  Status FlushFrozen();
  // The same, with what is growing now.
  Status SealAndFlush();
  // Of the segment that takes writes now.
  uint64_t GrowingBytes() const;
  // Of sealed segments and indexes, beside their mapped files.
  uint64_t ResidentBytes() const;
  // What can be made again.
  void DropCaches();
  // Worker thread: one merge or index build if one is due. False: nothing to do.
  bool RunOneJob();
  // What a compaction would do to the sealed segments but `busy` ones. Nothing has an id yet.
  Result<Compaction> PlanCompaction(const roles::CompactionRequest& request,
                                    const std::set<SegmentId>& busy);
  // Worker thread: carries out a plan; what its sources became. `note` is told before they do.
  using NoteTargets = std::function<Status(const std::vector<SegmentId>& targets)>;
  Result<std::vector<SegmentId>> RunPlan(const Compaction& compaction, const CompactionPlan& plan,
                                         const NoteTargets& note);
  // Worker thread: reads up to `bytes` of an index file that was not read for a day, and has it
  // built again if it is damaged. False: there is none.
  bool Scrub(size_t bytes);
  // Lane thread: the oldest frame the log must keep for this shard; kMaxLsn: none.
  static constexpr wal::Lsn kMaxLsn = ~0ULL;
  wal::Lsn OldestNeeded() const;
  // A job is due, now or once the shard is quiet.
  bool HasJobWhenQuiet() const;
  void CancelJobs() { jobs_.Cancel(); }
  // OK, or why nothing may be flushed: a segment is quarantined. What the log has for it must stay
  // there, for the day on which it is restored.
  Status damage() const;

 private:
  friend class WriteCommand;
  struct Counts {
    int64_t inserted = 0;
    int64_t ended = 0;
  };

  LocalShard(const ShardEnv* env, roles::CollectionPtr collection);

  // ---- damage (open.cc) ----
  // What cannot be opened for good is replaced by a segment that says so.
  Result<std::shared_ptr<segment::SealedSegment>> OrQuarantine(
      const meta::SegmentMeta& meta, Result<std::shared_ptr<segment::SealedSegment>> opened);
  static Status Named(Status status, const std::string& collection);
  // Any thread: names the collection in damage that a call has met, and keeps it for Stats.
  Status NoteDamage(Status status, const CollectionInfo& collection);

  // ---- lane thread (write.cc) ----
  Status PrepareWrite(WriteRecord* record, const expr::Filter* filter,
                      const std::vector<PartitionId>& filter_partitions);
  Status CheckSeen(const roles::WriteRequest::Seen& seen, const WriteRecord& record) const;
  Status ResolveFilter(const expr::Filter& filter, const std::vector<PartitionId>& partitions,
                       WriteRecord* record);
  Counts Apply(const WriteRecord& record, Timestamp ts, wal::Lsn lsn);
  void EndRows(size_t view, std::vector<uint32_t>* rows, Timestamp ts, Counts* counts);
  void Publish();
  void FreezeGrowing();
  void SealGrowing();
  void CodeGrowing();
  void EndMissingPartitions();
  size_t ViewIndex(SegmentId id) const;  // views_.size() when it is gone
  void ReplaceView(size_t index, SegmentView view);
  Timestamp Floor();

  // ---- any thread, maintain_mutex_ held (flush.cc) ----
  Status FlushOne(const SegmentView& frozen, const Snapshot& snapshot);
  Status CommitDeltas();
  void NoteDirtyDeltas();
  // Writes the live tables of `views` that differ from what the head's delta objects hold, and
  // names the new object in `head`.
  Status AddDeltas(const std::vector<std::pair<SegmentId, segment::LiveTable::Ptr>>& tables,
                   meta::ShardHead* head);
  Status CommitHead(meta::ShardHead head);
  void RemoveUnused(const std::string& file);
  void RemoveUnreferenced(const meta::ShardHead& before);
  Status RemoveOrphans();
  // Lane thread: what ended on old rows between two live tables, carried to the rows that replace
  // them.
  segment::LiveTable::Ptr MapEnds(const segment::LiveTable& then, const segment::LiveTable& now,
                                  size_t rows, const std::vector<uint32_t>& row_map,
                                  segment::LiveTable::Ptr live);

  // ---- worker thread (maintain.cc) ----
  bool WorthSealing(const CollectionInfo& collection, const segment::GrowingSegment& growing) const;
  bool SealWhenQuiet(const Snapshot& snapshot);
  void ForgetHistory();
  bool DropStaleIndexes(const Snapshot& snapshot);
  // The segment was written before a function made the field: rewriting it makes it up.
  static bool LacksMade(const segment::Segment& segment, const Field& field) {
    return field.made && !segment.Has(field.id);
  }
  static bool LacksMade(const segment::Segment& segment, const Schema& schema);
  std::vector<SegmentViewPtr> PickMerge(const Snapshot& snapshot, bool quiet) const;
  Status Merge(const std::vector<SegmentViewPtr>& inputs) {
    return Rewrite(inputs, {}, {}).status();
  }
  // Writes the inputs anew as one segment, or as the parts that their rows are dealt out to.
  Result<std::vector<SegmentId>> Rewrite(const std::vector<SegmentViewPtr>& inputs,
                                         const RowParts& parts, const NoteTargets& note);
  Result<segment::WrittenSegment> WritePart(const Snapshot& snapshot,
                                            const std::vector<SegmentViewPtr>& inputs,
                                            const std::vector<Bitmap>* part);

  // ---- worker thread (scrub.cc) ----
  struct Scrubbing {
    SegmentId segment;
    meta::IndexObject object;
    std::shared_ptr<const io::Mapping> mapping;
    index::PacedVerify verify;
  };
  std::optional<Scrubbing> NextToScrub();

  // ---- worker thread and those who ask for it (compact.cc) ----
  Result<uint64_t> TargetBytes(int64_t megabytes) const;
  uint64_t BytesWhenRewritten(const Snapshot& snapshot, const SegmentView& view) const;
  bool NothingToDo(const Snapshot& snapshot, const Compaction& compaction,
                   const std::vector<SegmentId>& sources) const;
  struct IndexJob {
    SegmentViewPtr view;
    IndexInfo index;
    Field field;
  };
  // `fitting`: only what there is memory for now.
  std::optional<IndexJob> PickIndex(const Snapshot& snapshot, bool quiet, bool fitting) const;
  // At the peak of building one index over all of their rows.
  uint64_t BuildBytes(std::span<const SegmentViewPtr> views, const IndexInfo& index,
                      const Field& field) const;
  // The index, over all rows of the shard, would be larger than the memory that there is.
  bool IsTooWide(const index::BuildSpec& spec, const index::VectorView& vectors) const;
  // Of a segment whose indexes there would not be the memory for: none are made as large.
  uint64_t BuildableBytes(const Snapshot& snapshot) const;
  Status BuildIndex(const IndexJob& job);
  bool WantsIndexFile(const IndexInfo& index, const Field& field, size_t rows) const;
  bool NeedsIndexFile(const IndexInfo& index, const Field& field, const SegmentView& view) const;
  size_t RowsToReclaim(const SegmentView& view, Timestamp floor, const Expiry& expiry) const;
  segment::LiveTable::Ptr CarryEnds(const std::vector<SegmentViewPtr>& inputs,
                                    const segment::WrittenSegment& written);
  // The index's file; null: the index is not served any more.
  Result<std::shared_ptr<const io::Mapping>> AttachIndex(
      const meta::IndexObject& object, const std::shared_ptr<segment::SealedSegment>& sealed,
      segment::IndexSet* indexes);
  bool IsQuiet() const;

  // ---- reading (read.cc) ----
  Result<roles::SearchResult> SearchRows(const Context& context,
                                         const roles::SearchRequest& request);
  Result<roles::QueryResult> QueryRows(const Context& context, const roles::QueryRequest& request);
  Result<std::pair<SnapshotPtr, Timestamp>> Pin(Timestamp at);
  // What rewrites leave out.
  Expiry Purgeable(const CollectionInfo& collection) const {
    return ExpiryAt(collection, env_->oracle->Now(), env_->options.ttl_grace_ms);
  }
  // To be written anew, without what is purgeable.
  Result<segment::MergeInput> InputOf(const SegmentView& view, const CollectionInfo& collection,
                                      const Expiry& expiry) const;

  std::string Path(int64_t object, std::string_view suffix) const;
  std::string Dir() const;

  const ShardEnv* const env_;
  const ShardId id_;
  SnapshotSlot slot_;
  std::atomic<bool> dropped_{false};
  Context jobs_;  // cancelled when the shard is dropped or closed

  // Lane thread only.
  roles::CollectionPtr collection_;
  std::vector<SegmentViewPtr> views_;
  std::shared_ptr<segment::GrowingSegment> growing_;
  SegmentId growing_id_;  // of growing_, or reserved for the next one
  wal::Lsn applied_lsn_ = 0;
  Timestamp last_ts_ = 0;
  Timestamp floor_ = 0;
  bool changed_ = false;     // since the last Publish
  bool seal_noted_ = false;  // the worker knows that growing_ is worth sealing
  size_t accounted_bytes_ = 0;

  std::atomic<int64_t> last_write_ms_{0};
  std::atomic<bool> asked_to_settle_{false};  // a Flush or DDL: do not wait for quiet
  std::atomic<wal::Lsn> committed_lsn_{0};    // head_.applied_lsn for other threads
  std::atomic<bool> deltas_dirty_{
      false};  // rows of sealed segments ended since the head was committed

  std::mutex maintain_mutex_;  // one commit at a time; guards what follows
  meta::ShardHead head_;
  std::map<SegmentId, segment::LiveTable::Ptr> persisted_;  // what the head's deltas hold

  std::atomic<bool> warm_up_due_{false};

  // Worker thread only.
  WarmUps warm_ups_;
  std::optional<Scrubbing> scrubbing_;
  std::map<int64_t, int64_t> scrubbed_ms_;  // index objects, when their reading began

  struct Failure {
    std::string message;
    int64_t retry_ms = 0;
  };
  static constexpr size_t kDamagesKept = 100;
  mutable std::mutex failures_mutex_;  // guards what follows
  std::map<IndexId, Failure> index_failures_;
  std::set<std::string> damages_met_;
};

}  // namespace elanus::shard
