#include "server/milvus/wire_columns.h"

#include <algorithm>
#include <cstring>

#include <milvus/common.pb.h>
#include <milvus/schema.pb.h>

#include "geo/wkt.h"
#include "model/array.h"
#include "model/json.h"
#include "model/timestamptz.h"

// Protobuf's oneof cases grow with the protocol; each switch over them has a default that answers.
#pragma GCC diagnostic ignored "-Wswitch-enum"

namespace elanus::server {
namespace {

namespace common = ::milvus::proto::common;
using pb_schema::FieldData;
using pb_schema::ScalarField;
using pb_schema::VectorField;

template <typename T>
Column FromFixed(DataType type, const google::protobuf::RepeatedField<T>& values) {
  Column column(FieldId(), type);
  if (column.width() == sizeof(T)) {
    column.AppendFixed(values.data(), static_cast<size_t>(values.size()));
  }
  return column;
}

template <typename Strings>
Column FromStrings(DataType type, const Strings& values) {
  Column column(FieldId(), type);
  size_t bytes = 0;
  for (const std::string& value : values) bytes += value.size();
  column.Reserve(static_cast<size_t>(values.size()), bytes);
  for (const std::string& value : values) column.AppendString(value);
  return column;
}

// The element type that a row of an Array travels in; kNone for an empty message.
DataType ElementOnWire(const ScalarField& row) {
  switch (row.data_case()) {
    case ScalarField::kBoolData:
      return DataType::kBool;
    case ScalarField::kIntData:
      return DataType::kInt32;
    case ScalarField::kLongData:
      return DataType::kInt64;
    case ScalarField::kFloatData:
      return DataType::kFloat;
    case ScalarField::kDoubleData:
      return DataType::kDouble;
    case ScalarField::kStringData:
      return DataType::kVarChar;
    default:
      return DataType::kNone;
  }
}

template <typename T>
std::string PackedElements(const google::protobuf::RepeatedField<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()),
                     static_cast<size_t>(values.size()) * sizeof(T));
}

std::string EncodeRow(const ScalarField& row, DataType element) {
  switch (row.data_case()) {
    case ScalarField::kBoolData:
      return PackedElements(row.bool_data().data());
    case ScalarField::kIntData:
      return PackedElements(row.int_data().data());
    case ScalarField::kLongData:
      return PackedElements(row.long_data().data());
    case ScalarField::kFloatData:
      return PackedElements(row.float_data().data());
    case ScalarField::kDoubleData:
      return PackedElements(row.double_data().data());
    case ScalarField::kStringData: {
      const std::vector<std::string_view> values(row.string_data().data().begin(),
                                                 row.string_data().data().end());
      return EncodeStringArray(values);
    }
    default:
      return element == DataType::kVarChar ? EncodeStringArray({}) : std::string();
  }
}

Status DecodeArrays(const pb_schema::ArrayArray& arrays, gateway::InputColumn* out) {
  DataType element = DataType::kNone;
  for (const ScalarField& row : arrays.data()) {
    const DataType of_row = ElementOnWire(row);
    if (of_row == DataType::kNone) continue;
    if (element != DataType::kNone && element != of_row) {
      return Fail(Code::kParameterInvalid, "array field " + out->name + " mixes element types");
    }
    element = of_row;
  }
  if (element == DataType::kNone) element = static_cast<DataType>(arrays.element_type());
  out->array_element = element;
  Column column(FieldId(), DataType::kArray);
  for (const ScalarField& row : arrays.data()) column.AppendString(EncodeRow(row, element));
  out->payload = std::move(column);
  return {};
}

