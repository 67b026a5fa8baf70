// Sparse rows as stored: ascending (uint32 index, float32 value) pairs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

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

// A query's terms, ascending by index, without the `drop_ratio` of them that are smallest by
// magnitude.
class SparseQuery {
 public:
  SparseQuery(std::string_view row, double drop_ratio) {
    for (size_t i = 0; i < SparseCount(row); ++i) {
      if (const SparseTerm t = SparseAt(row, i); t.value != 0) terms_.push_back(t);
    }
    const auto drop = static_cast<size_t>(drop_ratio * static_cast<double>(terms_.size()));
    if (drop > 0) {
      std::vector<float> weights;
      for (const SparseTerm& t : terms_) weights.push_back(std::abs(t.value));
      std::nth_element(weights.begin(), weights.begin() + static_cast<std::ptrdiff_t>(drop),
                       weights.end());
      std::erase_if(terms_, [least = weights[drop]](const SparseTerm& t) {
        return std::abs(t.value) < least;
      });
    }
  }

  const std::vector<SparseTerm>& terms() const { return terms_; }

  // The inner product, summed in ascending order of index. 0: nothing in common.
  float Score(std::string_view row) const {
    float sum = 0;
    const size_t n = SparseCount(row);
    size_t i = 0;
    for (const SparseTerm& q : terms_) {
      while (i < n && SparseAt(row, i).index < q.index) ++i;
      if (i == n) break;
      if (const SparseTerm t = SparseAt(row, i); t.index == q.index) sum += q.value * t.value;
    }
    return sum;
  }

 private:
  std::vector<SparseTerm> terms_;
};

}  // namespace elanus::index
