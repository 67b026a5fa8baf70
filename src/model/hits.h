// Hit: a row found by a search, inside one segment. TopK: the k nearest of what was offered.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "model/types.h"

namespace elanus {

// `distance` is "smaller is nearer" inside the engine: L2, Hamming, Jaccard as they are, IP and
// COSINE negated. ScoreOf() gives what clients see.
struct Hit {
  float distance;
  uint32_t row;
  bool operator<(const Hit& o) const {
    return distance != o.distance ? distance < o.distance : row < o.row;
  }
};
constexpr float ScoreOf(Metric metric, float distance) {
  return LargerIsNearer(metric) ? -distance : distance;
}
constexpr float DistanceOf(Metric metric, float score) {
  return LargerIsNearer(metric) ? -score : score;
}

// A cosine lies between -1 and 1, whatever its rounding.
constexpr float WithinMetric(Metric metric, float distance) {
  return metric == Metric::kCosine ? std::min(std::max(distance, -1.0F), 1.0F) : distance;
}

class TopK {
 public:
  explicit TopK(size_t k) : k_(k) { heap_.reserve(std::min<size_t>(k, 1024)); }

  size_t k() const { return k_; }
  bool full() const { return heap_.size() == k_; }
  // What an offer must beat (or equal, with a smaller row) to enter.
  float bound() const {
    return full() && k_ > 0 ? heap_.front().distance : std::numeric_limits<float>::infinity();
  }
  void Offer(float distance, uint32_t row) {
    if (k_ == 0) return;
    const Hit hit{distance, row};
    if (!full()) {
      heap_.push_back(hit);
      std::push_heap(heap_.begin(), heap_.end());
    } else if (hit < heap_.front()) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.back() = hit;
      std::push_heap(heap_.begin(), heap_.end());
    }
  }
  // Nearest first; ties by row.
  std::vector<Hit> Take() {
    std::sort_heap(heap_.begin(), heap_.end());
    return std::move(heap_);
  }

 private:
  size_t k_;
  std::vector<Hit> heap_;  // max-heap by (distance, row)
};

}  // namespace elanus
