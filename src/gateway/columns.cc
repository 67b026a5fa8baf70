#include "gateway/columns.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "gateway/text.h"
#include "geo/wkt.h"
#include "model/array.h"
#include "model/json.h"
#include "simd/half.h"

namespace elanus::gateway {
namespace {

std::string Text(size_t number) { return std::to_string(number); }

// ---- Number checks ------------------------------------------------------------------------------

// An exponent of all ones, moved up by one, reaches the sign bit: and, add, or on whole vectors.
bool HasNonFinite(const float* values, size_t count) {
  constexpr size_t kBlock = 16;
  uint32_t seen[kBlock] = {};
  size_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    uint32_t bits[kBlock];
    std::memcpy(bits, values + i, sizeof bits);
    for (size_t j = 0; j < kBlock; ++j) seen[j] |= (bits[j] & 0x7f800000u) + 0x00800000u;
  }
  for (; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    seen[0] |= (bits & 0x7f800000u) + 0x00800000u;
  }
  uint32_t any = 0;
  for (const uint32_t s : seen) any |= s;
  return (any & 0x80000000u) != 0;
}

Status NotFinite(double value) {
  const std::string text = std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  return Invalid("value '", text, "' is not a number or infinity");
}

Status CheckFiniteHalves(const std::byte* bytes, size_t count, uint16_t exponent,
                         std::string_view name) {
  for (size_t i = 0; i < count; ++i) {
    uint16_t bits;
    std::memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
    if ((bits & exponent) == exponent) {
      return Invalid(name, " vector contain nan or infinity value.");
    }
  }
  return {};
}

Status CheckIntRange(const int32_t* values, size_t count, int32_t low, int32_t high) {
  for (size_t i = 0; i < count; ++i) {
    if (values[i] >= low && values[i] <= high) continue;
    return InvalidExpected(
        "integer doesn't overflow", "out of range",
        Concat("the ", i, "th element (", values[i], ") out of range: [", low, ", ", high, "]"));
  }
  return {};
}

// ---- What a field expects -----------------------------------------------------------------------

// Milvus's words for "this field got another kind of array".
struct Expectation {
  DataType payload;       // the type the column travels in
  std::string_view lead;  // "<lead>field 'x' is illegal, array type mismatch"
  std::string_view need;
};

Expectation ExpectationOf(DataType type) {
  switch (type) {
    case DataType::kBool:
      return {DataType::kBool, "", "need bool array"};
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
      return {DataType::kInt32, "", "need int array"};
    case DataType::kInt64:
      return {DataType::kInt64, "", "need long int array"};
    case DataType::kFloat:
      return {DataType::kFloat, "", "need float32 array"};
    case DataType::kDouble:
      return {DataType::kDouble, "", "need float64(double) array"};
    case DataType::kVarChar:
      return {DataType::kVarChar, "varchar ", "need string array"};
    case DataType::kText:
      return {DataType::kVarChar, "text ", "need string array"};
    case DataType::kTimestamptz:
      return {DataType::kVarChar, "timestamptz ", "need string array"};
    case DataType::kJson:
      return {DataType::kJson, "json ", "need json array"};
    case DataType::kGeometry:
      return {DataType::kGeometry, "geometry ", "need geometry array"};
    case DataType::kArray:
      return {DataType::kArray, "array ", "need array"};
    case DataType::kBinaryVector:
      return {type, "binary vector ", "need binary vector"};
    case DataType::kFloatVector:
      return {type, "float vector ", "need float vector"};
    case DataType::kFloat16Vector:
      return {type, "float16 vector ", "need float16 vector"};
    case DataType::kBFloat16Vector:
      return {type, "bfloat16 vector ", "need bfloat16 vector"};
    case DataType::kSparseFloatVector:
      return {type, "sparse float vector ", "need sparse float vector"};
    case DataType::kInt8Vector:
      return {type, "int8 vector ", "need int8 vector"};
    case DataType::kNone:
    case DataType::kString:
    case DataType::kArrayOfVector:
    case DataType::kArrayOfStruct:
    case DataType::kStruct:
      return {DataType::kNone, "", "need a supported type"};
  }
  return {DataType::kNone, "", ""};
}

Status TypeMismatch(const Field& field) {
  const Expectation expected = ExpectationOf(field.type);
  const std::string need = field.type == DataType::kArray
                               ? Concat("need ", NameOf(field.element_type), " array")
                               : std::string(expected.need);
  return InvalidExpected(
      need, "got nil",
      Concat(expected.lead, "field '", field.name, "' is illegal, array type mismatch"));
}

Status RowsMismatch(const Field& field, size_t got, size_t rows) {
  return InvalidExpected(Text(rows), Text(got),
                         Concat("the num_rows (", got, ") of field (", field.name,
                                ") is not equal to passed num_rows (", rows, ")"));
}

// ---- Vectors ------------------------------------------------------------------------------------

// How many elements a vector has on the wire (floats, bytes) and what Milvus calls the payload.
Status CheckDim(const Field& field, const Column& payload) {
  const auto sent = static_cast<size_t>(std::max<int64_t>(payload.dim(), 0));
  const auto dim = static_cast<size_t>(field.dim);
  // What the wire counts: floats, or bytes.
  const auto per_row = [&payload](size_t of_dim) {
    return payload.type() == DataType::kFloatVector
               ? of_dim
               : WidthOf(payload.type(), static_cast<int64_t>(of_dim));
  };
  const size_t length = payload.rows() * per_row(sent);
  if (length % std::max<size_t>(per_row(dim), 1) != 0) {
    const DataType type = payload.type();
    if (type == DataType::kBinaryVector) {
      return Invalid("the num(", length * 8, ") of all bits should divide the dim(", dim, ")");
    }
    if (type == DataType::kFloat16Vector || type == DataType::kBFloat16Vector) {
      return Invalid("the length(", length, ") of ",
                     type == DataType::kFloat16Vector ? "float16" : "bfloat",
                     " data should divide the row width(", per_row(dim), ")");
    }
    return Invalid("the length(", length, ") of ", type == DataType::kInt8Vector ? "int8" : "float",
                   " data should divide the dim(", dim, ")");
  }
  if (sent != dim) {
    return InvalidExpected(Text(dim), Text(sent),
                           Concat("the dim (", sent, ") of field data(", field.name,
                                  ") is not equal to schema dim (", dim, ")"));
  }
  return {};
}

Status CheckVectorValues(const Field& field, const Column& payload) {
  if (field.type == DataType::kSparseFloatVector) {
    for (size_t row = 0; row < payload.rows(); ++row) TRY(CheckSparseRow(payload.String(row)));
    return {};
  }
  const size_t count = payload.rows() * static_cast<size_t>(payload.dim());
  if (payload.type() == DataType::kFloatVector) return CheckFinite(payload.as<float>(), count);
  if (payload.type() == DataType::kFloat16Vector) {
    return CheckFiniteHalves(payload.data(), count, 0x7c00, "float16");
  }
  if (payload.type() == DataType::kBFloat16Vector) {
    return CheckFiniteHalves(payload.data(), count, 0x7f80, "bfloat16");
  }
  return {};
}

Result<Column> DecodeVector(const Field& field, Column payload) {
  TRY(CheckVectorValues(field, payload));
  if (field.type != DataType::kSparseFloatVector && payload.rows() > 0) {
    TRY(CheckDim(field, payload));
  }
  if (payload.type() == field.type) return payload;
  Column narrow(field.id, field.type, field.dim);
  const size_t count = payload.rows() * static_cast<size_t>(field.dim);
  NarrowFloats(payload.as<float>(), count, field.type, narrow.ResizeFixed(payload.rows()));
  return narrow;
}

// ---- Scalars ------------------------------------------------------------------------------------

template <typename Narrow>
Result<Column> NarrowInts(const Field& field, const Column& payload) {
  using Range = std::numeric_limits<Narrow>;
  const int32_t* values = payload.as<int32_t>();
  TRY(CheckIntRange(values, payload.rows(), Range::min(), Range::max()));
  Column column(field.id, field.type);
  auto* out = reinterpret_cast<Narrow*>(column.ResizeFixed(payload.rows()));
  for (size_t row = 0; row < payload.rows(); ++row) out[row] = static_cast<Narrow>(values[row]);
  return column;
}

Status CheckFiniteDoubles(const double* values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) return NotFinite(values[i]);
  }
  return {};
}

