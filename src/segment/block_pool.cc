#include "segment/block_pool.h"

#include <new>

#include <sys/mman.h>

#include "base/status.h"

namespace elanus::segment {
namespace {

constexpr std::align_val_t kAlignment{64};

std::byte* MapHuge(size_t size) {
  // Mapped with room to spare, then cut to a huge page boundary.
  void* mapped = mmap(nullptr, size + kHugePageBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(mapped != MAP_FAILED);
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t aligned = (begin + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  const size_t before = aligned - begin;
  if (before != 0) munmap(mapped, before);
  if (before != kHugePageBytes) {
    munmap(reinterpret_cast<void*>(aligned + size), kHugePageBytes - before);
  }
  madvise(reinterpret_cast<void*>(aligned), size, MADV_HUGEPAGE);  // a wish; small pages work too
  return reinterpret_cast<std::byte*>(aligned);
}

std::byte* Fresh(size_t size) {
  return size >= kHugePageBytes ? MapHuge(size)
                                : static_cast<std::byte*>(::operator new(size, kAlignment));
}

void GiveBack(std::byte* block, size_t size) {
  if (size >= kHugePageBytes) {
    munmap(block, size);
  } else {
    ::operator delete(block, kAlignment);
  }
}

}  // namespace

BlockPool::~BlockPool() { Trim(); }

size_t BlockPool::RoundUp(size_t bytes) {
  const size_t unit = bytes >= kHugePageBytes ? kHugePageBytes : 64;
  return (bytes + unit - 1) / unit * unit;
}

std::byte* BlockPool::Allocate(size_t size) {
  if (size >= kPooledBytes) {
    const std::lock_guard lock(mutex_);
    if (const auto it = idle_.find(size); it != idle_.end()) {
      std::byte* block = it->second;
      idle_.erase(it);
      idle_bytes_ -= size;
      return block;
    }
  }
  Count(static_cast<int64_t>(size));
  return Fresh(size);
}

void BlockPool::Free(std::byte* block, size_t size) {
  if (size >= kPooledBytes) {
    const std::lock_guard lock(mutex_);
    if (idle_bytes_ + size <= idle_max_) {
      idle_.emplace(size, block);
      idle_bytes_ += size;
      return;
    }
  }
  Release(block, size);
}

void BlockPool::Release(std::byte* block, size_t size) {
  GiveBack(block, size);
  Count(-static_cast<int64_t>(size));
}

uint64_t BlockPool::idle_bytes() const {
  const std::lock_guard lock(mutex_);
  return idle_bytes_;
}

void BlockPool::Trim() {
  std::multimap<size_t, std::byte*> idle;
  {
    const std::lock_guard lock(mutex_);
    idle.swap(idle_);
    idle_bytes_ = 0;
  }
  for (const auto& [size, block] : idle) Release(block, size);
}

BlockArena::~BlockArena() {
  SetBeside(0);
  for (const Block& block : blocks_) pool_->Free(block.data, block.size);
}

std::byte* BlockArena::Allocate(size_t bytes, size_t* size) {
  const size_t whole = BlockPool::RoundUp(bytes);
  blocks_.push_back({pool_->Allocate(whole), whole});
  bytes_.fetch_add(whole, std::memory_order_relaxed);
  if (size != nullptr) *size = whole;
  return blocks_.back().data;
}

}  // namespace elanus::segment
