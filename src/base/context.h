// What travels with every request: its deadline, whether the caller went away, and who it is.
// Cheap to copy a reference to; lives as long as the request. Cancel() may be called from any
// thread, everything else is read-only after construction.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "base/status.h"

namespace elanus {

class Profile;

class Context {
 public:
  using Clock = std::chrono::steady_clock;

  Context() = default;
  explicit Context(Clock::time_point deadline) : deadline_(deadline) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  Clock::time_point deadline() const { return deadline_; }
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  // Who wants to know where the time goes; null: nobody. Set before the request's work begins.
  void SetProfile(Profile* profile) { profile_ = profile; }
  Profile* profile() const { return profile_; }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  // OK, or kCancelled / kTimeout. Long loops ask this every few milliseconds of work.
  Status Check() const {
    if (cancelled()) return Status(Code::kCancelled, "request cancelled by the client");
    if (deadline_ != Clock::time_point::max() && Clock::now() > deadline_) {
      return Status(Code::kTimeout, "deadline exceeded");
    }
    return {};
  }

 private:
  Clock::time_point deadline_ = Clock::time_point::max();
  std::atomic<bool> cancelled_{false};
  Profile* profile_ = nullptr;
};

}  // namespace elanus
