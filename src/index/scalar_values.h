// The values of a part of a column, row by row, and how an index file names the part.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/coding.h"
#include "index/scalar_index.h"
#include "model/array.h"
#include "model/json_path.h"

namespace elanus::index {

// Whether the part is the column's values themselves.
inline bool IsWhole(const ScalarView& column, const ScalarPart& part) {
  return part.type == column.type && part.path.empty() && !part.elements && !part.terms;
}

struct PartMeta {
  ScalarPart part;
  bool exact = true;
};
void WritePart(const PartMeta& meta, std::string* out);
Result<PartMeta> ReadPart(Reader* reader);

// The bytes of row `row`; of columns with end offsets.
inline std::string_view BytesOfRow(const ScalarView& column, size_t row) {
  const uint64_t begin = row == 0 ? 0 : column.ends[row - 1];
  return {reinterpret_cast<const char*>(column.data) + begin, column.ends[row] - begin};
}

// fn(row) for each row that is not null, ascending.
template <typename Fn>
void ForEachRow(const ScalarView& column, Fn fn) {
  for (uint32_t row = 0; row < column.rows; ++row) {
    if (column.valid == nullptr || column.valid[row] != 0) fn(row);
  }
}

// fn(row, json) for what lies under the path; for its elements, if these are asked for.
template <typename Fn>
void ForEachJson(const ScalarView& column, const ScalarPart& part, Fn fn) {
  JsonPath path(part.path);
  ForEachRow(column, [&](uint32_t row) {
    const JsonView value = path.Find(BytesOfRow(column, row));
    if (!part.elements) return fn(row, value);
    if (!value.is_array()) return;
    for (size_t i = 0; i < value.size(); ++i) fn(row, value.At(i));
  });
}

// fn(row, value) for the values of fixed width; T is the counterpart of the part's type. False: at
// least one number of JSON is not the double that was given.
template <typename T, typename Fn>
bool ForEachFixed(const ScalarView& column, const ScalarPart& part, Fn fn) {
  bool exact = true;
  if (column.type == DataType::kJson) {
    ForEachJson(column, part, [&](uint32_t row, const JsonView& value) {
      if constexpr (std::is_same_v<T, double>) {
        if (!value.is_number()) return;
        const double number = value.number();
        exact = exact && IsExactly(value, number);
        fn(row, number);
      } else if constexpr (std::is_same_v<T, int8_t>) {
        if (value.is_bool()) fn(row, static_cast<int8_t>(value.boolean()));
      }
    });
    return exact;
  }
  ForEachRow(column, [&](uint32_t row) {
    if (part.elements) {
      const ArrayView array(part.type, BytesOfRow(column, row));
      for (size_t i = 0; i < array.size(); ++i) fn(row, array.Fixed<T>(i));
    } else {
      T value;
      std::memcpy(&value, column.data + row * sizeof(T), sizeof value);
      fn(row, value);
    }
  });
  return exact;
}

// The same for strings, which the column holds.
template <typename Fn>
void ForEachString(const ScalarView& column, const ScalarPart& part, Fn fn) {
  if (column.type == DataType::kJson) {
    return ForEachJson(column, part, [&](uint32_t row, const JsonView& value) {
      if (value.is_string()) fn(row, value.string());
    });
  }
  ForEachRow(column, [&](uint32_t row) {
    if (!part.elements) return fn(row, BytesOfRow(column, row));
    const ArrayView array(part.type, BytesOfRow(column, row));
    for (size_t i = 0; i < array.size(); ++i) fn(row, array.String(i));
  });
}

}  // namespace elanus::index
