#include "expr/int_set.h"

#include <algorithm>
#include <bit>

namespace elanus::expr {

IntSet::IntSet(std::vector<int64_t> values) {
  constexpr size_t kFew = 6;
  constexpr uint64_t kSpanPerValue = 256;  // bits: at most 32 bytes a value
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() <= kFew) {
    few_ = std::move(values);
    return;
  }
  const uint64_t span =
      static_cast<uint64_t>(values.back()) - static_cast<uint64_t>(values.front());
  if (span < values.size() * kSpanPerValue) {
    low_ = values.front();
    bits_.resize(span / 64 + 1);
    for (const int64_t value : values) {
      const uint64_t offset = static_cast<uint64_t>(value) - static_cast<uint64_t>(low_);
      bits_[offset / 64] |= 1ULL << (offset % 64);
    }
    return;
  }
  empty_ = INT64_MIN;
  for (const int64_t value : values) {
    if (value == empty_) ++empty_;  // ascending, so the first gap
  }
  const size_t size = std::bit_ceil(values.size() * 3);
  shift_ = 64 - std::countr_zero(size);
  table_.assign(size, empty_);
  for (const int64_t value : values) {
    size_t at = Home(value);
    while (table_[at] != empty_) at = (at + 1) & (size - 1);
    table_[at] = value;
  }
}

}  // namespace elanus::expr
