// Behind a filter: how many rows are allowed, and a scan of those that are not next to each other.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "model/bitmap.h"
#include "simd/kernels.h"

namespace elanus::index {

// Gathers the rows of a scan that are not next to each other, and touches their codes long before
// they are read: the misses of their pages overlap. The processor fetches what follows.
class ScanIds {
 public:
  ScanIds(const uint8_t* base, size_t stride) : base_(base), stride_(stride) {}

  // fn(ids, 0, n) for pieces of what was added.
  template <typename Fn>
  void Add(const uint32_t* ids, size_t n, Fn fn) {
    for (size_t i = 0; i < n; ++i) {
      __builtin_prefetch(base_ + ids[i] * stride_);
      ids_[count_++] = ids[i];
      if (count_ < 2 * kPiece) continue;
      fn(static_cast<const uint32_t*>(ids_), size_t{0}, kPiece);
      std::copy(ids_ + kPiece, ids_ + 2 * kPiece, ids_);
      count_ = kPiece;
    }
  }
  template <typename Fn>
  void Finish(Fn fn) {
    if (count_ > 0) fn(static_cast<const uint32_t*>(ids_), size_t{0}, count_);
    count_ = 0;
  }

 private:
  static constexpr size_t kPiece = 32;
  const uint8_t* base_;
  size_t stride_;
  uint32_t ids_[2 * kPiece];
  size_t count_ = 0;
};

// As mask.Count(rows), by the kernel that counts bits: a filtered search begins with this.
inline size_t CountAllowed(const RowMask& mask, size_t rows) {
  if (mask.all()) return rows;
  static constexpr uint64_t kZero[kMaskChunkWords] = {};
  const simd::RowKernel differing = simd::Get().hamming.row;
  size_t count = 0;
  for (size_t begin = 0; begin < rows; begin += kMaskChunkRows) {
    const size_t n = std::min(kMaskChunkRows, rows - begin);
    const uint64_t* chunk = mask.chunks()[begin / kMaskChunkRows];
    if (chunk == nullptr) {
      count += n;
      continue;
    }
    count += static_cast<size_t>(differing(kZero, chunk, n / 64 * 8));
    if (n % 64 != 0)
      count += static_cast<size_t>(std::popcount(chunk[n / 64] & ((1ULL << n % 64) - 1)));
  }
  return count;
}

}  // namespace elanus::index
