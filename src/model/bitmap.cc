#include "model/bitmap.h"

#include <algorithm>

namespace elanus {
namespace {

// A carry-save adder: of three bits at each place the sum and what it carries.
inline void Add(uint64_t a, uint64_t b, uint64_t c, uint64_t* carry, uint64_t* sum) {
  const uint64_t differ = a ^ b;
  *carry = (a & b) | (differ & c);
  *sum = differ ^ c;
}

inline size_t CountWord(uint64_t w) {
  w -= (w >> 1) & 0x5555555555555555;
  w = (w & 0x3333333333333333) + ((w >> 2) & 0x3333333333333333);
  w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return (w * 0x0101010101010101) >> 56;
}

}  // namespace

// Harley and Seal's (Warren, "Hacker's Delight", 5-1): eight words are added up place by place, and
// one word in eight is counted.
size_t CountBits(std::span<const uint64_t> words) {
  uint64_t ones = 0, twos = 0, fours = 0;
  size_t eights = 0;
  size_t i = 0;
  for (; i + 8 <= words.size(); i += 8) {
    const uint64_t* w = words.data() + i;
    uint64_t twos_a, twos_b, fours_a, fours_b, eight;
    Add(ones, w[0], w[1], &twos_a, &ones);
    Add(ones, w[2], w[3], &twos_b, &ones);
    Add(twos, twos_a, twos_b, &fours_a, &twos);
    Add(ones, w[4], w[5], &twos_a, &ones);
    Add(ones, w[6], w[7], &twos_b, &ones);
    Add(twos, twos_a, twos_b, &fours_b, &twos);
    Add(fours, fours_a, fours_b, &eight, &fours);
    eights += CountWord(eight);
  }
  size_t count = 8 * eights + 4 * CountWord(fours) + 2 * CountWord(twos) + CountWord(ones);
  for (; i < words.size(); ++i) count += CountWord(words[i]);
  return count;
}

void Bitmap::SetRange(size_t begin, size_t end) {
  while (begin < end && begin % 64 != 0) Set(begin++);
  for (; begin + 64 <= end; begin += 64) words_[begin >> 6] = ~0ULL;
  while (begin < end) Set(begin++);
}

void Bitmap::And(const Bitmap& other) {
  for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
}

void Bitmap::Or(const Bitmap& other) {
  for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
}

void Bitmap::AndNot(const Bitmap& other) {
  for (size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
}

void Bitmap::Flip() {
  for (uint64_t& w : words_) w = ~w;
  if (!words_.empty()) ClearTail();
}

size_t RowMask::Count(size_t rows) const {
  if (all()) return rows;
  size_t n = 0;
  const size_t whole = rows / 64;
  for (size_t w = 0; w < whole; ++w) n += static_cast<size_t>(std::popcount(Word(w)));
  if (rows % 64 != 0) {
    n += static_cast<size_t>(std::popcount(Word(whole) & ((1ULL << (rows % 64)) - 1)));
  }
  return n;
}

BitmapMask::BitmapMask(const Bitmap& bitmap) : rows_(bitmap.size()) {
  for (size_t word = 0; word < bitmap.words().size(); word += kMaskChunkWords) {
    chunks_.push_back(bitmap.words().data() + word);
  }
}

}  // namespace elanus
