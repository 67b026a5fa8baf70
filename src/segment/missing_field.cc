#include "segment/missing_field.h"

#include <cstring>

#include "geo/wkt.h"
#include "model/array.h"
#include "model/json.h"
#include "model/timestamptz.h"

namespace elanus::segment {
namespace {

template <typename T, typename V>
std::string Packed(V value) {
  const T typed = static_cast<T>(value);
  return std::string(reinterpret_cast<const char*>(&typed), sizeof typed);
}

// Defaults were checked when the schema was made.
std::string Checked(Result<std::string> bytes) {
  CHECK(bytes.ok());
  return std::move(bytes).take();
}

int64_t Instant(const Value& value) {
  if (value.is_int()) return value.as_int();
  auto micros = ParseTimestamptz(value.as_string(), TimeZone::Utc());
  CHECK(micros.ok());
  return *micros;
}

std::string Encoded(const Field& field, const Value& value) {
  switch (field.type) {
    case DataType::kBool:
      return Packed<uint8_t>(value.as_bool() ? 1 : 0);
    case DataType::kInt8:
      return Packed<int8_t>(value.as_int());
    case DataType::kInt16:
      return Packed<int16_t>(value.as_int());
    case DataType::kInt32:
      return Packed<int32_t>(value.as_int());
    case DataType::kInt64:
      return Packed<int64_t>(value.as_int());
    case DataType::kFloat:
      return Packed<float>(value.as_double());
    case DataType::kDouble:
      return Packed<double>(value.as_double());
    case DataType::kTimestamptz:
      return Packed<int64_t>(Instant(value));
    case DataType::kString:
    case DataType::kVarChar:
    case DataType::kText:
      return value.as_string();
    case DataType::kGeometry:
      return Checked(geo::WktToWkb(value.as_string()));
    case DataType::kJson:
      return Checked(EncodeJson(value.as_string()));
    case DataType::kArray:
      return Checked(EncodeArray(field.element_type, value.as_array()));
    case DataType::kNone:
    case DataType::kBinaryVector:
    case DataType::kFloatVector:
    case DataType::kFloat16Vector:
    case DataType::kBFloat16Vector:
    case DataType::kSparseFloatVector:
    case DataType::kInt8Vector:
    case DataType::kArrayOfVector:
    case DataType::kArrayOfStruct:
    case DataType::kStruct:
      break;
  }
  CheckFailed(__FILE__, __LINE__, "fields of this type have no default");
}

}  // namespace

MissingValue ValueWhenMissing(const Field& field) {
  if (field.default_value && !field.default_value->is_null()) {
    return {false, Encoded(field, *field.default_value)};
  }
  if (field.dynamic) return {false, Checked(EncodeJson("{}"))};
  return {true, std::string(WidthOf(field.type, field.dim), '\0')};
}

std::unique_ptr<ValueReader> MakeMissingValues(const Field& field) {
  class MissingValues : public ValueReader {
   public:
    explicit MissingValues(MissingValue value) : value_(std::move(value)) {}
    std::optional<std::string_view> At(uint32_t) const override {
      if (value_.null) return std::nullopt;
      return value_.bytes;
    }

   private:
    const MissingValue value_;
  };
  return std::make_unique<MissingValues>(ValueWhenMissing(field));
}

void AppendMissing(const MissingValue& value, size_t count, Column* out) {
  for (size_t i = 0; i < count; ++i) {
    if (value.null) {
      out->AppendNull();
    } else if (out->fixed()) {
      out->AppendFixed(value.bytes.data(), 1);
    } else {
      out->AppendString(value.bytes);
    }
  }
}

void MissingFields::Add(const Field& field) {
  Constant& constant = constants_[field.id];
  constant.value = ValueWhenMissing(field);
  constexpr size_t kRows = expr::Source::kBlockRows;
  if (WidthOf(field.type, field.dim) == 0) {
    constant.strings.assign(kRows, constant.value.bytes);
  } else if (!IsVector(field.type)) {  // filters read no vectors, only whether they are null
    for (size_t i = 0; i < kRows; ++i) constant.fixed += constant.value.bytes;
  }
  if (constant.value.null) constant.valid.assign(kRows, 0);
}

bool MissingFields::Read(FieldId field, size_t first, size_t count, expr::Block* block) const {
  const auto it = constants_.find(field);
  if (it == constants_.end()) return false;
  const Constant& constant = it->second;
  block->first = first;
  block->count = count;
  if (!constant.fixed.empty())
    block->fixed = reinterpret_cast<const std::byte*>(constant.fixed.data());
  if (!constant.strings.empty()) block->strings = constant.strings.data();
  if (!constant.valid.empty()) block->valid = constant.valid.data();
  return true;
}

}  // namespace elanus::segment
