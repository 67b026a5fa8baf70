// Crash points: named places between two durable effects, at which a test stops the machine.
//
//   TRY(file_->Sync());
//   CrashHere(CrashPoint::kLogFrameSynced);
//
// Costs one relaxed load where no test listens.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace elanus {

enum class CrashPoint : uint8_t {
#define ELANUS_CRASH_POINT(name, done) k##name,
#include "base/crash_points.inc"
#undef ELANUS_CRASH_POINT
};

inline constexpr size_t kCrashPoints = 0
#define ELANUS_CRASH_POINT(name, done) +1
#include "base/crash_points.inc"
#undef ELANUS_CRASH_POINT
    ;

std::string_view NameOf(CrashPoint point);

// Told of every point that is reached, by the thread that reaches it.
class CrashListener {
 public:
  virtual ~CrashListener() = default;
  virtual void Reached(CrashPoint point) = 0;
};

// nullptr: nobody listens. The caller sees to it that no thread is at a point any more before the
// listener goes.
void SetCrashListener(CrashListener* listener);

namespace internal {
extern std::atomic<CrashListener*> crash_listener;
}  // namespace internal

inline void CrashHere(CrashPoint point) {
  if (internal::crash_listener.load(std::memory_order_relaxed) != nullptr) [[unlikely]] {
    if (CrashListener* listener = internal::crash_listener.load(std::memory_order_acquire))
      listener->Reached(point);
  }
}

}  // namespace elanus
