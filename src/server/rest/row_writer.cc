#include "server/rest/row_writer.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "server/rest/json_reader.h"
#include "server/rest/json_text.h"

namespace elanus::server {
namespace {

namespace pb_schema = ::milvus::proto::schema;
using pb_schema::DataType;
using pb_schema::FieldData;
using pb_schema::ScalarField;
using pb_schema::VectorField;

void AppendInt64(int64_t value, bool as_number, std::string* out) {
  if (!as_number) *out += '"';
  AppendInt(value, out);
  if (!as_number) *out += '"';
}

template <typename Items, typename Append>
void AppendWrapped(std::string_view kind, const Items& items, std::string* out, Append append) {
  *out += "{\"Data\":{\"";
  *out += kind;
  *out += "\":{";
  if (!items.empty()) {
    *out += "\"data\":";
    AppendArray(items, out, append);
  }
  *out += "}}}";
}

void AppendArrayValue(const ScalarField& array, std::string* out) {
  const auto add_int = [](int64_t value, std::string* to) { AppendInt(value, to); };
  switch (static_cast<int>(array.data_case())) {
    case ScalarField::kBoolData:
      return AppendWrapped("BoolData", array.bool_data().data(), out,
                           [](bool value, std::string* to) { *to += value ? "true" : "false"; });
    case ScalarField::kIntData:
      return AppendWrapped("IntData", array.int_data().data(), out, add_int);
    case ScalarField::kLongData:
      return AppendWrapped("LongData", array.long_data().data(), out, add_int);
    case ScalarField::kFloatData:
      return AppendWrapped("FloatData", array.float_data().data(), out, AppendFloat);
    case ScalarField::kDoubleData:
      return AppendWrapped("DoubleData", array.double_data().data(), out, AppendDouble);
    case ScalarField::kStringData:
      return AppendWrapped("StringData", array.string_data().data(), out,
                           [](std::string_view text, std::string* to) { AppendQuoted(text, to); });
    default:
      *out += "null";
  }
}

void AppendSparse(std::string_view pairs, std::string* out) {
  *out += '{';
  for (size_t at = 0; at + 8 <= pairs.size(); at += 8) {
    uint32_t index = 0;
    float value = 0;
    std::memcpy(&index, pairs.data() + at, sizeof index);
    std::memcpy(&value, pairs.data() + at + 4, sizeof value);
    *out += at == 0 ? "\"" : ",\"";
    AppendUint(index, out);
    *out += "\":";
    AppendFloat(value, out);
  }
  *out += '}';
}

// A column that is read row by row. Vectors lie without their nulls, scalars with placeholders.
class ColumnWriter {
 public:
  ColumnWriter(const FieldData& data, bool int64_numbers)
      : data_(data), int64_numbers_(int64_numbers), is_vector_(data.has_vectors()) {
    AppendQuoted(data.field_name(), &key_);
    key_ += ':';
  }

  const FieldData& data() const { return data_; }
  const std::string& key() const { return key_; }

  int64_t rows() const { return data_.valid_data().empty() ? values() : data_.valid_data_size(); }

  // To the next row. False: it is null there.
  bool Next() {
    const bool valid = data_.valid_data().empty() || data_.valid_data(row_);
    at_ = is_vector_ ? compact_ : row_;
    ++row_;
    if (valid) ++compact_;
    return valid && at_ < values();
  }

