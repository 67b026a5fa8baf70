// BlockPool: memory of growing segments. Blocks of 2 MiB and more are whole huge pages, mapped
// aside from the heap; they and those of 64 KiB and more are kept for the next segment when freed:
// writing to a recycled huge page costs a third of a fresh one and a tenth of fresh small pages.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/memory_budget.h"

namespace elanus::segment {

inline constexpr size_t kHugePageBytes = 2 << 20;
inline constexpr size_t kPooledBytes = 64 << 10;

class BlockPool {
 public:
  // Keeps at most `idle_max` bytes of freed blocks. All that it holds, idle blocks too, counts as
  // growing in `budget`, if there is one.
  explicit BlockPool(uint64_t idle_max = 256 << 20, std::shared_ptr<MemoryBudget> budget = nullptr)
      : idle_max_(idle_max), budget_(std::move(budget)) {}
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // What a block for `bytes` bytes will occupy.
  static size_t RoundUp(size_t bytes);
  // `size` is a RoundUp; contents are undefined; aligned to 64 bytes.
  std::byte* Allocate(size_t size);
  void Free(std::byte* block, size_t size);

  uint64_t idle_bytes() const;
  void Trim();  // gives idle blocks back to the system

  // What a segment takes beside its blocks.
  void Count(int64_t bytes) {
    if (budget_ != nullptr) budget_->Add(MemoryUse::kGrowing, bytes);
  }

 private:
  void Release(std::byte* block, size_t size);

  const uint64_t idle_max_;
  const std::shared_ptr<MemoryBudget> budget_;
  mutable std::mutex mutex_;
  std::multimap<size_t, std::byte*> idle_;  // by size
  uint64_t idle_bytes_ = 0;
};

// The memory of one segment: its blocks, which are freed with it, and what else it says it takes.
// One writer; bytes() from any thread.
class BlockArena {
 public:
  explicit BlockArena(std::shared_ptr<BlockPool> pool) : pool_(std::move(pool)) {}
  ~BlockArena();
  BlockArena(const BlockArena&) = delete;
  BlockArena& operator=(const BlockArena&) = delete;

  // At least `bytes` bytes; `*size`, if given, is how many there are.
  std::byte* Allocate(size_t bytes, size_t* size = nullptr);
  // How much there is now that is in no block.
  void SetBeside(uint64_t bytes) {
    if (bytes == beside_) return;
    pool_->Count(static_cast<int64_t>(bytes) - static_cast<int64_t>(beside_));
    bytes_.fetch_add(bytes - beside_, std::memory_order_relaxed);
    beside_ = bytes;
  }
  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Block {
    std::byte* data;
    size_t size;
  };
  std::shared_ptr<BlockPool> pool_;
  std::vector<Block> blocks_;
  uint64_t beside_ = 0;
  std::atomic<uint64_t> bytes_{0};
};

}  // namespace elanus::segment
