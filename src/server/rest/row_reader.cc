#include "server/rest/row_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "server/rest/json_text.h"
#include "server/rest/vector_reader.h"

namespace elanus::server {
namespace {

using pb_schema::DataType;
using pb_schema::FieldData;
using pb_schema::FieldSchema;
using pb_schema::ScalarField;
using Columns = google::protobuf::RepeatedPtrField<FieldData>;

Status Expected(std::string_view message, DataType type, std::string_view actual) {
  return FailWith(Code::kParameterInvalid, message,
                  {{"expected", pb_schema::DataType_Name(type)}, {"actual", actual.substr(0, 80)}});
}

template <typename T>
bool Parse(std::string_view text, T* value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && stop == end;
}

// One field of the schema and the column that is made of it.
class ColumnReader {
 public:
  ColumnReader(const FieldSchema& field, const RowTarget& target, FieldData* data)
      : field_(field),
        target_(target),
        data_(data),
        dim_(DimOf(field)),
        may_be_null_(field.nullable() || field.has_default_value()),
        is_made_(field.is_function_output() || (field.is_primary_key() && field.autoid())) {
    data_->set_type(field.data_type());
    data_->set_field_name(field.name());
    data_->set_field_id(field.fieldid());
  }

  const std::string& name() const { return field_.name(); }
  bool seen() const { return seen_; }
  uint32_t present() const { return present_; }

  // The value of this row.
  Status Read(JsonReader* reader) {
    if (seen_) return Fail(Code::kParameterInvalid, "it is given twice");
    seen_ = true;
    if (reader->Peek() == JsonKind::kNull) {
      reader->ReadNull();
      if (may_be_null_) return AddNull();
      if (is_made_) return {};
      return Expected("it may not be null", field_.data_type(), "null");
    }
    if (field_.is_primary_key() && field_.autoid() && !target_.takes_auto_ids) {
      return Fail(Code::kParameterInvalid,
                  "no need to pass pk field(" + field_.name() + ") when autoid==true in insert");
    }
    if (may_be_null_) data_->add_valid_data(true);
    ++present_;
    return ReadValue(reader);
  }

  Status EndRow() {
    if (std::exchange(seen_, false) || target_.partial || (is_made_ && !may_be_null_)) return {};
    if (may_be_null_) return AddNull();
    if (IsVectorType(field_.data_type())) {
      return Expected("missing vector field: " + field_.name(), field_.data_type(), "");
    }
    return Fail(Code::kParameterInvalid, "it does not have field " + field_.name());
  }

  // False: the column is to be left out.
  Result<bool> Finish(uint32_t rows) {
    if (present_ == rows) return true;
    if (present_ == 0 && (target_.partial || is_made_)) return false;
    return Fail(Code::kParameterInvalid, "column " + field_.name() + " has length " +
                                             std::to_string(present_) + ", expected " +
                                             std::to_string(rows));
  }

  // Room for the vectors of so many more rows, but for no more numbers than `numbers_max`.
  void Reserve(size_t rows, size_t numbers_max) {
    if (field_.data_type() != DataType::FloatVector) return;
    const size_t numbers = std::min({rows * static_cast<size_t>(dim_), numbers_max,
                                     size_t{std::numeric_limits<int32_t>::max() / 2}});
    auto* floats = data_->mutable_vectors()->mutable_float_vector()->mutable_data();
    floats->Reserve(floats->size() + static_cast<int>(numbers));
  }

