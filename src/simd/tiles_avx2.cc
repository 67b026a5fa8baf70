// Tiles with AVX2: bytes widened to 16 bits, so that no product saturates; 2 queries x 16 rows.
#if defined(__x86_64__)

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#include <immintrin.h>

#include "simd/tiles_levels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

namespace elanus::simd {
namespace {

#include "simd/tiles.inc"

inline __m256i Four(const int8_t* query) {
  int32_t four;
  std::memcpy(&four, query, 4);
  return _mm256_cvtepi8_epi16(_mm_set1_epi32(four));
}

template <size_t kQueries>
inline void Panel(const int8_t* queries, size_t padded, const uint8_t* panel, size_t step,
                  int32_t* out) {
  __m256i sums[kQueries][4];
  for (size_t q = 0; q < kQueries; ++q) {
    for (__m256i& s : sums[q]) s = _mm256_setzero_si256();
  }
  const __m256i zero = _mm256_setzero_si256();
  for (size_t d = 0; d < padded; d += 4) {
    const auto* at = reinterpret_cast<const __m256i*>(panel + d * kPanelRows);
    const __m256i a = _mm256_loadu_si256(at);
    const __m256i b = _mm256_loadu_si256(at + 1);
    const __m256i y[4] = {_mm256_unpacklo_epi8(a, zero), _mm256_unpackhi_epi8(a, zero),
                          _mm256_unpacklo_epi8(b, zero), _mm256_unpackhi_epi8(b, zero)};
    for (size_t q = 0; q < kQueries; ++q) {
      const __m256i x = Four(queries + q * padded + d);
      for (size_t i = 0; i < 4; ++i)
        sums[q][i] = _mm256_add_epi32(sums[q][i], _mm256_madd_epi16(y[i], x));
    }
  }
  // Two halves a row, rows 0 and 1 in one register, 2 and 3 in the next: adding pairs orders them.
  for (size_t q = 0; q < kQueries; ++q) {
    auto* to = reinterpret_cast<__m256i*>(out + q * step);
    _mm256_storeu_si256(to, _mm256_hadd_epi32(sums[q][0], sums[q][1]));
    _mm256_storeu_si256(to + 1, _mm256_hadd_epi32(sums[q][2], sums[q][3]));
  }
}

void Products(const int8_t* queries, size_t count, const uint8_t* rows, size_t panels, size_t dim,
              int32_t* out) {
  const size_t padded = TileDim(dim);
  const size_t step = panels * kPanelRows;
  for (size_t q = 0; q < count; q += 2) {
    for (size_t p = 0; p < panels; ++p) {
      const int8_t* x = queries + q * padded;
      const uint8_t* panel = rows + p * PanelBytes(dim);
      int32_t* to = out + q * step + p * kPanelRows;
      if (q + 1 < count) {
        Panel<2>(x, padded, panel, step, to);
      } else {
        Panel<1>(x, padded, panel, step, to);
      }
    }
  }
}

float MaxAbs(const float* v, size_t n) {
  const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
  __m256 best = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    best = _mm256_max_ps(best, _mm256_and_ps(magnitude, _mm256_loadu_ps(v + i)));
  float lanes[8];
  _mm256_storeu_ps(lanes, best);
  float result = *std::max_element(lanes, lanes + 8);
  for (; i < n; ++i) result = std::max(result, std::abs(v[i]));
  return result;
}

void Round(const float* v, float by, size_t n, int8_t* out) {
  const __m256 scale = _mm256_set1_ps(by);
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256i x = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(v + i), scale));
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + i), _mm_packs_epi16(words, words));
  }
  constexpr float kMagic = 12582912.0f;
  for (; i < n; ++i) {
    const float product = v[i] * by;
    out[i] = static_cast<int8_t>((product + kMagic) - kMagic);
  }
}

float Encode(const float* v, size_t n, int8_t* codes, float* lost2, float* length2) {
  const float largest = MaxAbs(v, n);
  const bool some = largest > kTinyMagnitude;
  const float scale = some ? largest / 127.0f : 0.0f;
  Round(v, some ? 127.0f / largest : 0.0f, n, codes);
  SumSquares(v, scale, codes, n, lost2, length2);
  return scale;
}

}  // namespace

const Tiles& Avx2Tiles() {
  static constexpr Tiles kTable = {"avx2", &Products, &Nearest, &Lowers, &MaxAbs, &Round, &Encode};
  return kTable;
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
