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

namespace elanus::segment {

inline constexpr size_t kHugePageBytes = 2 << 20;
inline constexpr size_t kPooledBytes = 64 << 10;

class BlockPool {
 public:
  // Keeps at most `idle_max` bytes of freed blocks.
  explicit BlockPool(uint64_t idle_max = 256 << 20) : idle_max_(idle_max) {}
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

 private:
  const uint64_t idle_max_;
  mutable std::mutex mutex_;
  std::multimap<size_t, std::byte*> idle_;  // by size
  uint64_t idle_bytes_ = 0;
};

// The blocks of one segment; all are freed with it. One writer; bytes() from any thread.
class BlockArena {
 public:
  explicit BlockArena(std::shared_ptr<BlockPool> pool) : pool_(std::move(pool)) {}
  ~BlockArena();
  BlockArena(const BlockArena&) = delete;
  BlockArena& operator=(const BlockArena&) = delete;

  // At least `bytes` bytes; `*size`, if given, is how many there are.
  std::byte* Allocate(size_t bytes, size_t* size = nullptr);
  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Block {
    std::byte* data;
    size_t size;
  };
  std::shared_ptr<BlockPool> pool_;
  std::vector<Block> blocks_;
  std::atomic<uint64_t> bytes_{0};
};

}  // namespace elanus::segment
