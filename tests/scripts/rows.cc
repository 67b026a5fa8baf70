#include "scripts/rows.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "gateway/columns.h"
#include "geo/wkt.h"
#include "model/array.h"
#include "model/timestamptz.h"
#include "simd/half.h"

namespace elanus::testing {
namespace {

Status Bad(const std::string& what) { return Status(Code::kInternal, "script: " + what); }

std::string Text(const JsonView& json) {
  std::string text;
  json.AppendText(&text);
  return text;
}

bool FitsInt(const JsonView& json) { return json.type() == JsonType::kInt; }

// The type a value travels in: its field's if it is of that kind, else its own.
DataType PayloadOf(const Field* field, const JsonView& json) {
  if (field != nullptr) {
    switch (field->type) {
      case DataType::kBool:
        if (json.is_bool()) return DataType::kBool;
        break;
      case DataType::kInt8:
      case DataType::kInt16:
      case DataType::kInt32:
        if (FitsInt(json)) return DataType::kInt32;
        break;
      case DataType::kInt64:
        if (FitsInt(json)) return DataType::kInt64;
        break;
      case DataType::kFloat:
      case DataType::kDouble:
        if (json.is_number()) return field->type;
        break;
      case DataType::kVarChar:
      case DataType::kText:
      case DataType::kTimestamptz:
        if (json.is_string()) return DataType::kVarChar;
        break;
      case DataType::kGeometry:
        if (json.is_string()) return DataType::kGeometry;
        break;
      case DataType::kJson:
        return DataType::kJson;
      case DataType::kArray:
        if (json.is_array()) return DataType::kArray;
        break;
      case DataType::kFloatVector:
      case DataType::kFloat16Vector:
      case DataType::kBFloat16Vector:
        if (json.is_array()) return DataType::kFloatVector;
        break;
      case DataType::kInt8Vector:
        if (json.is_array()) return field->type;
        break;
      case DataType::kBinaryVector:
        if (json.is_string()) return field->type;
        break;
      case DataType::kSparseFloatVector:
        if (json.is_object()) return field->type;
        break;
      case DataType::kNone:
      case DataType::kString:
      case DataType::kArrayOfVector:
      case DataType::kArrayOfStruct:
      case DataType::kStruct:
        break;
    }
  }
  if (json.is_bool()) return DataType::kBool;
  if (FitsInt(json)) return DataType::kInt64;
  if (json.is_number()) return DataType::kDouble;
  if (json.is_string()) return DataType::kVarChar;
  if (json.is_array()) return DataType::kFloatVector;
  return DataType::kJson;
}

std::string BitsOf(std::string_view text) {
  std::string bytes((text.size() + 7) / 8, '\0');
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '1') bytes[i / 8] = static_cast<char>(bytes[i / 8] | (1 << (i % 8)));
  }
  return bytes;
}

