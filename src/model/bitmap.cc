#include "model/bitmap.h"

#include <algorithm>

namespace elanus {

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