Status DecodeScalars(const FieldData& data, gateway::InputColumn* out) {
  const ScalarField& scalars = data.scalars();
  switch (scalars.data_case()) {
    case ScalarField::kBoolData:
      out->payload = FromFixed(DataType::kBool, scalars.bool_data().data());
      return {};
    case ScalarField::kIntData:
      out->payload = FromFixed(DataType::kInt32, scalars.int_data().data());
      return {};
    case ScalarField::kLongData:
      out->payload = FromFixed(DataType::kInt64, scalars.long_data().data());
      return {};
    case ScalarField::kFloatData:
      out->payload = FromFixed(DataType::kFloat, scalars.float_data().data());
      return {};
    case ScalarField::kDoubleData:
      out->payload = FromFixed(DataType::kDouble, scalars.double_data().data());
      return {};
    case ScalarField::kTimestamptzData:
      out->payload = FromFixed(DataType::kInt64, scalars.timestamptz_data().data());
      return {};
    case ScalarField::kStringData:
      out->payload = FromStrings(DataType::kVarChar, scalars.string_data().data());
      return {};
    case ScalarField::kBytesData:
      out->payload = FromStrings(DataType::kVarChar, scalars.bytes_data().data());
      return {};
    case ScalarField::kJsonData:
      out->payload = FromStrings(DataType::kJson, scalars.json_data().data());
      return {};
    case ScalarField::kGeometryWktData:
      out->payload = FromStrings(DataType::kGeometry, scalars.geometry_wkt_data().data());
      return {};
    case ScalarField::kGeometryData:
      out->payload = FromStrings(DataType::kVarChar, scalars.geometry_data().data());
      return {};
    case ScalarField::kArrayData:
      return DecodeArrays(scalars.array_data(), out);
    case ScalarField::DATA_NOT_SET:
      out->payload = Column(FieldId(), DataType::kNone);
      return {};
    default:
      return Fail(Code::kParameterInvalid,
                  "field " + out->name + " holds a kind of data that is not supported");
  }
}

// Milvus counts bits, bytes or floats.
Status NotWholeRows(DataType type, int64_t dim, size_t width, size_t size) {
  const std::string row = std::to_string(dim) + ")";
  const std::string length = "the length(" + std::to_string(size) + ") of ";
  if (type == DataType::kBinaryVector) {
    return Fail(Code::kParameterInvalid, "the num(" + std::to_string(size * 8) +
                                             ") of all bits should divide the dim(" + row);
  }
  if (type == DataType::kFloat16Vector || type == DataType::kBFloat16Vector) {
    return Fail(Code::kParameterInvalid,
                length + (type == DataType::kFloat16Vector ? "float16" : "bfloat") +
                    " data should divide the row width(" + std::to_string(width) + ")");
  }
  return Fail(Code::kParameterInvalid, length + (type == DataType::kInt8Vector ? "int8" : "float") +
                                           " data should divide the dim(" + row);
}

Status DenseRows(DataType type, int64_t dim, const void* bytes, size_t size, Column* out) {
  const size_t width = dim > 0 ? WidthOf(type, dim) : 0;
  if (width == 0 || size % width != 0) return NotWholeRows(type, dim, width, size);
  Column column(FieldId(), type, dim);
  column.AppendFixed(bytes, size / width);
  *out = std::move(column);
  return {};
}

Status DecodeVectors(const FieldData& data, gateway::InputColumn* out) {
  const VectorField& vectors = data.vectors();
  const auto dense = [&](DataType type, const void* bytes, size_t size) {
    return DenseRows(type, vectors.dim(), bytes, size, &out->payload);
  };
  switch (vectors.data_case()) {
    case VectorField::kFloatVector: {
      const auto& floats = vectors.float_vector().data();
      if (vectors.dim() <= 0 || floats.size() % vectors.dim() != 0) {
        return Fail(Code::kParameterInvalid, "the length(" + std::to_string(floats.size()) +
                                                 ") of float data should divide the dim(" +
                                                 std::to_string(vectors.dim()) + ")");
      }
      return dense(DataType::kFloatVector, floats.data(),
                   static_cast<size_t>(floats.size()) * sizeof(float));
    }
    case VectorField::kBinaryVector:
      return dense(DataType::kBinaryVector, vectors.binary_vector().data(),
                   vectors.binary_vector().size());
    case VectorField::kFloat16Vector:
      return dense(DataType::kFloat16Vector, vectors.float16_vector().data(),
                   vectors.float16_vector().size());
    case VectorField::kBfloat16Vector:
      return dense(DataType::kBFloat16Vector, vectors.bfloat16_vector().data(),
                   vectors.bfloat16_vector().size());
    case VectorField::kInt8Vector:
      return dense(DataType::kInt8Vector, vectors.int8_vector().data(),
                   vectors.int8_vector().size());
    case VectorField::kSparseFloatVector:
      out->payload =
          FromStrings(DataType::kSparseFloatVector, vectors.sparse_float_vector().contents());
      return {};
    case VectorField::kVectorArray:
      return Fail(Code::kUnimplemented, "arrays of vectors are not built in this version");
    case VectorField::DATA_NOT_SET:
      out->payload = Column(FieldId(), DataType::kNone);
      return {};
  }
  return {};
}

