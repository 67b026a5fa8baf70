// DiskCodes: vectors as a few bytes each, one a sub-vector with 256 trained centroids (Jégou,
// Douze, Schmid, "Product quantization for nearest neighbor search", TPAMI 2011). What a DISKANN
// index keeps in memory to choose which rows to read. Immutable once made; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/vector_index.h"
#include "index/workers.h"

namespace elanus::index {

class DiskCodes {
 public:
  static constexpr size_t kCentroids = 256;

  // Trains m sub-vectors, 1 <= m <= dim, on a sample of the column's valid rows. COSINE rows are
  // normalised first. Deterministic.
  static DiskCodes Train(const VectorView& vectors, Metric metric, size_t m, Workers* workers);
  // Borrows the values() of another.
  DiskCodes(size_t dim, size_t m, Metric metric, std::span<const float> values)
      : dim_(dim), m_(m), metric_(metric), values_(values) {}

  size_t m() const { return m_; }
  // dim x 256: coordinate d of each centroid of the sub-vector that d belongs to.
  std::span<const float> values() const { return values_; }

  // codes: m bytes.
  void Encode(const VectorView& vectors, size_t row, uint8_t* codes) const;
  // A query's table of m x 256 distances; the query is floats and, for COSINE, normalised.
  void Tables(const float* query, std::vector<float>* tables) const;
  // Estimates the engine distance to the row of these codes.
  float Distance(const float* tables, const uint8_t* codes) const {
    float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    size_t j = 0;
    for (; j + 4 <= m_; j += 4, tables += 4 * kCentroids) {
      s0 += tables[codes[j]];
      s1 += tables[kCentroids + codes[j + 1]];
      s2 += tables[2 * kCentroids + codes[j + 2]];
      s3 += tables[3 * kCentroids + codes[j + 3]];
    }
    for (; j < m_; ++j, tables += kCentroids) s0 += tables[codes[j]];
    return (s0 + s1) + (s2 + s3);
  }

 private:
  size_t Begin(size_t j) const { return j * dim_ / m_; }
  void ReadRow(const VectorView& vectors, size_t row, float* out) const;
  // The centroid of sub-vector j nearest to v, whose coordinates from Begin(j) on count.
  size_t Nearest(size_t j, const float* v) const;
  void TrainOne(const std::vector<float>& sample, size_t count, size_t j);

  size_t dim_, m_;
  Metric metric_;
  std::vector<float> own_;
  std::span<const float> values_;
};

}  // namespace elanus::index
