// Values as unsigned integers in the same order.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace elanus {

inline uint64_t OrderedBits(int64_t value) {
  return static_cast<uint64_t>(value) ^ (uint64_t{1} << 63);
}

// NaN is above every number, -0 is 0.
inline uint64_t OrderedBits(double value) {
  if (std::isnan(value)) return ~uint64_t{0};
  const auto bits = std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
  return (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
}

// The first eight bytes: strings with different ones are in their order.
inline uint64_t OrderedPrefix(std::string_view text) {
  uint64_t prefix = 0;
  if (!text.empty()) std::memcpy(&prefix, text.data(), std::min<size_t>(text.size(), 8));
  return __builtin_bswap64(prefix);
}

}  // namespace elanus
