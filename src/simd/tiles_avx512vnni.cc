// Tiles with AVX-512 VNNI: 8 queries x 48 rows of sums in registers.
#if defined(__x86_64__)

#include <cstddef>
#include <cstring>

#include <immintrin.h>

#include "simd/tiles_levels.h"

#if defined(__clang__)
#pragma clang attribute push(                                                      \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2"))), \
    apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2")
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12's own headers
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace elanus::simd {
namespace {

// Unrolled early, so that the sums stay in registers.
#if defined(__clang__)
#define ELANUS_UNROLL _Pragma("unroll")
#else
#define ELANUS_UNROLL _Pragma("GCC unroll 8")
#endif

template <size_t kQueries, size_t kPanels>
inline void Block(const int8_t* queries, size_t padded, const uint8_t* rows, size_t all_panels,
                  int32_t* out) {
  __m512i sums[kQueries][kPanels];
  ELANUS_UNROLL
  for (size_t q = 0; q < kQueries; ++q) {
    ELANUS_UNROLL
    for (size_t p = 0; p < kPanels; ++p) sums[q][p] = _mm512_setzero_si512();
  }
  const size_t panel_bytes = padded * kPanelRows;
  for (size_t d = 0; d < padded; d += 4) {
    __m512i y[kPanels];
    ELANUS_UNROLL
    for (size_t p = 0; p < kPanels; ++p)
      y[p] = _mm512_loadu_si512(rows + p * panel_bytes + d * kPanelRows);
    ELANUS_UNROLL
    for (size_t q = 0; q < kQueries; ++q) {
      int32_t four;
      std::memcpy(&four, queries + q * padded + d, 4);
      const __m512i x = _mm512_set1_epi32(four);
      ELANUS_UNROLL
      for (size_t p = 0; p < kPanels; ++p) sums[q][p] = _mm512_dpbusd_epi32(sums[q][p], y[p], x);
    }
  }
  ELANUS_UNROLL
  for (size_t q = 0; q < kQueries; ++q) {
    ELANUS_UNROLL
    for (size_t p = 0; p < kPanels; ++p)
      _mm512_storeu_si512(out + (q * all_panels + p) * kPanelRows, sums[q][p]);
  }
}

template <size_t kQueries>
inline void Rows(const int8_t* queries, size_t padded, const uint8_t* rows, size_t panels,
                 int32_t* out) {
  size_t p = 0;
  const size_t panel_bytes = padded * kPanelRows;
  for (; p + 3 <= panels; p += 3)
    Block<kQueries, 3>(queries, padded, rows + p * panel_bytes, panels, out + p * kPanelRows);
  if (p + 2 <= panels) {
    Block<kQueries, 2>(queries, padded, rows + p * panel_bytes, panels, out + p * kPanelRows);
    p += 2;
  }
  if (p < panels)
    Block<kQueries, 1>(queries, padded, rows + p * panel_bytes, panels, out + p * kPanelRows);
}

void Products(const int8_t* queries, size_t count, const uint8_t* rows, size_t panels, size_t dim,
              int32_t* out) {
  const size_t padded = TileDim(dim);
  size_t q = 0;
  for (; q + 8 <= count; q += 8)
    Rows<8>(queries + q * padded, padded, rows, panels, out + q * panels * kPanelRows);
  for (; q < count; ++q)
    Rows<1>(queries + q * padded, padded, rows, panels, out + q * panels * kPanelRows);
}

void Nearest(const int32_t* products, size_t count, size_t rows, const TileQueries& queries,
             const float* inverses, uint32_t first, float* best, uint32_t* which) {
  for (size_t r = 0; r < rows; r += kPanelRows) {
    const __m512 inverse = _mm512_loadu_ps(inverses + r);
    __m512 least = _mm512_loadu_ps(best + r);
    __m512i name = _mm512_loadu_si512(which + r);
    for (size_t q = 0; q < count; ++q) {
      const __m512i product = _mm512_sub_epi32(_mm512_loadu_si512(products + q * rows + r),
                                               _mm512_set1_epi32(queries.offsets[q]));
      // Not fused: every level gives the same.
      const __m512 value = _mm512_sub_ps(
          _mm512_mul_ps(_mm512_set1_ps(queries.constants[q]), inverse),
          _mm512_mul_ps(_mm512_set1_ps(queries.scales[q]), _mm512_cvtepi32_ps(product)));
      const __mmask16 nearer = _mm512_cmp_ps_mask(value, least, _CMP_LT_OQ);
      least = _mm512_mask_mov_ps(least, nearer, value);
      name = _mm512_mask_mov_epi32(
          name, nearer, _mm512_set1_epi32(static_cast<int32_t>(first + static_cast<uint32_t>(q))));
    }
    _mm512_storeu_ps(best + r, least);
    _mm512_storeu_si512(which + r, name);
  }
}

void Lowers(const int32_t* products, size_t rows, const TileRows& row, const TileQuery& query,
            float* lowers) {
  const __m512i offset = _mm512_set1_epi32(query.offset);
  const __m512 base = _mm512_set1_ps(query.base);
  const __m512 slope = _mm512_set1_ps(query.slope);
  const __m512 scaled = _mm512_set1_ps(query.slope * query.scale);
  const __m512 length = _mm512_set1_ps(query.length);
  const __m512 lost = _mm512_set1_ps(query.lost);
  for (size_t i = 0; i < rows; i += kPanelRows) {
    const __m512i units = _mm512_sub_epi32(_mm512_loadu_si512(products + i), offset);
    // Not fused: every level gives the same.
    const __m512 product = _mm512_mul_ps(_mm512_loadu_ps(row.scale + i), _mm512_cvtepi32_ps(units));
    const __m512 error = _mm512_add_ps(_mm512_mul_ps(length, _mm512_loadu_ps(row.lost + i)),
                                       _mm512_mul_ps(lost, _mm512_loadu_ps(row.length + i)));
    const __m512 start = _mm512_add_ps(base, _mm512_loadu_ps(row.add + i));
    const __m512 near = _mm512_add_ps(start, _mm512_mul_ps(scaled, product));
    _mm512_storeu_ps(lowers + i, _mm512_add_ps(near, _mm512_mul_ps(slope, error)));
  }
}

float MaxAbs(const float* v, size_t n) {
  __m512 best = _mm512_setzero_ps();
  size_t i = 0;
  for (; i + 16 <= n; i += 16) best = _mm512_max_ps(best, _mm512_abs_ps(_mm512_loadu_ps(v + i)));
  if (i < n) {
    const auto tail = static_cast<__mmask16>((1u << (n - i)) - 1);
    best = _mm512_max_ps(best, _mm512_abs_ps(_mm512_maskz_loadu_ps(tail, v + i)));
  }
  return _mm512_reduce_max_ps(best);
}

void Round(const float* v, float by, size_t n, int8_t* out) {
  const __m512 scale = _mm512_set1_ps(by);
  for (size_t i = 0; i < n; i += 16) {
    const auto lanes = static_cast<__mmask16>(n - i >= 16 ? 0xffffu : (1u << (n - i)) - 1);
    const __m512 x = _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, v + i), scale);
    _mm_mask_storeu_epi8(out + i, lanes, _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(x)));
  }
}

