// AVX-512 F, BW, VL, DQ: masked tails, 64 bytes at a time.
#if defined(__x86_64__)

#include <cstddef>
#include <cstring>

#include <immintrin.h>

#include "simd/levels.h"

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

#include "simd/rows.inc"

inline __mmask16 Tail16(size_t n) { return static_cast<__mmask16>((1u << n) - 1); }
inline __mmask32 Tail32(size_t n) { return static_cast<__mmask32>((1ull << n) - 1); }

struct F32 {
  using Element = float;
  static __m512 Load(const float* p) { return _mm512_loadu_ps(p); }
  static __m512 Load(const float* p, __mmask16 m) { return _mm512_maskz_loadu_ps(m, p); }
};
struct F16 {
  using Element = uint16_t;
  static __m512 Load(const uint16_t* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static __m512 Load(const uint16_t* p, __mmask16 m) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(m, p));
  }
};
struct BF16 {
  using Element = uint16_t;
  static __m512 Wide(__m256i v) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16));
  }
  static __m512 Load(const uint16_t* p) {
    return Wide(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static __m512 Load(const uint16_t* p, __mmask16 m) {
    return Wide(_mm256_maskz_loadu_epi16(m, p));
  }
};

template <bool kL2>
inline __m512 Step(__m512 q, __m512 x, __m512 sum) {
  if constexpr (kL2) {
    const __m512 d = _mm512_sub_ps(q, x);
    return _mm512_fmadd_ps(d, d, sum);
  } else {
    return _mm512_fmadd_ps(q, x, sum);
  }
}

template <typename T, bool kL2>
float Floats(const void* query, const void* row, size_t dim) {
  const auto* q = static_cast<const float*>(query);
  const auto* x = static_cast<const typename T::Element*>(row);
  __m512 s0 = _mm512_setzero_ps();
  __m512 s1 = s0;
  __m512 s2 = s0;
  __m512 s3 = s0;
  size_t i = 0;
  for (; i + 64 <= dim; i += 64) {
    s0 = Step<kL2>(_mm512_loadu_ps(q + i), T::Load(x + i), s0);
    s1 = Step<kL2>(_mm512_loadu_ps(q + i + 16), T::Load(x + i + 16), s1);
    s2 = Step<kL2>(_mm512_loadu_ps(q + i + 32), T::Load(x + i + 32), s2);
    s3 = Step<kL2>(_mm512_loadu_ps(q + i + 48), T::Load(x + i + 48), s3);
  }
  for (; i + 16 <= dim; i += 16) s0 = Step<kL2>(_mm512_loadu_ps(q + i), T::Load(x + i), s0);
  if (i < dim) {
    const __mmask16 m = Tail16(dim - i);
    s1 = Step<kL2>(_mm512_maskz_loadu_ps(m, q + i), T::Load(x + i, m), s1);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(s0, s1), _mm512_add_ps(s2, s3)));
}

inline __m512i Widen(const int8_t* p, __mmask32 m) {
  return _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(m, p));
}
inline __m512i Widen(const uint8_t* p, __mmask32 m) {
  return _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(m, p));
}

template <typename Byte>
inline int32_t Dot(const int8_t* q, const Byte* x, size_t dim) {
  __m512i s = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 32 <= dim; i += 32) {
    s = _mm512_add_epi32(s, _mm512_madd_epi16(Widen(q + i, ~0u), Widen(x + i, ~0u)));
  }
  if (i < dim) {
    const __mmask32 m = Tail32(dim - i);
    s = _mm512_add_epi32(s, _mm512_madd_epi16(Widen(q + i, m), Widen(x + i, m)));
  }
  return _mm512_reduce_add_epi32(s);
}

int32_t CodeDot(const int8_t* q, const uint8_t* x, size_t dim) { return Dot(q, x, dim); }

float I8IP(const void* query, const void* row, size_t dim) {
  return static_cast<float>(
      Dot(static_cast<const int8_t*>(query), static_cast<const int8_t*>(row), dim));
}

float I8L2(const void* query, const void* row, size_t dim) {
  const auto* q = static_cast<const int8_t*>(query);
  const auto* x = static_cast<const int8_t*>(row);
  __m512i s = _mm512_setzero_si512();
  for (size_t i = 0; i < dim; i += 32) {
    const __mmask32 m = dim - i >= 32 ? ~0u : Tail32(dim - i);
    const __m512i d = _mm512_sub_epi16(Widen(q + i, m), Widen(x + i, m));
    s = _mm512_add_epi32(s, _mm512_madd_epi16(d, d));
  }
  return static_cast<float>(_mm512_reduce_add_epi32(s));
}

