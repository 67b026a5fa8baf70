// Codebook: vectors as 4-bit codes, one a sub-vector, for FastScan (simd/fastscan.h). Either
// product quantisation (Jégou, Douze, Schmid, "Product quantization for nearest neighbor search",
// TPAMI 2011) with 16 trained centroids a sub-vector, or the signs of a rotated vector, four
// dimensions a code (Gao and Long, "RaBitQ", SIGMOD 2024, section 3.1). Immutable once made;
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/workers.h"

namespace elanus::index {

class Codebook {
 public:
  // m = dim / 4; dim is a multiple of 4.
  static Codebook Signs(size_t dim);
  // Of `count` sampled vectors of dim floats; 1 <= m <= dim. Deterministic.
  static Codebook Train(const float* sample, size_t count, size_t dim, size_t m, Workers* workers);
  // The values() of another.
  static Codebook FromValues(size_t dim, size_t m, std::span<const float> values);

  size_t dim() const { return dim_; }
  size_t m() const { return m_; }
  // codes: m values below 16.
  void Encode(const float* v, uint8_t* codes) const;
  void Decode(const uint8_t* codes, float* out) const;
  // tables[16 j + c]: the product of sub-vector j of v with centroid c.
  void Tables(const float* v, float* tables) const;

  // dim x 16: coordinate d of each centroid of the sub-vector that d belongs to.
  std::span<const float> values() const { return values_; }

 private:
  Codebook(size_t dim, size_t m) : dim_(dim), m_(m), values_(dim * 16) {}
  size_t Begin(size_t j) const { return j * dim_ / m_; }
  void TrainOne(const float* sample, size_t count, size_t j);

  size_t dim_, m_;
  bool signs_ = false;
  std::vector<float> values_;
};

}  // namespace elanus::index
