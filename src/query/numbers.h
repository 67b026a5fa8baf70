// Numbers of a column, whatever their width.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "model/column.h"

namespace elanus::query {

// Of integers and Timestamptz; the row is not null.
inline int64_t IntegerAt(const Column& column, size_t row) {
  const DataType type = column.type();
  if (type == DataType::kInt8) return column.as<int8_t>()[row];
  if (type == DataType::kInt16) return column.as<int16_t>()[row];
  if (type == DataType::kInt32) return column.as<int32_t>()[row];
  CHECK(type == DataType::kInt64 || type == DataType::kTimestamptz);
  return column.as<int64_t>()[row];
}

// Of floats as well.
inline double NumberAt(const Column& column, size_t row) {
  if (column.type() == DataType::kFloat) return column.as<float>()[row];
  if (column.type() == DataType::kDouble) return column.as<double>()[row];
  return static_cast<double>(IntegerAt(column, row));
}

}  // namespace elanus::query
