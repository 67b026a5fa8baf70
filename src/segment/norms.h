// Inverse norms of dense vectors, kept beside them for COSINE.
#pragma once

#include <cstddef>

#include "model/types.h"

namespace elanus::segment {

constexpr bool HasNorms(DataType type) { return IsDenseVector(type) && type != DataType::kBinaryVector; }

// out[i] = 1/|row i|, 0 for a zero vector. HasNorms(type); rows are packed.
void InverseNorms(DataType type, int64_t dim, const std::byte* rows, size_t count, float* out);

}  // namespace elanus::segment
