// NarrowScan with AVX2: a pair of sub-quantisers a step.
#if defined(__x86_64__)

#include <algorithm>
#include <cstddef>

#include <immintrin.h>

#include "simd/narrowscan_levels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

namespace elanus::simd {
namespace {

constexpr size_t kStep = 32;
constexpr size_t kBytesAtOnce = 8;  // steps whose sums fit a byte

// As in the AVX-512 level, in two lanes.
struct Wide {
  __m256i mixed, odd;
  Wide() : mixed(_mm256_setzero_si256()), odd(_mm256_setzero_si256()) {}
  inline void Add(__m256i bytes) {
    mixed = _mm256_add_epi16(mixed, bytes);
    odd = _mm256_add_epi16(odd, _mm256_srli_epi16(bytes, 8));
  }
  static inline __m128i Lanes(__m256i v) {
    return _mm_add_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  }
  inline void Store(uint16_t* out) const {
    const __m128i even = Lanes(_mm256_sub_epi16(mixed, _mm256_slli_epi16(odd, 8)));
    const __m128i uneven = Lanes(odd);
    auto* to = reinterpret_cast<__m128i*>(out);
    _mm_storeu_si128(to, _mm_unpacklo_epi16(even, uneven));
    _mm_storeu_si128(to + 1, _mm_unpackhi_epi16(even, uneven));
  }
};

inline __m256i Load(const uint8_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

template <size_t kQueries>
void Group(const uint8_t* const* luts, const uint8_t* codes, size_t m, size_t blocks,
           uint16_t* out) {
  const size_t size = FastBlockBytes(m);
  const __m256i nibble = _mm256_set1_epi8(15);
  for (size_t b = 0; b < blocks; ++b, codes += size) {
    Wide wide[kQueries][2];
    for (size_t at = 0; at < size; at += kBytesAtOnce * kStep) {
      __m256i bytes[kQueries][2];
      for (auto& two : bytes) two[0] = two[1] = _mm256_setzero_si256();
      for (size_t i = at; i < std::min(size, at + kBytesAtOnce * kStep); i += kStep) {
        const __m256i both = Load(codes + i);
        const __m256i low = _mm256_and_si256(both, nibble);
        const __m256i high = _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble);
        for (size_t q = 0; q < kQueries; ++q) {
          const __m256i lut = Load(luts[q] + i);
          bytes[q][0] = _mm256_add_epi8(bytes[q][0], _mm256_shuffle_epi8(lut, low));
          bytes[q][1] = _mm256_add_epi8(bytes[q][1], _mm256_shuffle_epi8(lut, high));
        }
      }
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

void Avx2NarrowSums(const uint8_t* const* luts, size_t queries, const uint8_t* codes, size_t m,
                    size_t blocks, uint16_t* out) {
  size_t q = 0;
  for (; q + 2 <= queries; q += 2) Group<2>(luts + q, codes, m, blocks, out + q * blocks * 32);
  if (q < queries) Group<1>(luts + q, codes, m, blocks, out + q * blocks * 32);
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