template <typename T>
void AppendFixed(const Column& column, google::protobuf::RepeatedField<T>* out) {
  out->Add(column.as<T>(), column.as<T>() + column.rows());
}

// Int8 and Int16 travel as int32.
template <typename T>
void AppendWidened(const Column& column, google::protobuf::RepeatedField<int32_t>* out) {
  out->Reserve(static_cast<int>(column.rows()));
  for (size_t row = 0; row < column.rows(); ++row) out->Add(column.as<T>()[row]);
}

template <typename Add>
void AppendElements(const ArrayView& row, Add add) {
  for (size_t i = 0; i < row.size(); ++i) add(i);
}

Status EncodeArrayRow(const ArrayView& row, ScalarField* out) {
  switch (row.element_type()) {
    case DataType::kBool: {
      auto* data = out->mutable_bool_data()->mutable_data();
      AppendElements(row, [&](size_t i) { data->Add(row.Int(i) != 0); });
      return {};
    }
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32: {
      auto* data = out->mutable_int_data()->mutable_data();
      AppendElements(row, [&](size_t i) { data->Add(static_cast<int32_t>(row.Int(i))); });
      return {};
    }
    case DataType::kInt64: {
      auto* data = out->mutable_long_data()->mutable_data();
      AppendElements(row, [&](size_t i) { data->Add(row.Int(i)); });
      return {};
    }
    case DataType::kFloat: {
      auto* data = out->mutable_float_data()->mutable_data();
      AppendElements(row, [&](size_t i) { data->Add(row.Fixed<float>(i)); });
      return {};
    }
    case DataType::kDouble: {
      auto* data = out->mutable_double_data()->mutable_data();
      AppendElements(row, [&](size_t i) { data->Add(row.Double(i)); });
      return {};
    }
    case DataType::kVarChar: {
      auto* data = out->mutable_string_data()->mutable_data();
      AppendElements(row, [&](size_t i) { data->Add(std::string(row.String(i))); });
      return {};
    }
    default:
      return Status(Code::kInternal, "array of " + std::string(NameOf(row.element_type())));
  }
}

