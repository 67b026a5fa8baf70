// One column of an Insert or Upsert: from the form it travels in to a dense model::Column of the
// schema's field, or Milvus's error. Fixed-width columns without nulls are moved, not copied.
#pragma once

#include <cstddef>

#include "base/status.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "model/column.h"
#include "model/schema.h"
#include "model/timestamptz.h"

namespace elanus::gateway {

struct ColumnRules {
  size_t rows = 0;  // that the request says it has
  const Limits* limits = nullptr;
  const TimeZone* zone = nullptr;  // of Timestamptz text without an offset
};

// Values are checked: NaN and infinity, integer ranges, lengths, capacities, dimensions, JSON.
Result<Column> DecodeColumn(const Field& field, InputColumn input, const ColumnRules& rules);

// The column of a field that the request left out: defaults, else nulls, else (dynamic) {}.
Result<Column> AbsentColumn(const Field& field, const ColumnRules& rules);

// Sparse rows as they travel: pairs with ascending indexes, finite values that are not negative.
Status CheckSparseRow(std::string_view row);

// Every float of a packed run is finite.
Status CheckFinite(const float* values, size_t count);

// Vectors of float32 as float16 or bfloat16 bytes.
void NarrowFloats(const float* values, size_t count, DataType to, std::byte* out);

}  // namespace elanus::gateway