Status CheckStrings(const Field& field, const Column& payload) {
  if (field.auto_id) return {};
  for (size_t row = 0; row < payload.rows(); ++row) {
    const size_t length = payload.String(row).size();
    if (static_cast<int64_t>(length) <= field.max_length) continue;
    return Invalid("length of varchar field ", field.name, " exceeds max length, row number: ", row,
                   ", length: ", length, ", max length: ", field.max_length);
  }
  return {};
}

// Texts of any length.
Column DecodeTexts(const Field& field, const Column& payload) {
  Column column(field.id, field.type);
  column.Reserve(payload.rows(), payload.bytes());
  for (size_t row = 0; row < payload.rows(); ++row) column.AppendString(payload.String(row));
  return column;
}

Result<Column> DecodeJson(const Field& field, const Column& payload, const Limits& limits) {
  Column column(field.id, field.type);
  column.Reserve(payload.rows(), payload.bytes());
  for (size_t row = 0; row < payload.rows(); ++row) {
    const std::string_view text = payload.String(row);
    if (static_cast<int64_t>(text.size()) > limits.json_length_max) {
      if (field.dynamic) {
        return InvalidExpected(
            "valid length dynamic field", "length exceeds max length",
            Concat("the length (", text.size(), ") of dynamic field exceeds max length (",
                   limits.json_length_max, ")"));
      }
      return InvalidExpected("valid length json string", "length exceeds max length",
                             Concat("the length (", text.size(), ") of json field (", field.name,
                                    ") exceeds max length (", limits.json_length_max, ")"));
    }
    const Result<std::string> binary = EncodeJson(text);
    if (!binary.ok()) {
      if (field.dynamic) {
        return Invalid("invalid dynamic field data, only json map is supported: ",
                       binary.status().message());
      }
      return Invalid("json field '", field.name, "' holds invalid JSON at row ", row, ": ",
                     binary.status().message());
    }
    column.AppendString(*binary);
  }
  return column;
}

