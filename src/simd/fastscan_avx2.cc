// FastScan with AVX2: a pair of sub-quantisers a step.
#if defined(__x86_64__)

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#include <immintrin.h>

#include "simd/fastscan_levels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

namespace elanus::simd {
namespace {

#include "simd/fastscan_signs.inc"

inline __m256i Load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline void Store(void* p, __m256i v) { _mm256_storeu_si256(static_cast<__m256i*>(p), v); }

// Sums of bytes in 16 bits: `mixed` adds even bytes plus 256 times the odd ones, wrapping; `odd`
// the odd ones alone, and what wraps cancels in the end.
struct Sums {
  __m256i mixed, odd;
  Sums() : mixed(_mm256_setzero_si256()), odd(_mm256_setzero_si256()) {}
  inline void Add(__m256i bytes) {
    mixed = _mm256_add_epi16(mixed, bytes);
    odd = _mm256_add_epi16(odd, _mm256_srli_epi16(bytes, 8));
  }
  // The sums of 16 rows in order: both lanes together.
  inline __m256i Rows() const {
    const __m256i even = _mm256_sub_epi16(mixed, _mm256_slli_epi16(odd, 8));
    const __m128i e =
        _mm_add_epi16(_mm256_castsi256_si128(even), _mm256_extracti128_si256(even, 1));
    const __m128i o = _mm_add_epi16(_mm256_castsi256_si128(odd), _mm256_extracti128_si256(odd, 1));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_unpacklo_epi16(e, o)),
                                   _mm_unpackhi_epi16(e, o), 1);
  }
};

template <size_t kQueries>
inline void SumBlock(const uint8_t* const* luts, const uint8_t* block, size_t pairs,
                     Sums (*sums)[2]) {
  const __m256i nibble = _mm256_set1_epi8(15);
  for (size_t p = 0; p < pairs; ++p) {
    const __m256i both = Load(block + 32 * p);
    const __m256i low = _mm256_and_si256(both, nibble);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble);
    for (size_t q = 0; q < kQueries; ++q) {
      const __m256i lut = Load(luts[q] + 32 * p);
      sums[q][0].Add(_mm256_shuffle_epi8(lut, low));
      sums[q][1].Add(_mm256_shuffle_epi8(lut, high));
    }
  }
}

template <size_t kQueries>
void Group(const uint8_t* const* luts, const uint8_t* codes, size_t m, size_t blocks,
           uint16_t* out) {
  for (size_t b = 0; b < blocks; ++b, codes += FastBlockBytes(m)) {
    Sums sums[kQueries][2];
    SumBlock<kQueries>(luts, codes, FastEven(m) / 2, sums);
    for (size_t q = 0; q < kQueries; ++q) {
      Store(out + (q * blocks + b) * 32, sums[q][0].Rows());
      Store(out + (q * blocks + b) * 32 + 16, sums[q][1].Rows());
    }
  }
}

void Sums16(const uint8_t* const* luts, size_t queries, const uint8_t* codes, size_t m,
            size_t blocks, uint16_t* out) {
  size_t q = 0;
  for (; q + 2 <= queries; q += 2) Group<2>(luts + q, codes, m, blocks, out + q * blocks * 32);
  if (q < queries) Group<1>(luts + q, codes, m, blocks, out + q * blocks * 32);
}

void Sums32(const uint8_t* lut, const uint8_t* codes, size_t m, size_t blocks, uint32_t* out) {
  const size_t pairs = FastEven(m) / 2;
  constexpr size_t kPiece = kFastNarrow / 2;
  for (size_t b = 0; b < blocks; ++b, codes += FastBlockBytes(m), out += 32) {
    __m256i wide[4] = {};
    for (size_t p = 0; p < pairs; p += kPiece) {
      Sums sums[1][2];
      const uint8_t* at = lut + 32 * p;
      SumBlock<1>(&at, codes + 32 * p, std::min(kPiece, pairs - p), sums);
      for (size_t half = 0; half < 2; ++half) {
        const __m256i rows = sums[0][half].Rows();
        __m256i* w = wide + 2 * half;
        w[0] = _mm256_add_epi32(w[0], _mm256_cvtepu16_epi32(_mm256_castsi256_si128(rows)));
        w[1] = _mm256_add_epi32(w[1], _mm256_cvtepu16_epi32(_mm256_extracti128_si256(rows, 1)));
      }
    }
    for (size_t i = 0; i < 4; ++i) Store(out + 8 * i, wide[i]);
  }
}

void Below(const uint16_t* sums, size_t blocks, uint16_t bound, uint32_t* masks) {
  // sum < bound as max(sum, bound) != sum.
  const __m256i limit = _mm256_set1_epi16(static_cast<int16_t>(bound));
  for (size_t b = 0; b < blocks; ++b, sums += 32) {
    const __m256i s0 = Load(sums);
    const __m256i s1 = Load(sums + 16);
    const __m256i packed = _mm256_packs_epi16(_mm256_cmpeq_epi16(_mm256_max_epu16(s0, limit), s0),
                                              _mm256_cmpeq_epi16(_mm256_max_epu16(s1, limit), s1));
    masks[b] = ~static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_permute4x64_epi64(packed, 0xd8)));
  }
}

void BelowF32(const float* values, size_t blocks, float bound, uint32_t* masks) {
  const __m256 limit = _mm256_set1_ps(bound);
  for (size_t b = 0; b < blocks; ++b, values += 32) {
    uint32_t mask = 0;
    for (int i = 0; i < 4; ++i) {
      const __m256 less = _mm256_cmp_ps(_mm256_loadu_ps(values + 8 * i), limit, _CMP_LT_OQ);
      mask |= static_cast<uint32_t>(_mm256_movemask_ps(less)) << (8 * i);
    }
    masks[b] = mask;
  }
}

inline __m256 FromBFloat16(const uint8_t* p) {
  const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}

uint32_t Edges(const FastEdgeTerms& terms, const uint8_t* lut, const uint8_t* edges, size_t m,
               float bound, float* estimates) {
  uint32_t sums[32];
  Sums32(lut, edges, m, 1, sums);
  const uint8_t* addends = edges + FastBlockBytes(m);
  const __m256 base = _mm256_set1_ps(terms.base);
  const __m256 weight = _mm256_set1_ps(terms.weight);
  const __m256 slope = _mm256_set1_ps(terms.slope);
  const __m256 shift = _mm256_set1_ps(terms.shift);
  for (size_t r = 0; r < 32; r += 8) {
    const __m256 add = _mm256_add_ps(base, _mm256_mul_ps(weight, FromBFloat16(addends + 2 * r)));
    const __m256 turned =
        _mm256_add_ps(_mm256_mul_ps(slope, _mm256_cvtepi32_ps(Load(sums + r))), shift);
    _mm256_storeu_ps(estimates + r,
                     _mm256_add_ps(add, _mm256_mul_ps(FromBFloat16(addends + 64 + 2 * r), turned)));
  }
  uint32_t mask;
  BelowF32(estimates, 1, bound, &mask);
  return mask;
}

}  // namespace

const FastScan& Avx2FastScan() {
  static constexpr FastScan kTable = {"avx2", &Sums16, &Sums32, &Below, &BelowF32, &Edges, &Signs};
  return kTable;
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
