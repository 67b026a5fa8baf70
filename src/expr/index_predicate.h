// The questions that a predicate over one column has for an index.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "expr/operators.h"
#include "expr/pattern.h"
#include "expr/source.h"
#include "text/matcher.h"

namespace elanus::expr {

inline IndexPredicate IndexOn(IndexPredicate::Kind kind, const ColumnRef& column) {
  IndexPredicate index{};
  index.kind = kind;
  index.field = column.field->id;
  index.path = column.path;
  return index;
}
inline IndexPredicate IndexIn(const ColumnRef& column, Value::Array values) {
  IndexPredicate index = IndexOn(IndexPredicate::Kind::kIn, column);
  index.values = std::move(values);
  return index;
}
inline IndexPredicate IndexRange(const ColumnRef& column, const Bounds& bounds) {
  IndexPredicate index = IndexOn(IndexPredicate::Kind::kRange, column);
  index.low = bounds.low;
  index.high = bounds.high;
  index.low_inclusive = bounds.low_inclusive;
  index.high_inclusive = bounds.high_inclusive;
  return index;
}
inline IndexPredicate IndexPrefix(const ColumnRef& column, std::string prefix) {
  IndexPredicate index = IndexOn(IndexPredicate::Kind::kPrefix, column);
  index.words = {prefix};
  index.prefix = std::move(prefix);
  return index;
}
inline IndexPredicate IndexWords(const ColumnRef& column, std::vector<std::string> words) {
  IndexPredicate index = IndexOn(IndexPredicate::Kind::kWords, column);
  index.words = std::move(words);
  return index;
}
inline IndexPredicate IndexNear(const ColumnRef& column, const geo::Reach& reach) {
  IndexPredicate index = IndexOn(IndexPredicate::Kind::kNear, column);
  index.reach = reach;
  return index;
}

inline IndexPredicate IndexTerms(const ColumnRef& column, const text::Matcher::Needs& needs) {
  IndexPredicate index = IndexOn(IndexPredicate::Kind::kTerms, column);
  index.values.assign(needs.terms.begin(), needs.terms.end());
  index.least = needs.least;
  index.exact = needs.exact;
  return index;
}

// None: an index has nothing to say about the comparison.
std::optional<IndexPredicate> IndexOfCompare(const ColumnRef& column, CompareOp op,
                                             const Value& value);
std::optional<IndexPredicate> IndexOfIn(const ColumnRef& column, const Value::Array& values);
std::optional<IndexPredicate> IndexOfLike(const ColumnRef& column, const LikePattern& pattern);
std::optional<IndexPredicate> IndexOfContains(const ColumnRef& column, ContainsOp op,
                                              const Value::Array& values);

}  // namespace elanus::expr
