// MemoryBudget: how much memory this process takes that the system cannot take back, for what, and
// when that is too much. What is mapped from files is not in it: those pages are given back and
// read again.
//
// Whoever takes much memory counts it here, at best before it does: by the block, the build or the
// request, never by the row. Counting is one atomic add. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace elanus {

enum class MemoryUse {
  kGrowing,   // rows that are in no segment file yet
  kBuilds,    // merges and index builds
  kRequests,  // what requests bring, gather and answer
  kResident,  // what is kept of segments and indexes beside their mapped files
};
inline constexpr size_t kMemoryUses = 4;
std::string_view NameOf(MemoryUse use);

class MemoryReservation;

class MemoryBudget {
 public:
  // Up to where one may reserve.
  enum class Line {
    kSoft,  // 85 %: builds. Above it growing rows are flushed early
    kHard,  // 95 %: rows that come
    kRead,  // 98 %: what searches and queries gather
    kAll,   // the rest is kept for deletes
  };

  static constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();
  explicit MemoryBudget(uint64_t limit = kUnlimited) : limit_(limit) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  uint64_t limit() const { return limit_; }
  bool limited() const { return limit_ != kUnlimited; }
  uint64_t At(Line line) const;
  // A share of the limit; kUnlimited without one.
  uint64_t Share(uint64_t numerator, uint64_t denominator) const;

  uint64_t used(MemoryUse use) const;
  // All uses, and what Observe found beside them.
  uint64_t used() const;
  bool Above(Line line) const { return limited() && used() >= At(line); }

  // Counts what is taken (or, below zero, given back) whatever the lines are.
  void Add(MemoryUse use, int64_t bytes);
  // kMemoryLimitExceeded, and nothing is counted, where that would go over the line. `what` is told
  // in the error: "search of 100 vectors".
  Result<MemoryReservation> Reserve(MemoryUse use, uint64_t bytes, Line line,
                                    std::string_view what);

  // What is in use now, and what has been counted: the difference, as far as it is more than a
  // program of this kind always has beside (an eighth of the limit), counts as used too.
  void Observe(uint64_t anonymous_bytes);
  uint64_t uncounted() const { return uncounted_.load(std::memory_order_relaxed); }

  // False: `until` came, and it still is above the line.
  bool WaitBelow(Line line, std::chrono::steady_clock::time_point until);

  // kMemoryLimitExceeded in Milvus's form, with all the numbers; counts as a refusal.
  Status Refuse(MemoryUse use, uint64_t bytes, std::string_view what);

 private:
  friend class MemoryReservation;
  bool TryAdd(MemoryUse use, int64_t bytes, Line line);

  struct alignas(64) Count {
    std::atomic<int64_t> bytes{0};
  };

  const uint64_t limit_;
  std::array<Count, kMemoryUses> counts_;
  std::atomic<uint64_t> uncounted_{0};

  std::atomic<int> waiting_{0};
  std::mutex mutex_;
  std::condition_variable given_back_;
};

// A part of a budget, given back at the end. May outlive nothing: the budget lives longer.
class MemoryReservation {
 public:
  MemoryReservation() = default;
  MemoryReservation(MemoryReservation&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)),
        use_(other.use_),
        bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryReservation& operator=(MemoryReservation&& other) noexcept {
    if (this == &other) return *this;
    Release();
    budget_ = std::exchange(other.budget_, nullptr);
    use_ = other.use_;
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~MemoryReservation() { Release(); }

  uint64_t bytes() const { return bytes_; }
  // Makes it as large; smaller always works.
  Status Resize(uint64_t bytes, MemoryBudget::Line line, std::string_view what);
  void Release();

 private:
  friend class MemoryBudget;
  MemoryReservation(MemoryBudget* budget, MemoryUse use, uint64_t bytes)
      : budget_(budget), use_(use), bytes_(bytes) {}

  MemoryBudget* budget_ = nullptr;
  MemoryUse use_ = MemoryUse::kRequests;
  uint64_t bytes_ = 0;
};

}  // namespace elanus
