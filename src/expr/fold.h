// Operators between constants, done once when the filter is bound, and casts of constants to the
// type of what they meet. Errors are kParameterInvalid with Milvus's reasons.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "expr/lexer.h"
#include "expr/operators.h"
#include "model/value.h"

namespace elanus::expr {

// "add", "modulo", ... for messages.
std::string_view NameOf(ArithOp op);
std::optional<ArithOp> ArithOpOf(TokenKind kind);
std::optional<CompareOp> CompareOpOf(TokenKind kind);

Result<Value> FoldArithmetic(ArithOp op, const Value& a, const Value& b);
// Null for operands that have no power (strings, bools).
std::optional<Value> FoldPower(const Value& a, const Value& b);
// Null for operands that cannot be compared.
std::optional<bool> FoldCompare(CompareOp op, const Value& a, const Value& b);

// The type a literal has: Int64, Double, VarChar, Bool, Array.
DataType TypeOf(const Value& value);
// Of all elements of an array literal; kNone if they differ or there are none.
DataType ElementTypeOf(const Value::Array& values);
// "int64_val:5", as messages show constants.
std::string Describe(const Value& value);

// The value as `type` holds it (an integer becomes a double for a floating type).
Result<Value> CastValue(DataType type, const Value& value);

bool CanBeCompared(DataType left, DataType right);
bool CanBeAdded(DataType left, DataType right);                  // left is the field
Result<DataType> ArithmeticType(DataType left, DataType right);  // of the result

}  // namespace elanus::expr
