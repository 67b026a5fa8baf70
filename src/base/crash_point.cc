#include "base/crash_point.h"

namespace elanus {

namespace internal {
std::atomic<CrashListener*> crash_listener{nullptr};
}  // namespace internal

std::string_view NameOf(CrashPoint point) {
  switch (point) {
#define ELANUS_CRASH_POINT(name, done) \
  case CrashPoint::k##name:            \
    return #name;
#include "base/crash_points.inc"
#undef ELANUS_CRASH_POINT
  }
  return "";
}

void SetCrashListener(CrashListener* listener) {
  internal::crash_listener.store(listener, std::memory_order_release);
}

}  // namespace elanus
