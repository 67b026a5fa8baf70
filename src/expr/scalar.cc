#include "expr/scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace elanus::expr {
namespace {

int Order(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return 2;
  return a < b ? -1 : a > b ? 1 : 0;
}
template <typename T>
int OrderInts(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

template <typename T>
T LoadAs(const Block& column, size_t row) {
  T value;
  std::memcpy(&value, column.fixed + row * sizeof value, sizeof value);
  return value;
}

bool IsWhole(double value, int64_t* integer) {
  if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0)) return false;
  *integer = static_cast<int64_t>(value);
  return static_cast<double>(*integer) == value;
}

// All but `scalar->json`.
void SetValue(const JsonView& json, Scalar* scalar) {
  switch (json.type()) {
    case JsonType::kMissing:
    case JsonType::kNull:
      scalar->kind = Scalar::Kind::kNone;
      break;
    case JsonType::kBool:
      scalar->kind = Scalar::Kind::kBool;
      scalar->integer = json.boolean();
      break;
    case JsonType::kInt:
      scalar->kind = Scalar::Kind::kInt;
      scalar->integer = json.int64();
      break;
    case JsonType::kUint:
      scalar->kind = Scalar::Kind::kUint;
      scalar->large = json.uint64();
      break;
    case JsonType::kDouble:
      scalar->kind = Scalar::Kind::kDouble;
      scalar->floating = json.number();
      break;
    case JsonType::kString:
      scalar->kind = Scalar::Kind::kString;
      scalar->text = json.string();
      break;
    case JsonType::kArray:
    case JsonType::kObject:
      scalar->kind = Scalar::Kind::kOther;
      break;
  }
}

}  // namespace

ScalarReader::ScalarReader(const ColumnRef& column)
    : type_(column.type()), element_type_(column.field->element_type), path_(column.path) {
  if (type_ == DataType::kArray && !path_.empty()) {
    const auto [end, error] =
        std::from_chars(path_[0].data(), path_[0].data() + path_[0].size(), index_);
    if (error != std::errc() || path_.size() > 1) index_ = SIZE_MAX;
  }
}

const Scalar& ScalarCursor::Read(const Block& column, size_t row) {
  const DataType type = reader_.type_;
  if (type == DataType::kJson) {
    ReadJson(column.strings[row]);
  } else if (type == DataType::kArray) {
    const ArrayView array(reader_.element_type_, column.strings[row]);
    if (!reader_.path_.empty()) {
      ReadElement(array);
    } else {
      scalar_.kind = Scalar::Kind::kOther;
      scalar_.array = array;
    }
  } else if (IsString(type)) {
    scalar_.kind = Scalar::Kind::kString;
    scalar_.text = column.strings[row];
  } else if (IsFloating(type)) {
    scalar_.kind = Scalar::Kind::kDouble;
    scalar_.floating = type == DataType::kFloat ? static_cast<double>(LoadAs<float>(column, row))
                                                : LoadAs<double>(column, row);
  } else {
    scalar_.kind = type == DataType::kBool ? Scalar::Kind::kBool : Scalar::Kind::kInt;
    const size_t width = WidthOf(type);
    scalar_.integer = width == 1   ? LoadAs<int8_t>(column, row)
                      : width == 2 ? LoadAs<int16_t>(column, row)
                      : width == 4 ? LoadAs<int32_t>(column, row)
                                   : LoadAs<int64_t>(column, row);
  }
  return scalar_;
}

void ScalarCursor::ReadJson(std::string_view binary) {
  scalar_.json = json_path_.Find(binary);
  SetValue(scalar_.json, &scalar_);
}

void ScalarCursor::ReadElement(const ArrayView& array) {
  if (reader_.index_ >= array.size()) {
    scalar_.kind = Scalar::Kind::kNone;
  } else if (IsString(array.element_type())) {
    scalar_.kind = Scalar::Kind::kString;
    scalar_.text = array.String(reader_.index_);
  } else if (IsFloating(array.element_type())) {
    scalar_.kind = Scalar::Kind::kDouble;
    scalar_.floating = array.Double(reader_.index_);
  } else {
    scalar_.kind =
        array.element_type() == DataType::kBool ? Scalar::Kind::kBool : Scalar::Kind::kInt;
    scalar_.integer = array.Int(reader_.index_);
  }
}

