#include "expr/fold.h"

#include <cmath>
#include <cstdio>

namespace elanus::expr {
namespace {

Status Bad(const std::string& reason) { return Fail(Code::kParameterInvalid, reason); }

bool IsBits(ArithOp op) {
  return op == ArithOp::kBitAnd || op == ArithOp::kBitOr || op == ArithOp::kBitXor;
}

}  // namespace

std::string_view NameOf(ArithOp op) {
  switch (op) {
    case ArithOp::kAdd:
      return "add";
    case ArithOp::kSubtract:
      return "subtract";
    case ArithOp::kMultiply:
      return "multiply";
    case ArithOp::kDivide:
      return "divide";
    case ArithOp::kModulo:
      return "modulo";
    case ArithOp::kBitAnd:
      return "bitand";
    case ArithOp::kBitOr:
      return "bitor";
    case ArithOp::kBitXor:
      return "bitxor";
  }
  return "";
}

std::optional<ArithOp> ArithOpOf(TokenKind kind) {
  if (kind == TokenKind::kPlus) return ArithOp::kAdd;
  if (kind == TokenKind::kMinus) return ArithOp::kSubtract;
  if (kind == TokenKind::kTimes) return ArithOp::kMultiply;
  if (kind == TokenKind::kDivide) return ArithOp::kDivide;
  if (kind == TokenKind::kModulo) return ArithOp::kModulo;
  if (kind == TokenKind::kBitAnd) return ArithOp::kBitAnd;
  if (kind == TokenKind::kBitOr) return ArithOp::kBitOr;
  if (kind == TokenKind::kBitXor) return ArithOp::kBitXor;
  return std::nullopt;
}

std::optional<CompareOp> CompareOpOf(TokenKind kind) {
  if (kind == TokenKind::kEqual) return CompareOp::kEqual;
  if (kind == TokenKind::kNotEqual) return CompareOp::kNotEqual;
  if (kind == TokenKind::kLess) return CompareOp::kLess;
  if (kind == TokenKind::kLessEqual) return CompareOp::kLessEqual;
  if (kind == TokenKind::kGreater) return CompareOp::kGreater;
  if (kind == TokenKind::kGreaterEqual) return CompareOp::kGreaterEqual;
  return std::nullopt;
}

Result<Value> FoldArithmetic(ArithOp op, const Value& a, const Value& b) {
  const std::string name(NameOf(op));
  if (IsBits(op)) {
    if (!a.is_int() || !b.is_int()) return Bad(name + " can only apply on integer fields");
    return Value(Apply(op, a.as_int(), b.as_int()));
  }
  if (op == ArithOp::kModulo) {
    if (!a.is_int() || !b.is_int()) return Bad("modulo can only apply on integer");
    if (b.as_int() == 0) return Bad("cannot modulo by zero");
    return Value(Apply(op, a.as_int(), b.as_int()));
  }
  for (const Value* value : {&a, &b}) {
    if (value->is_bool()) return Bad(name + " cannot apply on bool field");
  }
  for (const Value* value : {&a, &b}) {
    if (value->is_string()) return Bad(name + " cannot apply on string field");
    if (!value->is_number()) return Bad(name + " cannot apply on array field");
  }
  if (op == ArithOp::kDivide && b.as_double() == 0) return Bad("cannot divide by zero");
  if (a.is_int() && b.is_int()) return Value(Apply(op, a.as_int(), b.as_int()));
  return Value(Apply(op, a.as_double(), b.as_double()));
}

std::optional<Value> FoldPower(const Value& a, const Value& b) {
  if (!a.is_number() || !b.is_number()) return std::nullopt;
  const double power = std::pow(a.as_double(), b.as_double());
  if (a.is_int() && b.is_int() && b.as_int() >= 0 && std::abs(power) < 9223372036854775808.0) {
    return Value(static_cast<int64_t>(power));
  }
  return Value(power);
}

std::optional<bool> FoldCompare(CompareOp op, const Value& a, const Value& b) {
  if (a.is_string() && b.is_string()) return Compare(op, a.as_string(), b.as_string());
  if (a.is_int() && b.is_int()) return Compare(op, a.as_int(), b.as_int());
  if (a.is_number() && b.is_number()) return Compare(op, a.as_double(), b.as_double());
  const bool equality = op == CompareOp::kEqual || op == CompareOp::kNotEqual;
  if (equality && a.is_bool() && b.is_bool()) return Compare(op, a.as_bool(), b.as_bool());
  return std::nullopt;
}

DataType TypeOf(const Value& value) {
  if (value.is_bool()) return DataType::kBool;
  if (value.is_int()) return DataType::kInt64;
  if (value.is_double()) return DataType::kDouble;
  if (value.is_string()) return DataType::kVarChar;
  if (value.is_array()) return DataType::kArray;
  return DataType::kNone;
}

DataType ElementTypeOf(const Value::Array& values) {
  DataType type = values.empty() ? DataType::kNone : TypeOf(values[0]);
  for (const Value& value : values) {
    if (TypeOf(value) != type) return DataType::kNone;
  }
  return type;
}

std::string Describe(const Value& value) {
  if (value.is_bool()) return std::string("bool_val:") + (value.as_bool() ? "true" : "false");
  if (value.is_int()) return "int64_val:" + std::to_string(value.as_int());
  if (value.is_double()) {
    char text[40];
    std::snprintf(text, sizeof text, "%.15g", value.as_double());
    return std::string("float_val:") + text;
  }
  if (value.is_string()) return "string_val:\"" + value.as_string() + "\"";
  if (value.is_array()) return "array_val";
  return "null";
}

Result<Value> CastValue(DataType type, const Value& value) {
  const bool fits = type == DataType::kJson || (type == DataType::kArray && value.is_array()) ||
                    (IsString(type) && value.is_string()) ||
                    (type == DataType::kBool && value.is_bool()) ||
                    ((IsInteger(type) || type == DataType::kTimestamptz) && value.is_int());
  if (fits) return value;
  if (IsFloating(type) && value.is_number()) return Value(value.as_double());
  return Bad("cannot cast value to " + std::string(NameOf(type)) + ", value: " + Describe(value));
}

bool CanBeCompared(DataType left, DataType right) {
  if (left == DataType::kJson) return true;
  if (right == DataType::kJson) return left == DataType::kBool || IsNumber(left) || IsString(left);
  if (left == DataType::kBool) return right == DataType::kBool;
  if (IsNumber(left)) return IsNumber(right);
  return IsString(left) && IsString(right);
}

bool CanBeAdded(DataType left, DataType right) {
  if (IsInteger(left)) return IsInteger(right) || right == DataType::kJson;
  if (IsFloating(left)) return IsNumber(right) || right == DataType::kJson;
  return left == DataType::kJson && IsNumber(right);
}

Result<DataType> ArithmeticType(DataType left, DataType right) {
  if (left == DataType::kJson && right == DataType::kJson) return DataType::kJson;
  const bool known =
      (IsNumber(left) || left == DataType::kJson) && (IsNumber(right) || right == DataType::kJson);
  if (!known) {
    return Bad("incompatible data type, " + std::string(NameOf(left)) + ", " +
               std::string(NameOf(right)));
  }
  return IsFloating(left) || IsFloating(right) ? DataType::kDouble : DataType::kInt64;
}

}  // namespace elanus::expr
