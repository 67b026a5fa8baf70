// LocalShard, flush: growing rows become a segment file, ended rows of sealed segments a delta
// object, and one head commit makes both the truth (shard.md section 5, steps F1 to F6).
#include <algorithm>
#include <set>

#include "base/crash_point.h"
#include "base/log.h"
#include "shard/fetch.h"
#include "shard/local_shard.h"
#include "shard/shard_metrics.h"

namespace elanus::shard {

using segment::LiveTable;
using segment::Segment;

namespace {}  // namespace

void LocalShard::SealGrowing() {
  if (growing_ == nullptr || growing_->rows() == 0) return;
  FreezeGrowing();
  changed_ = true;
  Publish();
}

Status LocalShard::SealAndFlush() {
  env_->lane->RunTask([this] { SealGrowing(); });
  CrashHere(CrashPoint::kFlushFrozen);
  return FlushFrozen();
}

Result<roles::FlushResult> LocalShard::Flush(const Context& context) {
  TRY(context.Check());
  roles::FlushResult result;
  env_->lane->RunTask([this, &result] {
    SealGrowing();
    result.timestamp = std::max(last_ts_, env_->oracle->Now());
  });
  CrashHere(CrashPoint::kFlushFrozen);
  TRY(FlushFrozen());
  asked_to_settle_ = true;
  env_->wake_worker(id_);
  const SnapshotPtr snapshot = slot_.Get();
  for (const SegmentViewPtr& view : snapshot->segments) {
    if (view->sealed != nullptr) result.segments.push_back(view->id);
  }
  return result;
}

Status LocalShard::FlushFrozen() {
  const std::lock_guard lock(maintain_mutex_);
  TRY(damage());
  while (!dropped_) {
    const SnapshotPtr snapshot = slot_.Get();
    const auto frozen = std::find_if(snapshot->segments.begin(), snapshot->segments.end(),
                                     [](const SegmentViewPtr& view) {
                                       return view->sealed == nullptr && view->growing == nullptr;
                                     });
    if (frozen == snapshot->segments.end()) break;
    TRY(FlushOne(**frozen, *snapshot));
  }
  if (!dropped_) TRY(CommitDeltas());
  return {};
}

Status LocalShard::FlushOne(const SegmentView& frozen, const Snapshot& snapshot) {
  TRY(env_->fs->CreateDirs(Dir()));
  const std::string path = Path(frozen.id.value, "seg");
  const segment::MergeInput input =
      TRY(InputOf(frozen, *snapshot.collection, Purgeable(*snapshot.collection)));
  segment::WrittenSegment written =
      TRY(segment::WriteSegment(jobs_, env_->fs, path, frozen.id, snapshot.collection->schema,
                                {&input, 1}, PartitionsOf(*snapshot.collection), snapshot.floor));

  CrashHere(CrashPoint::kFlushWritten);

  meta::ShardHead head = head_;
  std::vector<std::pair<SegmentId, LiveTable::Ptr>> tables;
  for (const SegmentViewPtr& view : snapshot.segments) {
    if (view->sealed != nullptr && view->live != persisted_[view->id])
      tables.emplace_back(view->id, view->live);
  }
  std::shared_ptr<segment::SealedSegment> sealed;
  if (written.meta.rows > 0) {
    sealed = TRY(
        segment::SealedSegment::Open(env_->fs, path, written.meta, snapshot.collection->schema));
    head.segments.push_back(written.meta);
    if (written.live->dead() > 0) tables.emplace_back(frozen.id, written.live);
  }
  TRY(AddDeltas(tables, &head));
  CrashHere(CrashPoint::kFlushDeltaWritten);
  TRY(env_->fs->SyncDir(Dir()));
  CrashHere(CrashPoint::kFlushFolderSynced);
  head.applied_lsn = std::max(head.applied_lsn, frozen.frozen_lsn);
  TRY(CommitHead(std::move(head)));
  CrashHere(CrashPoint::kFlushCommitted);
  for (auto& [id, live] : tables) persisted_[id] = live;
  if (sealed != nullptr) persisted_.try_emplace(frozen.id, written.live);

  env_->lane->RunTask([&] {
    const size_t index = ViewIndex(frozen.id);
    CHECK(index < views_.size());
    const SegmentView& now = *views_[index];
    if (sealed == nullptr) {
      views_.erase(views_.begin() + static_cast<ptrdiff_t>(index));
    } else {
      SegmentView view{
          .id = frozen.id,
          .segment = sealed,
          .rows = sealed->rows(),
          .live = MapEnds(*frozen.live, *now.live, frozen.rows, written.row_maps[0], written.live),
          .sealed = sealed,
          .indexes = std::make_shared<segment::IndexSet>(),
          .index_ids = {},
          .growing = nullptr,
          .frozen_lsn = 0};
      // Sealed views come first.
      views_.erase(views_.begin() + static_cast<ptrdiff_t>(index));
      const auto place = std::find_if(views_.begin(), views_.end(),
                                      [](const SegmentViewPtr& v) { return v->sealed == nullptr; });
      views_.insert(place, std::make_shared<SegmentView>(std::move(view)));
    }
    NoteDirtyDeltas();
    changed_ = true;
    Publish();
  });
  CrashHere(CrashPoint::kFlushInstalled);
  Flushes().Add();
  LOG_INFO("segment flushed", {"shard", id_.value}, {"segment", frozen.id.value},
           {"rows", written.meta.rows}, {"bytes", written.meta.bytes});
  env_->wake_worker(id_);
  return {};
}

Result<segment::MergeInput> LocalShard::InputOf(const SegmentView& view,
                                                const CollectionInfo& collection,
                                                const Expiry& expiry) const {
  segment::MergeInput input{view.segment, view.rows, view.live};
  if (expiry.none()) return input;
  input.kept.emplace(view.rows, true);
  MaskExpired(*view.segment, collection.schema, expiry, view.rows, &*input.kept);
  TRY(view.segment->damage());
  return input;
}

// Ends that happened between `then` and `now` on the old rows, carried to the new ones.
LiveTable::Ptr LocalShard::MapEnds(const LiveTable& then, const LiveTable& now, size_t rows,
                                   const std::vector<uint32_t>& row_map, LiveTable::Ptr live) {
  if (&then == &now || then.dead() == now.dead()) return live;
  std::map<uint32_t, Timestamp> times;
  for (const LiveTable::Ended& ended : now.tail()) times[ended.row] = ended.ts;
  std::map<Timestamp, std::vector<uint32_t>> ends;
  for (uint32_t row = 0; row < rows; ++row) {
    if (!then.LiveNow(row) || now.LiveNow(row) || row_map[row] == Segment::kNoRow) continue;
    const auto time = times.find(row);
    ends[time == times.end() ? floor_ : time->second].push_back(row_map[row]);
  }
  for (auto& [ts, ended] : ends) {
    std::sort(ended.begin(), ended.end());
    live = live->End(ended, ts, floor_);
  }
  return live;
}

// With nothing growing and nothing frozen, the ends of sealed rows are all that the log still
// holds.
Status LocalShard::CommitDeltas() {
  if (!deltas_dirty_) return {};
  std::vector<std::pair<SegmentId, LiveTable::Ptr>> tables;
  wal::Lsn lsn = 0;
  bool growing = false;
  env_->lane->RunTask([&] {
    for (const SegmentViewPtr& view : views_) {
      growing = growing || view->sealed == nullptr;
      if (view->sealed != nullptr && view->live != persisted_[view->id])
        tables.emplace_back(view->id, view->live);
    }
    lsn = applied_lsn_;
  });
  meta::ShardHead head = head_;
  TRY(AddDeltas(tables, &head));
  if (!growing) head.applied_lsn = std::max(head.applied_lsn, lsn);
  if (!tables.empty()) TRY(env_->fs->SyncDir(Dir()));
  CrashHere(CrashPoint::kEndsWritten);
  TRY(CommitHead(std::move(head)));
  CrashHere(CrashPoint::kEndsCommitted);
  for (auto& [id, live] : tables) persisted_[id] = live;
  env_->lane->RunTask([this] { NoteDirtyDeltas(); });
  return {};
}

// Lane thread, with maintain_mutex_ held by whoever waits for it. Only a committed end is clean:
// the log is truncated by this.
void LocalShard::NoteDirtyDeltas() {
  deltas_dirty_ = std::any_of(views_.begin(), views_.end(), [this](const SegmentViewPtr& view) {
    if (view->sealed == nullptr) return false;
    const auto saved = persisted_.find(view->id);
    return saved == persisted_.end() || saved->second != view->live;
  });
}

Status LocalShard::AddDeltas(const std::vector<std::pair<SegmentId, LiveTable::Ptr>>& tables,
                             meta::ShardHead* head) {
  if (tables.empty()) return {};
  const int64_t object = TRY(env_->next_object());
  TRY(segment::WriteDelta(env_->fs, Path(object, "del"), tables));
  for (const auto& [id, live] : tables) {
    for (meta::SegmentMeta& meta : head->segments) {
      if (meta.id == id) meta.delta = object;
    }
  }
  return {};
}

Status LocalShard::CommitHead(meta::ShardHead head) {
  ++head.version;
  head.floor = slot_.Get()->floor;
  const meta::ShardHead before = head_;
  TRY(env_->catalog->CommitHead(id_, before, head));
  head_ = std::move(head);
  committed_lsn_ = head_.applied_lsn;
  CrashHere(CrashPoint::kHeadCommitted);
  RemoveUnreferenced(before);
  return {};
}

namespace {

std::set<std::string> FilesOf(const meta::ShardHead& head) {
  std::set<std::string> files;
  for (const meta::SegmentMeta& meta : head.segments) {
    files.insert(std::to_string(meta.id.value) + ".seg");
    if (meta.delta != 0) files.insert(std::to_string(meta.delta) + ".del");
    for (const meta::IndexObject& index : meta.indexes)
      files.insert(std::to_string(index.object) + ".idx");
  }
  return files;
}

}  // namespace

// A file that cannot be removed costs its space until the next start, and nothing else.
void LocalShard::RemoveUnused(const std::string& file) {
  if (const Status removed = env_->fs->Remove(io::JoinPath(Dir(), file)); !removed.ok()) {
    LOG_WARNING("a file that nothing uses stays", {"file", file}, {"error", removed.message()});
  }
}

void LocalShard::RemoveUnreferenced(const meta::ShardHead& before) {
  const std::set<std::string> now = FilesOf(head_);
  for (const std::string& file : FilesOf(before)) {
    if (now.count(file) != 0) continue;
    RemoveUnused(file);
    CrashHere(CrashPoint::kHeadFileRemoved);
  }
}

Status LocalShard::RemoveOrphans() {
  if (!TRY(env_->fs->Exists(Dir()))) return {};
  const std::set<std::string> known = FilesOf(head_);
  for (const std::string& file : TRY(env_->fs->List(Dir()))) {
    if (known.count(file) != 0) continue;
    RemoveUnused(file);
    CrashHere(CrashPoint::kShardOrphanRemoved);
  }
  return {};
}

}  // namespace elanus::shard
