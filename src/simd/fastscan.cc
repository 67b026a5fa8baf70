#include "simd/fastscan.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "simd/fastscan_levels.h"
#include "simd/half.h"
#include "simd/kernels.h"

namespace elanus::simd {
namespace {

#include "simd/fastscan_signs.inc"

template <typename Sum>
void SumBlock(const uint8_t* lut, const uint8_t* block, size_t m, Sum* out) {
  std::fill_n(out, kFastRows, Sum{0});
  for (size_t j = 0; j < FastEven(m); ++j) {
    for (size_t i = 0; i < 16; ++i) {
      const uint8_t both = block[16 * j + i];
      out[i] = static_cast<Sum>(out[i] + lut[16 * j + (both & 15)]);
      out[i + 16] = static_cast<Sum>(out[i + 16] + lut[16 * j + (both >> 4)]);
    }
  }
}

void Sums16(const uint8_t* const* luts, size_t queries, const uint8_t* codes, size_t m,
            size_t blocks, uint16_t* out) {
  for (size_t q = 0; q < queries; ++q) {
    for (size_t b = 0; b < blocks; ++b, out += kFastRows)
      SumBlock(luts[q], codes + b * FastBlockBytes(m), m, out);
  }
}

void Sums32(const uint8_t* lut, const uint8_t* codes, size_t m, size_t blocks, uint32_t* out) {
  for (size_t b = 0; b < blocks; ++b)
    SumBlock(lut, codes + b * FastBlockBytes(m), m, out + b * kFastRows);
}

float FromBFloat16(const uint8_t* p) {
  uint16_t bits;
  std::memcpy(&bits, p, 2);
  return BFloat16ToFloat(bits);
}

uint32_t Edges(const FastEdgeTerms& terms, const uint8_t* lut, const uint8_t* edges, size_t m,
               float bound, float* estimates) {
  uint32_t sums[kFastRows];
  SumBlock(lut, edges, m, sums);
  const uint8_t* addends = edges + FastBlockBytes(m);
  uint32_t mask = 0;
  for (size_t r = 0; r < kFastRows; ++r) {
    const float add = terms.base + terms.weight * FromBFloat16(addends + 2 * r);
    const float scale = FromBFloat16(addends + 2 * kFastRows + 2 * r);
    estimates[r] = add + scale * (terms.slope * static_cast<float>(sums[r]) + terms.shift);
    mask |= static_cast<uint32_t>(estimates[r] < bound) << r;
  }
  return mask;
}

template <typename T>
void Below(const T* values, size_t blocks, T bound, uint32_t* masks) {
  for (size_t b = 0; b < blocks; ++b, values += kFastRows) {
    uint32_t mask = 0;
    for (size_t r = 0; r < kFastRows; ++r) mask |= static_cast<uint32_t>(values[r] < bound) << r;
    masks[b] = mask;
  }
}

constexpr FastScan kPortable = {"portable",    &Sums16, &Sums32, &Below<uint16_t>,
                                &Below<float>, &Edges,  &Signs};

}  // namespace

const FastScan* FindFastScan(std::string_view level) {
  if (Find(level) == nullptr) return nullptr;
#if defined(__x86_64__)
  if (level == "avx2") return &Avx2FastScan();
  if (level == "avx512" || level == "avx512vnni") return &Avx512FastScan();
#endif
  return &kPortable;
}

const FastScan& GetFastScan() {
  static const FastScan& best = *FindFastScan(Get().level);
  return best;
}

void FastPack(const uint8_t* codes, size_t rows, size_t stride, size_t m, uint8_t* block) {
  std::memset(block, 0, FastBlockBytes(m));
  for (size_t r = 0; r < rows; ++r) {
    for (size_t j = 0; j < m; ++j) {
      uint8_t& both = block[16 * j + r % 16];
      both = static_cast<uint8_t>(both | (codes[r * stride + j] & 15) << (r < 16 ? 0 : 4));
    }
  }
}

FastScale FastQuantise(const float* tables, size_t m, uint8_t* lut) {
  FastScale result;
  float widest = 0;
  for (size_t j = 0; j < m; ++j) {
    const auto [low, high] = std::minmax_element(tables + 16 * j, tables + 16 * (j + 1));
    widest = std::max(widest, *high - *low);
    result.bias += *low;
  }
  std::memset(lut, 0, FastBlockBytes(m));
  if (!(widest > 0)) return result;
  result.scale = widest / 255;
  const float inverse = 255 / widest;
  for (size_t j = 0; j < m; ++j) {
    const float low = *std::min_element(tables + 16 * j, tables + 16 * (j + 1));
    for (size_t i = 16 * j; i < 16 * (j + 1); ++i) {
      lut[i] = static_cast<uint8_t>(std::min(255.0f, (tables[i] - low) * inverse + 0.5f));
    }
  }
  return result;
}

}  // namespace elanus::simd
