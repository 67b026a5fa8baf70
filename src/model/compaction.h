// A compaction that a client asked for: what it was to do, and how far it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/types.h"

namespace elanus {

// Some segments of one shard, written anew as others.
struct CompactionPlan {
  enum class State : uint8_t { kWaiting = 0, kDone = 1, kFailed = 2 };

  int64_t id = 0;
  std::vector<SegmentId> sources;
  // What they become; where nothing had to be written, a source itself; empty: no row was left.
  std::vector<SegmentId> targets;
  State state = State::kWaiting;
  std::string failure;

  bool operator==(const CompactionPlan&) const = default;
};

struct Compaction {
  int64_t id = 0;
  CollectionId collection;
  ShardId shard;
  uint64_t target_bytes = 0;       // of a segment
  bool split = false;              // segments above it are taken apart
  bool by_clustering_key = false;  // the segments of a plan hold ranges of it
  std::vector<CompactionPlan> plans;

  bool done() const {
    for (const CompactionPlan& plan : plans) {
      if (plan.state == CompactionPlan::State::kWaiting) return false;
    }
    return true;
  }
  bool operator==(const Compaction&) const = default;
};

}  // namespace elanus
