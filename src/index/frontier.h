// Nodes a graph search may step on next, the nearest first. Unlike a beam it holds no node that was
// stepped on, and it is a heap: where most of what is met is worth keeping, entering costs a few
// comparisons.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace elanus::index {

class Frontier {
 public:
  static constexpr uint32_t kNone = ~0u;

  // At most `steps` nodes will be taken.
  void Reset(size_t steps) {
    heap_.clear();
    steps_ = steps;
    bound_ = std::numeric_limits<float>::infinity();
  }
  // So many more nodes may be taken.
  void Extend(size_t steps) {
    steps_ += steps;
    bound_ = std::numeric_limits<float>::infinity();
  }
  bool empty() const { return heap_.empty(); }
  // A node that is not nearer than this will not be reached any more.
  float bound() const { return bound_; }
  // The same node may enter again, nearer.
  void Push(float distance, uint32_t node) {
    heap_.push_back(KeyOf(distance, node));
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
    if (heap_.size() >= 2 * steps_ + kSlack) Prune();
  }
  // The nearest; kNone when there is none or the steps are used up.
  uint32_t Pop(float* distance) {
    if (heap_.empty() || steps_ == 0) return kNone;
    --steps_;
    const uint64_t key = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
    *distance = DistanceOf(key);
    return static_cast<uint32_t>(key);
  }
  // The distance of what Pop() would give; infinity for kNone.
  float Nearest() const {
    if (heap_.empty() || steps_ == 0) return std::numeric_limits<float>::infinity();
    return DistanceOf(heap_.front());
  }
  // What Pop() would give, for prefetching.
  uint32_t Peek() const { return heap_.empty() ? kNone : static_cast<uint32_t>(heap_.front()); }

 private:
  static constexpr size_t kSlack = 32;

  // Orders as the distances do, also below zero.
  static uint64_t KeyOf(float distance, uint32_t node) {
    const auto bits = std::bit_cast<uint32_t>(distance);
    const uint32_t ordered = bits ^ ((bits >> 31) != 0 ? 0xffffffffu : 0x80000000u);
    return static_cast<uint64_t>(ordered) << 32 | node;
  }
  static float DistanceOf(uint64_t key) {
    const auto ordered = static_cast<uint32_t>(key >> 32);
    return std::bit_cast<float>(ordered ^ ((ordered >> 31) != 0 ? 0x80000000u : 0xffffffffu));
  }
  // Forgets what the steps that are left cannot reach.
  void Prune() {
    const size_t keep = std::max<size_t>(steps_, 1);
    std::nth_element(heap_.begin(), heap_.begin() + static_cast<ptrdiff_t>(keep) - 1, heap_.end());
    bound_ = std::min(bound_, DistanceOf(heap_[keep - 1]));
    heap_.resize(keep);
    std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  }

  std::vector<uint64_t> heap_;
  size_t steps_ = 0;
  float bound_ = 0;
};

}  // namespace elanus::index
