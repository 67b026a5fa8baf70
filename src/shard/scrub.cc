// LocalShard, the scrub: index files are read again now and then, a piece at a time, as opening one
// reads its header alone. A damaged one is no longer used, and is built again from its column.
#include "base/log.h"
#include "shard/local_shard.h"

namespace elanus::shard {

// An index file that was not read for long.
std::optional<LocalShard::Scrubbing> LocalShard::NextToScrub() {
  const std::lock_guard lock(maintain_mutex_);
  const int64_t now = env_->clock->NowMs();
  for (const meta::SegmentMeta& meta : head_.segments) {
    for (const meta::IndexObject& object : meta.indexes) {
      const auto [read, fresh] = scrubbed_ms_.try_emplace(object.object, now);
      if (!fresh && now - read->second < env_->options.scrub_interval_ms) continue;
      read->second = now;
      auto mapping = env_->fs->Map(Path(object.object, "idx"));
      if (!mapping.ok()) {
        LOG_WARNING("index file cannot be read", {"shard", id_.value},
                    {"error", mapping.status().message()});
        continue;
      }
      const std::string_view bytes = (*mapping)->view();
      return Scrubbing{meta.id, object, std::move(mapping).take(), index::PacedVerify(bytes)};
    }
  }
  return std::nullopt;
}

bool LocalShard::Scrub(size_t bytes) {
  if (dropped_) return false;
  if (!scrubbing_) scrubbing_ = NextToScrub();
  if (!scrubbing_) return false;
  const Result<bool> good = scrubbing_->verify.Step(bytes);
  if (good.ok()) {
    if (*good) scrubbing_.reset();
    return true;
  }
  const Scrubbing bad = std::move(*scrubbing_);
  scrubbing_.reset();
  LOG_ERROR("index is damaged and will be built again", {"shard", id_.value},
            {"segment", bad.segment.value}, {"file", Path(bad.object.object, "idx")},
            {"error", good.status().message()});
  env_->lane->RunTask([this, &bad] {
    const size_t i = ViewIndex(bad.segment);
    if (i == views_.size() || !views_[i]->index_ids.contains(bad.object.index)) return;
    SegmentView view = *views_[i];
    auto kept = std::make_shared<segment::IndexSet>(*view.indexes);
    kept->vectors.erase(bad.object.field);
    kept->scalars.erase(bad.object.index);
    view.indexes = std::move(kept);
    view.index_ids.erase(bad.object.index);
    ReplaceView(i, std::move(view));
    changed_ = true;
    Publish();
  });
  asked_to_settle_ = true;
  env_->wake_worker(id_);
  return true;
}

}  // namespace elanus::shard
