// The predicates at the leaves: one column (or two) of a block against constants. `slot` is the
// column's place in the BlockReader. Constants have the type that the binder cast them to: int64
// for integer columns and Timestamptz, double for floating ones, string, bool.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "expr/operators.h"
#include "expr/pattern.h"
#include "expr/predicate.h"
#include "geo/spatial.h"
#include "model/timestamptz.h"
#include "text/matcher.h"

namespace elanus::expr {

// Columns of fixed width: Bool, integers, floats, Timestamptz. Floats compare as IEEE says; a Float
// column compares with the constant rounded to float.
PredicatePtr MakeFixedCompare(size_t slot, DataType type, CompareOp op, const Value& value);
PredicatePtr MakeFixedRange(size_t slot, DataType type, const Bounds& bounds);
PredicatePtr MakeFixedIn(size_t slot, DataType type, const Value::Array& values);
// column op operand cmp value: in int64 if all are integers (wrapping), else in double.
PredicatePtr MakeFixedArith(size_t slot, DataType type, ArithOp op, const Value& operand,
                            CompareOp cmp, const Value& value);
// column + sign * interval cmp micros
PredicatePtr MakeTimestamptzArith(size_t slot, const Interval& interval, int sign, CompareOp cmp,
                                  int64_t micros);

PredicatePtr MakeStringCompare(size_t slot, CompareOp op, std::string value);
PredicatePtr MakeStringRange(size_t slot, const Bounds& bounds);
PredicatePtr MakeStringIn(size_t slot, const Value::Array& values);
PredicatePtr MakeStringLike(size_t slot, LikePattern pattern);
PredicatePtr MakeStringRegex(size_t slot, Regex regex);
PredicatePtr MakeTextMatch(size_t slot, std::unique_ptr<const text::Matcher> matcher);

// Column against column: both of fixed width (integers meet in int64, others in double), or numbers
// or strings of any shape, elements of arrays among them.
PredicatePtr MakeFixedColumnsCompare(size_t left_slot, DataType left, CompareOp op,
                                     size_t right_slot, DataType right);
PredicatePtr MakeColumnsCompare(size_t left_slot, const ColumnRef& left, CompareOp op,
                                size_t right_slot, const ColumnRef& right);
PredicatePtr MakeColumnStartsWith(size_t slot, size_t prefix_slot);

// Geometry: row op constant. Null rows are unknown.
PredicatePtr MakeSpatial(size_t slot, geo::SpatialOp op,
                         std::unique_ptr<const geo::SpatialTest> test);

// IS NULL, or with `negated` IS NOT NULL. Never unknown.
PredicatePtr MakeNullTest(size_t slot, bool negated);

// What lies under a path: JSON values (an absent one, or one of another type, is unknown) and
// elements of arrays (past the end: unknown).
PredicatePtr MakePathCompare(size_t slot, const ColumnRef& column, CompareOp op,
                             const Value& value);
PredicatePtr MakePathRange(size_t slot, const ColumnRef& column, const Bounds& bounds);
PredicatePtr MakePathIn(size_t slot, const ColumnRef& column, const Value::Array& values);
PredicatePtr MakePathLike(size_t slot, const ColumnRef& column, LikePattern pattern);
PredicatePtr MakePathRegex(size_t slot, const ColumnRef& column, Regex regex);
PredicatePtr MakePathArith(size_t slot, const ColumnRef& column, ArithOp op, const Value& operand,
                           CompareOp cmp, const Value& value);
// `typed` where the source has a column for `slot`, else `general`; both decide alike.
PredicatePtr MakeWithColumn(size_t slot, PredicatePtr typed, PredicatePtr general);
// True only for something: not for null, nor for arrays and objects that hold nothing but such.
PredicatePtr MakePathExists(size_t slot, const ColumnRef& column, bool negated);

// Whole arrays: of an Array field, or in JSON under a path.
PredicatePtr MakeContains(size_t slot, const ColumnRef& column, ContainsOp op,
                          const Value::Array& values);
PredicatePtr MakeLength(size_t slot, const ColumnRef& column, CompareOp op, int64_t value);
PredicatePtr MakeArrayEquals(size_t slot, const ColumnRef& column, const Value::Array& values,
                             bool negated);

}  // namespace elanus::expr
