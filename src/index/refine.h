// From estimates to exact hits: candidates are compared in the raw column, nearest estimate first,
// until no further one can matter.
#pragma once

#include <algorithm>
#include <vector>

#include "index/codes.h"
#include "index/distance.h"

namespace elanus::index {

struct Estimate {
  float distance;
  uint32_t row;
  bool operator<(const Estimate& o) const {
    return distance != o.distance ? distance < o.distance : row < o.row;
  }
};

// `candidates` ascending by estimate. Stops when the next estimate less its slack is beyond the
// k-th exact distance; a null probe means that every candidate is compared.
inline void Refine(const RowDistance& exact, const RowDistance::Query& query,
                   const CodeProbe* probe, const std::vector<Estimate>& candidates, size_t k,
                   TopK* top) {
  constexpr size_t kPiece = 16;
  uint32_t ids[kPiece];
  float out[kPiece];
  size_t piece = std::max<size_t>(1, std::min(kPiece, k));
  for (size_t at = 0; at < candidates.size(); at += piece) {
    if (probe != nullptr && top->full() &&
        candidates[at].distance - probe->Slack(candidates[at].distance) > top->bound()) {
      return;
    }
    const size_t n = std::min(piece, candidates.size() - at);
    for (size_t i = 0; i < n; ++i) ids[i] = candidates[at + i].row;
    exact.Rows(query, ids, 0, n, out);
    for (size_t i = 0; i < n; ++i) top->Offer(out[i], ids[i]);
  }
}

// Collects estimates of a scan, keeping those that may still be among the k nearest.
class EstimateTop {
 public:
  EstimateTop(size_t k, const CodeProbe* probe) : top_(k), probe_(probe) {}
  void Offer(float estimate, uint32_t row) {
    const float slack = probe_->Slack(estimate);
    if (estimate - slack > top_.bound()) return;
    top_.Offer(estimate + slack, row);
    kept_.push_back({estimate, row});
    if (kept_.size() >= 2 * shrink_at_) Shrink();
  }
  std::vector<Estimate>& Take() {
    Shrink();
    std::sort(kept_.begin(), kept_.end());
    return kept_;
  }

 private:
  void Shrink() {
    const float bound = top_.bound();
    std::erase_if(
        kept_, [&](const Estimate& e) { return e.distance - probe_->Slack(e.distance) > bound; });
    shrink_at_ = std::max<size_t>(1024, kept_.size());
  }

  TopK top_;  // of the upper ends
  const CodeProbe* probe_;
  std::vector<Estimate> kept_;
  size_t shrink_at_ = 1024;
};

}  // namespace elanus::index
