// ShardHost: the shards of this process, on one lane: opens them (recovering from the log), runs
// their flushes, merges and index builds, and truncates the log behind them. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/memory_budget.h"
#include "io/paced/paced_file_system.h"
#include "roles/shard.h"
#include "shard/compactions.h"
#include "shard/local_shard.h"

namespace elanus::shard {

struct HostOptions {
  ShardOptions shard;
  size_t growing_bytes_max = 1ULL << 30;
  // Of merges and index builds; 0: as fast as they can.
  uint64_t background_bytes_per_second = 256ULL << 20;
  // A log larger than this is shortened by flushing the shards that hold it back.
  uint64_t log_bytes_soft = 512ULL << 20;
  // Of the whole process; null: one without a limit. What is above is made to fit it: at most a
  // quarter for growing rows.
  std::shared_ptr<MemoryBudget> budget;
  // What the process has in fact taken, to hold the budget against; null: nobody knows.
  std::function<uint64_t()> anonymous_bytes;
  // How long a write waits above the soft line.
  std::chrono::milliseconds memory_wait{1000};
};

class ShardHost final : public roles::ShardDirectory {
 public:
  // `dir` holds a folder per shard. Everything outlives the host.
  ShardHost(HostOptions options, io::FileSystem* fs, std::string dir, meta::Catalog* catalog,
            wal::Log* log, roles::Oracle* oracle, const Clock* clock);
  ~ShardHost() override;  // stops background work; unflushed rows stay in the log

  // Once, before any other call: replays the log into the shards it concerns.
  Status Recover(const std::vector<roles::CollectionPtr>& collections);

  Result<roles::ShardPtr> Open(const roles::CollectionPtr& collection) override;
  Status Update(const roles::CollectionPtr& collection) override;
  Result<Compaction> Compact(const roles::CompactionRequest& request) override;
  std::optional<Compaction> FindCompaction(int64_t id) override { return compactions_.Find(id); }
  Status Drop(ShardId shard) override;
  Status CheckRoom() override { return memory_.CheckRoom("load"); }

  size_t growing_bytes() const { return memory_.bytes(); }
  // What keeps this node from doing its work, in a sentence; empty: nothing.
  std::string problem() const;

 private:
  using ShardRef = std::shared_ptr<LocalShard>;

  Status CheckFolders(const std::map<ShardId, roles::CollectionPtr>& known);
  Result<int64_t> NextObject();
  ShardRef Find(ShardId id) const;
  std::vector<ShardRef> All() const;
  void FlusherLoop();
  void WorkerLoop();
  void ShortenLog();
  void WatchMemory();
  void RelieveMemory();
  void CountResident();
  void TruncateLog();
  bool RunNextPlan(const ShardRef& shard);
  void ScrubSome(std::set<ShardId>* shards);

  const std::shared_ptr<MemoryBudget> budget_;
  const HostOptions options_;
  meta::Catalog* const catalog_;
  wal::Log* const log_;
  io::FileSystem* const fs_;
  io::Pace pace_;
  io::PacedFileSystem paced_fs_;
  GrowingMemory memory_;
  Compactions compactions_;
  ShardEnv env_;

  std::mutex objects_mutex_;
  int64_t next_object_ = 0, objects_end_ = 0;

  mutable std::mutex shards_mutex_;
  std::map<ShardId, ShardRef> shards_;
  // Shards that could not be opened although the log has rows for them, and why. Their part of the
  // log stays.
  struct Broken {
    Status error;
    wal::Lsn needed = 0;
  };
  std::map<ShardId, Broken> broken_;
  std::mutex open_mutex_;      // one open at a time
  std::mutex planning_mutex_;  // one plan of a segment at a time

  mutable std::mutex work_mutex_;  // guards what follows
  std::condition_variable flusher_wake_, worker_wake_;
  std::set<ShardId> to_flush_, retry_flush_, to_work_;
  bool stopping_ = false;
  std::string flush_problem_;
  std::atomic<bool> relief_due_{false};  // set with the mutex held, so that the flusher sees it

  // Flusher thread only, and before it is started Recover.
  int64_t resident_bytes_ = 0;  // counted in the budget
  std::chrono::steady_clock::time_point next_count_, next_trim_;

  std::thread flusher_, worker_;

  std::unique_ptr<Lane> lane_;  // stops first
};

}  // namespace elanus::shard
