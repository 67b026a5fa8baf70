// The exact search over a column: dense types and binary by blocks of rows, sparse row by row.
#pragma once

#include <memory>

#include "index/vector_index.h"

namespace elanus::index {

std::unique_ptr<VectorIndex> MakeDenseFlat(const VectorView& vectors, Metric metric,
                                           std::string_view type);
std::unique_ptr<VectorIndex> MakeSparseFlat(const VectorView& vectors);

// fn(row) for each allowed, valid row, ascending, while fn's blocks last: the rows come in pieces
// of at most `kBlock` as fn(ids or null, first, n): null ids mean the run [first, first + n).
inline constexpr size_t kScanBlock = 256;

template <typename Fn>
void ForAllowed(const VectorView& vectors, const RowMask& allowed, size_t begin, size_t end,
                Fn fn) {
  uint32_t ids[kScanBlock];
  for (size_t first = begin; first < end; first += kScanBlock) {
    const size_t last = std::min(end, first + kScanBlock);
    if (allowed.all() && vectors.valid == nullptr) {
      fn(static_cast<const uint32_t*>(nullptr), first, last - first);
      continue;
    }
    size_t n = 0;
    for (size_t word = first / 64; word * 64 < last; ++word) {
      uint64_t bits = allowed.Word(word);
      const size_t at = word * 64;
      if (at < first) bits &= ~0ULL << (first - at);
      if (last - at < 64) bits &= (1ULL << (last - at)) - 1;
      for (; bits != 0; bits &= bits - 1) {
        const size_t row = at + static_cast<size_t>(std::countr_zero(bits));
        if (vectors.valid == nullptr || vectors.valid[row] != 0)
          ids[n++] = static_cast<uint32_t>(row);
      }
    }
    if (n == last - first) {
      fn(static_cast<const uint32_t*>(nullptr), first, n);
    } else if (n > 0) {
      fn(static_cast<const uint32_t*>(ids), first, n);
    }
  }
}

}  // namespace elanus::index
