// Rows and queries as bytes for products by tiles (simd/tiles.h): a vector is divided by its
// largest magnitude and rounded, one scale a vector. What rounding lost is known, so that a product
// of bytes bounds the product of the vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "simd/tiles.h"

namespace elanus::index {

// vector = scale * codes + something of length `lost`; `length` is the vector's own. Both lengths
// are rounded up a little.
struct ByteScale {
  float scale = 0;
  float lost = 0;
  float length = 0;
};

// codes: dim values. A zero vector has scale 0. `lengths` false: only the scale is computed.
ByteScale ToBytes(const float* v, size_t dim, bool lengths, int8_t* codes);

// Rows as panels.
class BytePanels {
 public:
  BytePanels(size_t rows, size_t dim, bool lengths);

  // Row `at` < rows().
  void Put(size_t at, const float* v);
  // The same, of codes that ToBytes made; panels without lengths only.
  void PutCodes(size_t at, const int8_t* codes, float scale);
  size_t rows() const { return rows_; }
  size_t panels() const { return panels_; }
  size_t dim() const { return dim_; }
  const uint8_t* panel(size_t number) const {
    return bytes_.data() + number * simd::PanelBytes(dim_);
  }
  // By row, padded with zeros to whole panels.
  const std::vector<float>& scales() const { return scales_; }
  const std::vector<float>& lost() const { return lost_; }
  const std::vector<float>& lengths() const { return length_; }

 private:
  size_t rows_, panels_, dim_;
  std::vector<uint8_t> bytes_;
  std::vector<float> scales_, lost_, length_;
};

// The other side: each vector's codes, scale, and 128 times the sum of its codes, which is what a
// product with a row's bytes (code + 128) is too large by.
class ByteQueries {
 public:
  ByteQueries(size_t count, size_t dim, bool lengths);

  void Put(size_t at, const float* v);
  void Copy(const ByteQueries& from, size_t query, size_t at);
  size_t count() const { return scales_.size(); }
  const int8_t* codes(size_t at) const { return codes_.data() + at * simd::TileDim(dim_); }
  const std::vector<float>& scales() const { return scales_; }
  const std::vector<int32_t>& offsets() const { return offsets_; }
  const std::vector<float>& lost() const { return lost_; }
  const std::vector<float>& lengths() const { return length_; }

 private:
  size_t dim_;
  std::vector<int8_t> codes_;
  std::vector<float> scales_, lost_, length_;
  std::vector<int32_t> offsets_;
};

}  // namespace elanus::index
