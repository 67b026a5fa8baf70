#include "base/hash.h"

#include <cstring>

namespace elanus {
namespace {

// Folded 64 x 64 -> 128 bit products, the construction of wyhash; the constants are digits of pi.
constexpr uint64_t kSecret[4] = {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d1,
                                 0x082efa98ec4e6c89};

__extension__ using Product = unsigned __int128;

inline uint64_t Fold(uint64_t a, uint64_t b) {
  const Product product = static_cast<Product>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t Load8(const char* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

inline uint64_t Load4(const char* p) {
  uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}

// One to three bytes; each of them counts whatever the size.
inline uint64_t Load1To3(const char* p, size_t size) {
  const auto byte = [p](size_t i) { return static_cast<uint64_t>(static_cast<uint8_t>(p[i])); };
  return (byte(0) << 16) | (byte(size >> 1) << 8) | byte(size - 1);
}

}  // namespace

uint64_t HashBytes(std::string_view bytes, uint64_t seed) {
  const char* p = bytes.data();
  const size_t size = bytes.size();
  seed ^= Fold(seed ^ kSecret[0], kSecret[1]);

  uint64_t a = 0;
  uint64_t b = 0;
  if (size > 16) {
    size_t rest = size;
    if (rest > 48) {
      uint64_t second = seed;
      uint64_t third = seed;
      for (; rest > 48; p += 48, rest -= 48) {
        seed = Fold(Load8(p) ^ kSecret[1], Load8(p + 8) ^ seed);
        second = Fold(Load8(p + 16) ^ kSecret[2], Load8(p + 24) ^ second);
        third = Fold(Load8(p + 32) ^ kSecret[3], Load8(p + 40) ^ third);
      }
      seed ^= second ^ third;
    }
    for (; rest > 16; p += 16, rest -= 16) {
      seed = Fold(Load8(p) ^ kSecret[1], Load8(p + 8) ^ seed);
    }
    // The last 16 bytes, which may overlap what has been read.
    a = Load8(p + rest - 16);
    b = Load8(p + rest - 8);
  } else if (size >= 8) {
    a = Load8(p);
    b = Load8(p + size - 8);
  } else if (size >= 4) {
    a = Load4(p);
    b = Load4(p + size - 4);
  } else if (size > 0) {
    a = Load1To3(p, size);
  }

  a ^= kSecret[1];
  b ^= seed;
  const Product product = static_cast<Product>(a) * b;
  return Fold(static_cast<uint64_t>(product) ^ kSecret[0] ^ size,
              static_cast<uint64_t>(product >> 64) ^ kSecret[1]);
}

}  // namespace elanus