  // So that a column without any value still says what it is of.
  Status SetKind() {
    ScalarField* scalars = IsVectorType(field_.data_type()) ? nullptr : data_->mutable_scalars();
    switch (static_cast<int>(field_.data_type())) {
      case DataType::Bool:
        scalars->mutable_bool_data();
        return {};
      case DataType::Int8:
      case DataType::Int16:
      case DataType::Int32:
        scalars->mutable_int_data();
        return {};
      case DataType::Int64:
        scalars->mutable_long_data();
        return {};
      case DataType::Float:
        scalars->mutable_float_data();
        return {};
      case DataType::Double:
        scalars->mutable_double_data();
        return {};
      case DataType::VarChar:
      case DataType::String:
      case DataType::Text:
      case DataType::Timestamptz:
        scalars->mutable_string_data();
        return {};
      case DataType::JSON:
        scalars->mutable_json_data();
        return {};
      case DataType::Geometry:
        scalars->mutable_geometry_wkt_data();
        return {};
      case DataType::Array:
        scalars->mutable_array_data()->set_element_type(field_.element_type());
        return {};
      case DataType::FloatVector:
        data_->mutable_vectors()->mutable_float_vector();
        break;
      case DataType::BinaryVector:
        data_->mutable_vectors()->mutable_binary_vector();
        break;
      case DataType::Float16Vector:
        data_->mutable_vectors()->mutable_float16_vector();
        break;
      case DataType::BFloat16Vector:
        data_->mutable_vectors()->mutable_bfloat16_vector();
        break;
      case DataType::Int8Vector:
        data_->mutable_vectors()->mutable_int8_vector();
        break;
      case DataType::SparseFloatVector:
        data_->mutable_vectors()->mutable_sparse_float_vector();
        return {};
      default:
        return Fail(Code::kParameterInvalid,
                    "the type(" + pb_schema::DataType_Name(field_.data_type()) + ") of field(" +
                        field_.name() + ") is not supported, use other sdk please");
    }
    data_->mutable_vectors()->set_dim(dim_);
    return {};
  }

 private:
  Status AddNull() {
    data_->add_valid_data(false);
    ++present_;
    return {};
  }

  static Status Problem(const JsonReader& reader) {
    return Fail(Code::kParameterInvalid, reader.problem());
  }

  Status ReadValue(JsonReader* reader) {
    ScalarField* scalars = IsVectorType(field_.data_type()) ? nullptr : data_->mutable_scalars();
    switch (static_cast<int>(field_.data_type())) {
      case DataType::Bool:
        scalars->mutable_bool_data()->add_data(TRY(ReadBool(reader)));
        return {};
      case DataType::Int8:
      case DataType::Int16:
      case DataType::Int32:
        scalars->mutable_int_data()->add_data(TRY(ReadNumber<int32_t>(reader)));
        return {};
      case DataType::Int64:
        scalars->mutable_long_data()->add_data(TRY(ReadNumber<int64_t>(reader)));
        return {};
      case DataType::Float:
        scalars->mutable_float_data()->add_data(TRY(ReadNumber<float>(reader)));
        return {};
      case DataType::Double:
        scalars->mutable_double_data()->add_data(TRY(ReadNumber<double>(reader)));
        return {};
      case DataType::JSON:
        return ReadText(reader, scalars->mutable_json_data()->add_data());
      case DataType::Geometry:
        return ReadText(reader, scalars->mutable_geometry_wkt_data()->add_data());
      case DataType::Array:
        return ReadArray(reader, scalars->mutable_array_data()->add_data());
      case DataType::FloatVector: {
        auto* floats = data_->mutable_vectors()->mutable_float_vector()->mutable_data();
        floats->Reserve(floats->size() + static_cast<int>(dim_));
        return ReadFloats(reader, dim_, floats->AddNAlreadyReserved(static_cast<int>(dim_)));
      }
      case DataType::BinaryVector:
        return ReadBytes(reader, data_->mutable_vectors()->mutable_binary_vector());
      case DataType::Float16Vector:
        return ReadBytes(reader, data_->mutable_vectors()->mutable_float16_vector());
      case DataType::BFloat16Vector:
        return ReadBytes(reader, data_->mutable_vectors()->mutable_bfloat16_vector());
      case DataType::Int8Vector:
        return ReadBytes(reader, data_->mutable_vectors()->mutable_int8_vector());
      case DataType::SparseFloatVector:
        return ReadBytes(reader,
                         data_->mutable_vectors()->mutable_sparse_float_vector()->add_contents());
      default:
        return ReadText(reader, scalars->mutable_string_data()->add_data());
    }
  }

  Status ReadBytes(JsonReader* reader, std::string* out) {
    return ReadVector(reader, field_.data_type(), dim_, out);
  }

  // A string, or the text of any other value.
  static Status ReadText(JsonReader* reader, std::string* out) {
    std::string_view text;
    const bool read =
        reader->Peek() == JsonKind::kString ? reader->ReadString(&text) : reader->Skip(&text);
    if (!read) return Problem(*reader);
    *out = text;
    return {};
  }

