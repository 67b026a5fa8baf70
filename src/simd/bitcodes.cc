#include "simd/bitcodes.h"

#include <cmath>

#include "simd/bitcodes_levels.h"
#include "simd/kernels.h"

namespace elanus::simd {
namespace {

float Subtract(float* v, float scale, const float* center, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) {
    v[i] = scale * v[i] - center[i];
    sum += v[i] * v[i];
  }
  return sum;
}

BitSums Encode(const float* v, size_t n, float threshold, uint8_t* signs, uint8_t* seconds) {
  BitSums sums;
  for (size_t byte = 0; byte < n / 8; ++byte) {
    unsigned sign_bits = 0;
    unsigned second_bits = 0;
    for (unsigned bit = 0; bit < 8; ++bit) {
      const float x = v[byte * 8 + bit];
      const unsigned sign = x >= 0;
      const unsigned large = std::abs(x) > threshold;
      sign_bits |= sign << bit;
      second_bits |= static_cast<unsigned>(sign == large) << bit;
      sums.all += std::abs(x);
      sums.large += large != 0 ? std::abs(x) : 0.0f;
      sums.count += large;
    }
    signs[byte] = static_cast<uint8_t>(sign_bits);
    seconds[byte] = static_cast<uint8_t>(second_bits);
  }
  return sums;
}

constexpr BitCodes kPortable = {&Subtract, &Encode};

}  // namespace

const BitCodes* FindBitCodes(std::string_view level) {
  if (Find(level) == nullptr) return nullptr;
#if defined(__x86_64__)
  if (level == "avx2") return &Avx2BitCodes();
  if (level == "avx512" || level == "avx512vnni") return &Avx512BitCodes();
#endif
  return &kPortable;
}

const BitCodes& GetBitCodes() {
  static const BitCodes& best = *FindBitCodes(Get().level);
  return best;
}

void FastPackNibbles(const uint8_t* rows, size_t stride, size_t m, uint8_t* block) {
  for (size_t pair = 0; pair < m / 2; ++pair) {
    uint8_t* out = block + pair * 32;
    for (size_t row = 0; row < 16; ++row) {
      const unsigned low = rows[row * stride + pair];
      const unsigned high = rows[(row + 16) * stride + pair];
      out[row] = static_cast<uint8_t>((low & 15) | high << 4);
      out[16 + row] = static_cast<uint8_t>(low >> 4 | (high & 0xf0));
    }
  }
}

}  // namespace elanus::simd
