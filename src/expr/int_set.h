// A fixed set of integers, built once and asked often: a few compared in turn, dense ones as bits,
// the rest in an open hash table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace elanus::expr {

class IntSet {
 public:
  explicit IntSet(std::vector<int64_t> values);

  bool Contains(int64_t value) const {
    if (!bits_.empty()) {
      const uint64_t offset = static_cast<uint64_t>(value) - static_cast<uint64_t>(low_);
      return offset < bits_.size() * 64 && (bits_[offset / 64] >> (offset % 64) & 1) != 0;
    }
    if (table_.empty()) {
      bool found = false;
      for (const int64_t one : few_) found |= one == value;
      return found;
    }
    if (value == empty_) return false;
    for (size_t at = Home(value);; at = (at + 1) & (table_.size() - 1)) {
      if (table_[at] == value) return true;
      if (table_[at] == empty_) return false;
    }
  }

 private:
  size_t Home(int64_t value) const {
    return static_cast<uint64_t>(value) * 0x9e3779b97f4a7c15ULL >> shift_;
  }

  std::vector<int64_t> few_;
  std::vector<uint64_t> bits_;  // from low_ on
  int64_t low_ = 0;
  std::vector<int64_t> table_;
  int64_t empty_ = 0;  // marks a free place; not a member
  int shift_ = 0;
};

}  // namespace elanus::expr