  void AppendValue(std::string* out) const {
    if (is_vector_) return AppendVector(out);
    const ScalarField& scalars = data_.scalars();
    switch (static_cast<int>(scalars.data_case())) {
      case ScalarField::kBoolData:
        *out += scalars.bool_data().data(at_) ? "true" : "false";
        return;
      case ScalarField::kIntData:
        return AppendInt(scalars.int_data().data(at_), out);
      case ScalarField::kLongData:
        return AppendInt64(scalars.long_data().data(at_), int64_numbers_, out);
      case ScalarField::kFloatData:
        return AppendFloat(scalars.float_data().data(at_), out);
      case ScalarField::kDoubleData:
        return AppendDouble(scalars.double_data().data(at_), out);
      case ScalarField::kStringData:
        return AppendQuoted(scalars.string_data().data(at_), out);
      case ScalarField::kJsonData:
        return AppendQuoted(scalars.json_data().data(at_), out);
      case ScalarField::kGeometryWktData:
        return AppendQuoted(scalars.geometry_wkt_data().data(at_), out);
      case ScalarField::kArrayData:
        return AppendArrayValue(scalars.array_data().data(at_), out);
      default:
        *out += "null";
    }
  }

  // The text of a JSON column in this row.
  const std::string& JsonText() const { return data_.scalars().json_data().data(at_); }

 private:
  int64_t values() const {
    if (!is_vector_) {
      const ScalarField& scalars = data_.scalars();
      switch (static_cast<int>(scalars.data_case())) {
        case ScalarField::kBoolData:
          return scalars.bool_data().data_size();
        case ScalarField::kIntData:
          return scalars.int_data().data_size();
        case ScalarField::kLongData:
          return scalars.long_data().data_size();
        case ScalarField::kFloatData:
          return scalars.float_data().data_size();
        case ScalarField::kDoubleData:
          return scalars.double_data().data_size();
        case ScalarField::kStringData:
          return scalars.string_data().data_size();
        case ScalarField::kJsonData:
          return scalars.json_data().data_size();
        case ScalarField::kGeometryWktData:
          return scalars.geometry_wkt_data().data_size();
        case ScalarField::kArrayData:
          return scalars.array_data().data_size();
        default:
          return 0;
      }
    }
    const VectorField& vectors = data_.vectors();
    if (vectors.has_sparse_float_vector()) return vectors.sparse_float_vector().contents_size();
    if (vectors.has_float_vector()) {
      return vectors.dim() > 0 ? vectors.float_vector().data_size() / vectors.dim() : 0;
    }
    const size_t width = BytesPerRow();
    return width > 0 ? static_cast<int64_t>(Bytes().size() / width) : 0;
  }

  const std::string& Bytes() const {
    const VectorField& vectors = data_.vectors();
    if (vectors.has_binary_vector()) return vectors.binary_vector();
    if (vectors.has_float16_vector()) return vectors.float16_vector();
    if (vectors.has_bfloat16_vector()) return vectors.bfloat16_vector();
    return vectors.int8_vector();
  }
  size_t BytesPerRow() const {
    const VectorField& vectors = data_.vectors();
    const auto dim = static_cast<size_t>(vectors.dim());
    if (vectors.has_binary_vector()) return dim / 8;
    return vectors.has_int8_vector() ? dim : 2 * dim;
  }

  void AppendVector(std::string* out) const {
    const VectorField& vectors = data_.vectors();
    if (vectors.has_sparse_float_vector()) {
      return AppendSparse(vectors.sparse_float_vector().contents(static_cast<int>(at_)), out);
    }
    if (!vectors.has_float_vector()) {
      const size_t width = BytesPerRow();
      return AppendBase64(std::string_view(Bytes()).substr(static_cast<size_t>(at_) * width, width),
                          out);
    }
    const float* row = vectors.float_vector().data().data() + at_ * vectors.dim();
    *out += '[';
    for (int64_t i = 0; i < vectors.dim(); ++i) {
      if (i > 0) *out += ',';
      AppendFloat(row[i], out);
    }
    *out += ']';
  }