std::string SparseRow(const JsonView& json) {
  std::map<uint32_t, float> pairs;
  json.ForEachMember([&](std::string_view key, const JsonView& value) {
    pairs[static_cast<uint32_t>(std::stoul(std::string(key)))] = static_cast<float>(value.number());
    return true;
  });
  std::string bytes;
  for (const auto& [index, value] : pairs) {
    bytes.append(reinterpret_cast<const char*>(&index), sizeof index);
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return bytes;
}

std::vector<float> Floats(const JsonView& json) {
  std::vector<float> values;
  for (size_t i = 0; i < json.size(); ++i)
    values.push_back(static_cast<float>(json.At(i).number()));
  return values;
}

int64_t DimOf(DataType payload, const JsonView& json) {
  if (payload == DataType::kFloatVector || payload == DataType::kInt8Vector)
    return static_cast<int64_t>(json.size());
  if (payload == DataType::kBinaryVector) return static_cast<int64_t>(json.string().size());
  return 0;
}

// What an element travels as: its array field's type, small integers as int32.
DataType ElementPayload(DataType element) {
  return element == DataType::kInt8 || element == DataType::kInt16 ? DataType::kInt32 : element;
}

Result<std::string> ArrayRow(DataType element, const JsonView& json) {
  std::vector<Value> values;
  for (size_t i = 0; i < json.size(); ++i) values.push_back(TRY(ToValue(json.At(i))));
  return EncodeArray(element, values);
}

Status AppendValue(const JsonView& json, DataType array_element, Column* column) {
  switch (column->type()) {
    case DataType::kBool:
      column->Append<uint8_t>(json.boolean() ? 1 : 0);
      return {};
    case DataType::kInt32:
      column->Append<int32_t>(static_cast<int32_t>(json.int64()));
      return {};
    case DataType::kInt64:
      column->Append<int64_t>(json.int64());
      return {};
    case DataType::kFloat:
      column->Append<float>(static_cast<float>(json.number()));
      return {};
    case DataType::kDouble:
      column->Append<double>(json.number());
      return {};
    case DataType::kVarChar:
    case DataType::kGeometry:
      column->AppendString(json.string());
      return {};
    case DataType::kJson:
      column->AppendString(Text(json));
      return {};
    case DataType::kArray:
      column->AppendString(TRY(ArrayRow(array_element, json)));
      return {};
    case DataType::kSparseFloatVector:
      column->AppendString(SparseRow(json));
      return {};
    case DataType::kFloatVector: {
      if (static_cast<int64_t>(json.size()) != column->dim())
        return Bad("vectors of one insert differ in length");
      column->AppendFixed(Floats(json).data(), 1);
      return {};
    }
    case DataType::kInt8Vector: {
      std::string bytes;
      for (size_t i = 0; i < json.size(); ++i)
        bytes.push_back(static_cast<char>(json.At(i).int64()));
      column->AppendFixed(bytes.data(), 1);
      return {};
    }
    case DataType::kBinaryVector:
      column->AppendFixed(BitsOf(json.string()).data(), 1);
      return {};
    case DataType::kNone:
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kString:
    case DataType::kText:
    case DataType::kTimestamptz:
    case DataType::kFloat16Vector:
    case DataType::kBFloat16Vector:
    case DataType::kArrayOfVector:
    case DataType::kArrayOfStruct:
    case DataType::kStruct:
      break;  // nothing travels in these
  }
  return Bad("no payload of type " + std::string(NameOf(column->type())));
}

struct Row {
  std::string binary;
  std::map<std::string, JsonView, std::less<>> members;
};

Result<gateway::InputColumn> ToColumn(const std::string& name, const Field* field,
                                      const std::vector<Row>& rows) {
  gateway::InputColumn column;
  column.name = name;
  std::optional<Column> payload;
  bool missing = false;
  std::vector<uint8_t> valid;
  for (const Row& row : rows) {
    const auto member = row.members.find(name);
    const bool present = member != row.members.end() && !member->second.is_null();
    valid.push_back(present ? 1 : 0);
    if (!present) {
      missing = true;
      continue;
    }
    const JsonView& json = member->second;
    if (!payload) {
      const DataType type = PayloadOf(field, json);
      payload = Column(FieldId(), type, DimOf(type, json));
      if (type == DataType::kArray) column.array_element = ElementPayload(field->element_type);
    }
    const Status appended = AppendValue(json, column.array_element, &*payload);
    if (!appended.ok()) return Status(appended.code(), name + ": " + appended.message());
  }
  column.type = field != nullptr ? field->type : payload ? payload->type() : DataType::kNone;
  column.payload = payload ? std::move(*payload) : Column(FieldId(), DataType::kNone);
  if (missing) column.valid = std::move(valid);
  return column;
}

gateway::InputColumn DynamicColumn(const Schema& schema, const std::vector<Row>& rows) {
  gateway::InputColumn column;
  column.name = kDynamicFieldName;
  column.type = DataType::kJson;
  column.dynamic = true;
  column.payload = Column(FieldId(), DataType::kJson);
  for (const Row& row : rows) {
    std::string text = "{";
    JsonView(row.binary).ForEachMember([&](std::string_view key, const JsonView& value) {
      if (schema.Find(key) != nullptr) return true;
      if (text.size() > 1) text += ',';
      text += '"' + std::string(key) + "\":" + Text(value);
      return true;
    });
    column.payload.AppendString(text + "}");
  }
  return column;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

template <typename T>
std::string Shortest(T value) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

template <typename Fn>
std::string ListOf(size_t count, Fn fn) {
  std::string out = "[";
  for (size_t i = 0; i < count; ++i) out += (i > 0 ? "," : "") + fn(i);
  return out + "]";
}

std::string ValueText(const Value& value, bool narrow) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_int()) return std::to_string(value.as_int());
  if (value.is_string()) return Quoted(value.as_string());
  return narrow ? Shortest(static_cast<float>(value.as_double())) : Shortest(value.as_double());
}

