// Bit codes: a vector as two bits a dimension, in two planes that FastScan reads (fastscan.h). With
// s = +1 or -1 by a dimension's sign and t by its second bit, 2 s + t is -3, -1, 1 or 3: the
// uniform quantiser of two bits, whose first plane alone is the sign code (Gao and Long, "RaBitQ",
// SIGMOD 2024; several bits as in Gao et al., "Practical and asymptotically optimal quantization of
// high-dimensional vectors", 2024). Every level gives the same bits, and the same sums up to
// rounding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace elanus::simd {

// Sums over the dimensions of one vector.
struct BitSums {
  float all = 0;     // of |v|
  float large = 0;   // of |v| above the threshold
  size_t count = 0;  // of those
};

struct BitCodes {
  // v[i] = scale * v[i] - center[i] for i < n, n a multiple of 64; returns the sum of the squares.
  float (*subtract)(float* v, float scale, const float* center, size_t n);
  // v: n floats, n a multiple of 64. signs: n bits, set where v >= 0 (or -0). seconds: n bits, set
  // where 2 s + t is 3 or -1: t is +1 if s and |v| > threshold agree.
  BitSums (*encode)(const float* v, size_t n, float threshold, uint8_t* signs, uint8_t* seconds);
};

// As simd::Get and simd::Find (kernels.h).
const BitCodes& GetBitCodes();
const BitCodes* FindBitCodes(std::string_view level);

// As FastPack of 32 rows whose codes are the nibbles of rows[r * stride + j / 2], low ones first;
// m is even.
void FastPackNibbles(const uint8_t* rows, size_t stride, size_t m, uint8_t* block);

}  // namespace elanus::simd
