// NarrowScan with AVX-512 BW: two pairs of sub-quantisers a step.
#if defined(__x86_64__)

#include <algorithm>
#include <cstddef>

#include <immintrin.h>

#include "simd/narrowscan_levels.h"

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

constexpr size_t kStep = 64;
constexpr size_t kBytesAtOnce = 8;  // steps whose sums fit a byte

// Bytes of even rows stay mixed with 256 times those of odd rows, which are kept apart as well.
struct Wide {
  __m512i mixed, odd;
  Wide() : mixed(_mm512_setzero_si512()), odd(_mm512_setzero_si512()) {}
  inline void Add(__m512i bytes) {
    mixed = _mm512_add_epi16(mixed, bytes);
    odd = _mm512_add_epi16(odd, _mm512_srli_epi16(bytes, 8));
  }
  static inline __m128i Lanes(__m512i v) {
    const __m256i half =
        _mm256_add_epi16(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
    return _mm_add_epi16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  }
  inline void Store(uint16_t* out) const {
    const __m128i even = Lanes(_mm512_sub_epi16(mixed, _mm512_slli_epi16(odd, 8)));
    const __m128i uneven = Lanes(odd);
    auto* to = reinterpret_cast<__m128i*>(out);
    _mm_storeu_si128(to, _mm_unpacklo_epi16(even, uneven));
    _mm_storeu_si128(to + 1, _mm_unpackhi_epi16(even, uneven));
  }
};

template <size_t kQueries>
inline void Step(const uint8_t* const* luts, size_t at, __m512i both, __mmask8 words,
                 __m512i (*bytes)[2]) {
  const __m512i nibble = _mm512_set1_epi8(15);
  const __m512i low = _mm512_and_si512(both, nibble);
  const __m512i high = _mm512_and_si512(_mm512_srli_epi16(both, 4), nibble);
  for (size_t q = 0; q < kQueries; ++q) {
    // Tables past the end are zero, so that what lies there as codes adds nothing.
    const __m512i lut = words == 0xff ? _mm512_loadu_si512(luts[q] + at)
                                      : _mm512_maskz_loadu_epi64(words, luts[q] + at);
    bytes[q][0] = _mm512_add_epi8(bytes[q][0], _mm512_shuffle_epi8(lut, low));
    bytes[q][1] = _mm512_add_epi8(bytes[q][1], _mm512_shuffle_epi8(lut, high));
  }
}

template <size_t kQueries>
void Group(const uint8_t* const* luts, const uint8_t* codes, size_t m, size_t blocks,
           uint16_t* out) {
  const size_t size = FastBlockBytes(m);
  for (size_t b = 0; b < blocks; ++b, codes += size) {
    Wide wide[kQueries][2];
    for (size_t at = 0; at < size;) {
      __m512i bytes[kQueries][2];
      for (auto& two : bytes) two[0] = two[1] = _mm512_setzero_si512();
      const size_t whole = at + (std::min(size - at, kBytesAtOnce * kStep) / kStep) * kStep;
      size_t i = at;
      for (; i < whole; i += kStep)
        Step<kQueries>(luts, i, _mm512_loadu_si512(codes + i), 0xff, bytes);
      if (i < size && i < at + kBytesAtOnce * kStep) {
        Step<kQueries>(luts, i, _mm512_maskz_loadu_epi64(0x0f, codes + i), 0x0f, bytes);
        i = size;
      }
      at = i;
      for (size_t q = 0; q < kQueries; ++q) {
        wide[q][0].Add(bytes[q][0]);
        wide[q][1].Add(bytes[q][1]);
      }
    }
    for (size_t q = 0; q < kQueries; ++q) {
      wide[q][0].Store(out + (q * blocks + b) * kFastRows);
      wide[q][1].Store(out + (q * blocks + b) * kFastRows + 16);
    }
  }
}

}  // namespace

void Avx512NarrowSums(const uint8_t* const* luts, size_t queries, const uint8_t* codes, size_t m,
                      size_t blocks, uint16_t* out) {
  size_t q = 0;
  for (; q + 4 <= queries; q += 4) Group<4>(luts + q, codes, m, blocks, out + q * blocks * 32);
  if (q + 2 <= queries) {
    Group<2>(luts + q, codes, m, blocks, out + q * blocks * 32);
    q += 2;
  }
  if (q < queries) Group<1>(luts + q, codes, m, blocks, out + q * blocks * 32);
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
