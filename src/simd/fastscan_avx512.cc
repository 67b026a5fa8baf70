// FastScan with AVX-512 BW: two pairs of sub-quantisers a step.
#if defined(__x86_64__)

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#include <immintrin.h>

#include "simd/fastscan_levels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2"))), \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx2")
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12's own headers
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace elanus::simd {
namespace {

#include "simd/fastscan_signs.inc"

// As in the AVX2 level, in four lanes.
struct Sums {
  __m512i mixed, odd;
  Sums() : mixed(_mm512_setzero_si512()), odd(_mm512_setzero_si512()) {}
  inline void Add(__m512i bytes) {
    mixed = _mm512_add_epi16(mixed, bytes);
    odd = _mm512_add_epi16(odd, _mm512_srli_epi16(bytes, 8));
  }
  static inline __m128i Lanes(__m512i v) {
    const __m256i half =
        _mm256_add_epi16(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
    return _mm_add_epi16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  }
  inline __m256i Rows() const {
    const __m128i e = Lanes(_mm512_sub_epi16(mixed, _mm512_slli_epi16(odd, 8)));
    const __m128i o = Lanes(odd);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_unpacklo_epi16(e, o)),
                                   _mm_unpackhi_epi16(e, o), 1);
  }
};

template <size_t kQueries>
inline void Step(const uint8_t* const* luts, size_t at, __m512i both, __mmask8 words,
                 Sums (*sums)[2]) {
  const __m512i nibble = _mm512_set1_epi8(15);
  const __m512i low = _mm512_and_si512(both, nibble);
  const __m512i high = _mm512_and_si512(_mm512_srli_epi16(both, 4), nibble);
  for (size_t q = 0; q < kQueries; ++q) {
    // Tables past the end are zero, so that what lies there as codes adds nothing.
    const __m512i lut = words == 0xff ? _mm512_loadu_si512(luts[q] + at)
                                      : _mm512_maskz_loadu_epi64(words, luts[q] + at);
    sums[q][0].Add(_mm512_shuffle_epi8(lut, low));
    sums[q][1].Add(_mm512_shuffle_epi8(lut, high));
  }
}

template <size_t kQueries>
inline void SumBlock(const uint8_t* const* luts, const uint8_t* block, size_t bytes,
                     Sums (*sums)[2]) {
  size_t at = 0;
  for (; at + 64 <= bytes; at += 64)
    Step<kQueries>(luts, at, _mm512_loadu_si512(block + at), 0xff, sums);
  if (at < bytes) {
    Step<kQueries>(luts, at, _mm512_maskz_loadu_epi64(0x0f, block + at), 0x0f, sums);
  }
}

template <size_t kQueries>
void Group(const uint8_t* const* luts, const uint8_t* codes, size_t m, size_t blocks,
           uint16_t* out) {
  const size_t bytes = FastBlockBytes(m);
  for (size_t b = 0; b < blocks; ++b, codes += bytes) {
    Sums sums[kQueries][2];
    SumBlock<kQueries>(luts, codes, bytes, sums);
    for (size_t q = 0; q < kQueries; ++q) {
      uint16_t* to = out + (q * blocks + b) * 32;
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), sums[q][0].Rows());
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 16), sums[q][1].Rows());
    }
  }
}

void Sums16(const uint8_t* const* luts, size_t queries, const uint8_t* codes, size_t m,
            size_t blocks, uint16_t* out) {
  size_t q = 0;
  for (; q + 4 <= queries; q += 4) Group<4>(luts + q, codes, m, blocks, out + q * blocks * 32);
  for (; q < queries; ++q) Group<1>(luts + q, codes, m, blocks, out + q * blocks * 32);
}

void Sums32(const uint8_t* lut, const uint8_t* codes, size_t m, size_t blocks, uint32_t* out) {
  const size_t bytes = FastBlockBytes(m);
  constexpr size_t kPiece = kFastNarrow * kFastCodes;
  for (size_t b = 0; b < blocks; ++b, codes += bytes, out += 32) {
    __m512i wide[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    for (size_t at = 0; at < bytes; at += kPiece) {
      Sums sums[1][2];
      const uint8_t* table = lut + at;
      SumBlock<1>(&table, codes + at, std::min(kPiece, bytes - at), sums);
      wide[0] = _mm512_add_epi32(wide[0], _mm512_cvtepu16_epi32(sums[0][0].Rows()));
      wide[1] = _mm512_add_epi32(wide[1], _mm512_cvtepu16_epi32(sums[0][1].Rows()));
    }
    _mm512_storeu_si512(out, wide[0]);
    _mm512_storeu_si512(out + 16, wide[1]);
  }
}

void Below(const uint16_t* sums, size_t blocks, uint16_t bound, uint32_t* masks) {
  const __m512i limit = _mm512_set1_epi16(static_cast<int16_t>(bound));
  for (size_t b = 0; b < blocks; ++b)
    masks[b] = _mm512_cmplt_epu16_mask(_mm512_loadu_si512(sums + 32 * b), limit);
}

void BelowF32(const float* values, size_t blocks, float bound, uint32_t* masks) {
  const __m512 limit = _mm512_set1_ps(bound);
  for (size_t b = 0; b < blocks; ++b, values += 32) {
    const uint32_t low = _mm512_cmp_ps_mask(_mm512_loadu_ps(values), limit, _CMP_LT_OQ);
    const uint32_t high = _mm512_cmp_ps_mask(_mm512_loadu_ps(values + 16), limit, _CMP_LT_OQ);
    masks[b] = low | high << 16;
  }
}

inline __m512 FromBFloat16(const uint8_t* p) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

uint32_t Edges(const FastEdgeTerms& terms, const uint8_t* lut, const uint8_t* edges, size_t m,
               float bound, float* estimates) {
  const size_t bytes = FastBlockBytes(m);
  __m512i wide[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
  constexpr size_t kPiece = kFastNarrow * kFastCodes;
  for (size_t at = 0; at < bytes; at += kPiece) {
    Sums sums[1][2];
    const uint8_t* table = lut + at;
    SumBlock<1>(&table, edges + at, std::min(kPiece, bytes - at), sums);
    wide[0] = _mm512_add_epi32(wide[0], _mm512_cvtepu16_epi32(sums[0][0].Rows()));
    wide[1] = _mm512_add_epi32(wide[1], _mm512_cvtepu16_epi32(sums[0][1].Rows()));
  }
  const uint8_t* addends = edges + bytes;
  const __m512 limit = _mm512_set1_ps(bound);
  uint32_t mask = 0;
  for (size_t half = 0; half < 2; ++half) {
    const __m512 add = _mm512_add_ps(
        _mm512_set1_ps(terms.base),
        _mm512_mul_ps(_mm512_set1_ps(terms.weight), FromBFloat16(addends + 32 * half)));
    const __m512 turned =
        _mm512_add_ps(_mm512_mul_ps(_mm512_set1_ps(terms.slope), _mm512_cvtepi32_ps(wide[half])),
                      _mm512_set1_ps(terms.shift));
    const __m512 estimate =
        _mm512_add_ps(add, _mm512_mul_ps(FromBFloat16(addends + 64 + 32 * half), turned));
    _mm512_storeu_ps(estimates + 16 * half, estimate);
    mask |= static_cast<uint32_t>(_mm512_cmp_ps_mask(estimate, limit, _CMP_LT_OQ)) << (16 * half);
  }
  return mask;
}

}  // namespace

const FastScan& Avx512FastScan() {
  static constexpr FastScan kTable = {"avx512",  &Sums16, &Sums32, &Below,
                                      &BelowF32, &Edges,  &Signs};
  return kTable;
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
