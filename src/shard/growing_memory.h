// GrowingMemory: what rows not yet in segment files take, over all shards, and the cap at which
// writers wait. Thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>

#include "base/context.h"
#include "base/status.h"

namespace elanus::shard {

class GrowingMemory {
 public:
  explicit GrowingMemory(size_t bytes_max) : bytes_max_(bytes_max) {}

  void Add(ptrdiff_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      bytes_ += bytes;
    }
    if (bytes < 0) room_.notify_all();
  }

  // Returns when there is room; kMemoryLimitExceeded with the numbers after `patience`.
  Status WaitForRoom(const Context& context,
                     std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    std::unique_lock lock(mutex_);
    if (HasRoom()) return {};
    const auto until = std::min(context.deadline(), Context::Clock::now() + patience);
    if (room_.wait_until(lock, until, [this] { return HasRoom(); })) return {};
    TRY(context.Check());
    return Fail(Code::kMemoryLimitExceeded, "rows not yet flushed take " + std::to_string(bytes_) +
                                                " of " + std::to_string(bytes_max_) +
                                                " bytes; try again later");
  }

  size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(bytes_);
  }
  size_t bytes_max() const { return bytes_max_; }

 private:
  bool HasRoom() const { return bytes_ < static_cast<ptrdiff_t>(bytes_max_); }

  const size_t bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  ptrdiff_t bytes_ = 0;
};

}  // namespace elanus::shard
