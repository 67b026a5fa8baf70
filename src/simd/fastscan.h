// FastScan: sums of table look-ups over 4-bit codes, 32 rows at a time, the tables held in
// registers (André, Kermarrec, Le Scouarnec, "Cache locality is not enough", VLDB 2015; the block
// layout is that of their Quick ADC). One kernel serves PQ with 16 centroids a sub-quantiser and
// 1-bit codes taken four dimensions a nibble.
//
// A block holds the codes of 32 rows, sub-quantisers in pairs (m is rounded up to even). A pair is
// 32 bytes: 16 of its first sub-quantiser, 16 of its second; byte i has row i's code in the low and
// row i + 16's in the high four bits. A query is m (even) tables of 16 bytes.
//
// Every level gives the same sums, exactly. The functions are pure; nothing needs to be aligned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace elanus::simd {

inline constexpr size_t kFastRows = 32;     // rows of a block
inline constexpr size_t kFastCodes = 16;    // values of a code
inline constexpr size_t kFastNarrow = 256;  // the most sub-quantisers whose sum fits 16 bits

constexpr size_t FastEven(size_t m) { return (m + 1) / 2 * 2; }
// Bytes of a block, and of a query's tables: they happen to be the same.
constexpr size_t FastBlockBytes(size_t m) { return FastEven(m) * kFastCodes; }

// Tables of floats as bytes: the sum of floats is about bias + scale * (sum of bytes).
struct FastScale {
  float scale = 0;
  float bias = 0;
};

// Links of one node of a graph: FastScan codes of 32 neighbours' residuals by sign, and what turns
// a sum into a distance. Right after a block come 32 addends, then 32 scales, each as bfloat16.
constexpr size_t FastEdgeBytes(size_t m) { return FastBlockBytes(m) + kFastRows * 4; }
struct FastEdgeTerms {
  float base;    // the distance of the node itself
  float weight;  // of the addends
  float slope;   // of a sum
  float shift;   // added to slope * sum before the scale is applied
};

struct FastScan {
  std::string_view level;
  // out[(q * blocks + b) * 32 + r] = sum over j < m of luts[q][16 j + code j of row r of block b].
  // m <= kFastNarrow. Several queries share the work of reading and splitting the codes.
  void (*sums16)(const uint8_t* const* luts, size_t queries, const uint8_t* codes, size_t m,
                 size_t blocks, uint16_t* out);
  // The same for any m, one query.
  void (*sums32)(const uint8_t* lut, const uint8_t* codes, size_t m, size_t blocks, uint32_t* out);
  // masks[b] has bit r set where sums[32 b + r] < bound.
  void (*below)(const uint16_t* sums, size_t blocks, uint16_t bound, uint32_t* masks);
  // masks[b] has bit r set where values[32 b + r] < bound; never for NaN.
  void (*below_f32)(const float* values, size_t blocks, float bound, uint32_t* masks);
  // estimates[r] = base + weight * addend[r] + scale[r] * (slope * sum[r] + shift), r < 32; the
  // result has bit r set where that is < bound. Any m.
  uint32_t (*edges)(const FastEdgeTerms& terms, const uint8_t* lut, const uint8_t* edges, size_t m,
                    float bound, float* estimates);
  // Tables for codes by sign: bit i of code j stands for +v[4j + i] where set, -v[4j + i] where
  // not. v has 4 m floats. As FastQuantise of those tables.
  FastScale (*signs)(const float* v, size_t m, uint8_t* lut);
};

// As simd::Get and simd::Find (kernels.h).
const FastScan& GetFastScan();
const FastScan* FindFastScan(std::string_view level);

// Writes one block of `rows` <= 32 rows, row r's codes being codes[r * stride + j], j < m, each
// below 16. Rows that are missing get code 0.
void FastPack(const uint8_t* codes, size_t rows, size_t stride, size_t m, uint8_t* block);
// The code of one row and sub-quantiser of a block.
inline uint8_t FastCode(const uint8_t* block, size_t row, size_t j) {
  return static_cast<uint8_t>(block[j * 16 + row % 16] >> (row < 16 ? 0 : 4) & 15);
}

// tables: m x 16; lut: FastBlockBytes(m). Each table's least value becomes 0, the widest table
// spans all of a byte. Values must be finite.
FastScale FastQuantise(const float* tables, size_t m, uint8_t* lut);

}  // namespace elanus::simd
