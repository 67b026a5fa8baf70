// VectorPart: consecutive rows of a segment as one column.
#pragma once

#include <cstddef>

#include "index/vector_index.h"

namespace elanus::segment {

struct VectorPart {  // rows [begin, begin + vectors.rows) of the segment
  size_t begin;
  index::VectorView vectors;

  // Without its first `rows` rows; not of sparse vectors.
  VectorPart From(size_t rows) const {
    VectorPart part = *this;
    part.begin += rows;
    part.vectors.rows -= rows;
    part.vectors.data += rows * vectors.stride;
    if (vectors.valid != nullptr) part.vectors.valid += rows;
    if (vectors.inverse_norms != nullptr) part.vectors.inverse_norms += rows;
    return part;
  }
};

}  // namespace elanus::segment
