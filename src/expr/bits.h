// From one byte a row to one bit a row, and loops over the set bits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "expr/predicate.h"

namespace elanus::expr {

// 64 bytes of 0 or 1.
inline uint64_t PackBytes(const uint8_t* bytes) {
  uint64_t bits = 0;
  for (size_t i = 0; i < 8; ++i) {
    uint64_t eight;
    std::memcpy(&eight, bytes + 8 * i, sizeof eight);
    bits |= (eight * 0x0102040810204080ULL >> 56) << (8 * i);  // byte k to bit k
  }
  return bits;
}

// Rows of word w among `count`.
inline uint64_t RowsOfWord(size_t count, size_t w) {
  return count - 64 * w >= 64 ? ~0ULL : (1ULL << (count - 64 * w)) - 1;
}

// bits[r] = fn(r). The loop is branch-free, so the compiler vectorises it.
template <typename Fn>
void FillBits(size_t count, uint64_t* bits, Fn fn) {
  uint8_t bytes[64];
  size_t row = 0;
  for (; row + 64 <= count; row += 64) {
    for (size_t i = 0; i < 64; ++i) bytes[i] = fn(row + i);
    bits[row / 64] = PackBytes(bytes);
  }
  if (row < count) {
    uint64_t word = 0;
    for (size_t i = 0; row + i < count; ++i) word |= static_cast<uint64_t>(fn(row + i)) << i;
    bits[row / 64] = word;
  }
}

inline BlockBits ValidBits(const Block& column) {
  BlockBits bits;
  if (column.valid == nullptr) {
    bits.fill(~0ULL);
  } else {
    FillBits(column.count, bits.data(),
             [&](size_t row) -> uint8_t { return column.valid[row] != 0; });
  }
  return bits;
}

// Given `yes` for every row: rows that are null become unknown, the rest of them no.
inline void Settle(const Block& column, Truth* out) {
  const BlockBits valid = ValidBits(column);
  for (size_t w = 0; w * 64 < column.count; ++w) {
    const uint64_t rows = valid[w] & RowsOfWord(column.count, w);
    out->no[w] = ~out->yes[w] & rows;
    out->yes[w] &= rows;
  }
}

// fn(row) for the active rows; `out` starts all unknown.
template <typename Fn>
void ForActive(size_t count, const BlockBits& active, Fn fn) {
  for (size_t w = 0; w * 64 < count; ++w) {
    for (uint64_t bits = active[w] & RowsOfWord(count, w); bits != 0; bits &= bits - 1) {
      fn(w * 64 + static_cast<size_t>(std::countr_zero(bits)));
    }
  }
}

inline void SetBit(BlockBits* bits, size_t row) { (*bits)[row / 64] |= 1ULL << (row % 64); }
inline void Clear(size_t words, Truth* out) {
  for (size_t w = 0; w < words; ++w) out->yes[w] = out->no[w] = 0;
}

}  // namespace elanus::expr
