// One 64-bit hash for keys. Stable: it is stored in files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace elanus {

inline uint64_t HashInt(uint64_t x) {  // splitmix64 finaliser
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

uint64_t HashBytes(std::string_view bytes, uint64_t seed = 0);

// For tables of strings in memory that are asked with views; with std::equal_to<>.
struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

}  // namespace elanus
