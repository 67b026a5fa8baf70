#include "simd/narrowscan.h"

#include <algorithm>
#include <cstring>

#include "simd/kernels.h"
#include "simd/narrowscan_levels.h"

namespace elanus::simd {
namespace {

constexpr size_t kValues = kFastCodes;

void Sums(const uint8_t* const* luts, size_t queries, const uint8_t* codes, size_t m, size_t blocks,
          uint16_t* out) {
  for (size_t q = 0; q < queries; ++q) {
    for (size_t b = 0; b < blocks; ++b, out += kFastRows) {
      const uint8_t* block = codes + b * FastBlockBytes(m);
      std::fill_n(out, kFastRows, uint16_t{0});
      for (size_t j = 0; j < FastEven(m); ++j) {
        for (size_t i = 0; i < 16; ++i) {
          const uint8_t both = block[16 * j + i];
          out[i] = static_cast<uint16_t>(out[i] + luts[q][16 * j + (both & 15)]);
          out[i + 16] = static_cast<uint16_t>(out[i + 16] + luts[q][16 * j + (both >> 4)]);
        }
      }
    }
  }
}

}  // namespace

NarrowSums FindNarrowSums(std::string_view level) {
  if (Find(level) == nullptr) return nullptr;
#if defined(__x86_64__)
  if (level == "avx2") return &Avx2NarrowSums;
  if (level == "avx512" || level == "avx512vnni") return &Avx512NarrowSums;
#endif
  return &Sums;
}

NarrowSums GetNarrowSums() {
  static const NarrowSums best = FindNarrowSums(Get().level);
  return best;
}

FastScale NarrowQuantise(const float* tables, size_t m, uint8_t* lut) {
  FastScale result;
  float widest = 0;
  for (size_t j = 0; j < m; ++j) {
    float low = tables[kValues * j];
    float high = low;
    for (size_t c = 1; c < kValues; ++c) {
      const float v = tables[kValues * j + c];
      low = v < low ? v : low;
      high = v > high ? v : high;
    }
    widest = std::max(widest, high - low);
    result.bias += low;
  }
  std::memset(lut, 0, FastBlockBytes(m));
  if (!(widest > 0)) return result;
  constexpr float kMost = kNarrowValues - 1;
  result.scale = widest / kMost;
  const float inverse = kMost / widest;
  for (size_t j = 0; j < m; ++j) {
    const float* from = tables + kValues * j;
    float low = from[0];
    for (size_t c = 1; c < kValues; ++c) low = from[c] < low ? from[c] : low;
    for (size_t c = 0; c < kValues; ++c) {
      const float v = (from[c] - low) * inverse + 0.5f;
      lut[kValues * j + c] = static_cast<uint8_t>(static_cast<int32_t>(v < kMost ? v : kMost));
    }
  }
  return result;
}

}  // namespace elanus::simd