Result<Column> DecodeTimestamps(const Field& field, const Column& payload, const TimeZone& zone) {
  Column column(field.id, field.type);
  auto* out = reinterpret_cast<int64_t*>(column.ResizeFixed(payload.rows()));
  for (size_t row = 0; row < payload.rows(); ++row) {
    const Result<int64_t> micros = ParseTimestamptz(payload.String(row), zone);
    if (!micros.ok()) {
      return Invalid("got invalid timestamptz string '", payload.String(row),
                     "': invalid timezone name; must be a valid IANA Time Zone ID "
                     "(e.g., 'Asia/Shanghai' or 'UTC')");
    }
    out[row] = *micros;
  }
  return column;
}

Result<Column> DecodeGeometries(const Field& field, const Column& payload) {
  Column column(field.id, field.type);
  column.Reserve(payload.rows(), payload.bytes());
  for (size_t row = 0; row < payload.rows(); ++row) {
    const Result<std::string> wkb = geo::WktToWkb(payload.String(row));
    if (!wkb.ok()) {
      return Status(wkb.status().code(), Concat("invalid Geometry data, transform to wkb failed: ",
                                                wkb.status().message()));
    }
    column.AppendString(*wkb);
  }
  return column;
}

// ---- Arrays -------------------------------------------------------------------------------------

// The kind an element travels as: Int8..Int32 as int32.
DataType WireElement(DataType element) {
  return element == DataType::kInt8 || element == DataType::kInt16 ? DataType::kInt32 : element;
}

std::string_view KindName(DataType element) {
  const DataType wire = WireElement(element);
  if (wire == DataType::kBool) return "bool array";
  if (wire == DataType::kInt32) return "int array";
  if (wire == DataType::kInt64) return "int64 array";
  if (wire == DataType::kFloat) return "float array";
  if (wire == DataType::kDouble) return "double array";
  return wire == DataType::kVarChar ? "string array" : "nil array";
}

Status CheckArrayRow(const Field& field, const ArrayView& array, size_t row) {
  if (!array.valid())
    return InvalidExpected(KindName(field.element_type), "nil array", "insert data does not match");
  if (static_cast<int64_t>(array.size()) > field.max_capacity) {
    return InvalidExpected("valid length array", "array length exceeds max capacity",
                           Concat("the length (", array.size(), ") of ", row,
                                  "th array exceeds max capacity (", field.max_capacity, ")"));
  }
  if (field.element_type != DataType::kVarChar) return {};
  for (size_t i = 0; i < array.size(); ++i) {
    const size_t length = array.String(i).size();
    if (static_cast<int64_t>(length) <= field.max_length) continue;
    return Invalid("length of Array array field \"", field.name,
                   "\" exceeds max length, row number: ", row, ", array index: ", i,
                   ", length: ", length, ", max length: ", field.max_length);
  }
  return {};
}