Status EncodeScalars(const Field& field, const Column& column, std::string_view timezone,
                     ScalarField* out) {
  switch (field.type) {
    case DataType::kBool: {
      auto* data = out->mutable_bool_data()->mutable_data();
      for (size_t row = 0; row < column.rows(); ++row) data->Add(column.as<uint8_t>()[row] != 0);
      return {};
    }
    case DataType::kInt8:
      AppendWidened<int8_t>(column, out->mutable_int_data()->mutable_data());
      return {};
    case DataType::kInt16:
      AppendWidened<int16_t>(column, out->mutable_int_data()->mutable_data());
      return {};
    case DataType::kInt32:
      AppendFixed<int32_t>(column, out->mutable_int_data()->mutable_data());
      return {};
    case DataType::kInt64:
      AppendFixed<int64_t>(column, out->mutable_long_data()->mutable_data());
      return {};
    case DataType::kFloat:
      AppendFixed<float>(column, out->mutable_float_data()->mutable_data());
      return {};
    case DataType::kDouble:
      AppendFixed<double>(column, out->mutable_double_data()->mutable_data());
      return {};
    case DataType::kString:
    case DataType::kText:
    case DataType::kVarChar: {
      auto* data = out->mutable_string_data();
      for (size_t row = 0; row < column.rows(); ++row)
        data->add_data(std::string(column.String(row)));
      return {};
    }
    case DataType::kJson: {
      auto* data = out->mutable_json_data();
      for (size_t row = 0; row < column.rows(); ++row) {
        data->add_data(column.IsNull(row) ? std::string() : JsonText(column.String(row)));
      }
      return {};
    }
    case DataType::kGeometry: {
      auto* data = out->mutable_geometry_wkt_data();
      for (size_t row = 0; row < column.rows(); ++row) {
        data->add_data(column.IsNull(row) ? std::string() : TRY(geo::WkbToWkt(column.String(row))));
      }
      return {};
    }
    case DataType::kTimestamptz: {
      const auto zone = TRY(TimeZone::Load(timezone));
      auto* data = out->mutable_string_data();
      for (size_t row = 0; row < column.rows(); ++row) {
        data->add_data(column.IsNull(row) ? std::string()
                                          : FormatTimestamptz(column.as<int64_t>()[row], *zone));
      }
      return {};
    }
    case DataType::kArray: {
      auto* data = out->mutable_array_data();
      data->set_element_type(static_cast<pb_schema::DataType>(field.element_type));
      for (size_t row = 0; row < column.rows(); ++row) {
        ScalarField* element = data->add_data();
        if (column.IsNull(row)) continue;
        TRY(EncodeArrayRow(ArrayView(field.element_type, column.String(row)), element));
      }
      return {};
    }
    default:
      return Status(Code::kInternal, "field " + field.name + " of type " +
                                         std::string(NameOf(field.type)) + " has no wire form");
  }
}

Status EncodeVectors(const Field& field, const Column& column, VectorField* out) {
  // Nulls are left out, so the usual column without any goes in one piece.
  std::string compact;
  std::string_view bytes;
  if (column.fixed()) {
    if (!column.nullable()) {
      bytes = {reinterpret_cast<const char*>(column.data()), column.rows() * column.width()};
    } else {
      for (size_t row = 0; row < column.rows(); ++row) {
        if (!column.IsNull(row)) compact.append(column.String(row));
      }
      bytes = compact;
    }
    out->set_dim(field.dim);
  }
  switch (field.type) {
    case DataType::kFloatVector: {
      const auto* floats = reinterpret_cast<const float*>(bytes.data());
      out->mutable_float_vector()->mutable_data()->Add(floats,
                                                       floats + bytes.size() / sizeof(float));
      return {};
    }
    case DataType::kBinaryVector:
      out->set_binary_vector(bytes.data(), bytes.size());
      return {};
    case DataType::kFloat16Vector:
      out->set_float16_vector(bytes.data(), bytes.size());
      return {};
    case DataType::kBFloat16Vector:
      out->set_bfloat16_vector(bytes.data(), bytes.size());
      return {};
    case DataType::kInt8Vector:
      out->set_int8_vector(bytes.data(), bytes.size());
      return {};
    case DataType::kSparseFloatVector: {
      auto* sparse = out->mutable_sparse_float_vector();
      uint64_t dim = 0;
      for (size_t row = 0; row < column.rows(); ++row) {
        if (column.IsNull(row)) continue;
        const std::string_view pairs = column.String(row);
        if (pairs.size() >= 8) {
          uint32_t last = 0;
          std::memcpy(&last, pairs.data() + pairs.size() - 8, sizeof last);
          dim = std::max<uint64_t>(dim, uint64_t{last} + 1);
        }
        sparse->add_contents(std::string(pairs));
      }
      sparse->set_dim(static_cast<int64_t>(dim));
      out->set_dim(static_cast<int64_t>(dim));
      return {};
    }
    default:
      return Status(Code::kInternal, "field " + field.name + " is no vector");
  }
}

}  // namespace

