// Binder: arithmetic, comparisons, ranges, IN.
#include "expr/binding.h"
#include "expr/fold.h"
#include "expr/index_predicate.h"

namespace elanus::expr {
namespace {

bool HasIntegers(DataType type) {
  return IsInteger(type) || type == DataType::kJson || type == DataType::kTimestamptz;
}

}  // namespace

Status Binder::RefuseTemplates(const Node& node, const Bound& left, const Bound& right) {
  if (!left.is_template && !right.is_template) return {};
  return Bad("placeholder was not supported between two constants with operator: " +
             std::string(node.token.text));
}

Result<Bound> Binder::Arithmetic(const Node& node) {
  const Node& left_node = *node.children[0];
  Bound left = TRY(Expression(left_node));
  Bound right = TRY(Expression(*node.children[1]));
  const ArithOp op = *ArithOpOf(node.op);
  if (left.is_constant() && right.is_constant()) {
    TRY(RefuseTemplates(node, left, right));
    return Constant(TRY(FoldArithmetic(op, left.value, right.value)), true);
  }
  TRY(RefuseWholeArray(left));
  TRY(RefuseWholeArray(right));
  const bool reversed = left.is_constant();
  const DataType field_type = (reversed ? right : left).operand_type();
  const DataType other_type = (reversed ? left : right).operand_type();
  if (!left.is_template && !right.is_template && !CanBeAdded(field_type, other_type)) {
    return Bad("'" + std::string(NameOf(op)) + "' cannot perform arithmetic between " +
               std::string(NameOf(field_type)) + " field and " + std::string(NameOf(other_type)));
  }
  const bool bits = op == ArithOp::kBitAnd || op == ArithOp::kBitOr || op == ArithOp::kBitXor;
  if ((bits || op == ArithOp::kModulo) && (!HasIntegers(field_type) || !HasIntegers(other_type))) {
    return Bad(bits ? "bitwise operations can only apply on integer types"
                    : "modulo can only apply on integer types");
  }
  Bound bound;
  bound.kind = Bound::Kind::kArithmetic;
  bound.op = op;
  bound.type = TRY(ArithmeticType(field_type, other_type));
  if (left.kind == Bound::Kind::kColumn && right.kind == Bound::Kind::kColumn) {
    bound.shape = Bound::Shape::kColumns;
  } else if (left.kind == Bound::Kind::kColumn && right.is_constant()) {
    bound.column = std::move(left.column);
    bound.value = std::move(right.value);
  } else if (right.kind == Bound::Kind::kColumn && left.is_constant()) {
    bound.shape = Bound::Shape::kConstantColumn;
    bound.column = std::move(right.column);
    bound.value = std::move(left.value);
  } else {
    bound.shape = Bound::Shape::kComplicated;
  }
  return bound;
}

Result<Bound> Binder::Power(const Node& node) {
  const Bound left = TRY(Expression(*node.children[0]));
  const Bound right = TRY(Expression(*node.children[1]));
  if (left.is_constant() && right.is_constant() && !left.is_template && !right.is_template) {
    if (std::optional<Value> value = FoldPower(left.value, right.value))
      return Constant(*std::move(value), true);
  }
  return Bad("power can only apply on constants: " + Text(node));
}

Result<Bound> Binder::Comparison(const Node& node) {
  Bound left = TRY(Expression(*node.children[0]));
  Bound right = TRY(Expression(*node.children[1]));
  CompareOp op = *CompareOpOf(node.op);
  if (left.is_constant() && right.is_constant()) {
    TRY(RefuseTemplates(node, left, right));
    const std::optional<bool> folded = FoldCompare(op, left.value, right.value);
    if (!folded)
      return Bad("comparison operations cannot be applied to two incompatible operands: " +
                 Text(node));
    return Constant(*folded, true);
  }
  if (op != CompareOp::kEqual && op != CompareOp::kNotEqual) {
    TRY(RefuseWholeArray(left));
    TRY(RefuseWholeArray(right));
  }
  if (!left.is_template && !right.is_template &&
      !CanBeCompared(left.operand_type(), right.operand_type())) {
    return Bad("comparisons between " + left.type_name() + " and " + right.type_name() +
               " are not supported");
  }
  if (left.is_constant()) {
    std::swap(left, right);
    op = Mirrored(op);
  }
  if (right.is_constant()) return CompareWith(op, std::move(left), right.value);
  return CompareColumns(left, op, right);
}

Result<Bound> Binder::CompareColumns(const Bound& left, CompareOp op, const Bound& right) {
  if (left.kind != Bound::Kind::kColumn || right.kind != Bound::Kind::kColumn) {
    return Bad("only comparison between two fields is supported");
  }
  if (left.type == DataType::kJson || right.type == DataType::kJson) {
    return Bad("two column comparison with JSON type is not supported");
  }
  if (left.column.whole_array() || right.column.whole_array())
    return Bad("can not comparisons array fields directly");
  const size_t left_slot = Slot(left.column);
  const size_t right_slot = Slot(right.column);
  const auto fixed = [](const Bound& bound) { return WidthOf(bound.type) != 0; };
  if (fixed(left) && fixed(right))
    return Decided(MakeFixedColumnsCompare(left_slot, left.type, op, right_slot, right.type));
  return Decided(MakeColumnsCompare(left_slot, left.column, op, right_slot, right.column));
}

Value Binder::Rounded(DataType type, Value value) {
  if (type == DataType::kFloat && value.is_double())
    return static_cast<double>(static_cast<float>(value.as_double()));
  return value;
}

Result<Bound> Binder::CompareWith(CompareOp op, Bound left, const Value& constant) {
  const DataType type = left.kind == Bound::Kind::kColumn ? left.column.value_type() : left.type;
  const Value value = Rounded(type, TRY(CastValue(type, constant)));
  switch (left.kind) {
    case Bound::Kind::kColumn:
      return CompareColumn(op, left.column, value);
    case Bound::Kind::kArithmetic:
      return CompareArithmetic(op, left, value);
    case Bound::Kind::kLength:
      return Decided(MakeLength(Slot(left.column), left.column, op, value.as_int()));
    case Bound::Kind::kConstant:
    case Bound::Kind::kPredicate:
    case Bound::Kind::kSample:
      break;
  }
  return Bad("not supported to combine multiple fields");
}

Result<Bound> Binder::CompareColumn(CompareOp op, const ColumnRef& column, const Value& value) {
  const size_t slot = Slot(column);
  const bool equality = op == CompareOp::kEqual || op == CompareOp::kNotEqual;
  if (value.is_bool() && !equality) return Bad("invalid range operations on boolean expr");
  if (value.is_array()) {
    if (!equality) return Bad("can not comparisons array fields directly");
    if (column.whole_array()) {
      const Value::Array elements = TRY(CastElements(column.field->element_type, value.as_array()));
      return Decided(MakeArrayEquals(slot, column, elements, op == CompareOp::kNotEqual));
    }
  }
  PredicatePtr predicate = column.type() == DataType::kJson || column.element()
                               ? MakePathCompare(slot, column, op, value)
                           : IsString(column.type())
                               ? MakeStringCompare(slot, op, value.as_string())
                               : MakeFixedCompare(slot, column.type(), op, value);
  predicate = WithPathColumn(std::move(predicate), column, {value},
                             [op](size_t typed_slot, DataType type, const Value::Array& values) {
                               return IsString(type)
                                          ? MakeStringCompare(typed_slot, op, values[0].as_string())
                                          : MakeFixedCompare(typed_slot, type, op, values[0]);
                             });
  Offer(predicate.get(), IndexOfCompare(column, op, value));
  return Decided(std::move(predicate));
}

Result<Bound> Binder::CompareArithmetic(CompareOp op, const Bound& left, const Value& value) {
  switch (left.shape) {
    case Bound::Shape::kColumnConstant:
      break;
    case Bound::Shape::kConstantColumn:
      if (left.op != ArithOp::kAdd && left.op != ArithOp::kMultiply)
        return Bad("module field is not yet supported");
      break;
    case Bound::Shape::kColumns:
      return Bad("not supported to do arithmetic operations between multiple fields");
    case Bound::Shape::kComplicated:
      return Bad("complicated arithmetic operations are not supported");
  }
  const Value operand = TRY(CastValue(left.type, left.value));
  const bool divides = left.op == ArithOp::kDivide || left.op == ArithOp::kModulo;
  if (!operand.is_number() || !value.is_number())
    return Bad("cannot cast value to " + std::string(NameOf(left.type)));
  if (divides && operand.as_double() == 0) return Bad("division or modulus by zero");
  const size_t slot = Slot(left.column);
  if (left.column.type() == DataType::kJson || left.column.element()) {
    return Decided(MakePathArith(slot, left.column, left.op, operand, op, value));
  }
  return Decided(MakeFixedArith(slot, left.column.type(), left.op, operand, op, value));
}

Result<Value::Array> Binder::CastElements(DataType type, const Value::Array& values) {
  Value::Array cast;
  cast.reserve(values.size());
  for (const Value& value : values) cast.push_back(Rounded(type, TRY(CastValue(type, value))));
  return cast;
}

Result<Value> Binder::CastEnd(DataType type, const Bound& end) {
  if (end.is_template) return CastValue(type, end.value);
  if (type == DataType::kBool) return Bad("invalid range operations on boolean expr");
  const bool fits = IsString(type)     ? end.value.is_string()
                    : IsInteger(type)  ? end.value.is_int()
                    : IsFloating(type) ? end.value.is_number()
                    : type == DataType::kTimestamptz
                        ? end.value.is_int()
                        : end.value.is_number() || end.value.is_string();
  if (!fits) return Bad("invalid range operations");
  return CastValue(type, end.value);
}

Result<Bound> Binder::Range(const Node& node) {
  if (node.token.kind == TokenKind::kStructSubField ||
      node.token.kind == TokenKind::kStructIndexField) {
    return Bad("struct field not found: " + std::string(node.token.text));
  }
  const ColumnRef column = node.token.kind == TokenKind::kPath
                               ? TRY(names_.Path(node.token.text))
                               : TRY(names_.Identifier(node.token.text, false));
  if (column.whole_array()) return Bad("can not comparisons array fields directly");
  Bound first = TRY(Expression(*node.children[0]));
  Bound second = TRY(Expression(*node.children[1]));
  const bool descending = node.op == TokenKind::kGreater || node.op == TokenKind::kGreaterEqual;
  const Bound& low = descending ? second : first;
  const Bound& high = descending ? first : second;
  if (!low.is_constant())
    return Bad("lowerbound cannot be a non-const expression: " +
               Text(*node.children[descending ? 1 : 0]));
  if (!high.is_constant())
    return Bad("upperbound cannot be a non-const expression: " +
               Text(*node.children[descending ? 0 : 1]));
  const DataType type = column.value_type();
  Bounds bounds;
  bounds.low = TRY(CastEnd(type, low));
  bounds.high = TRY(CastEnd(type, high));
  const TokenKind low_op = descending ? node.op2 : node.op;
  const TokenKind high_op = descending ? node.op : node.op2;
  bounds.low_inclusive = low_op == TokenKind::kLessEqual || low_op == TokenKind::kGreaterEqual;
  bounds.high_inclusive = high_op == TokenKind::kLessEqual || high_op == TokenKind::kGreaterEqual;
  const CompareOp empty = bounds.low_inclusive && bounds.high_inclusive ? CompareOp::kGreater
                                                                        : CompareOp::kGreaterEqual;
  const std::optional<bool> is_empty = FoldCompare(empty, *bounds.low, *bounds.high);
  if (!is_empty) return Bad("invalid range operations");
  if (*is_empty) return Bad("invalid range: lowerbound is greater than upperbound");
  bounds.low = Rounded(type, *bounds.low);
  bounds.high = Rounded(type, *bounds.high);

  const size_t slot = Slot(column);
  if (IsVector(column.type())) return Bad("invalid range operations");
  PredicatePtr predicate = column.type() == DataType::kJson || column.element()
                               ? MakePathRange(slot, column, bounds)
                           : IsString(type) ? MakeStringRange(slot, bounds)
                                            : MakeFixedRange(slot, type, bounds);
  predicate =
      WithPathColumn(std::move(predicate), column, {*bounds.low, *bounds.high},
                     [&bounds](size_t typed_slot, DataType typed, const Value::Array& values) {
                       Bounds ends = bounds;
                       ends.low = values[0];
                       ends.high = values[1];
                       return IsString(typed) ? MakeStringRange(typed_slot, ends)
                                              : MakeFixedRange(typed_slot, typed, ends);
                     });
  if (!column.element()) predicate->SetIndex(IndexRange(column, bounds));
  return Decided(std::move(predicate));
}

Result<Bound> Binder::In(const Node& node) {
  const Bound child = TRY(Expression(*node.children[0]));
  if (child.is_constant()) {
    return Bad("'term' can only be used on non-const expression, but got: " +
               Text(*node.children[0]));
  }
  if (child.kind != Bound::Kind::kColumn) {
    return Bad("'term' can only be used on single field, but got: " + Text(*node.children[0]));
  }
  const ColumnRef& column = child.column;
  const Bound list = TRY(Expression(*node.children[1]));
  if (!list.is_constant())
    return Bad("value '" + Text(*node.children[1]) + "' in list cannot be a non-const expression");
  if (!list.value.is_array()) {
    if (list.is_template)
      return Bad("the value of term expression template variable {" + list.name + "} is not array");
    return Bad("the right-hand side of 'in' must be a list, but got: " + Text(*node.children[1]));
  }
  const DataType type = column.value_type();
  if (column.whole_array() || IsVector(type) || type == DataType::kGeometry)
    return Bad("'term' can only be used on single field, but got: " + Text(*node.children[0]));
  Value::Array values;
  values.reserve(list.value.as_array().size());
  for (const Value& value : list.value.as_array()) {
    Result<Value> cast = CastValue(type, value);
    if (!cast.ok()) {
      return Bad("value '" + Describe(value) + "' in list cannot be casted to " +
                 std::string(NameOf(type)));
    }
    values.push_back(Rounded(type, std::move(cast).take()));
  }
  const size_t slot = Slot(column);
  PredicatePtr predicate;
  if (column.type() == DataType::kJson || column.element()) {
    predicate = WithPathColumn(MakePathIn(slot, column, values), column, values,
                               [](size_t typed_slot, DataType typed, const Value::Array& listed) {
                                 return IsString(typed) ? MakeStringIn(typed_slot, listed)
                                                        : MakeFixedIn(typed_slot, typed, listed);
                               });
  } else {
    predicate = IsString(type) ? MakeStringIn(slot, values) : MakeFixedIn(slot, type, values);
  }
  Offer(predicate.get(), IndexOfIn(column, values));
  return Decided(node.negated ? MakeNot(std::move(predicate)) : std::move(predicate));
}

}  // namespace elanus::expr
