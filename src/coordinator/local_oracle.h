// LocalOracle: the oracle of a single process: max(last + 1, wall clock), one atomic.
//
// A limit 10 s ahead stands in the catalog; nothing at or above it is handed out, and a start
// begins at it, so timestamps never repeat or go back over restarts. The limit is moved by the
// caller that finds half of it used: one small write per 5 s of use, none when idle. When it cannot
// be moved (full disk), time goes on in single steps below it until it can. A clock that goes back
// leaves the numbers rising by one; a wall clock more than 60 s behind is logged and shown in
// elanus_oracle_ahead_ms.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/status.h"
#include "meta/catalog.h"
#include "model/types.h"
#include "roles/oracle.h"

namespace elanus::coordinator {

class LocalOracle final : public roles::Oracle {
 public:
  // Both must outlive the oracle.
  static Result<std::unique_ptr<LocalOracle>> Open(meta::Catalog* catalog, const Clock* clock);

  Timestamp Next() override;
  Timestamp Now() override;

  // What is saved in the catalog.
  Timestamp limit() const { return limit_.load(std::memory_order_acquire); }

 private:
  LocalOracle(meta::Catalog* catalog, const Clock* clock, Timestamp last, Timestamp limit);

  // A timestamp above `last` and below the limit: `wanted`, or last + 1 if the limit cannot be
  // moved beyond it.
  Timestamp BelowLimit(Timestamp last, Timestamp wanted);
  // After every hand-out: moves the limit if half of it is used, and nobody else is at it.
  void Keep(Timestamp handed_out, Timestamp wall);
  // Moves the limit to 10 s after `from`, if it is not there already. A failure is logged, and the
  // next try comes a second later.
  void Extend(Timestamp from, std::unique_lock<std::mutex> lock);
  void WarnIfAhead(Timestamp last, Timestamp wall);

  meta::Catalog* const catalog_;
  const Clock* const clock_;
  alignas(64) std::atomic<Timestamp> last_;   // handed out, always < limit_
  alignas(64) std::atomic<Timestamp> limit_;  // durable; read by all, rarely written
  std::atomic<Timestamp> renew_at_;           // half of the limit is used from here on
  std::atomic<int64_t> warn_after_ms_{0};
  std::mutex extend_mutex_;     // one mover of the limit at a time
  int64_t retry_after_ms_ = 0;  // guarded by extend_mutex_: the last move failed
};

}  // namespace elanus::coordinator