  template <typename T>
  Result<T> ReadNumber(JsonReader* reader) {
    std::string_view text;
    const JsonKind kind = reader->Peek();
    const bool read =
        kind == JsonKind::kString ? reader->ReadString(&text) : reader->ReadNumber(&text);
    if (!read) return Problem(*reader);
    T value{};
    if (!Parse(text, &value)) return Expected("it is not such a number", field_.data_type(), text);
    return value;
  }

  Result<bool> ReadBool(JsonReader* reader) {
    bool value = false;
    if (reader->Peek() == JsonKind::kBool) {
      reader->ReadBool(&value);
      return reader->ok() ? Result<bool>(value) : Problem(*reader);
    }
    std::string text;
    TRY(ReadText(reader, &text));
    if (text == "1" || text == "t" || text == "T" || text == "true" || text == "TRUE" ||
        text == "True") {
      return true;
    }
    if (text == "0" || text == "f" || text == "F" || text == "false" || text == "FALSE" ||
        text == "False") {
      return false;
    }
    return Expected("it is not a bool", field_.data_type(), text);
  }

  template <typename T>
  Status ReadNumbers(JsonReader* reader, google::protobuf::RepeatedField<T>* out) {
    while (reader->NextElement()) {
      std::string_view text;
      if (!reader->ReadNumber(&text)) break;
      T value{};
      if (!Parse(text, &value)) {
        return Expected("an element is not such a number", field_.element_type(), text);
      }
      out->Add(value);
    }
    return reader->ok() ? Status() : Problem(*reader);
  }

  Status ReadArray(JsonReader* reader, ScalarField* out) {
    if (!reader->BeginArray()) return Problem(*reader);
    switch (static_cast<int>(field_.element_type())) {
      case DataType::Bool:
        while (reader->NextElement()) {
          bool value = false;
          if (!reader->ReadBool(&value)) break;
          out->mutable_bool_data()->add_data(value);
        }
        out->mutable_bool_data();
        break;
      case DataType::Int8:
      case DataType::Int16:
      case DataType::Int32:
        return ReadNumbers(reader, out->mutable_int_data()->mutable_data());
      case DataType::Int64:
        return ReadNumbers(reader, out->mutable_long_data()->mutable_data());
      case DataType::Float:
        return ReadNumbers(reader, out->mutable_float_data()->mutable_data());
      case DataType::Double:
        return ReadNumbers(reader, out->mutable_double_data()->mutable_data());
      case DataType::VarChar:
        while (reader->NextElement()) {
          std::string_view text;
          if (!reader->ReadString(&text)) break;
          out->mutable_string_data()->add_data(std::string(text));
        }
        out->mutable_string_data();
        break;
      default:
        return Expected("arrays of such elements cannot be inserted", field_.element_type(), "");
    }
    return reader->ok() ? Status() : Problem(*reader);
  }

  const FieldSchema& field_;
  const RowTarget& target_;
  FieldData* const data_;
  const int64_t dim_;
  const bool may_be_null_;
  const bool is_made_;  // by the server, if it is not given
  bool seen_ = false;   // in this row
  uint32_t present_ = 0;
};

class RowsReader {
 public:
  RowsReader(const RowTarget& target, Columns* columns) : target_(target), out_(columns) {}

  Status Read(JsonReader* reader, uint32_t* rows) {
    columns_.reserve(static_cast<size_t>(target_.schema.fields_size()));
    for (const FieldSchema& field : target_.schema.fields()) {
      if (field.is_dynamic()) continue;
      columns_.emplace_back(field, target_, out_->Add());
      TRY(columns_.back().SetKind());
    }
    if (reader->Peek() == JsonKind::kObject) {
      TRY(ReadRow(reader));
    } else {
      if (!reader->BeginArray()) return Fail(Code::kParameterInvalid, reader->problem());
      const char* const first = reader->Mark().at;
      while (reader->NextElement()) {
        TRY(ReadRow(reader));
        if (rows_ == 1) ReserveLike(first, *reader);
      }
    }
    if (!reader->ok()) return Fail(Code::kParameterInvalid, reader->problem());
    if (rows_ == 0) {
      return Status(Code::kRestParameterMissing,
                    std::string(TraitsOf(Code::kRestParameterMissing).text));
    }
    *rows = rows_;
    return Finish();
  }