Result<gateway::InputColumn> DecodeColumn(const FieldData& data) {
  gateway::InputColumn column;
  column.name = data.field_name();
  column.type = static_cast<DataType>(data.type());
  column.dynamic = data.is_dynamic();
  column.valid.assign(data.valid_data().begin(), data.valid_data().end());
  switch (data.field_case()) {
    case FieldData::kScalars:
      TRY(DecodeScalars(data, &column));
      break;
    case FieldData::kVectors:
      TRY(DecodeVectors(data, &column));
      break;
    case FieldData::kStructArrays:
      return Fail(Code::kUnimplemented,
                  "struct array field " + column.name + ": structs are not built in this version");
    case FieldData::FIELD_NOT_SET:
      column.payload = Column(FieldId(), DataType::kNone);
      break;
  }
  return column;
}

Status EncodeColumn(const gateway::OutputColumn& column, std::string_view timezone,
                    FieldData* out) {
  out->set_type(static_cast<pb_schema::DataType>(column.field.type));
  out->set_field_name(column.field.name);
  out->set_field_id(column.field.id.value);
  out->set_is_dynamic(column.field.dynamic);
  if (column.column.nullable()) {
    for (size_t row = 0; row < column.column.rows(); ++row)
      out->add_valid_data(!column.column.IsNull(row));
  }
  if (IsVector(column.field.type))
    return EncodeVectors(column.field, column.column, out->mutable_vectors());
  return EncodeScalars(column.field, column.column, timezone, out->mutable_scalars());
}

void EncodeIds(const Column& ids, pb_schema::IDs* out) {
  if (ids.type() == DataType::kInt64) {
    AppendFixed<int64_t>(ids, out->mutable_int_id()->mutable_data());
  } else {
    auto* data = out->mutable_str_id();
    for (size_t row = 0; row < ids.rows(); ++row) data->add_data(std::string(ids.String(row)));
  }
}

Column DecodeIds(const pb_schema::IDs& ids) {
  return ids.has_str_id() ? FromStrings(DataType::kVarChar, ids.str_id().data())
                          : FromFixed(DataType::kInt64, ids.int_id().data());
}

Result<roles::QueryVectors> DecodePlaceholders(std::string_view bytes) {
  common::PlaceholderGroup group;
  if (!group.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fail(Code::kParameterInvalid, "failed to parse the placeholder group");
  }
  roles::QueryVectors queries;
  if (group.placeholders_size() == 0) return queries;
  const common::PlaceholderValue& value = group.placeholders(0);
  queries.count = static_cast<size_t>(value.values_size());
  queries.type = static_cast<DataType>(value.type());
  size_t bits = 0;  // of one dimension
  switch (queries.type) {
    case DataType::kFloatVector:
      bits = 32;
      break;
    case DataType::kFloat16Vector:
    case DataType::kBFloat16Vector:
      bits = 16;
      break;
    case DataType::kInt8Vector:
      bits = 8;
      break;
    case DataType::kBinaryVector:
      bits = 1;
      break;
    case DataType::kSparseFloatVector:
    case DataType::kVarChar:
      queries.sparse.assign(value.values().begin(), value.values().end());
      return queries;
    default:
      return Fail(Code::kUnimplemented, "queries of placeholder type " +
                                            std::to_string(value.type()) +
                                            " are not built in this version");
  }
  for (const std::string& row : value.values()) {
    if (row.size() != value.values(0).size()) {
      return Fail(Code::kParameterInvalid, "query vectors of one request differ in length");
    }
  }
  if (queries.count > 0) queries.dim = static_cast<int64_t>(value.values(0).size() * 8 / bits);
  queries.dense.reserve(queries.count * (queries.count > 0 ? value.values(0).size() : 0));
  for (const std::string& row : value.values()) queries.dense += row;
  return queries;
}

