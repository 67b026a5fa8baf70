// Compactions: those that clients asked for, of all shards of this process, kept in the catalog so
// that they go on after a restart. Thread-safe; plans are carried out by the worker alone.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "base/status.h"
#include "meta/catalog.h"
#include "model/compaction.h"

namespace elanus::shard {

class Compactions {
 public:
  // Finished ones that are remembered.
  static constexpr size_t kKept = 1000;

  explicit Compactions(meta::Catalog* catalog) : catalog_(catalog) {}

  // Once, at the start.
  Status Load();
  // Durable once it returns OK. Plans are to have ids.
  Status Begin(Compaction compaction);
  std::optional<Compaction> Find(int64_t id) const;
  // The oldest plan of the shard that waits, with what it belongs to.
  struct Next {
    Compaction compaction;
    size_t plan = 0;
  };
  std::optional<Next> NextOf(ShardId shard) const;
  // Replaces a plan by what became of it.
  Status Note(int64_t id, size_t plan, CompactionPlan now);
  // Sources of plans that wait.
  std::set<SegmentId> BusyIn(ShardId shard) const;
  std::set<ShardId> Unfinished() const;  // shards
  Status Forget(ShardId shard);          // it was dropped

 private:
  meta::Catalog* const catalog_;
  mutable std::mutex mutex_;  // guards what follows, and the order of writes
  std::map<int64_t, Compaction> all_;
};

}  // namespace elanus::shard
