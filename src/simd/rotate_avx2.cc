// The Walsh-Hadamard transform on registers of eight floats: three stages within a register, the
// others between registers, two stages to a pass over memory.
#if defined(__x86_64__)

#include <cstddef>

#include <immintrin.h>

#include "simd/rotate_levels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

namespace elanus::simd {
namespace {

// Pairs `apart` places from each other: (a, b) becomes (a + b, a - b).
template <int kApart>
inline __m256 Within(__m256 v) {
  __m256 swapped;
  __m256 minus;  // -0 where the difference goes
  if constexpr (kApart == 1) {
    swapped = _mm256_permute_ps(v, 0xb1);
    minus = _mm256_setr_ps(0.0f, -0.0f, 0.0f, -0.0f, 0.0f, -0.0f, 0.0f, -0.0f);
  } else if constexpr (kApart == 2) {
    swapped = _mm256_permute_ps(v, 0x4e);
    minus = _mm256_setr_ps(0.0f, 0.0f, -0.0f, -0.0f, 0.0f, 0.0f, -0.0f, -0.0f);
  } else {
    swapped = _mm256_permute2f128_ps(v, v, 1);
    minus = _mm256_setr_ps(0.0f, 0.0f, 0.0f, 0.0f, -0.0f, -0.0f, -0.0f, -0.0f);
  }
  return _mm256_add_ps(swapped, _mm256_xor_ps(v, minus));
}

inline void Transform(float* v, size_t n) {
  if (n < 8) {
    for (size_t h = 1; h < n; h *= 2) {
      for (size_t i = 0; i < n; i += 2 * h) {
        for (size_t j = i; j < i + h; ++j) {
          const float a = v[j];
          const float b = v[j + h];
          v[j] = a + b;
          v[j + h] = a - b;
        }
      }
    }
    return;
  }
  for (size_t i = 0; i < n; i += 8) {
    _mm256_storeu_ps(v + i, Within<4>(Within<2>(Within<1>(_mm256_loadu_ps(v + i)))));
  }
  size_t h = 8;
  for (; h * 4 <= n; h *= 4) {
    for (size_t i = 0; i < n; i += 4 * h) {
      for (size_t j = i; j < i + h; j += 8) {
        const __m256 a = _mm256_loadu_ps(v + j);
        const __m256 b = _mm256_loadu_ps(v + j + h);
        const __m256 c = _mm256_loadu_ps(v + j + 2 * h);
        const __m256 d = _mm256_loadu_ps(v + j + 3 * h);
        const __m256 ab = _mm256_add_ps(a, b);
        const __m256 a_b = _mm256_sub_ps(a, b);
        const __m256 cd = _mm256_add_ps(c, d);
        const __m256 c_d = _mm256_sub_ps(c, d);
        _mm256_storeu_ps(v + j, _mm256_add_ps(ab, cd));
        _mm256_storeu_ps(v + j + h, _mm256_add_ps(a_b, c_d));
        _mm256_storeu_ps(v + j + 2 * h, _mm256_sub_ps(ab, cd));
        _mm256_storeu_ps(v + j + 3 * h, _mm256_sub_ps(a_b, c_d));
      }
    }
  }
  for (; h < n; h *= 2) {
    for (size_t i = 0; i < n; i += 2 * h) {
      for (size_t j = i; j < i + h; j += 8) {
        const __m256 a = _mm256_loadu_ps(v + j);
        const __m256 b = _mm256_loadu_ps(v + j + h);
        _mm256_storeu_ps(v + j, _mm256_add_ps(a, b));
        _mm256_storeu_ps(v + j + h, _mm256_sub_ps(a, b));
      }
    }
  }
}

}  // namespace

void Avx2Hadamard(float* v, size_t n) { Transform(v, n); }

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