float Encode(const float* v, size_t n, int8_t* codes, float* lost2, float* length2) {
  const float largest = MaxAbs(v, n);
  const bool some = largest > kTinyMagnitude;
  const float scale = some ? largest / 127.0f : 0.0f;
  const __m512 by = _mm512_set1_ps(some ? 127.0f / largest : 0.0f);
  const __m512 back = _mm512_set1_ps(scale);
  __m512 lost = _mm512_setzero_ps();
  __m512 length = lost;
  for (size_t i = 0; i < n; i += 16) {
    const auto lanes = static_cast<__mmask16>(n - i >= 16 ? 0xffffu : (1u << (n - i)) - 1);
    const __m512 x = _mm512_maskz_loadu_ps(lanes, v + i);
    const __m512i code = _mm512_cvtps_epi32(_mm512_mul_ps(x, by));
    _mm_mask_storeu_epi8(codes + i, lanes, _mm512_cvtsepi32_epi8(code));
    const __m512 off = _mm512_fnmadd_ps(back, _mm512_cvtepi32_ps(code), x);
    lost = _mm512_fmadd_ps(off, off, lost);
    length = _mm512_fmadd_ps(x, x, length);
  }
  *lost2 = _mm512_reduce_add_ps(lost);
  *length2 = _mm512_reduce_add_ps(length);
  return scale;
}

}  // namespace

const Tiles& Avx512VnniTiles() {
  static constexpr Tiles kTable = {"avx512vnni", &Products, &Nearest, &Lowers,
                                   &MaxAbs,      &Round,    &Encode};
  return kTable;
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
