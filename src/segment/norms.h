// Inverse norms of dense vectors, kept beside them for COSINE.
#pragma once

#include <cstddef>
#include <vector>

#include "model/types.h"
#include "simd/kernels.h"

namespace elanus::segment {

constexpr bool HasNorms(DataType type) {
  return IsDenseVector(type) && type != DataType::kBinaryVector;
}

// 1/|row| of rows of one type and dimension, 0 for a zero vector. One thread.
class InverseNorms {
 public:
  InverseNorms(DataType type, int64_t dim);  // HasNorms(type)
  float Of(const void* row);

 private:
  simd::RowKernel dot_;
  simd::ConvertKernel widen_;  // null: `dot_` takes the rows as they are
  size_t dim_;
  std::vector<float> wide_;
};

}  // namespace elanus::segment
