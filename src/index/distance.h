// RowDistance: exact engine distances (smaller is nearer) between a query and rows of a dense
// column.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "index/vector_index.h"
#include "simd/kernels.h"

namespace elanus::index {

// 1/|v| of each row of a dense numeric column; 0 for a zero vector. What VectorView::inverse_norms
// holds.
std::vector<float> InverseNorms(const VectorView& vectors);

class RowDistance {
 public:
  // A query made ready: floats for floating columns, the caller's bytes otherwise.
  struct Query {
    std::vector<float> floats;
    const void* data = nullptr;
    float scale = 1;  // of the kernel's result
  };

  // Borrows what the view points to. COSINE without inverse norms in the view: they are computed
  // here.
  RowDistance(const VectorView& vectors, Metric metric);

  void Prepare(const std::byte* query, Query* out) const;
  // Distances of rows ids[0..n), or of [first, first + n) when ids is null.
  void Rows(const Query& query, const uint32_t* ids, size_t first, size_t n, float* out) const;

  const VectorView& vectors() const { return vectors_; }
  Metric metric() const { return metric_; }

 private:
  VectorView vectors_;
  Metric metric_;
  size_t size_;  // the kernels' `size`
  simd::Kernel kernel_;
  std::shared_ptr<const std::vector<float>> own_norms_;
};

// Row `row` of a dense numeric column as floats.
void ReadFloats(const VectorView& vectors, size_t row, float* out);
// Divides v by its length; a zero vector stays.
void Normalise(float* v, size_t dim);
void ToFloats(DataType type, const std::byte* from, size_t dim, float* out);

}  // namespace elanus::index