template <typename Narrow>
Result<std::string> NarrowArray(const ArrayView& array) {
  std::vector<int32_t> wide(array.size());
  for (size_t i = 0; i < wide.size(); ++i) wide[i] = array.Fixed<int32_t>(i);
  using Range = std::numeric_limits<Narrow>;
  TRY(CheckIntRange(wide.data(), wide.size(), Range::min(), Range::max()));
  const std::vector<Narrow> narrow(wide.begin(), wide.end());
  return EncodeFixedArray<Narrow>(narrow);
}

Result<Column> DecodeArrays(const Field& field, InputColumn* input) {
  Column& payload = input->payload;
  const bool empty = input->array_element == DataType::kNone;  // no row had an element
  const DataType wire = empty ? WireElement(field.element_type) : input->array_element;
  const bool same = wire == field.element_type;
  if (!same && wire != WireElement(field.element_type)) {
    return InvalidExpected(KindName(field.element_type), KindName(wire),
                           "insert data does not match");
  }
  if (same && !empty) {
    for (size_t row = 0; row < payload.rows(); ++row) {
      TRY(CheckArrayRow(field, ArrayView(wire, payload.String(row)), row));
    }
    return std::move(payload);
  }
  Column column(field.id, field.type);
  for (size_t row = 0; row < payload.rows(); ++row) {
    if (empty) {
      column.AppendString(TRY(EncodeArray(field.element_type, {})));
      continue;
    }
    const ArrayView array(wire, payload.String(row));
    TRY(CheckArrayRow(field, array, row));
    column.AppendString(TRY(field.element_type == DataType::kInt8 ? NarrowArray<int8_t>(array)
                                                                  : NarrowArray<int16_t>(array)));
  }
  return column;
}

// ---- Nulls --------------------------------------------------------------------------------------

Status AppendDefault(const Field& field, const ColumnRules& rules, Column* column) {
  const Value& value = *field.default_value;
  if (field.type == DataType::kVarChar) {
    column->AppendString(value.as_string());
  } else if (field.type == DataType::kGeometry) {
    column->AppendString(TRY(geo::WktToWkb(value.as_string())));
  } else if (field.type == DataType::kBool) {
    column->Append<uint8_t>(value.as_bool() ? 1 : 0);
  } else if (field.type == DataType::kFloat) {
    column->Append(static_cast<float>(value.as_double()));
  } else if (field.type == DataType::kDouble) {
    column->Append(value.as_double());
  } else if (field.type == DataType::kTimestamptz && value.is_string()) {
    column->Append(TRY(ParseTimestamptz(value.as_string(), *rules.zone)));
  } else if (IsInteger(field.type) || field.type == DataType::kTimestamptz) {
    const int64_t number = value.as_int();
    column->AppendFixed(&number, 1);  // little-endian: the low bytes of the field's width
  } else {
    return Invalid("type (", NameOf(field.type), ") not support default_value");
  }
  return {};
}

Status AppendMissing(const Field& field, const ColumnRules& rules, Column* column) {
  if (field.default_value.has_value()) return AppendDefault(field, rules, column);
  if (field.dynamic) {
    static const std::string kEmptyObject = EncodeJson("{}").take();
    column->AppendString(kEmptyObject);
  } else {
    column->AppendNull();
  }
  return {};
}

// From only the valid values to a value or a null for every row.
Result<Column> Spread(const Field& field, Column compact, const std::vector<uint8_t>& valid,
                      const ColumnRules& rules) {
  Column column(field.id, field.type, field.dim);
  column.Reserve(rules.rows, compact.bytes());
  size_t next = 0;
  for (const uint8_t is_valid : valid) {
    if (is_valid != 0) {
      column.AppendFrom(compact, next++);
    } else {
      TRY(AppendMissing(field, rules, &column));
    }
  }
  return column;
}

}  // namespace

Status CheckSparseRow(std::string_view row) {
  if (row.size() % 8 != 0) {
    return Invalid("invalid data length in sparse float vector: ", row.size());
  }
  uint32_t previous = 0;
  for (size_t at = 0; at < row.size(); at += 8) {
    uint32_t index;
    float value;
    std::memcpy(&index, row.data() + at, sizeof index);
    std::memcpy(&value, row.data() + at + 4, sizeof value);
    if (index == std::numeric_limits<uint32_t>::max()) {
      return Invalid("invalid index in sparse float vector: must be less than 2^32-1");
    }
    if (at > 0 && index <= previous) {
      return Invalid("unsorted or same indices in sparse float vector");
    }
    if (!std::isfinite(value)) return NotFinite(value);
    if (value < 0) return Invalid("negative value in sparse float vector");
    previous = index;
  }
  return {};
}

