// ChunkedArray: elements of one width in chunks that double (256, 256, 512, 1024, ...), so nothing
// moves when it grows and 65,536 rows lie in 9 runs. One writer; a reader may touch the elements
// whose existence was published to it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "segment/block_pool.h"

namespace elanus::segment {

inline constexpr size_t kFirstChunkRows = 256;
inline constexpr size_t kChunksMax = 25;  // 2^32 rows

constexpr size_t ChunkOf(size_t row) {
  return static_cast<size_t>(std::bit_width(row / kFirstChunkRows));
}
constexpr size_t ChunkBegin(size_t chunk) {
  return chunk == 0 ? 0 : kFirstChunkRows << (chunk - 1);
}
constexpr size_t ChunkRows(size_t chunk) {
  return chunk == 0 ? kFirstChunkRows : kFirstChunkRows << (chunk - 1);
}

class ChunkedArray {
 public:
  ChunkedArray(BlockArena* arena, size_t width) : arena_(arena), width_(width) {}

  size_t width() const { return width_; }
  // Null: not made yet.
  std::byte* Chunk(size_t chunk) const { return chunks_[chunk].load(std::memory_order_acquire); }
  template <typename T>
  T* ChunkAs(size_t chunk) const {
    return reinterpret_cast<T*>(Chunk(chunk));
  }
  std::byte* At(size_t index) const {
    const size_t chunk = ChunkOf(index);
    return Chunk(chunk) + (index - ChunkBegin(chunk)) * width_;
  }
  template <typename T>
  T& As(size_t index) const {
    return *reinterpret_cast<T*>(At(index));
  }

  // The writer's: makes the chunk, with undefined contents, if there is none.
  std::byte* Make(size_t chunk) {
    std::byte* data = Chunk(chunk);
    if (data == nullptr) {
      data = arena_->Allocate(ChunkRows(chunk) * width_);
      Publish(chunk, data);
    }
    return data;
  }
  // The same in two steps, for a chunk that readers may look into at once.
  std::byte* Allocate(size_t chunk) { return arena_->Allocate(ChunkRows(chunk) * width_); }
  void Publish(size_t chunk, std::byte* data) {
    chunks_[chunk].store(data, std::memory_order_release);
  }

 private:
  BlockArena* arena_;
  size_t width_;
  std::array<std::atomic<std::byte*>, kChunksMax> chunks_{};
};

// fn(chunk, first row in the chunk, rows) for each piece of [begin, end) within one chunk.
template <typename Fn>
void ForEachPiece(size_t begin, size_t end, Fn fn) {
  while (begin < end) {
    const size_t chunk = ChunkOf(begin);
    const size_t at = begin - ChunkBegin(chunk);
    const size_t count = std::min(end - begin, ChunkRows(chunk) - at);
    fn(chunk, at, count);
    begin += count;
  }
}

}  // namespace elanus::segment
