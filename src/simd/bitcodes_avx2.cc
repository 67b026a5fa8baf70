// Bit codes with AVX2.
#if defined(__x86_64__)

#include <cstddef>
#include <cstdint>

#include <immintrin.h>

#include "simd/bitcodes_levels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,popcnt"))), apply_to = function)
#else
#pragma GCC target("avx2,popcnt")
#endif

namespace elanus::simd {
namespace {

float Sum(__m256 v) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}

float Subtract(float* v, float scale, const float* center, size_t n) {
  const __m256 factor = _mm256_set1_ps(scale);
  __m256 sum = _mm256_setzero_ps();
  for (size_t i = 0; i < n; i += 8) {
    const __m256 x =
        _mm256_sub_ps(_mm256_mul_ps(factor, _mm256_loadu_ps(v + i)), _mm256_loadu_ps(center + i));
    _mm256_storeu_ps(v + i, x);
    sum = _mm256_add_ps(sum, _mm256_mul_ps(x, x));
  }
  return Sum(sum);
}

BitSums Encode(const float* v, size_t n, float threshold, uint8_t* signs, uint8_t* seconds) {
  const __m256 limit = _mm256_set1_ps(threshold);
  const __m256 sign_bit = _mm256_set1_ps(-0.0f);
  __m256 all = _mm256_setzero_ps();
  __m256 large_sum = _mm256_setzero_ps();
  size_t count = 0;
  for (size_t i = 0; i < n; i += 8) {
    const __m256 x = _mm256_loadu_ps(v + i);
    const __m256 size = _mm256_andnot_ps(sign_bit, x);
    const __m256 large = _mm256_cmp_ps(size, limit, _CMP_GT_OQ);
    const auto sign = static_cast<unsigned>(
        _mm256_movemask_ps(_mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GE_OQ)));
    const auto large_bits = static_cast<unsigned>(_mm256_movemask_ps(large));
    signs[i / 8] = static_cast<uint8_t>(sign);
    seconds[i / 8] = static_cast<uint8_t>(~(sign ^ large_bits));
    all = _mm256_add_ps(all, size);
    large_sum = _mm256_add_ps(large_sum, _mm256_and_ps(large, size));
    count += static_cast<size_t>(_mm_popcnt_u32(large_bits));
  }
  return {Sum(all), Sum(large_sum), count};
}

}  // namespace

const BitCodes& Avx2BitCodes() {
  static constexpr BitCodes kTable = {&Subtract, &Encode};
  return kTable;
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