Status CheckFinite(const float* values, size_t count) {
  if (!HasNonFinite(values, count)) return {};
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) return NotFinite(values[i]);
  }
  return {};
}

void NarrowFloats(const float* values, size_t count, DataType to, std::byte* out) {
  for (size_t i = 0; i < count; ++i) {
    const uint16_t bits = to == DataType::kFloat16Vector ? simd::FloatToHalf(values[i])
                                                         : simd::FloatToBFloat16(values[i]);
    std::memcpy(out + i * sizeof bits, &bits, sizeof bits);
  }
}

Result<Column> DecodeColumn(const Field& field, InputColumn input, const ColumnRules& rules) {
  const bool may_miss = field.nullable || field.default_value.has_value();
  Column& payload = input.payload;
  const DataType expected = ExpectationOf(field.type).payload;
  const bool widened =
      payload.type() == DataType::kFloatVector &&
      (field.type == DataType::kFloat16Vector || field.type == DataType::kBFloat16Vector);
  const bool nothing = payload.type() == DataType::kNone || payload.rows() == 0;
  if (nothing ? !may_miss : payload.type() != expected && !widened) return TypeMismatch(field);
  if (nothing) payload = Column(field.id, expected, field.dim);

  if (may_miss ? !input.valid.empty() && input.valid.size() != rules.rows : !input.valid.empty()) {
    return InvalidExpected(Text(may_miss ? rules.rows : 0), Text(input.valid.size()),
                           Concat("the length of valid_data of field(", field.name, ") is wrong"));
  }
  Column column;
  switch (field.type) {
    case DataType::kInt8:
      column = TRY(NarrowInts<int8_t>(field, payload));
      break;
    case DataType::kInt16:
      column = TRY(NarrowInts<int16_t>(field, payload));
      break;
    case DataType::kFloat:
      TRY(CheckFinite(payload.as<float>(), payload.rows()));
      column = std::move(payload);
      break;
    case DataType::kDouble:
      TRY(CheckFiniteDoubles(payload.as<double>(), payload.rows()));
      column = std::move(payload);
      break;
    case DataType::kVarChar:
      TRY(CheckStrings(field, payload));
      column = std::move(payload);
      break;
    case DataType::kText:
      column = DecodeTexts(field, payload);
      break;
    case DataType::kJson:
      column = TRY(DecodeJson(field, payload, *rules.limits));
      break;
    case DataType::kTimestamptz:
      column = TRY(DecodeTimestamps(field, payload, *rules.zone));
      break;
    case DataType::kGeometry:
      column = TRY(DecodeGeometries(field, payload));
      break;
    case DataType::kArray:
      column = TRY(DecodeArrays(field, &input));
      break;
    case DataType::kBinaryVector:
    case DataType::kFloatVector:
    case DataType::kFloat16Vector:
    case DataType::kBFloat16Vector:
    case DataType::kSparseFloatVector:
    case DataType::kInt8Vector:
      column = TRY(DecodeVector(field, std::move(payload)));
      break;
    case DataType::kBool:
    case DataType::kInt32:
    case DataType::kInt64:
      column = std::move(payload);
      break;
    case DataType::kNone:
    case DataType::kString:
    case DataType::kArrayOfVector:
    case DataType::kArrayOfStruct:
    case DataType::kStruct:
      return NotBuilt("field type ", NameOf(field.type));
  }
  column.SetField(field.id);

  const size_t present = static_cast<size_t>(
      std::count_if(input.valid.begin(), input.valid.end(), [](uint8_t v) { return v != 0; }));
  if (may_miss && !input.valid.empty()) {
    if (column.rows() != present) {
      return InvalidExpected(Text(present), Text(column.rows()), "the length of field is wrong");
    }
    if (present != rules.rows) return Spread(field, std::move(column), input.valid, rules);
  }
  if (column.rows() != rules.rows) {
    if (may_miss) {
      return InvalidExpected(Text(rules.rows), Text(column.rows()), "the length of field is wrong");
    }
    return RowsMismatch(field, column.rows(), rules.rows);
  }
  return column;
}

Result<Column> AbsentColumn(const Field& field, const ColumnRules& rules) {
  Column column(field.id, field.type, field.dim);
  column.Reserve(rules.rows);
  for (size_t row = 0; row < rules.rows; ++row) TRY(AppendMissing(field, rules, &column));
  return column;
}

}  // namespace elanus::gateway
