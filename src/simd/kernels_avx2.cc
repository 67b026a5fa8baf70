// AVX2 + FMA + F16C + POPCNT.
#if defined(__x86_64__)

#include <cstddef>
#include <cstring>

#include <immintrin.h>

#include "simd/half.h"
#include "simd/levels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c,popcnt")
#endif

namespace elanus::simd {
namespace {

#include "simd/rows.inc"

struct F32 {
  using Element = float;
  static __m256 Load8(const float* p) { return _mm256_loadu_ps(p); }
  static float Load(const float* p) { return *p; }
};
struct F16 {
  using Element = uint16_t;
  static __m256 Load8(const uint16_t* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static float Load(const uint16_t* p) { return _cvtsh_ss(*p); }
};
struct BF16 {
  using Element = uint16_t;
  static __m256 Load8(const uint16_t* p) {
    const __m256i wide =
        _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
  }
  static float Load(const uint16_t* p) {
    const uint32_t bits = static_cast<uint32_t>(*p) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
};

inline float Sum(__m256 v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  s = _mm_add_ss(s, _mm_movehdup_ps(s));
  return _mm_cvtss_f32(s);
}

inline int32_t Sum(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
  return _mm_cvtsi128_si32(s);
}

template <bool kL2>
inline __m256 Step(__m256 q, __m256 x, __m256 sum) {
  if constexpr (kL2) {
    const __m256 d = _mm256_sub_ps(q, x);
    return _mm256_fmadd_ps(d, d, sum);
  } else {
    return _mm256_fmadd_ps(q, x, sum);
  }
}

template <typename T, bool kL2>
float Floats(const void* query, const void* row, size_t dim) {
  const auto* q = static_cast<const float*>(query);
  const auto* x = static_cast<const typename T::Element*>(row);
  __m256 s0 = _mm256_setzero_ps();
  __m256 s1 = s0;
  __m256 s2 = s0;
  __m256 s3 = s0;
  size_t i = 0;
  for (; i + 32 <= dim; i += 32) {
    s0 = Step<kL2>(_mm256_loadu_ps(q + i), T::Load8(x + i), s0);
    s1 = Step<kL2>(_mm256_loadu_ps(q + i + 8), T::Load8(x + i + 8), s1);
    s2 = Step<kL2>(_mm256_loadu_ps(q + i + 16), T::Load8(x + i + 16), s2);
    s3 = Step<kL2>(_mm256_loadu_ps(q + i + 24), T::Load8(x + i + 24), s3);
  }
  for (; i + 8 <= dim; i += 8) s0 = Step<kL2>(_mm256_loadu_ps(q + i), T::Load8(x + i), s0);
  float sum = Sum(_mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3)));
  for (; i < dim; ++i) {
    const float v = T::Load(x + i);
    sum += kL2 ? (q[i] - v) * (q[i] - v) : q[i] * v;
  }
  return sum;
}

inline __m256i Widen(const int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline __m256i Widen(const uint8_t* p) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

template <typename Byte>
inline int32_t Dot(const int8_t* q, const Byte* x, size_t dim) {
  __m256i s0 = _mm256_setzero_si256();
  __m256i s1 = s0;
  size_t i = 0;
  for (; i + 32 <= dim; i += 32) {
    s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(Widen(q + i), Widen(x + i)));
    s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(Widen(q + i + 16), Widen(x + i + 16)));
  }
  int32_t sum = Sum(_mm256_add_epi32(s0, s1));
  for (; i < dim; ++i) sum += q[i] * x[i];
  return sum;
}

int32_t CodeDot(const int8_t* q, const uint8_t* x, size_t dim) { return Dot(q, x, dim); }

float I8IP(const void* query, const void* row, size_t dim) {
  return static_cast<float>(
      Dot(static_cast<const int8_t*>(query), static_cast<const int8_t*>(row), dim));
}

float I8L2(const void* query, const void* row, size_t dim) {
  const auto* q = static_cast<const int8_t*>(query);
  const auto* x = static_cast<const int8_t*>(row);
  __m256i s = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    const __m256i d = _mm256_sub_epi16(Widen(q + i), Widen(x + i));
    s = _mm256_add_epi32(s, _mm256_madd_epi16(d, d));
  }
  int32_t sum = Sum(s);
  for (; i < dim; ++i) sum += (q[i] - x[i]) * (q[i] - x[i]);
  return static_cast<float>(sum);
}

template <typename Fn>
inline void ForWords(const void* a, const void* b, size_t bytes, Fn fn) {
  const auto* p = static_cast<const char*>(a);
  const auto* q = static_cast<const char*>(b);
  uint64_t x;
  uint64_t y;
  for (; bytes >= 8; bytes -= 8, p += 8, q += 8) {
    std::memcpy(&x, p, 8);
    std::memcpy(&y, q, 8);
    fn(x, y);
  }
  if (bytes > 0) {
    x = y = 0;
    std::memcpy(&x, p, bytes);
    std::memcpy(&y, q, bytes);
    fn(x, y);
  }
}

