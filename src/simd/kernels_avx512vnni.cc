// AVX-512 with VNNI and VPOPCNTDQ: byte products four at a time, bits counted 64 bytes at a time.
// Everything else is the AVX-512 level's.
#if defined(__x86_64__)

#include <cstddef>
#include <cstring>

#include <immintrin.h>

#include "simd/levels.h"

#if defined(__clang__)
#pragma clang attribute push(                                                                    \
    __attribute__((target(                                                                       \
        "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vpopcntdq,avx2,fma,f16c,popcnt"))), \
    apply_to = function)
#else
#pragma GCC target( \
    "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vpopcntdq,avx2,fma,f16c,popcnt")
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12's own headers
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace elanus::simd {
namespace {

#include "simd/rows.inc"

inline __mmask64 Tail(size_t n) { return (1ull << n) - 1; }

int32_t CodeDot(const int8_t* q, const uint8_t* x, size_t dim) {
  __m512i s0 = _mm512_setzero_si512();
  __m512i s1 = s0;
  size_t i = 0;
  for (; i + 128 <= dim; i += 128) {
    s0 = _mm512_dpbusd_epi32(s0, _mm512_loadu_si512(x + i), _mm512_loadu_si512(q + i));
    s1 = _mm512_dpbusd_epi32(s1, _mm512_loadu_si512(x + i + 64), _mm512_loadu_si512(q + i + 64));
  }
  for (; i < dim; i += 64) {
    const __mmask64 m = dim - i >= 64 ? ~0ull : Tail(dim - i);
    s0 = _mm512_dpbusd_epi32(s0, _mm512_maskz_loadu_epi8(m, x + i),
                             _mm512_maskz_loadu_epi8(m, q + i));
  }
  return _mm512_reduce_add_epi32(_mm512_add_epi32(s0, s1));
}

// Signed rows: x + 128 is unsigned, and 128 * sum(q) is taken off again.
float I8IP(const void* query, const void* row, size_t dim) {
  const auto* q = static_cast<const int8_t*>(query);
  const auto* x = static_cast<const int8_t*>(row);
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i products = _mm512_setzero_si512();
  __m512i sum = products;
  for (size_t i = 0; i < dim; i += 64) {
    const __mmask64 m = dim - i >= 64 ? ~0ull : Tail(dim - i);
    const __m512i a = _mm512_maskz_loadu_epi8(m, q + i);
    products =
        _mm512_dpbusd_epi32(products, _mm512_xor_si512(_mm512_maskz_loadu_epi8(m, x + i), flip), a);
    sum = _mm512_dpbusd_epi32(sum, ones, a);
  }
  return static_cast<float>(_mm512_reduce_add_epi32(products) - 128 * _mm512_reduce_add_epi32(sum));
}

enum class Bits { kXor, kAnd, kOr };

template <Bits kBits>
inline __m512i Combine(__m512i x, __m512i y) {
  if constexpr (kBits == Bits::kXor) return _mm512_xor_si512(x, y);
  if constexpr (kBits == Bits::kAnd) return _mm512_and_si512(x, y);
  return _mm512_or_si512(x, y);
}

template <Bits kBits>
inline int64_t CountBits(const void* a, const void* b, size_t bytes) {
  const auto* p = static_cast<const char*>(a);
  const auto* q = static_cast<const char*>(b);
  __m512i count = _mm512_setzero_si512();
  for (size_t i = 0; i < bytes; i += 64) {
    const __mmask64 m = bytes - i >= 64 ? ~0ull : Tail(bytes - i);
    const __m512i bits =
        Combine<kBits>(_mm512_maskz_loadu_epi8(m, p + i), _mm512_maskz_loadu_epi8(m, q + i));
    count = _mm512_add_epi64(count, _mm512_popcnt_epi64(bits));
  }
  return _mm512_reduce_add_epi64(count);
}

float Hamming(const void* query, const void* row, size_t bytes) {
  return static_cast<float>(CountBits<Bits::kXor>(query, row, bytes));
}

float Jaccard(const void* query, const void* row, size_t bytes) {
  const int64_t both = CountBits<Bits::kAnd>(query, row, bytes);
  const int64_t any = CountBits<Bits::kOr>(query, row, bytes);
  return any == 0 ? 0.0f : 1.0f - static_cast<float>(both) / static_cast<float>(any);
}

}  // namespace

const Kernels& Avx512VnniKernels() {
  static const Kernels kTable = [] {
    Kernels table = Avx512Kernels();
    table.level = "avx512vnni";
    table.i8_ip = Both<&I8IP, 1>();
    table.hamming = Both<&Hamming, 1>();
    table.jaccard = Both<&Jaccard, 1>();
    table.codes = &Codes<&CodeDot>;
    return table;
  }();
  return kTable;
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
