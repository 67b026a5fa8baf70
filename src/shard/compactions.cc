#include "shard/compactions.h"

#include <utility>

namespace elanus::shard {

Status Compactions::Load() {
  const std::lock_guard lock(mutex_);
  for (Compaction& compaction : TRY(catalog_->LoadCompactions())) {
    const int64_t id = compaction.id;
    all_[id] = std::move(compaction);
  }
  return {};
}

Status Compactions::Begin(Compaction compaction) {
  const std::lock_guard lock(mutex_);
  TRY(catalog_->PutCompaction(compaction));
  const int64_t id = compaction.id;
  all_[id] = std::move(compaction);
  std::vector<int64_t> finished;
  for (const auto& [number, known] : all_) {
    if (known.done()) finished.push_back(number);
  }
  if (finished.size() <= kKept) return {};
  finished.resize(finished.size() - kKept);
  TRY(catalog_->ForgetCompactions(finished));
  for (const int64_t old : finished) all_.erase(old);
  return {};
}

std::optional<Compaction> Compactions::Find(int64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(id);
  return found == all_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Compactions::Next> Compactions::NextOf(ShardId shard) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, compaction] : all_) {
    if (compaction.shard != shard) continue;
    for (size_t plan = 0; plan < compaction.plans.size(); ++plan) {
      if (compaction.plans[plan].state == CompactionPlan::State::kWaiting)
        return Next{compaction, plan};
    }
  }
  return std::nullopt;
}

Status Compactions::Note(int64_t id, size_t plan, CompactionPlan now) {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(id);
  if (found == all_.end()) return {};  // the shard was dropped
  Compaction after = found->second;
  after.plans[plan] = std::move(now);
  TRY(catalog_->PutCompaction(after));
  found->second = std::move(after);
  return {};
}

std::set<SegmentId> Compactions::BusyIn(ShardId shard) const {
  const std::lock_guard lock(mutex_);
  std::set<SegmentId> busy;
  for (const auto& [id, compaction] : all_) {
    if (compaction.shard != shard) continue;
    for (const CompactionPlan& plan : compaction.plans) {
      if (plan.state == CompactionPlan::State::kWaiting)
        busy.insert(plan.sources.begin(), plan.sources.end());
    }
  }
  return busy;
}

std::set<ShardId> Compactions::Unfinished() const {
  const std::lock_guard lock(mutex_);
  std::set<ShardId> shards;
  for (const auto& [id, compaction] : all_) {
    if (!compaction.done()) shards.insert(compaction.shard);
  }
  return shards;
}

Status Compactions::Forget(ShardId shard) {
  const std::lock_guard lock(mutex_);
  std::vector<int64_t> gone;
  for (const auto& [id, compaction] : all_) {
    if (compaction.shard == shard) gone.push_back(id);
  }
  if (gone.empty()) return {};
  TRY(catalog_->ForgetCompactions(gone));
  for (const int64_t id : gone) all_.erase(id);
  return {};
}

}  // namespace elanus::shard