int CompareScalars(const Scalar& a, const Scalar& b) {
  using Kind = Scalar::Kind;
  if (a.kind == Kind::kInt && b.kind == Kind::kInt) return OrderInts(a.integer, b.integer);
  if (a.kind == Kind::kUint && b.kind == Kind::kUint) return OrderInts(a.large, b.large);
  if (a.kind == Kind::kUint && b.kind == Kind::kInt) return 1;
  if (a.kind == Kind::kInt && b.kind == Kind::kUint) return -1;
  if (a.kind == Kind::kInt) return CompareNumbers(a.integer, b.floating);
  if (b.kind == Kind::kInt) {
    const int reversed = CompareNumbers(b.integer, a.floating);
    return reversed == 2 ? 2 : -reversed;
  }
  return Order(a.number(), b.number());
}

int CompareScalar(const Scalar& a, const Value& b) {
  Scalar other;
  other.kind = b.is_int() ? Scalar::Kind::kInt : Scalar::Kind::kDouble;
  if (b.is_int()) {
    other.integer = b.as_int();
  } else {
    other.floating = b.as_double();
  }
  return CompareScalars(a, other);
}

Tri OrderTest(CompareOp op, int order) {
  if (order == 2) return ToTri(op == CompareOp::kNotEqual);
  return ToTri(Compare(op, order, 0));
}

Scalar ScalarOf(const JsonView& json) {
  Scalar scalar;
  scalar.json = json;
  SetValue(json, &scalar);
  return scalar;
}

bool JsonEquals(const JsonView& json, const Value& value) {
  if (value.is_bool()) return json.is_bool() && json.boolean() == value.as_bool();
  if (value.is_string()) return json.is_string() && json.string() == value.as_string();
  if (value.is_number()) {
    if (json.type() == JsonType::kInt && value.is_int()) return json.int64() == value.as_int();
    return json.is_number() && CompareScalar(ScalarOf(json), value) == 0;
  }
  if (!value.is_array() || !json.is_array() || json.size() != value.as_array().size()) return false;
  for (size_t i = 0; i < json.size(); ++i) {
    if (!JsonEquals(json.At(i), value.as_array()[i])) return false;
  }
  return true;
}

bool ElementEquals(const ArrayView& array, size_t index, const Value& value) {
  if (value.is_string())
    return IsString(array.element_type()) && array.String(index) == value.as_string();
  if (value.is_double())
    return IsNumber(array.element_type()) && array.Double(index) == value.as_double();
  if (value.is_bool())
    return array.element_type() == DataType::kBool && (array.Int(index) != 0) == value.as_bool();
  return value.is_int() && IsInteger(array.element_type()) && array.Int(index) == value.as_int();
}

ScalarSet::ScalarSet(const Value::Array& values) : empty_(values.empty()) {
  for (const Value& value : values) {
    int64_t whole = 0;
    if (value.is_bool()) {
      (value.as_bool() ? has_true_ : has_false_) = true;
    } else if (value.is_string()) {
      strings_.insert(value.as_string());
    } else if (value.is_number()) {
      has_numbers_ = true;
      if (value.is_int()) {
        integers_.insert(value.as_int());
      } else if (IsWhole(value.as_double(), &whole)) {
        integers_.insert(whole);
      } else if (!std::isnan(value.as_double())) {
        doubles_.push_back(value.as_double());
      }
    } else if (value.is_array()) {
      arrays_.push_back(value);
    }
  }
  std::sort(doubles_.begin(), doubles_.end());
}

Tri ScalarSet::Contains(const Scalar& scalar) const {
  if (scalar.kind == Scalar::Kind::kNone) return Tri::kUnknown;
  if (empty_) return Tri::kNo;
  switch (scalar.kind) {
    case Scalar::Kind::kNone:
      return Tri::kUnknown;
    case Scalar::Kind::kBool:
      if (!has_true_ && !has_false_) return Tri::kUnknown;
      return ToTri(scalar.integer != 0 ? has_true_ : has_false_);
    case Scalar::Kind::kString:
      return strings_.empty() ? Tri::kUnknown : ToTri(strings_.find(scalar.text) != strings_.end());
    case Scalar::Kind::kInt:
      return has_numbers_ ? ToTri(integers_.contains(scalar.integer)) : Tri::kUnknown;
    case Scalar::Kind::kUint:
    case Scalar::Kind::kDouble: {
      if (!has_numbers_) return Tri::kUnknown;
      const double value = scalar.number();
      int64_t whole = 0;
      if (IsWhole(value, &whole)) return ToTri(integers_.contains(whole));
      return ToTri(std::binary_search(doubles_.begin(), doubles_.end(), value));
    }
    case Scalar::Kind::kOther:
      if (arrays_.empty() || !scalar.json.is_array()) return Tri::kUnknown;
      for (const Value& value : arrays_) {
        if (JsonEquals(scalar.json, value)) return Tri::kYes;
      }
      return Tri::kNo;
  }
  return Tri::kUnknown;
}

}  // namespace elanus::expr