float Hamming(const void* query, const void* row, size_t bytes) {
  int64_t count = 0;
  ForWords(query, row, bytes, [&](uint64_t x, uint64_t y) { count += _mm_popcnt_u64(x ^ y); });
  return static_cast<float>(count);
}

float Jaccard(const void* query, const void* row, size_t bytes) {
  int64_t both = 0;
  int64_t any = 0;
  ForWords(query, row, bytes, [&](uint64_t x, uint64_t y) {
    both += _mm_popcnt_u64(x & y);
    any += _mm_popcnt_u64(x | y);
  });
  return any == 0 ? 0.0f : 1.0f - static_cast<float>(both) / static_cast<float>(any);
}

// Products eight at a time, then one sum after the other: this machine level has no scatter.
template <typename Product>
inline void AddProducts(const uint16_t* ids, size_t n, float* sums, Product product) {
  alignas(32) float p[16];
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    _mm256_store_ps(p, product(i));
    _mm256_store_ps(p + 8, product(i + 8));
    for (size_t j = 0; j < 16; ++j) sums[ids[i + j]] += p[j];
  }
  for (; i + 8 <= n; i += 8) {
    _mm256_store_ps(p, product(i));
    for (size_t j = 0; j < 8; ++j) sums[ids[i + j]] += p[j];
  }
}

void Scatter(float weight, const uint16_t* ids, const float* values, size_t n, float* sums) {
  const __m256 w = _mm256_set1_ps(weight);
  AddProducts(ids, n, sums,
              [&](size_t i) { return _mm256_mul_ps(w, _mm256_loadu_ps(values + i)); });
  for (size_t i = n / 8 * 8; i < n; ++i) sums[ids[i]] += weight * values[i];
}

void ScatterHalf(float weight, const uint16_t* ids, const uint16_t* values, size_t n, float* sums) {
  const __m256 w = _mm256_set1_ps(weight);
  AddProducts(ids, n, sums, [&](size_t i) { return _mm256_mul_ps(w, F16::Load8(values + i)); });
  for (size_t i = n / 8 * 8; i < n; ++i) sums[ids[i]] += weight * F16::Load(values + i);
}

void ScatterBm25(float weight, const uint16_t* ids, const uint16_t* values, size_t n,
                 const float* norms, float* sums) {
  const __m256 w = _mm256_set1_ps(weight);
  AddProducts(ids, n, sums, [&](size_t i) {
    const __m256 v = F16::Load8(values + i);
    const __m256i at =
        _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(ids + i)));
    return _mm256_mul_ps(w, _mm256_div_ps(v, _mm256_add_ps(v, _mm256_i32gather_ps(norms, at, 4))));
  });
  for (size_t i = n / 8 * 8; i < n; ++i) {
    const float v = F16::Load(values + i);
    sums[ids[i]] += weight * (v / (v + norms[ids[i]]));
  }
}

size_t AtLeast(const float* values, size_t n, float bound, uint64_t* bits) {
  const __m256 b = _mm256_set1_ps(bound);
  size_t count = 0;
  for (size_t i = 0; i < n; i += 64) {
    uint64_t word = 0;
    for (size_t j = 0; j < 64; j += 8) {
      const __m256 ge = _mm256_cmp_ps(_mm256_loadu_ps(values + i + j), b, _CMP_GE_OQ);
      word |= static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_ps(ge))) << j;
    }
    bits[i / 64] = word;
    count += static_cast<size_t>(_mm_popcnt_u64(word));
  }
  return count;
}

template <typename T>
void ToFloat(const void* from, float* to, size_t n) {
  const auto* x = static_cast<const typename T::Element*>(from);
  size_t i = 0;
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(to + i, T::Load8(x + i));
  for (; i < n; ++i) to[i] = T::Load(x + i);
}

void FromI8(const void* from, float* to, size_t n) {
  for (size_t i = 0; i < n; ++i) to[i] = static_cast<float>(static_cast<const int8_t*>(from)[i]);
}

}  // namespace

const Kernels& Avx2Kernels() {
  static constexpr Kernels kTable = {
      .level = "avx2",
      .f32_l2 = Both<&Floats<F32, true>, 4>(),
      .f32_ip = Both<&Floats<F32, false>, 4>(),
      .f16_l2 = Both<&Floats<F16, true>, 2>(),
      .f16_ip = Both<&Floats<F16, false>, 2>(),
      .bf16_l2 = Both<&Floats<BF16, true>, 2>(),
      .bf16_ip = Both<&Floats<BF16, false>, 2>(),
      .i8_l2 = Both<&I8L2, 1>(),
      .i8_ip = Both<&I8IP, 1>(),
      .hamming = Both<&Hamming, 1>(),
      .jaccard = Both<&Jaccard, 1>(),
      .codes = &Codes<&CodeDot>,
      .flip = &Flip,
      .scatter = &Scatter,
      .scatter_half = &ScatterHalf,
      .scatter_bm25 = &ScatterBm25,
      .at_least = &AtLeast,
      .f16_to_f32 = &ToFloat<F16>,
      .bf16_to_f32 = &ToFloat<BF16>,
      .i8_to_f32 = &FromI8,
  };
  return kTable;
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