 private:
  Status ReadRow(JsonReader* reader) {
    const auto at_row = [this] { return "row " + std::to_string(rows_) + ": "; };
    if (reader->Peek() != JsonKind::kObject) {
      return Fail(Code::kParameterInvalid,
                  at_row() + "an object is expected, it is " + std::string(NameOf(reader->Peek())));
    }
    std::string meta;
    std::string_view key;
    reader->BeginObject();
    next_ = 0;
    while (reader->NextMember(&key)) {
      if (ColumnReader* column = Find(key); column != nullptr) {
        Status status = column->Read(reader);
        if (!status.ok()) {
          return std::move(status).Prefixed(at_row() + "field " + column->name());
        }
        continue;
      }
      TRY(ReadDynamic(reader, key, &meta));
    }
    if (!reader->ok()) return Fail(Code::kParameterInvalid, at_row() + reader->problem());
    for (ColumnReader& column : columns_) {
      Status status = column.EndRow();
      if (!status.ok()) return std::move(status).Prefixed("row " + std::to_string(rows_));
    }
    if (target_.schema.enable_dynamic_field()) {
      any_dynamic_ = any_dynamic_ || !meta.empty();
      meta_.push_back(meta.empty() ? "{}" : std::move(meta) + "}");
    }
    ++rows_;
    return {};
  }

  // Rows are mostly of one length: room for as many as the text has.
  void ReserveLike(const char* first, const JsonReader& reader) {
    const char* const at = reader.Mark().at;
    const std::string_view text = reader.text();
    const auto left = static_cast<size_t>(text.data() + text.size() - at);
    const size_t rows = left / static_cast<size_t>(at - first);
    for (ColumnReader& column : columns_) column.Reserve(rows, left / 2);  // "0,"
  }

  // Rows mostly have their keys in one order.
  ColumnReader* Find(std::string_view key) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      const size_t at = next_ + i < columns_.size() ? next_ + i : next_ + i - columns_.size();
      if (columns_[at].name() == key) {
        next_ = at + 1 == columns_.size() ? 0 : at + 1;
        return &columns_[at];
      }
    }
    return nullptr;
  }

  Status ReadDynamic(JsonReader* reader, std::string_view key, std::string* meta) {
    if (!target_.schema.enable_dynamic_field()) {
      return Fail(Code::kParameterInvalid,
                  "has pass more field without dynamic schema, please check it: " +
                      std::string(key.substr(0, 80)));
    }
    if (key == "$meta") {
      return Fail(Code::kParameterInvalid,
                  "use the invalid field name($meta) when enable dynamicField");
    }
    const bool is_null = reader->Peek() == JsonKind::kNull;
    if (!is_null) {
      *meta += meta->empty() ? '{' : ',';
      AppendQuoted(key, meta);
      *meta += ':';
    }
    std::string_view raw;
    if (!reader->Skip(&raw)) return Fail(Code::kParameterInvalid, reader->problem());
    if (!is_null) *meta += raw;
    return {};
  }

  Status Finish() {
    for (size_t i = columns_.size(); i-- > 0;) {
      if (!TRY(columns_[i].Finish(rows_))) out_->DeleteSubrange(static_cast<int>(i), 1);
    }
    if (!target_.schema.enable_dynamic_field() || (target_.partial && !any_dynamic_)) return {};
    FieldData* data = out_->Add();
    data->set_type(DataType::JSON);
    data->set_field_name("$meta");
    data->set_is_dynamic(true);
    auto* values = data->mutable_scalars()->mutable_json_data()->mutable_data();
    values->Reserve(static_cast<int>(meta_.size()));
    for (std::string& row : meta_) *values->Add() = std::move(row);
    return {};
  }

  const RowTarget& target_;
  Columns* const out_;
  std::vector<ColumnReader> columns_;
  std::vector<std::string> meta_;
  bool any_dynamic_ = false;
  size_t next_ = 0;
  uint32_t rows_ = 0;
};

}  // namespace

Status ReadRows(JsonReader* reader, const RowTarget& target, uint32_t* rows, Columns* columns) {
  return RowsReader(target, columns).Read(reader, rows);
}

}  // namespace elanus::server
