// Rotation: a random orthogonal map in O(d log d). Rounds of random sign flips and fast Hadamard
// transforms; where the padded dimension is no power of two a transform covers the largest power of
// two, in turn from either end, and a Kac step (the two halves added and subtracted) mixes the ends
// (Ailon and Chazelle, "The fast Johnson-Lindenstrauss transform", 2009; Kac's walk as in Jain et
// al., "Sparser Johnson-Lindenstrauss transforms with Kac's walk", 2022).
//
// A vector is padded with zeros to a multiple of 64. The result has the vector's length, up to
// float rounding, and is bit for bit the same at every level. Immutable and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace elanus::simd {

class Rotation {
 public:
  static constexpr size_t PaddedDim(size_t dim) { return (dim + 63) / 64 * 64; }

  Rotation() = default;
  // The same for the same dim and seed, everywhere and for ever: files rely on it.
  Rotation(size_t dim, uint64_t seed);

  size_t dim() const { return dim_; }
  size_t padded() const { return padded_; }
  // in: dim() floats; out: padded() floats; they may be the same.
  void Apply(const float* in, float* out) const;

 private:
  size_t dim_ = 0, padded_ = 0, power_ = 0;
  std::vector<uint32_t> signs_;  // rounds x padded_: the sign bit to flip
};

// In place: the Walsh-Hadamard transform of n floats, n a power of two, not scaled.
using HadamardKernel = void (*)(float* v, size_t n);
HadamardKernel FindHadamard(std::string_view level);  // null as simd::Find

}  // namespace elanus::simd