// Products and sums are rounded apart, as in the other levels. The sums are taken one after the
// other: scatter instructions do the same, slower.
template <typename Product>
inline void AddProducts(const uint16_t* ids, size_t n, float* sums, Product product) {
  alignas(64) float p[32];
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    _mm512_store_ps(p, product(i, 0xffff));
    _mm512_store_ps(p + 16, product(i + 16, 0xffff));
    for (size_t j = 0; j < 32; ++j) sums[ids[i + j]] += p[j];
  }
  for (; i < n; i += 16) {
    const size_t left = n - i < 16 ? n - i : 16;
    _mm512_store_ps(p, product(i, Tail16(left)));
    for (size_t j = 0; j < left; ++j) sums[ids[i + j]] += p[j];
  }
}

void Scatter(float weight, const uint16_t* ids, const float* values, size_t n, float* sums) {
  const __m512 w = _mm512_set1_ps(weight);
  AddProducts(ids, n, sums, [&](size_t i, __mmask16 m) {
    return _mm512_mul_ps(w, _mm512_maskz_loadu_ps(m, values + i));
  });
}

void ScatterHalf(float weight, const uint16_t* ids, const uint16_t* values, size_t n, float* sums) {
  const __m512 w = _mm512_set1_ps(weight);
  AddProducts(ids, n, sums,
              [&](size_t i, __mmask16 m) { return _mm512_mul_ps(w, F16::Load(values + i, m)); });
}

void ScatterBm25(float weight, const uint16_t* ids, const uint16_t* values, size_t n,
                 const float* norms, float* sums) {
  const __m512 w = _mm512_set1_ps(weight);
  AddProducts(ids, n, sums, [&](size_t i, __mmask16 m) {
    const __m512 v = F16::Load(values + i, m);
    const __m512i at = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(m, ids + i));
    const __m512 norm = _mm512_mask_i32gather_ps(_mm512_set1_ps(1.0f), m, at, norms, 4);
    return _mm512_mul_ps(w, _mm512_div_ps(v, _mm512_add_ps(v, norm)));
  });
}

size_t AtLeast(const float* values, size_t n, float bound, uint64_t* bits) {
  const __m512 b = _mm512_set1_ps(bound);
  size_t count = 0;
  for (size_t i = 0; i < n; i += 64) {
    uint64_t word = 0;
    for (size_t j = 0; j < 64; j += 16) {
      const __mmask16 ge = _mm512_cmp_ps_mask(_mm512_loadu_ps(values + i + j), b, _CMP_GE_OQ);
      word |= static_cast<uint64_t>(ge) << j;
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
  for (; i + 16 <= n; i += 16) _mm512_storeu_ps(to + i, T::Load(x + i));
  if (i < n) _mm512_mask_storeu_ps(to + i, Tail16(n - i), T::Load(x + i, Tail16(n - i)));
}

void FromI8(const void* from, float* to, size_t n) {
  for (size_t i = 0; i < n; ++i) to[i] = static_cast<float>(static_cast<const int8_t*>(from)[i]);
}

}  // namespace

const Kernels& Avx512Kernels() {
  static constexpr Kernels kTable = {
      .level = "avx512",
      .f32_l2 = Both<&Floats<F32, true>, 4>(),
      .f32_ip = Both<&Floats<F32, false>, 4>(),
      .f16_l2 = Both<&Floats<F16, true>, 2>(),
      .f16_ip = Both<&Floats<F16, false>, 2>(),
      .bf16_l2 = Both<&Floats<BF16, true>, 2>(),
      .bf16_ip = Both<&Floats<BF16, false>, 2>(),
      .i8_l2 = Both<&I8L2, 1>(),
      .i8_ip = Both<&I8IP, 1>(),
      .hamming = {},  // taken from AVX2: scalar POPCNT is what this level has
      .jaccard = {},
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
  static const Kernels kWithBits = [] {
    Kernels table = kTable;
    table.hamming = Avx2Kernels().hamming;
    table.jaccard = Avx2Kernels().jaccard;
    return table;
  }();
  return kWithBits;
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
