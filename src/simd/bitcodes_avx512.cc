// Bit codes with AVX-512 F, BW, VL, DQ.
#if defined(__x86_64__)

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <immintrin.h>

#include "simd/bitcodes_levels.h"

#if defined(__clang__)
#pragma clang attribute push(                                                           \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c,popcnt"))), \
    apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c,popcnt")
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12's own headers
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace elanus::simd {
namespace {

float Subtract(float* v, float scale, const float* center, size_t n) {
  const __m512 factor = _mm512_set1_ps(scale);
  __m512 sum = _mm512_setzero_ps();
  for (size_t i = 0; i < n; i += 16) {
    const __m512 x =
        _mm512_sub_ps(_mm512_mul_ps(factor, _mm512_loadu_ps(v + i)), _mm512_loadu_ps(center + i));
    _mm512_storeu_ps(v + i, x);
    sum = _mm512_fmadd_ps(x, x, sum);
  }
  return _mm512_reduce_add_ps(sum);
}

BitSums Encode(const float* v, size_t n, float threshold, uint8_t* signs, uint8_t* seconds) {
  const __m512 limit = _mm512_set1_ps(threshold);
  const __m512i size_bits = _mm512_set1_epi32(0x7fffffff);
  __m512 all = _mm512_setzero_ps();
  __m512 large_sum = _mm512_setzero_ps();
  size_t count = 0;
  for (size_t i = 0; i < n; i += 16) {
    const __m512 x = _mm512_loadu_ps(v + i);
    const __m512 size = _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(x), size_bits));
    const __mmask16 large = _mm512_cmp_ps_mask(size, limit, _CMP_GT_OQ);
    const auto sign = static_cast<uint16_t>(_mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GE_OQ));
    const auto second = static_cast<uint16_t>(~(sign ^ static_cast<unsigned>(large)));
    std::memcpy(signs + i / 8, &sign, 2);
    std::memcpy(seconds + i / 8, &second, 2);
    all = _mm512_add_ps(all, size);
    large_sum = _mm512_mask_add_ps(large_sum, large, large_sum, size);
    count += static_cast<size_t>(_mm_popcnt_u32(static_cast<unsigned>(large)));
  }
  return {_mm512_reduce_add_ps(all), _mm512_reduce_add_ps(large_sum), count};
}

}  // namespace

const BitCodes& Avx512BitCodes() {
  static constexpr BitCodes kTable = {&Subtract, &Encode};
  return kTable;
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
