// GrowingMemory: what rows not yet in segment files take, over all shards, and when writers wait:
// at a cap of its own, and where the whole budget runs short. Thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>

#include "base/context.h"
#include "base/memory_budget.h"
#include "base/status.h"

namespace elanus::shard {

class GrowingMemory {
 public:
  // `relieve` asks, from any thread, that growing rows be flushed early. Budget: null: none.
  explicit GrowingMemory(size_t bytes_max, MemoryBudget* budget = nullptr,
                         std::function<void()> relieve = nullptr,
                         std::chrono::milliseconds soft_wait = std::chrono::seconds(1))
      : bytes_max_(bytes_max),
        budget_(budget),
        relieve_(std::move(relieve)),
        soft_wait_(soft_wait) {}

  void Add(ptrdiff_t bytes) {
    bool scarce = false;
    {
      const std::lock_guard lock(mutex_);
      bytes_ += bytes;
      scarce = NearlyFull();
    }
    if (bytes < 0) room_.notify_all();
    if (bytes > 0 && relieve_ && (scarce || (budget_ != nullptr && budget_->Above(Line::kSoft))))
      relieve_();
  }

  // Returns when there is room; kMemoryLimitExceeded with the numbers after `patience`, and at once
  // where others than growing rows have taken what there is: above the soft line it waits
  // `soft_wait`, and refuses if that has not brought it below the hard one.
  Status WaitForRoom(const Context& context,
                     std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    TRY(WaitBelowCap(context, patience));
    if (budget_ == nullptr || !budget_->Above(Line::kSoft)) return {};
    if (relieve_) relieve_();
    budget_->WaitBelow(Line::kSoft,
                       std::min(context.deadline(), Context::Clock::now() + soft_wait_));
    TRY(context.Check());
    return CheckRoom("insert");
  }
  // Without waiting: kMemoryLimitExceeded above the hard line.
  Status CheckRoom(std::string_view what) {
    if (budget_ == nullptr || !budget_->Above(Line::kHard)) return {};
    return budget_->Refuse(MemoryUse::kGrowing, 0, what);
  }

  // Three quarters of the cap are taken.
  bool nearly_full() const {
    const std::lock_guard lock(mutex_);
    return NearlyFull();
  }
  size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(bytes_);
  }
  size_t bytes_max() const { return bytes_max_; }

 private:
  using Line = MemoryBudget::Line;

  Status WaitBelowCap(const Context& context, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (HasRoom()) return {};
    const auto until = std::min(context.deadline(), Context::Clock::now() + patience);
    if (room_.wait_until(lock, until, [this] { return HasRoom(); })) return {};
    TRY(context.Check());
    return Fail(Code::kMemoryLimitExceeded, "rows not yet flushed take " + std::to_string(bytes_) +
                                                " of " + std::to_string(bytes_max_) +
                                                " bytes; try again later");
  }
  bool HasRoom() const { return bytes_ < static_cast<ptrdiff_t>(bytes_max_); }
  bool NearlyFull() const { return bytes_ >= static_cast<ptrdiff_t>(bytes_max_ / 4 * 3); }

  const size_t bytes_max_;
  MemoryBudget* const budget_;
  const std::function<void()> relieve_;
  const std::chrono::milliseconds soft_wait_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  ptrdiff_t bytes_ = 0;
};

}  // namespace elanus::shard
