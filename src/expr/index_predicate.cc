#include "expr/index_predicate.h"

#include <algorithm>

namespace elanus::expr {
namespace {

// Values that an index of JSON may hold. The rows where a predicate over such a value is TRUE are
// those that hold one of its kind, as the index does.
bool IsIndexed(const Value& value) {
  return value.is_bool() || value.is_number() || value.is_string();
}

bool AreOfOneKind(const Value::Array& values) {
  const auto same = [&](const Value& value) {
    const Value& first = values[0];
    return IsIndexed(value) && value.is_bool() == first.is_bool() &&
           value.is_string() == first.is_string();
  };
  return !values.empty() && std::all_of(values.begin(), values.end(), same);
}

}  // namespace

std::optional<IndexPredicate> IndexOfCompare(const ColumnRef& column, CompareOp op,
                                             const Value& value) {
  if (column.element() || !IsIndexed(value) || op == CompareOp::kNotEqual) return std::nullopt;
  if (op == CompareOp::kEqual) {
    IndexPredicate index = IndexIn(column, {value});
    if (value.is_string()) index.words = {value.as_string()};
    return index;
  }
  Bounds range;
  const bool below = op == CompareOp::kLess || op == CompareOp::kLessEqual;
  (below ? range.high : range.low) = value;
  (below ? range.high_inclusive : range.low_inclusive) =
      op == CompareOp::kLessEqual || op == CompareOp::kGreaterEqual;
  return IndexRange(column, range);
}

std::optional<IndexPredicate> IndexOfIn(const ColumnRef& column, const Value::Array& values) {
  if (column.element()) return std::nullopt;
  if (column.type() == DataType::kJson && !AreOfOneKind(values)) return std::nullopt;
  return IndexIn(column, values);
}

std::optional<IndexPredicate> IndexOfLike(const ColumnRef& column, const LikePattern& pattern) {
  if (column.element()) return std::nullopt;
  switch (pattern.kind()) {
    case LikePattern::Kind::kEqual:
      return IndexOfCompare(column, CompareOp::kEqual, Value(pattern.literal()));
    case LikePattern::Kind::kPrefix:
      return IndexPrefix(column, pattern.literal());
    case LikePattern::Kind::kSuffix:
    case LikePattern::Kind::kInner:
    case LikePattern::Kind::kGeneral:
      return IndexWords(column, pattern.words());
  }
  return std::nullopt;
}

std::optional<IndexPredicate> IndexOfContains(const ColumnRef& column, ContainsOp op,
                                              const Value::Array& values) {
  if (column.element() || !AreOfOneKind(values)) return std::nullopt;
  IndexPredicate index = IndexOn(
      op == ContainsOp::kAll ? IndexPredicate::Kind::kHasAll : IndexPredicate::Kind::kHasAny,
      column);
  index.values = values;
  return index;
}

}  // namespace elanus::expr