namespace {

template <typename Items>
Value ArrayOf(const Items& items) {
  Value::Array values;
  for (const auto& item : items) values.emplace_back(item);
  return values;
}

Result<Value> JsonValue(JsonView view) {
  switch (view.type()) {
    case JsonType::kBool:
      return Value(view.boolean());
    case JsonType::kInt:
      return Value(view.int64());
    case JsonType::kUint:
    case JsonType::kDouble:
      return Value(view.number());
    case JsonType::kString:
      return Value(std::string(view.string()));
    case JsonType::kArray: {
      Value::Array values;
      for (size_t i = 0; i < view.size(); ++i) values.push_back(TRY(JsonValue(view.At(i))));
      return Value(std::move(values));
    }
    case JsonType::kMissing:
    case JsonType::kNull:
    case JsonType::kObject:
      break;
  }
  return Fail(Code::kParameterInvalid, "expression template value is neither scalar nor array");
}

Result<Value> DecodeTemplateArray(const pb_schema::TemplateArrayValue& array) {
  using Array = pb_schema::TemplateArrayValue;
  switch (array.data_case()) {
    case Array::kBoolData:
      return ArrayOf(array.bool_data().data());
    case Array::kLongData:
      return ArrayOf(array.long_data().data());
    case Array::kDoubleData:
      return ArrayOf(array.double_data().data());
    case Array::kStringData:
      return ArrayOf(array.string_data().data());
    case Array::kArrayData: {
      Value::Array values;
      for (const auto& item : array.array_data().data())
        values.push_back(TRY(DecodeTemplateArray(item)));
      return Value(std::move(values));
    }
    case Array::kJsonData: {
      Value::Array values;
      for (const std::string& item : array.json_data().data()) {
        const std::string binary = TRY(EncodeJson(item));
        values.push_back(TRY(JsonValue(JsonView(binary))));
      }
      return Value(std::move(values));
    }
    case Array::DATA_NOT_SET:
      return Value(Value::Array());
  }
  return Value(Value::Array());
}

}  // namespace

Result<Value> DecodeTemplate(const pb_schema::TemplateValue& value) {
  using Template = pb_schema::TemplateValue;
  switch (value.val_case()) {
    case Template::kBoolVal:
      return Value(value.bool_val());
    case Template::kInt64Val:
      return Value(static_cast<int64_t>(value.int64_val()));
    case Template::kFloatVal:
      return Value(value.float_val());
    case Template::kStringVal:
      return Value(value.string_val());
    case Template::kArrayVal:
      return DecodeTemplateArray(value.array_val());
    case Template::kBytesVal:
      return Value(value.bytes_val());
    case Template::VAL_NOT_SET:
      break;
  }
  return Fail(Code::kParameterInvalid, "expression template value is not set");
}

Value DecodeValue(const pb_schema::ValueField& value) {
  using Field = pb_schema::ValueField;
  switch (value.data_case()) {
    case Field::kBoolData:
      return value.bool_data();
    case Field::kIntData:
      return static_cast<int64_t>(value.int_data());
    case Field::kLongData:
      return static_cast<int64_t>(value.long_data());
    case Field::kFloatData:
      return static_cast<double>(value.float_data());
    case Field::kDoubleData:
      return value.double_data();
    case Field::kStringData:
      return value.string_data();
    case Field::kBytesData:
      return value.bytes_data();
    case Field::kTimestamptzData:
      return static_cast<int64_t>(value.timestamptz_data());
    case Field::kDateData:
    case Field::kTimeData:
    case Field::DATA_NOT_SET:
      break;
  }
  return {};
}

void EncodeValue(DataType type, const Value& value, pb_schema::ValueField* out) {
  if (value.is_bool()) {
    out->set_bool_data(value.as_bool());
  } else if (value.is_string()) {
    out->set_string_data(value.as_string());
  } else if (value.is_int()) {
    if (type == DataType::kInt64) {
      out->set_long_data(value.as_int());
    } else if (type == DataType::kTimestamptz) {
      out->set_string_data(FormatTimestamptz(value.as_int(), TimeZone::Utc()));
    } else {
      out->set_int_data(static_cast<int32_t>(value.as_int()));
    }
  } else if (value.is_double()) {
    if (type == DataType::kFloat) {
      out->set_float_data(static_cast<float>(value.as_double()));
    } else {
      out->set_double_data(value.as_double());
    }
  }
}

}  // namespace elanus::server
