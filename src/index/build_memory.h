// How much memory building an index takes at its peak, beside the column that it reads: what has to
// be there before a build may begin. Rather too much than too little.
#pragma once

#include <cstdint>

#include "index/scalar_index.h"
#include "index/vector_index.h"

namespace elanus::index {

// Of the column that is to be indexed.
struct ColumnSize {
  DataType type = DataType::kNone;
  int64_t dim = 0;  // dense vectors
  uint64_t rows = 0;
  uint64_t bytes = 0;  // of the values; dense vectors: not needed
};

uint64_t BuildMemory(const BuildSpec& spec, const ColumnSize& column, int threads);
uint64_t BuildMemory(const ScalarSpec& spec, const ColumnSize& column);

// An index that is several times as large as the column that it is on, so that its searches read
// less: of no use where that keeps it out of memory. What a row of it takes; 0: this is none.
uint64_t WideRowBytes(const BuildSpec& spec, const VectorView& vectors);
// The spec, but for the form that takes the least.
BuildSpec Leanest(BuildSpec spec);

}  // namespace elanus::index
