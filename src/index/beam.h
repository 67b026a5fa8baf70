// Beam: the nearest nodes a graph search has seen, sorted, with a mark on those expanded.
// Visited: which nodes it has seen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace elanus::index {

class Beam {
 public:
  struct Entry {
    float distance;
    uint32_t node;  // the top bit: expanded
  };
  static constexpr uint32_t kExpanded = 1u << 31;
  static constexpr uint32_t kNone = ~0u;

  void Reset(size_t capacity) {
    capacity_ = capacity;
    if (entries_.size() < capacity + 1) entries_.resize(capacity + 1);
    size_ = next_ = 0;
  }
  size_t size() const { return size_; }
  bool full() const { return size_ == capacity_; }
  // What a node must be nearer than to enter.
  float bound() const {
    return full() ? entries_[size_ - 1].distance : std::numeric_limits<float>::infinity();
  }

  bool Insert(float distance, uint32_t node) {
    if (full()) {
      if (!(distance < entries_[size_ - 1].distance)) return false;
      --size_;
    }
    const size_t at = Place(distance);
    Shift(at, size_);
    entries_[at] = {distance, node};
    ++size_;
    next_ = std::min(next_, at);
    return true;
  }

  // The nearest node not yet expanded, now marked; kNone when there is none.
  uint32_t Next(float* distance) {
    while (next_ < size_ && (entries_[next_].node & kExpanded) != 0) ++next_;
    if (next_ == size_) return kNone;
    Entry& e = entries_[next_++];
    *distance = e.distance;
    e.node |= kExpanded;
    return e.node & ~kExpanded;
  }
  // The one Next() would give, unmarked: for prefetching.
  uint32_t Peek() const {
    for (size_t i = next_; i < size_; ++i) {
      if ((entries_[i].node & kExpanded) == 0) return entries_[i].node;
    }
    return kNone;
  }

  float distance(size_t i) const { return entries_[i].distance; }
  uint32_t node(size_t i) const { return entries_[i].node & ~kExpanded; }

 private:
  // The first entry farther than `distance`. The comparisons cannot be predicted, so there is no
  // branch on them.
  size_t Place(float distance) const {
    if (size_ == 0) return 0;
    const Entry* base = entries_.data();
    for (size_t n = size_; n > 1;) {
      const size_t half = n / 2;
      base += static_cast<size_t>(base[half - 1].distance <= distance) * half;
      n -= half;
    }
    return static_cast<size_t>(base - entries_.data()) +
           static_cast<size_t>(base->distance <= distance);
  }
  // Moves the entries [begin, end) up by one.
  void Shift(size_t begin, size_t end) {
    Entry* const e = entries_.data();
    struct Four {
      Entry entries[4];
    };
    for (; end >= begin + 4; end -= 4) {
      Four four;
      std::memcpy(&four, e + end - 4, sizeof four);
      std::memcpy(e + end - 3, &four, sizeof four);
    }
    for (; end > begin; --end) e[end] = e[end - 1];
  }

  std::vector<Entry> entries_;
  size_t capacity_ = 0;
  size_t size_ = 0;
  size_t next_ = 0;  // all before it are expanded
};

class Visited {
 public:
  // Forgets all; nodes are below `n`.
  void Reset(size_t n) {
    const size_t words = (n + 63) / 64;
    if (touched_.size() * 4 < std::min(words_.size(), words)) {
      for (const uint32_t node : touched_) words_[node >> 6] = 0;
    } else {
      std::fill(words_.begin(), words_.end(), 0);
    }
    touched_.clear();
    if (words_.size() < words) words_.resize(words);
  }
  bool Has(uint32_t node) const { return (words_[node >> 6] >> (node & 63) & 1) != 0; }
  // True the first time.
  bool Add(uint32_t node) {
    uint64_t& word = words_[node >> 6];
    const uint64_t bit = 1ULL << (node & 63);
    if ((word & bit) != 0) return false;
    word |= bit;
    touched_.push_back(node);
    return true;
  }
  // Adds nodes up to the first that is not below `end`; writes those that are new to `fresh`, which
  // has room for `count`, and returns how many. No branch depends on what was seen: nobody could
  // predict it.
  size_t AddAll(const uint32_t* nodes, size_t count, size_t end, uint32_t* fresh) {
    size_t n = 0;
    for (size_t i = 0; i < count && nodes[i] < end; ++i) {
      uint64_t& word = words_[nodes[i] >> 6];
      const uint64_t seen = word >> (nodes[i] & 63) & 1;
      word |= 1ULL << (nodes[i] & 63);
      fresh[n] = nodes[i];
      n += 1 - seen;
    }
    touched_.insert(touched_.end(), fresh, fresh + n);
    return n;
  }

 private:
  std::vector<uint64_t> words_;
  std::vector<uint32_t> touched_;
};

// The estimates a search has given to nodes. Lossy: a node may be forgotten.
class Estimated {
 public:
  // For about so many nodes.
  void Reset(size_t nodes) {
    const int bits = nodes > 1024 ? 15 : 12;
    if (++round_ == 0 || slots_.size() < size_t{1} << bits) {
      slots_.assign(size_t{1} << bits, {});
      round_ = 1;
    }
    shift_ = 32 - bits;
  }
  // Where the estimate of `node` is kept; `known` says whether there is one, otherwise the place is
  // the node's from now on.
  float* At(uint32_t node, bool* known) {
    Slot& slot = slots_[node * 0x9e3779b1u >> shift_];
    *known = slot.node == node && slot.round == round_;
    slot.node = node;
    slot.round = round_;
    return &slot.estimate;
  }

 private:
  struct Slot {
    uint32_t node = 0;
    uint32_t round = 0;
    float estimate = 0;
  };
  std::vector<Slot> slots_;
  uint32_t round_ = 0;
  int shift_ = 0;
};

}  // namespace elanus::index
