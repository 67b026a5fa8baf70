// LocalShard, its beginning and its end: open from the head, drop.
#include <algorithm>

#include "base/crash_point.h"
#include "base/log.h"
#include "segment/damaged_segment.h"
#include "shard/local_shard.h"

namespace elanus::shard {

using segment::LiveTable;
using Delta = std::vector<std::pair<SegmentId, LiveTable::Ptr>>;

LocalShard::LocalShard(const ShardEnv* env, roles::CollectionPtr collection)
    : env_(env), id_(collection->shard), collection_(std::move(collection)) {}

LocalShard::~LocalShard() {
  jobs_.Cancel();
  env_->memory->Add(-static_cast<ptrdiff_t>(accounted_bytes_));
}

std::string LocalShard::Dir() const { return io::JoinPath(env_->dir, std::to_string(id_.value)); }

std::string LocalShard::Path(int64_t object, std::string_view suffix) const {
  return io::JoinPath(Dir(), std::to_string(object) + "." + std::string(suffix));
}

Result<std::shared_ptr<LocalShard>> LocalShard::Open(const ShardEnv* env,
                                                     roles::CollectionPtr collection) {
  std::shared_ptr<LocalShard> shard(new LocalShard(env, std::move(collection)));
  shard->head_ = TRY(env->catalog->LoadHead(shard->id_));
  const meta::ShardHead& head = shard->head_;
  shard->committed_lsn_ = head.applied_lsn;
  shard->applied_lsn_ = head.applied_lsn;
  shard->floor_ = head.floor;
  CrashHere(CrashPoint::kShardHeadLoaded);
  TRY(shard->RemoveOrphans());
  // AttachIndex asks the snapshot for the declared indexes.
  shard->slot_.Set(std::make_shared<Snapshot>(Snapshot{0, head.floor, shard->collection_, {}}));

  std::map<int64_t, Result<Delta>> deltas;
  for (const meta::SegmentMeta& meta : head.segments) {
    auto opened = segment::SealedSegment::Open(env->fs, shard->Path(meta.id.value, "seg"), meta,
                                               shard->collection_->schema);
    LiveTable::Ptr live = LiveTable::AllLive();
    if (meta.delta != 0) {
      if (!deltas.contains(meta.delta)) {
        deltas.emplace(meta.delta, segment::ReadDelta(env->fs, shard->Path(meta.delta, "del")));
      }
      const Result<Delta>& delta = deltas.at(meta.delta);
      if (delta.ok()) {
        for (const auto& [id, table] : *delta) {
          if (id == meta.id) live = table;
        }
      } else if (opened.ok()) {  // which of its rows have ended is not known
        opened = delta.status();
      }
    }
    std::shared_ptr<segment::SealedSegment> sealed =
        TRY(shard->OrQuarantine(meta, std::move(opened)));
    SegmentView view{.id = meta.id,
                     .segment = sealed,
                     .rows = sealed->rows(),
                     .live = live,
                     .sealed = sealed,
                     .indexes = nullptr,
                     .index_ids = {},
                     .growing = nullptr,
                     .frozen_lsn = 0};
    auto indexes = std::make_shared<segment::IndexSet>();
    for (const meta::IndexObject& object : meta.indexes) {
      const auto attached = shard->AttachIndex(object, sealed, indexes.get());
      if (attached.ok()) {
        if (indexes->vectors.contains(object.field) || indexes->scalars.contains(object.index)) {
          view.index_ids[object.index] = object.field;
          view.index_files[object.index] = *attached;
        }
        continue;
      }
      LOG_ERROR("index is damaged and will be built again", {"shard", shard->id_.value},
                {"segment", meta.id.value}, {"error", attached.status().message()});
    }
    view.indexes = std::move(indexes);
    shard->persisted_[meta.id] = live;
    shard->last_ts_ = std::max(shard->last_ts_, meta.max_ts);
    for (const LiveTable::Ended& ended : live->tail())
      shard->last_ts_ = std::max(shard->last_ts_, ended.ts);
    shard->views_.push_back(std::make_shared<SegmentView>(std::move(view)));
  }
  shard->changed_ = true;
  shard->Publish();
  shard->warm_up_due_ = HasWarmUps(*shard->collection_);
  CrashHere(CrashPoint::kShardOpened);
  return shard;
}

// Damage stays until somebody acts; another error may be gone at the next try.
Result<std::shared_ptr<segment::SealedSegment>> LocalShard::OrQuarantine(
    const meta::SegmentMeta& meta, Result<std::shared_ptr<segment::SealedSegment>> opened) {
  if (opened.ok()) return opened;
  const Code code = opened.status().code();
  if (code != Code::kCorruption && code != Code::kNotFound) return opened;
  const Status damage(Code::kCorruption, Named(opened.status(), collection_->name).message());
  LOG_ERROR("segment is quarantined", {"collection", collection_->name}, {"shard", id_.value},
            {"segment", meta.id.value}, {"error", damage.message()});
  return segment::MakeDamagedSegment(meta, damage);
}

Status LocalShard::Named(Status status, const std::string& collection) {
  if (status.ok() || status.message().starts_with("collection '")) return status;
  return Status(status.code(), "collection '" + collection + "': " + status.message());
}

Status LocalShard::damage() const {
  const SnapshotPtr snapshot = slot_.Get();
  for (const SegmentViewPtr& view : snapshot->segments) TRY(view->segment->damage());
  return {};
}

Status LocalShard::NoteDamage(Status status, const CollectionInfo& collection) {
  if (status.code() != Code::kCorruption) return status;
  status = Named(std::move(status), collection.name);
  const std::lock_guard lock(failures_mutex_);
  if (damages_met_.size() < kDamagesKept && damages_met_.insert(status.message()).second) {
    LOG_ERROR("damage", {"collection", collection.name}, {"error", status.message()});
  }
  return status;
}

Status LocalShard::Drop() {
  dropped_ = true;
  jobs_.Cancel();
  const std::lock_guard lock(maintain_mutex_);
  env_->lane->RunTask([this] {
    // Readers keep what they pinned; nothing new is found here.
    views_.clear();
    growing_ = nullptr;
    deltas_dirty_ = false;
    changed_ = true;
    Publish();
  });
  CrashHere(CrashPoint::kShardClosed);
  TRY(env_->fs->RemoveTree(Dir()));
  // Nobody looks for them once the shard is forgotten.
  return env_->fs->SyncDir(env_->dir);
}

}  // namespace elanus::shard