std::string CellText(const Field& field, const Column& column, size_t row) {
  if (column.IsNull(row)) return "null";
  const std::string_view bytes = column.String(row);
  const auto dim = static_cast<size_t>(field.dim);
  const auto half = [&](size_t i) {
    uint16_t bits;
    std::memcpy(&bits, bytes.data() + i * 2, 2);
    return bits;
  };
  switch (column.type()) {
    case DataType::kBool:
      return column.as<uint8_t>()[row] != 0 ? "true" : "false";
    case DataType::kInt8:
      return std::to_string(column.as<int8_t>()[row]);
    case DataType::kInt16:
      return std::to_string(column.as<int16_t>()[row]);
    case DataType::kInt32:
      return std::to_string(column.as<int32_t>()[row]);
    case DataType::kInt64:
      return std::to_string(column.as<int64_t>()[row]);
    case DataType::kFloat:
      return Shortest(column.as<float>()[row]);
    case DataType::kDouble:
      return Shortest(column.as<double>()[row]);
    case DataType::kTimestamptz:
      return Quoted(FormatTimestamptz(column.as<int64_t>()[row], TimeZone::Utc()));
    case DataType::kVarChar:
    case DataType::kText:
      return Quoted(bytes);
    case DataType::kGeometry:
      return Quoted(*geo::WkbToWkt(bytes));
    case DataType::kJson:
      return JsonText(bytes);
    case DataType::kArray: {
      const ArrayView array(field.element_type, bytes);
      return ListOf(array.size(), [&](size_t i) {
        return ValueText(array.element(i), field.element_type == DataType::kFloat);
      });
    }
    case DataType::kFloatVector:
      return ListOf(dim, [&](size_t i) { return Shortest(column.as<float>()[row * dim + i]); });
    case DataType::kFloat16Vector:
      return ListOf(dim, [&](size_t i) { return Shortest(simd::HalfToFloat(half(i))); });
    case DataType::kBFloat16Vector:
      return ListOf(dim, [&](size_t i) { return Shortest(simd::BFloat16ToFloat(half(i))); });
    case DataType::kInt8Vector:
      return ListOf(dim, [&](size_t i) { return std::to_string(static_cast<int8_t>(bytes[i])); });
    case DataType::kBinaryVector: {
      std::string bits = "\"";
      for (size_t i = 0; i < dim; ++i) bits += (bytes[i / 8] >> (i % 8)) & 1 ? '1' : '0';
      return bits + '"';
    }
    case DataType::kSparseFloatVector: {
      std::string out = "{";
      for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        uint32_t index;
        float value;
        std::memcpy(&index, bytes.data() + at, 4);
        std::memcpy(&value, bytes.data() + at + 4, 4);
        out += (at > 0 ? "," : "") + Quoted(std::to_string(index)) + ":" + Shortest(value);
      }
      return out + "}";
    }
    case DataType::kNone:
    case DataType::kString:
    case DataType::kArrayOfVector:
    case DataType::kArrayOfStruct:
    case DataType::kStruct:
      break;
  }
  return "?";
}

}  // namespace

Result<Value> ToValue(const JsonView& json) {
  if (json.is_null()) return Value();
  if (json.is_bool()) return Value(json.boolean());
  if (json.type() == JsonType::kInt) return Value(json.int64());
  if (json.is_number()) return Value(json.number());
  if (json.is_string()) return Value(std::string(json.string()));
  if (!json.is_array()) return Bad("no value of " + Text(json));
  Value::Array values;
  for (size_t i = 0; i < json.size(); ++i) values.push_back(TRY(ToValue(json.At(i))));
  return Value(std::move(values));
}

