// Sparse rows as stored, ascending (uint32 index, float32 value) pairs, and what a query makes of
// one: the inner product, or BM25 over a row of term frequencies.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "index/vector_index.h"

namespace elanus::index {

struct SparseTerm {
  uint32_t index;
  float value;
};
static_assert(sizeof(SparseTerm) == 8);

inline size_t SparseCount(std::string_view row) { return row.size() / sizeof(SparseTerm); }
inline SparseTerm SparseAt(std::string_view row, size_t i) {
  SparseTerm t;
  std::memcpy(&t, row.data() + i * sizeof t, sizeof t);
  return t;
}

// BM25 for one set of parameters: what a term frequency counts in a row of a given length, before
// the term's weight.
//   tf (k1 + 1) / (tf + k1 (1 - b + b length / avgdl))
class Bm25Scorer {
 public:
  explicit Bm25Scorer(const Bm25& p)
      : gain_(p.k1 + 1),
        base_(p.k1 * (1 - p.b)),
        slope_(p.avgdl > 0 ? p.k1 * p.b / p.avgdl : 0.0f) {}
  // The part of the denominator that is the row's.
  float Norm(float length) const { return base_ + slope_ * length; }
  float Of(float tf, float norm) const { return tf * gain_ / (tf + norm); }
  float gain() const { return gain_; }

 private:
  float gain_, base_, slope_;
};

// A query's terms, ascending by index, without the `drop_ratio` of them that are smallest by
// magnitude.
class SparseQuery {
 public:
  SparseQuery(std::string_view row, const SearchParams& params) {
    if (params.bm25) bm25_.emplace(*params.bm25);
    for (size_t i = 0; i < SparseCount(row); ++i) {
      if (const SparseTerm t = SparseAt(row, i); t.value != 0) terms_.push_back(t);
    }
    const auto drop =
        static_cast<size_t>(params.drop_ratio_search * static_cast<double>(terms_.size()));
    if (drop > 0) {
      std::vector<float> weights;
      for (const SparseTerm& t : terms_) weights.push_back(std::abs(t.value));
      std::nth_element(weights.begin(), weights.begin() + static_cast<std::ptrdiff_t>(drop),
                       weights.end());
      std::erase_if(terms_, [least = weights[drop]](const SparseTerm& t) {
        return std::abs(t.value) < least;
      });
    }
    Hash();
  }

  const std::vector<SparseTerm>& terms() const { return terms_; }
  const std::optional<Bm25Scorer>& bm25() const { return bm25_; }

  // The row's score, summed in ascending order of index. 0: nothing in common.
  float Score(std::string_view row) const {
    const size_t n = SparseCount(row);
    float norm = 0;
    if (bm25_) {
      for (size_t i = 0; i < n; ++i) norm += SparseAt(row, i).value;
      norm = bm25_->Norm(norm);
    }
    // Which terms match is not to be predicted: matches are gathered without a branch.
    struct Match {
      float weight, value;
    };
    constexpr size_t kPiece = 128;
    std::array<Match, kPiece> matches;
    float sum = 0;
    for (size_t begin = 0; begin < n; begin += kPiece) {
      const size_t end = std::min(n, begin + kPiece);
      size_t count = 0;
      for (size_t i = begin; i < end; ++i) {
        const SparseTerm t = SparseAt(row, i);
        const SparseTerm& slot = slots_[SlotOf(t.index)];
        matches[count] = {slot.value, t.value};
        count += static_cast<size_t>(slot.index == t.index);
      }
      for (size_t i = 0; i < count; ++i) {
        const auto [weight, value] = matches[i];
        sum += weight * (bm25_ ? bm25_->Of(value, norm) : value);
      }
    }
    return sum;
  }

 private:
  // A table with no two terms in one slot: other multipliers are tried, then more slots.
  void Hash() {
    size_t size = std::bit_ceil(std::max<size_t>(16, 8 * terms_.size()));
    for (uint32_t tries = 1;; ++tries) {
      if (tries % 8 == 0) size *= 2;
      shift_ = 32 - static_cast<uint32_t>(std::countr_zero(size));
      multiplier_ = 0x9e3779b1u * (2 * tries - 1);
      slots_.assign(size, SparseTerm{0, 0});
      if (Place()) return;
    }
  }
  // A free slot reads as term 0 of weight 0, which adds nothing.
  bool Place() {
    for (const SparseTerm& t : terms_) {
      SparseTerm& slot = slots_[SlotOf(t.index)];
      if (slot.value != 0 && slot.index != t.index) return false;
      slot = {t.index, slot.value + t.value};
    }
    return true;
  }
  size_t SlotOf(uint32_t index) const { return (index * multiplier_) >> shift_; }

  std::vector<SparseTerm> terms_;
  std::optional<Bm25Scorer> bm25_;
  std::vector<SparseTerm> slots_;
  uint32_t multiplier_ = 1;
  uint32_t shift_ = 0;
};

}  // namespace elanus::index
