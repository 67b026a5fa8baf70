// KeyTable: from the hash of a primary key to the rows of a growing segment that have it, newest
// first. Rows with equal hashes share a chain; the caller compares keys. One thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace elanus::segment {

inline uint32_t KeyHash(int64_t key) {
  return static_cast<uint32_t>(HashInt(static_cast<uint64_t>(key)) >> 32);
}
inline uint32_t KeyHash(std::string_view key) {
  return static_cast<uint32_t>(HashBytes(key) >> 32);
}

class KeyTable {
 public:
  static constexpr uint32_t kNone = ~0U;

  // Rows come in order: 0, 1, 2, ...
  void Add(uint32_t hash);
  void Prefetch(uint32_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  uint32_t Newest(uint32_t hash) const;
  uint32_t Older(uint32_t row) const { return older_[row]; }

  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }  // any thread

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t row = kNone;  // kNone: free
  };
  void Grow();
  void CountBytes();

  std::vector<Slot> slots_;  // a power of two, at most 3/4 full
  std::vector<uint32_t> older_;
  size_t used_ = 0;
  std::atomic<uint64_t> bytes_{0};
};

}  // namespace elanus::segment
