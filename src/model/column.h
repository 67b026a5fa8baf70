// Column: the values of one field for a run of rows, owned, dense (a null row has a placeholder of
// zero bytes or length 0). Batch: columns of equal length. This is the one in-memory shape of rows
// between the wire, the log and the segment.
//
// Layouts, per type:
//   fixed width   WidthOf(type, dim) bytes a row, packed
//   VarChar, Text UTF-8 bytes
//   JSON          the binary form of model/json.h
//   Array         model/array.h: elements packed; strings with a length table
//   Geometry      WKB (geo/wkb.h)
//   sparse vector ascending (uint32 index, float32 value) pairs, as on the wire
//   Timestamptz   int64 microseconds since the epoch, UTC
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/types.h"

namespace elanus {

class Column {
 public:
  Column() = default;
  Column(FieldId field, DataType type, int64_t dim = 0)
      : field_(field), type_(type), dim_(dim), width_(WidthOf(type, dim)) {}

  FieldId field() const { return field_; }
  DataType type() const { return type_; }
  int64_t dim() const { return dim_; }
  size_t width() const { return width_; }  // 0: variable
  bool fixed() const { return width_ != 0; }
  size_t rows() const { return rows_; }
  size_t bytes() const { return data_.size() + ends_.size() * sizeof(uint32_t) + valid_.size(); }

  // Reading.
  const std::byte* data() const { return reinterpret_cast<const std::byte*>(data_.data()); }
  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(data_.data());
  }
  const std::byte* Row(size_t row) const { return data() + row * width_; }
  std::string_view String(size_t row) const {
    if (width_ != 0) return {data_.data() + row * width_, width_};
    const uint32_t begin = row == 0 ? 0 : ends_[row - 1];
    return {data_.data() + begin, ends_[row] - begin};
  }
  // The bytes of a row; nullopt: null.
  std::optional<std::string_view> ValueOf(size_t row) const {
    return IsNull(row) ? std::nullopt : std::optional(String(row));
  }
  bool nullable() const { return !valid_.empty(); }
  bool IsNull(size_t row) const { return !valid_.empty() && valid_[row] == 0; }
  const uint8_t* valid() const { return valid_.empty() ? nullptr : valid_.data(); }  // a byte a row

  // Building. Fixed: AppendFixed/AppendRaw; variable: AppendString. AppendNull works for both.
  void Reserve(size_t rows, size_t bytes = 0);
  void AppendFixed(const void* values, size_t rows);
  template <typename T>
  void Append(T value) {
    AppendFixed(&value, 1);
  }
  void AppendString(std::string_view bytes);
  void AppendNull();
  // Row `row` of `other` (same type and dim), null or not.
  void AppendFrom(const Column& other, size_t row);
  // Gives every row so far a validity byte; later Append* calls set 1, AppendNull 0.
  void MakeNullable();
  void SetField(FieldId field) { field_ = field; }

  // For decoders that fill in place: fixed columns only; contents undefined until written.
  std::byte* ResizeFixed(size_t rows);
  std::vector<uint8_t>& mutable_valid() { return valid_; }

  Column Slice(size_t begin, size_t end) const;

  // Bytes of this column for log and wire between nodes; Decode checks every bound.
  void EncodeTo(std::string* out) const;
  static Result<Column> Decode(class Reader* reader);

 private:
  FieldId field_;
  DataType type_ = DataType::kNone;
  int64_t dim_ = 0;
  size_t width_ = 0;
  size_t rows_ = 0;
  std::string data_;
  std::vector<uint32_t> ends_;  // variable only: end offset of each row
  std::vector<uint8_t> valid_;  // empty: no nulls
};

struct Batch {
  size_t rows = 0;
  std::vector<Column> columns;

  const Column* Find(FieldId field) const {
    for (const Column& c : columns) {
      if (c.field() == field) return &c;
    }
    return nullptr;
  }
  size_t bytes() const {
    size_t n = 0;
    for (const Column& c : columns) n += c.bytes();
    return n;
  }
  void EncodeTo(std::string* out) const;
  static Result<Batch> Decode(class Reader* reader);
};

}  // namespace elanus
