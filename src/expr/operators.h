// The operators that bound predicates carry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/schema.h"
#include "model/value.h"

namespace elanus::expr {

enum class CompareOp : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };
enum class ArithOp : uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kBitAnd,
  kBitOr,
  kBitXor
};
enum class ContainsOp : uint8_t { kOne, kAll, kAny };

// a op b  ==  b Mirrored(op) a
constexpr CompareOp Mirrored(CompareOp op) {
  switch (op) {
    case CompareOp::kEqual:
    case CompareOp::kNotEqual:
      return op;
    case CompareOp::kLess:
      return CompareOp::kGreater;
    case CompareOp::kLessEqual:
      return CompareOp::kGreaterEqual;
    case CompareOp::kGreater:
      return CompareOp::kLess;
    case CompareOp::kGreaterEqual:
      return CompareOp::kLessEqual;
  }
  return op;
}

template <typename T>
constexpr bool Compare(CompareOp op, const T& a, const T& b) {
  switch (op) {
    case CompareOp::kEqual:
      return a == b;
    case CompareOp::kNotEqual:
      return a != b;
    case CompareOp::kLess:
      return a < b;
    case CompareOp::kLessEqual:
      return a <= b;
    case CompareOp::kGreater:
      return a > b;
    case CompareOp::kGreaterEqual:
      return a >= b;
  }
  return false;
}

// Wraps on overflow; `b` is not zero where it divides.
int64_t Apply(ArithOp op, int64_t a, int64_t b);
double Apply(ArithOp op, double a, double b);

// A field, or what lies under it: a JSON path or an element of an array.
struct ColumnRef {
  const Field* field = nullptr;
  std::vector<std::string> path;

  DataType type() const { return field->type; }
  bool element() const { return type() == DataType::kArray && !path.empty(); }
  bool whole_array() const { return type() == DataType::kArray && path.empty(); }
  // Of the values that are compared.
  DataType value_type() const { return element() ? field->element_type : field->type; }
};

// Ends of a range; both may be open.
struct Bounds {
  std::optional<Value> low, high;
  bool low_inclusive = false, high_inclusive = false;
};

}  // namespace elanus::expr
