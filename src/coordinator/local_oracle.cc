#include "coordinator/local_oracle.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/metrics.h"

namespace elanus::coordinator {
namespace {

constexpr Timestamp kLead = TimestampFromMs(10'000);
constexpr Timestamp kAheadAlarm = TimestampFromMs(60'000);
constexpr int64_t kRetryMs = 1'000;
constexpr int64_t kWarnEveryMs = 60'000;

// Brought up to date whenever the limit moves: every 5 s of use.
Gauge& AheadGauge() {
  static MetricFamily<Gauge> family("elanus_oracle_ahead_ms",
                                    "How far the newest timestamp is ahead of the wall clock.");
  static Gauge& gauge = family.With({});
  return gauge;
}

}  // namespace

Result<std::unique_ptr<LocalOracle>> LocalOracle::Open(meta::Catalog* catalog, const Clock* clock) {
  const Timestamp saved = TRY(catalog->LoadTimestampLimit());
  const Timestamp start = std::max(TimestampFromMs(clock->NowMs()), saved);
  TRY(catalog->SaveTimestampLimit(start + kLead));
  std::unique_ptr<LocalOracle> oracle(new LocalOracle(catalog, clock, start, start + kLead));
  AheadGauge().Set(0);
  oracle->WarnIfAhead(start, TimestampFromMs(clock->NowMs()));
  return oracle;
}

LocalOracle::LocalOracle(meta::Catalog* catalog, const Clock* clock, Timestamp last,
                         Timestamp limit)
    : catalog_(catalog), clock_(clock), last_(last), limit_(limit), renew_at_(limit - kLead / 2) {}

Timestamp LocalOracle::Next() {
  Timestamp last = last_.load(std::memory_order_relaxed);
  for (;;) {
    const Timestamp wall = TimestampFromMs(clock_->NowMs());
    Timestamp next = std::max(last + 1, wall);
    if (next >= limit_.load(std::memory_order_acquire)) [[unlikely]]
      next = BelowLimit(last, next);
    if (last_.compare_exchange_weak(last, next, std::memory_order_acq_rel)) {
      Keep(next, wall);
      return next;
    }
  }
}

Timestamp LocalOracle::Now() {
  Timestamp last = last_.load(std::memory_order_acquire);
  const Timestamp wall = TimestampFromMs(clock_->NowMs());
  // Where the wall clock is ahead it becomes the newest, so that no later Next() slips below it.
  while (wall > last) {
    Timestamp next = wall;
    if (next >= limit_.load(std::memory_order_acquire)) [[unlikely]]
      next = BelowLimit(last, next);
    if (last_.compare_exchange_weak(last, next, std::memory_order_acq_rel)) {
      Keep(next, wall);
      return next;
    }
  }
  return last;
}

Timestamp LocalOracle::BelowLimit(Timestamp last, Timestamp wanted) {
  for (;;) {
    Extend(wanted, std::unique_lock(extend_mutex_));
    const Timestamp limit = limit_.load(std::memory_order_acquire);
    if (wanted < limit) return wanted;
    if (last + 1 < limit) return last + 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void LocalOracle::Keep(Timestamp handed_out, Timestamp wall) {
  if (handed_out >= renew_at_.load(std::memory_order_relaxed)) [[unlikely]] {
    std::unique_lock lock(extend_mutex_, std::try_to_lock);
    if (lock.owns_lock()) Extend(handed_out, std::move(lock));
  }
  if (handed_out > wall + kAheadAlarm) [[unlikely]]
    WarnIfAhead(handed_out, wall);
}

void LocalOracle::Extend(Timestamp from, std::unique_lock<std::mutex>) {
  if (from < renew_at_.load(std::memory_order_relaxed)) return;
  const int64_t now_ms = clock_->NowMs();
  if (now_ms < retry_after_ms_ && retry_after_ms_ - now_ms <= kRetryMs) return;
  const int64_t ahead_ms = MsOfTimestamp(last_.load(std::memory_order_relaxed)) - now_ms;
  AheadGauge().Set(static_cast<double>(std::max<int64_t>(ahead_ms, 0)));
  const Status saved = catalog_->SaveTimestampLimit(from + kLead);
  if (!saved.ok()) {
    retry_after_ms_ = now_ms + kRetryMs;
    LOG_WARNING("the oracle cannot move its limit", {"error", saved.message()});
    return;
  }
  CrashHere(CrashPoint::kTimestampLimitMoved);
  retry_after_ms_ = 0;
  limit_.store(from + kLead, std::memory_order_release);
  renew_at_.store(from + kLead / 2, std::memory_order_relaxed);
}

void LocalOracle::WarnIfAhead(Timestamp last, Timestamp wall) {
  if (last <= wall + kAheadAlarm) return;
  const int64_t now_ms = MsOfTimestamp(wall);
  int64_t after_ms = warn_after_ms_.load(std::memory_order_relaxed);
  if (now_ms < after_ms && after_ms - now_ms <= kWarnEveryMs) return;
  if (!warn_after_ms_.compare_exchange_strong(after_ms, now_ms + kWarnEveryMs)) return;
  LOG_WARNING("timestamps are ahead of the wall clock: was it set back?",
              {"ahead_ms", MsOfTimestamp(last) - now_ms});
}

}  // namespace elanus::coordinator