  const FieldData& data_;
  const bool int64_numbers_;
  const bool is_vector_;
  std::string key_;
  int row_ = 0;      // the next one
  int compact_ = 0;  // valid ones before it
  int at_ = 0;       // the current value
};

class RowsWriter {
 public:
  RowsWriter(const RowSource& source, bool int64_numbers, std::string* out)
      : source_(source), int64_numbers_(int64_numbers), out_(out) {
    for (const FieldData& data : source.columns) columns_.emplace_back(data, int64_numbers);
    AppendQuoted(source.primary_field, &primary_key_);
    primary_key_ += ':';
    has_primary_ = std::ranges::any_of(source.columns, [&](const FieldData& data) {
      return data.field_name() == source.primary_field;
    });
    for (const std::string& name : source.output_fields) {
      if (std::ranges::none_of(source.columns, [&](const FieldData& data) {
            return !data.is_dynamic() && data.field_name() == name;
          })) {
        dynamic_names_.push_back(name);
      }
    }
  }

  Status Write() {
    int64_t rows = 0;
    if (!columns_.empty()) {
      rows = columns_.front().rows();
    } else if (source_.ids != nullptr) {
      rows = source_.ids->has_str_id() ? source_.ids->str_id().data_size()
                                       : source_.ids->int_id().data_size();
    }
    *out_ += '[';
    for (int row = 0; row < rows; ++row) {
      *out_ += row == 0 ? "{" : ",{";
      first_ = true;
      TRY(WriteRow(row));
      *out_ += '}';
    }
    *out_ += ']';
    return {};
  }

 private:
  std::string* Member(std::string_view quoted_key) {
    if (!first_) *out_ += ',';
    first_ = false;
    *out_ += quoted_key;
    return out_;
  }

  Status WriteRow(int row) {
    for (ColumnWriter& column : columns_) {
      const bool valid = column.Next();
      if (column.data().is_dynamic()) {
        if (valid) TRY(WriteDynamic(column));
      } else if (valid) {
        column.AppendValue(Member(column.key()));
      } else {
        *Member(column.key()) += "null";
      }
    }
    if (source_.ids != nullptr && !has_primary_) {
      Member(primary_key_);
      if (source_.ids->has_str_id()) {
        if (row < source_.ids->str_id().data_size())
          AppendQuoted(source_.ids->str_id().data(row), out_);
      } else if (row < source_.ids->int_id().data_size()) {
        AppendInt64(source_.ids->int_id().data(row), int64_numbers_, out_);
      }
    }
    if (source_.scores != nullptr && row < source_.scores->size()) {
      AppendFloat((*source_.scores)[row], Member("\"distance\":"));
    }
    return {};
  }

  Status WriteDynamic(const ColumnWriter& column) {
    const bool all =
        std::ranges::find(dynamic_names_, column.data().field_name()) != dynamic_names_.end();
    JsonReader reader(column.JsonText());
    std::string_view key;
    std::string_view raw;
    reader.BeginObject();
    while (reader.NextMember(&key)) {
      const bool wanted = all || std::ranges::find(dynamic_names_, key) != dynamic_names_.end();
      quoted_.clear();
      AppendQuoted(key, &quoted_);
      quoted_ += ':';
      if (!reader.Skip(&raw)) break;
      if (wanted) *Member(quoted_) += raw;
    }
    if (reader.ok()) return {};
    return Status(Code::kRestInvalidSearchResult,
                  std::string(TraitsOf(Code::kRestInvalidSearchResult).text) +
                      ", error: " + reader.problem());
  }

  const RowSource& source_;
  const bool int64_numbers_;
  std::string* const out_;
  std::vector<ColumnWriter> columns_;
  std::vector<std::string> dynamic_names_;  // of the output fields, those that are no columns
  std::string primary_key_;
  std::string quoted_;
  bool has_primary_ = false;
  bool first_ = true;
};

}  // namespace

Status AppendRows(const RowSource& source, bool int64_numbers, std::string* out) {
  return RowsWriter(source, int64_numbers, out).Write();
}

void AppendIds(const pb_schema::IDs& ids, bool int64_numbers, std::string* out) {
  if (ids.has_str_id()) return AppendNames(ids.str_id().data(), out);
  AppendArray(ids.int_id().data(), out,
              [int64_numbers](int64_t id, std::string* to) { AppendInt64(id, int64_numbers, to); });
}

}  // namespace elanus::server
