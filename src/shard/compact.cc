// LocalShard, compactions that a client asked for: which segments become which, and the doing.
#include <algorithm>

#include "base/log.h"
#include "shard/local_shard.h"
#include "shard/split.h"

namespace elanus::shard {
namespace {

// As large a segment as is sensible where the client leaves it to us.
constexpr uint64_t kLargestInSegments = 4;

const Field* ClusteringKey(const Schema& schema) {
  for (const Field& field : schema.fields) {
    if (field.clustering_key) return &field;
  }
  return nullptr;
}

bool HasRowsOf(const SegmentView& view, PartitionId partition) {
  Bitmap rows(view.rows, true);
  view.segment->MaskPartitions({&partition, 1}, view.rows, &rows);
  return !rows.None();
}

}  // namespace

Result<uint64_t> LocalShard::TargetBytes(int64_t megabytes) const {
  const uint64_t usual = env_->options.segment_bytes_max;
  if (megabytes == 0) return usual;
  if (megabytes > (INT64_MAX >> 20)) return usual * kLargestInSegments;
  if (megabytes < 0 || (static_cast<uint64_t>(megabytes) << 20) < usual) {
    return Fail(Code::kParameterInvalid,
                "targetSize " + std::to_string(megabytes) +
                    " MB should be greater than or equal to configMaxSize " +
                    std::to_string(usual >> 20) + " MB");
  }
  return static_cast<uint64_t>(megabytes) << 20;
}

uint64_t LocalShard::BytesWhenRewritten(const Snapshot& snapshot, const SegmentView& view) const {
  const size_t gone =
      std::min(view.rows, RowsToReclaim(view, snapshot.floor, Purgeable(*snapshot.collection)));
  return static_cast<uint64_t>(static_cast<double>(view.sealed->file_bytes()) *
                               static_cast<double>(view.rows - gone) /
                               static_cast<double>(std::max<size_t>(view.rows, 1)));
}

Result<Compaction> LocalShard::PlanCompaction(const roles::CompactionRequest& request,
                                              const std::set<SegmentId>& busy) {
  ForgetHistory();
  const SnapshotPtr snapshot = slot_.Get();
  Compaction compaction;
  compaction.collection = snapshot->collection->id;
  compaction.shard = id_;
  compaction.target_bytes =
      std::min(TRY(TargetBytes(request.target_megabytes)), BuildableBytes(*snapshot));
  compaction.split = request.target_megabytes != 0;
  compaction.by_clustering_key =
      request.by_clustering_key && ClusteringKey(snapshot->collection->schema) != nullptr;
  if (request.by_clustering_key && !compaction.by_clustering_key) return compaction;

  std::vector<SegmentViewPtr> sealed;
  for (const SegmentViewPtr& view : snapshot->segments) {
    if (view->sealed == nullptr || busy.contains(view->id) || !view->sealed->damage().ok())
      continue;
    if (!request.segments.empty() && std::find(request.segments.begin(), request.segments.end(),
                                               view->id) == request.segments.end()) {
      continue;
    }
    if (request.partition.value != 0 && !HasRowsOf(*view, request.partition)) continue;
    if (request.deletes_only && view->live->dead() == 0) continue;
    sealed.push_back(view);
  }
  std::sort(sealed.begin(), sealed.end(), [](const SegmentViewPtr& a, const SegmentViewPtr& b) {
    return a->sealed->file_bytes() > b->sealed->file_bytes();
  });
  // The largest first, each into the first group that has room.
  std::vector<uint64_t> bytes;
  for (const SegmentViewPtr& view : sealed) {
    const uint64_t own = BytesWhenRewritten(*snapshot, *view);
    size_t group = 0;
    while (group < bytes.size() && !compaction.by_clustering_key &&
           (request.deletes_only || bytes[group] + own > compaction.target_bytes)) {
      ++group;
    }
    if (group == bytes.size()) {
      bytes.push_back(0);
      compaction.plans.emplace_back();
    }
    bytes[group] += own;
    compaction.plans[group].sources.push_back(view->id);
  }
  for (CompactionPlan& plan : compaction.plans) {
    if (NothingToDo(*snapshot, compaction, plan.sources)) {
      plan.targets = plan.sources;
      plan.state = CompactionPlan::State::kDone;
    }
  }
  return compaction;
}

// One segment that holds no row too many and is not too large.
bool LocalShard::NothingToDo(const Snapshot& snapshot, const Compaction& compaction,
                             const std::vector<SegmentId>& sources) const {
  if (sources.size() != 1) return sources.empty();
  for (const SegmentViewPtr& view : snapshot.segments) {
    if (view->id != sources[0]) continue;
    if (RowsToReclaim(*view, snapshot.floor, Purgeable(*snapshot.collection)) > 0) return false;
    return !compaction.split || view->sealed->file_bytes() <= compaction.target_bytes;
  }
  return true;
}

Result<std::vector<SegmentId>> LocalShard::RunPlan(const Compaction& compaction,
                                                   const CompactionPlan& plan,
                                                   const NoteTargets& note) {
  ForgetHistory();
  const SnapshotPtr snapshot = slot_.Get();
  std::vector<SegmentViewPtr> inputs;
  std::vector<SegmentId> sources, done;
  uint64_t bytes = 0;
  for (const SegmentViewPtr& view : snapshot->segments) {
    if (view->sealed == nullptr) continue;
    // Installed before a crash that came before it was noted.
    if (std::find(plan.targets.begin(), plan.targets.end(), view->id) != plan.targets.end())
      done.push_back(view->id);
    // What became part of another segment meanwhile is not missed.
    if (std::find(plan.sources.begin(), plan.sources.end(), view->id) != plan.sources.end()) {
      inputs.push_back(view);
      sources.push_back(view->id);
      bytes += BytesWhenRewritten(*snapshot, *view);
    }
  }
  if (!done.empty()) return done;
  if (NothingToDo(*snapshot, compaction, sources)) return sources;
  const bool apart = compaction.split || compaction.by_clustering_key;
  const size_t outputs =
      apart ? std::max<size_t>(1, (bytes + compaction.target_bytes - 1) / compaction.target_bytes)
            : 1;
  RowParts parts;
  if (outputs > 1) {
    const Field* key = ClusteringKey(snapshot->collection->schema);
    parts = compaction.by_clustering_key && key != nullptr
                ? TRY(SplitByValue(jobs_, inputs, *key, outputs))
                : SplitByOrder(inputs, outputs);
  }
  const std::vector<SegmentId> targets = TRY(Rewrite(inputs, parts, note));
  asked_to_settle_ = true;  // the new segments are indexed without waiting
  return targets;
}

}  // namespace elanus::shard
