#include "model/column.h"

#include "base/coding.h"

namespace elanus {

void Column::Reserve(size_t rows, size_t bytes) {
  if (fixed()) {
    data_.reserve(rows * width_);
  } else {
    ends_.reserve(rows);
    data_.reserve(bytes);
  }
}

void Column::AppendFixed(const void* values, size_t rows) {
  data_.append(static_cast<const char*>(values), rows * width_);
  rows_ += rows;
  if (!valid_.empty()) valid_.resize(rows_, 1);
}

void Column::AppendString(std::string_view bytes) {
  data_.append(bytes);
  ends_.push_back(static_cast<uint32_t>(data_.size()));
  ++rows_;
  if (!valid_.empty()) valid_.push_back(1);
}

void Column::AppendNull() {
  if (valid_.empty()) valid_.assign(rows_, 1);
  if (fixed()) {
    data_.append(width_, '\0');
  } else {
    ends_.push_back(static_cast<uint32_t>(data_.size()));
  }
  ++rows_;
  valid_.push_back(0);
}

void Column::AppendFrom(const Column& other, size_t row) {
  if (other.IsNull(row)) {
    AppendNull();
  } else if (fixed()) {
    AppendFixed(other.Row(row), 1);
  } else {
    AppendString(other.String(row));
  }
}

void Column::MakeNullable() {
  if (valid_.empty()) valid_.assign(rows_, 1);
}

std::byte* Column::ResizeFixed(size_t rows) {
  data_.resize(rows * width_);
  rows_ = rows;
  if (!valid_.empty()) valid_.resize(rows, 1);
  return reinterpret_cast<std::byte*>(data_.data());
}

Column Column::Slice(size_t begin, size_t end) const {
  Column out(field_, type_, dim_);
  if (fixed()) {
    out.AppendFixed(Row(begin), end - begin);
  } else {
    for (size_t row = begin; row < end; ++row) out.AppendString(String(row));
  }
  if (!valid_.empty()) {
    out.valid_.assign(valid_.begin() + static_cast<ptrdiff_t>(begin),
                      valid_.begin() + static_cast<ptrdiff_t>(end));
  }
  return out;
}

void Column::EncodeTo(std::string* out) const {
  Writer w(out);
  w.Varint(static_cast<uint64_t>(field_.value));
  w.U8(static_cast<uint8_t>(type_));
  w.Varint(static_cast<uint64_t>(dim_));
  w.Varint(rows_);
  w.U8(valid_.empty() ? 0 : 1);
  w.Raw(valid_.data(), valid_.size());
  if (!fixed()) w.Raw(ends_.data(), ends_.size() * sizeof(uint32_t));
  w.Bytes(data_);
}

Result<Column> Column::Decode(Reader* reader) {
  const FieldId field(static_cast<int64_t>(TRY(reader->Varint())));
  const auto type = static_cast<DataType>(TRY(reader->U8()));
  const auto dim = static_cast<int64_t>(TRY(reader->Varint()));
  Column column(field, type, dim);
  const uint64_t rows = TRY(reader->Varint());
  const bool nullable = TRY(reader->U8()) != 0;
  if (nullable) {
    const std::string_view valid = TRY(reader->Raw(rows));
    column.valid_.assign(valid.begin(), valid.end());
  }
  if (!column.fixed()) {
    if (rows > reader->remaining() / sizeof(uint32_t))
      return Status(Code::kCorruption, "column is cut short");
    const std::string_view ends = TRY(reader->Raw(rows * sizeof(uint32_t)));
    column.ends_.resize(rows);
    if (rows > 0) std::memcpy(column.ends_.data(), ends.data(), ends.size());
  }
  column.data_ = std::string(TRY(reader->Bytes()));
  column.rows_ = rows;
  if (column.fixed()) {
    if (column.data_.size() / column.width_ != rows || column.data_.size() % column.width_ != 0) {
      return Status(Code::kCorruption, "column has the wrong size");
    }
  } else {
    uint32_t last = 0;
    for (const uint32_t end : column.ends_) {
      if (end < last || end > column.data_.size())
        return Status(Code::kCorruption, "column offsets are wrong");
      last = end;
    }
  }
  return column;
}

void Batch::EncodeTo(std::string* out) const {
  Writer w(out);
  w.Varint(rows);
  w.Varint(columns.size());
  for (const Column& column : columns) column.EncodeTo(out);
}

Result<Batch> Batch::Decode(Reader* reader) {
  Batch batch;
  batch.rows = TRY(reader->Varint());
  const uint64_t count = TRY(reader->Varint());
  for (uint64_t i = 0; i < count; ++i) {
    batch.columns.push_back(TRY(Column::Decode(reader)));
    if (batch.columns.back().rows() != batch.rows)
      return Status(Code::kCorruption, "columns differ in length");
  }
  return batch;
}

}  // namespace elanus