Result<std::vector<gateway::InputColumn>> ToColumns(const Schema& schema,
                                                    const std::vector<std::string>& rows) {
  std::vector<Row> parsed(rows.size());
  std::vector<std::string> names;
  for (size_t i = 0; i < rows.size(); ++i) {
    parsed[i].binary = TRY(EncodeJson(rows[i]));
    JsonView(parsed[i].binary).ForEachMember([&](std::string_view key, const JsonView& value) {
      parsed[i].members[std::string(key)] = value;
      if (std::find(names.begin(), names.end(), key) == names.end()) names.emplace_back(key);
      return true;
    });
  }
  std::vector<gateway::InputColumn> columns;
  bool dynamic = false;
  for (const std::string& name : names) {
    const Field* field = schema.Find(name);
    if (field == nullptr && schema.enable_dynamic_field) {
      dynamic = true;
      continue;
    }
    columns.push_back(TRY(ToColumn(name, field, parsed)));
  }
  if (dynamic) columns.push_back(DynamicColumn(schema, parsed));
  return columns;
}

Result<roles::QueryVectors> ToQueries(const Field& field, std::string_view json) {
  const std::string binary = TRY(EncodeJson(json));
  const JsonView root(binary);
  std::vector<JsonView> vectors;
  if (root.is_array() && (root.size() == 0 || !root.At(0).is_number())) {
    for (size_t i = 0; i < root.size(); ++i) vectors.push_back(root.At(i));
  } else {
    vectors.push_back(root);
  }
  roles::QueryVectors queries;
  queries.type = field.type;
  queries.count = vectors.size();
  for (const JsonView& vector : vectors) {
    if (vector.is_object()) {
      queries.type = DataType::kSparseFloatVector;
      queries.sparse.push_back(SparseRow(vector));
      continue;
    }
    if (vector.is_string() && field.type != DataType::kBinaryVector) {
      queries.type = DataType::kVarChar;
      queries.sparse.emplace_back(vector.string());
      continue;
    }
    if (vector.is_string()) {
      queries.type = DataType::kBinaryVector;
      queries.dim = static_cast<int64_t>(vector.string().size());
      queries.dense += BitsOf(vector.string());
      continue;
    }
    const std::vector<float> floats = Floats(vector);
    queries.dim = static_cast<int64_t>(floats.size());
    if (field.type == DataType::kInt8Vector) {
      for (const float value : floats)
        queries.dense.push_back(static_cast<char>(static_cast<int8_t>(value)));
    } else if (field.type == DataType::kFloat16Vector || field.type == DataType::kBFloat16Vector) {
      std::string halves(floats.size() * 2, '\0');
      gateway::NarrowFloats(floats.data(), floats.size(), field.type,
                            reinterpret_cast<std::byte*>(halves.data()));
      queries.dense += halves;
    } else {
      queries.type = DataType::kFloatVector;
      queries.dense.append(reinterpret_cast<const char*>(floats.data()),
                           floats.size() * sizeof(float));
    }
  }
  return queries;
}

std::string RowText(const std::vector<gateway::OutputColumn>& columns, size_t row,
                    const std::vector<std::string>& hidden) {
  std::string out = "{";
  for (const gateway::OutputColumn& column : columns) {
    if (std::find(hidden.begin(), hidden.end(), column.field.name) != hidden.end()) continue;
    out += (out.size() > 1 ? ", " : "") + Quoted(column.field.name) + ":" +
           CellText(column.field, column.column, row);
  }
  return out + "}";
}

std::string KeyText(const Column& keys, size_t row) {
  return keys.type() == DataType::kInt64 ? std::to_string(keys.as<int64_t>()[row])
                                         : Quoted(keys.String(row));
}

std::string NumberText(double value, int digits) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.*g", digits, value == 0 ? 0.0 : value);
  return buffer;
}

}  // namespace elanus::testing
