// Distance kernels as one table of function pointers, chosen once for the machine. Every level
// computes the same thing: bit counts and int8 sums exactly, float sums up to rounding order.
//
// Rows are described by where they lie, so one call covers a whole hop of a graph or a block of a
// list. The query is prepared by the caller: float32 for f32, f16 and bf16 rows, int8 for int8
// rows, bytes for bits. `size` is the dimension; for bits the number of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace elanus::simd {

// One row.
using RowKernel = float (*)(const void* query, const void* row, size_t size);
// n rows: row i is base + stride * (ids ? ids[i] : i). Gathered rows are prefetched ahead.
using RowsKernel = void (*)(const void* query, const void* base, size_t stride, const uint32_t* ids,
                            size_t n, size_t size, float* out);

struct Kernel {
  RowKernel row;
  RowsKernel rows;
};

// A row of 8-bit codes: `dim` bytes (value + 128), padding to a multiple of 4, then the factors.
struct CodeFactors {
  float scale;  // value = code * scale
  float norm;   // what a distance adds for this row
  float extra;  // one more coordinate, not quantised
  float error;  // length of what quantisation lost
};
constexpr size_t CodeFactorsOffset(size_t dim) { return (dim + 3) / 4 * 4; }

// The other side of a comparison with codes:
//   out = base + norm * row.norm + dot * row.scale * (codes . row codes) + extra * row.extra
struct CodeQuery {
  const int8_t* codes;  // dim values
  int32_t sum;          // of codes
  float base, norm, dot, extra;
};
using CodesKernel = void (*)(const CodeQuery& query, const void* base, size_t stride,
                             const uint32_t* ids, size_t n, size_t dim, float* out);

// Makes a code row the query side: out[i] = row[i] - 128; returns the sum.
using FlipKernel = int32_t (*)(const uint8_t* row, size_t dim, int8_t* out);

// Adds weight * values[i] to sums[ids[i]]. The ids of one call are distinct.
using ScatterKernel = void (*)(float weight, const uint16_t* ids, const float* values, size_t n,
                               float* sums);

// The same with half-precision values.
using ScatterHalfKernel = void (*)(float weight, const uint16_t* ids, const uint16_t* values,
                                   size_t n, float* sums);
// The same for BM25, values being term frequencies:
//   sums[id] += weight * value / (value + norms[id])
using ScatterBm25Kernel = void (*)(float weight, const uint16_t* ids, const uint16_t* values,
                                   size_t n, const float* norms, float* sums);
// Which of `n` values, a multiple of 64, are at least `bound`: a bit each. Returns how many.
using AtLeastKernel = size_t (*)(const float* values, size_t n, float bound, uint64_t* bits);

using ConvertKernel = void (*)(const void* from, float* to, size_t n);

struct Kernels {
  std::string_view level;
  Kernel f32_l2, f32_ip;  // squared L2; the plain inner product
  Kernel f16_l2, f16_ip;
  Kernel bf16_l2, bf16_ip;
  Kernel i8_l2, i8_ip;
  Kernel hamming;  // differing bits
  Kernel jaccard;  // 1 - |a & b| / |a | b|; 0 when both are empty
  CodesKernel codes;
  FlipKernel flip;
  ScatterKernel scatter;
  ScatterHalfKernel scatter_half;
  ScatterBm25Kernel scatter_bm25;
  AtLeastKernel at_least;
  ConvertKernel f16_to_f32, bf16_to_f32, i8_to_f32;
};

// The best level of this machine, or the one the environment variable ELANUS_SIMD names
// (portable, avx2, avx512, avx512vnni, neon, neondot) when the machine has it.
const Kernels& Get();

// A level by name; null when unknown or the machine lacks it. For tests and benchmarks.
const Kernels* Find(std::string_view level);

}  // namespace elanus::simd
