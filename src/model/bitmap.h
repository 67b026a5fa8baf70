// Bitmap: one bit a row, owned. RowMask: which rows of a segment may be returned, as chunks of
// 32,768 rows; a null chunk means "all of them". Live tables and filter results share that shape,
// so a search takes either without a copy.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace elanus {

inline constexpr size_t kMaskChunkRows = 32768;
inline constexpr size_t kMaskChunkWords = kMaskChunkRows / 64;

// How many bits are set. Several words at a time, as a binary for any x86-64 has no instruction for
// one.
size_t CountBits(std::span<const uint64_t> words);

class Bitmap {
 public:
  Bitmap() = default;
  explicit Bitmap(size_t rows, bool value = false)
      : rows_(rows), words_((rows + 63) / 64, value ? ~0ULL : 0) {
    ClearTail();
  }

  size_t size() const { return rows_; }
  bool Test(size_t row) const { return (words_[row >> 6] >> (row & 63)) & 1; }
  void Set(size_t row) { words_[row >> 6] |= 1ULL << (row & 63); }
  void Clear(size_t row) { words_[row >> 6] &= ~(1ULL << (row & 63)); }
  void Assign(size_t row, bool value) { value ? Set(row) : Clear(row); }
  void SetRange(size_t begin, size_t end);

  size_t Count() const { return CountBits(words_); }
  bool None() const {
    for (const uint64_t w : words_) {
      if (w != 0) return false;
    }
    return true;
  }
  void And(const Bitmap& other);  // sizes must be equal
  void Or(const Bitmap& other);
  void AndNot(const Bitmap& other);  // this &= ~other
  void Flip();

  // fn(row) for each set bit, ascending.
  template <typename Fn>
  void ForEach(Fn fn) const {
    for (size_t w = 0; w < words_.size(); ++w) {
      for (uint64_t bits = words_[w]; bits != 0; bits &= bits - 1) {
        fn(w * 64 + static_cast<size_t>(std::countr_zero(bits)));
      }
    }
  }

  std::span<uint64_t> words() { return words_; }
  std::span<const uint64_t> words() const { return words_; }

 private:
  void ClearTail() {
    if (rows_ % 64 != 0) words_.back() &= (1ULL << (rows_ % 64)) - 1;
  }
  size_t rows_ = 0;
  std::vector<uint64_t> words_;
};

// A view; the chunks outlive it. Default-constructed: every row.
class RowMask {
 public:
  RowMask() = default;
  // chunks[i] covers rows [i * 32768, ...) and may be null = all rows of the chunk.
  RowMask(std::span<const uint64_t* const> chunks, size_t rows) : chunks_(chunks), rows_(rows) {}

  bool all() const { return chunks_.empty(); }
  size_t rows() const { return rows_; }
  bool Test(size_t row) const {
    if (chunks_.empty()) return true;
    const uint64_t* chunk = chunks_[row / kMaskChunkRows];
    return chunk == nullptr || ((chunk[(row % kMaskChunkRows) >> 6] >> (row & 63)) & 1);
  }
  // 64 rows from row 64*word on. Bits past rows() are unspecified.
  uint64_t Word(size_t word) const {
    if (chunks_.empty()) return ~0ULL;
    const uint64_t* chunk = chunks_[word / kMaskChunkWords];
    return chunk == nullptr ? ~0ULL : chunk[word % kMaskChunkWords];
  }
  std::span<const uint64_t* const> chunks() const { return chunks_; }
  size_t Count(size_t rows) const;  // allowed rows among the first `rows`

 private:
  std::span<const uint64_t* const> chunks_;
  size_t rows_ = 0;
};

// A RowMask over a Bitmap, with the chunk pointers it needs. The Bitmap outlives it.
class BitmapMask {
 public:
  explicit BitmapMask(const Bitmap& bitmap);
  RowMask mask() const { return RowMask(chunks_, rows_); }

 private:
  std::vector<const uint64_t*> chunks_;
  size_t rows_;
};

}  // namespace elanus
