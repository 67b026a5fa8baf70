#include "expr/binder.h"

#include <algorithm>

#include "base/text.h"
#include "expr/fold.h"
#include "expr/leaves.h"
#include "expr/names.h"
#include "geo/wkb.h"
#include "geo/wkt.h"
#include "model/timestamptz.h"

namespace elanus::expr {
namespace {

// What an expression turned out to be.
struct Bound {
  enum class Kind : uint8_t { kConstant, kColumn, kArithmetic, kLength, kPredicate, kSample };
  enum class Shape : uint8_t { kColumnConstant, kConstantColumn, kColumns, kComplicated };

  Kind kind = Kind::kConstant;
  DataType type = DataType::kNone;
  Value value;                 // kConstant, and the other operand of kArithmetic
  bool is_template = false;    // the constant came from one
  bool folded = false;         // a constant that was computed: may stand where a predicate does
  std::string name;            // of the template
  ColumnRef column;            // kColumn, kArithmetic, kLength
  ArithOp op = ArithOp::kAdd;  // kArithmetic
  Shape shape = Shape::kColumnConstant;
  PredicatePtr predicate;
  double sample = 0;

  bool is_constant() const { return kind == Kind::kConstant; }
  bool executable() const {
    return kind == Kind::kPredicate || kind == Kind::kSample || (folded && value.is_bool());
  }
  // Of an array's elements, declared or literal.
  DataType element_type() const {
    if (kind == Kind::kColumn) return column.field->element_type;
    return value.is_array() ? ElementTypeOf(value.as_array()) : DataType::kNone;
  }
  std::string type_name() const {
    if (type != DataType::kArray) return std::string(NameOf(type));
    return "Array[" + std::string(NameOf(element_type())) + "]";
  }
  // What arithmetic and comparisons with it are about.
  DataType operand_type() const { return type == DataType::kArray ? element_type() : type; }
};

Status Bad(const std::string& reason) { return Fail(Code::kParameterInvalid, reason); }

bool HasIntegers(DataType type) {
  return IsInteger(type) || type == DataType::kJson || type == DataType::kTimestamptz;
}

IndexPredicate IndexIn(const ColumnRef& column, Value::Array values) {
  IndexPredicate index{};
  index.kind = IndexPredicate::Kind::kIn;
  index.field = column.field->id;
  index.values = std::move(values);
  return index;
}
IndexPredicate IndexRange(const ColumnRef& column, const Bounds& bounds) {
  IndexPredicate index{};
  index.kind = IndexPredicate::Kind::kRange;
  index.field = column.field->id;
  index.low = bounds.low;
  index.high = bounds.high;
  index.low_inclusive = bounds.low_inclusive;
  index.high_inclusive = bounds.high_inclusive;
  return index;
}
IndexPredicate IndexPrefix(const ColumnRef& column, std::string prefix) {
  IndexPredicate index{};
  index.kind = IndexPredicate::Kind::kPrefix;
  index.field = column.field->id;
  index.prefix = std::move(prefix);
  return index;
}

IndexPredicate IndexNear(const ColumnRef& column, const geo::Reach& reach) {
  IndexPredicate index{};
  index.kind = IndexPredicate::Kind::kNear;
  index.field = column.field->id;
  index.reach = reach;
  return index;
}

class Binder {
 public:
  Binder(std::string_view source, const Schema& schema, const TemplateValues& templates,
         const CompileOptions& options)
      : source_(source), names_(schema), templates_(templates), options_(options) {}

  Result<BoundFilter> Filter(const Node& root) {
    Result<Bound> result = Expression(root);
    if (!result.ok()) return CannotParse(source_, result.status());
    Bound bound = std::move(result).take();
    if (!bound.executable() &&
        !(bound.is_constant() && bound.value.is_bool() && !bound.is_template)) {
      return Bad("predicate is not a boolean expression: " + std::string(source_) +
                 ", data type: " + std::string(NameOf(bound.type)));
    }
    BoundFilter filter;
    if (bound.kind == Bound::Kind::kSample) {
      filter.sample = bound.sample;
      filter.root = bound.predicate ? std::move(bound.predicate) : MakeConstant(true);
    } else {
      filter.root =
          bound.is_constant() ? MakeConstant(bound.value.as_bool()) : std::move(bound.predicate);
    }
    filter.fields = std::move(fields_);
    return filter;
  }

 private:
  std::string Text(const Node& node) const { return TextOf(source_, node); }

  size_t Slot(const ColumnRef& column) {
    const auto found = std::find(fields_.begin(), fields_.end(), column.field->id);
    if (found != fields_.end()) return static_cast<size_t>(found - fields_.begin());
    fields_.push_back(column.field->id);
    return fields_.size() - 1;
  }

  static Bound Constant(Value value, bool folded) {
    Bound bound;
    bound.type = TypeOf(value);
    bound.value = std::move(value);
    bound.folded = folded;
    return bound;
  }
  static Bound Decided(PredicatePtr predicate) {
    Bound bound;
    bound.kind = Bound::Kind::kPredicate;
    bound.type = DataType::kBool;
    bound.predicate = std::move(predicate);
    return bound;
  }

  Result<Bound> Expression(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kLiteral:
        return Constant(node.value, false);
      case Node::Kind::kInt64Overflow:
        return Bad("int64 overflow: " + Text(node));
      case Node::Kind::kString:
        return Constant(TRY(Unquote(node.token.text)), false);
      case Node::Kind::kIdentifier:
        return OfColumn(TRY(names_.Identifier(node.token.text, /*allow_text=*/false)));
      case Node::Kind::kPath:
        return OfColumn(TRY(names_.Path(node.token.text)));
      case Node::Kind::kStructField:
      case Node::Kind::kStructIndexField:
        return Bad("struct field not found: " + Text(node));
      case Node::Kind::kStructSubField:
        return Bad(Text(node) + " syntax can only be used inside ElementFilter");
      case Node::Kind::kTemplate:
        return Template(node);
      case Node::Kind::kArray:
        return Array(node);
      case Node::Kind::kUnary:
        return Unary(node);
      case Node::Kind::kArithmetic:
        return Arithmetic(node);
      case Node::Kind::kPower:
        return Power(node);
      case Node::Kind::kShift:
        return Bad("shift is not supported: " + Text(node));
      case Node::Kind::kCompare:
        return Comparison(node);
      case Node::Kind::kRange:
        return Range(node);
      case Node::Kind::kIn:
        return In(node);
      case Node::Kind::kLike:
        return Like(node);
      case Node::Kind::kRegex:
        return RegexMatch(node);
      case Node::Kind::kExists:
        return Exists(node);
      case Node::Kind::kAnd:
      case Node::Kind::kOr:
        return Logical(node);
      case Node::Kind::kIsNull:
        return IsNull(node);
      case Node::Kind::kContains:
        return Contains(node);
      case Node::Kind::kArrayLength:
        return ArrayLength(node);
      case Node::Kind::kCall:
        return Call(node);
      case Node::Kind::kTimestamptz:
        return Timestamptz(node);
      case Node::Kind::kRandomSample:
        return RandomSample(node);
      case Node::Kind::kSpatial:
        return Spatial(node);
      case Node::Kind::kNotBuilt:
        return NotBuilt(node);
    }
    return Bad("unsupported expression: " + Text(node));
  }

  // --- names ---------------------------------------------------------------------------------

  Result<Bound> OfColumn(ColumnRef column) {
    Bound bound;
    bound.kind = Bound::Kind::kColumn;
    bound.type = column.type();
    bound.column = std::move(column);
    return bound;
  }

  Result<Bound> Template(const Node& node) {
    Bound bound;
    bound.is_template = true;
    bound.name = std::string(node.token.text);
    const auto found = templates_.find(bound.name);
    if (found == templates_.end()) {
      return Bad("the value of expression template variable name {" + bound.name +
                 "} is not found");
    }
    bound.value = found->second;
    bound.type = TypeOf(bound.value);
    return bound;
  }

  Result<Bound> Array(const Node& node) {
    if (node.children.empty()) return Constant(node.values, false);
    Value::Array values;
    for (const auto& child : node.children) {
      Bound element = TRY(Expression(*child));
      if (!element.is_constant() || element.is_template) {
        return Bad("array element type must be generic value, but got: " + Text(*child));
      }
      values.push_back(std::move(element.value));
    }
    return Constant(std::move(values), false);
  }

  // --- operators -------------------------------------------------------------------------------

  static Status RefuseWholeArray(const Bound& bound) {
    if (bound.kind == Bound::Kind::kColumn && bound.column.whole_array())
      return Bad("can not comparisons array fields directly");
    return {};
  }

  Result<Bound> Unary(const Node& node) {
    const Node& child = *node.children[0];
    if (child.kind == Node::Kind::kInt64Overflow && node.op == TokenKind::kMinus)
      return Constant(INT64_MIN, false);
    Bound operand = TRY(Expression(child));
    if (operand.is_constant() && !operand.is_template) {
      if (node.op == TokenKind::kPlus) return operand;
      if (node.op == TokenKind::kMinus) {
        if (operand.value.is_int())
          return Constant(Apply(ArithOp::kSubtract, int64_t{0}, operand.value.as_int()), false);
        if (operand.value.is_double()) return Constant(-operand.value.as_double(), false);
        return Bad("failed to parse unary expressions");
      }
      if (node.op == TokenKind::kNot) {
        if (!operand.value.is_bool()) return Bad("not can only apply on boolean");
        return Constant(!operand.value.as_bool(), true);
      }
      return Bad("unexpected op: " + std::string(node.token.text));
    }
    if (operand.kind == Bound::Kind::kSample)
      return Bad("random sample expression cannot be used in unary expression");
    TRY(RefuseWholeArray(operand));
    if (node.op == TokenKind::kPlus) return operand;
    if (node.op != TokenKind::kNot) return Bad("unexpected op: " + std::string(node.token.text));
    if (!operand.executable()) return Bad("not op can only be applied on boolean expression");
    return Decided(MakeNot(std::move(operand.predicate)));
  }

  Result<Bound> Logical(const Node& node) {
    const bool is_and = node.kind == Node::Kind::kAnd;
    const std::string name = is_and ? "and" : "or";
    const Status not_boolean = Bad("'" + name + "' can only be used between boolean expressions");
    PredicateList operands;
    bool constant = is_and;  // of the constants so far
    bool all_constant = true;
    bool only_booleans = true;  // among the constants
    std::optional<double> sample;
    for (size_t i = 0; i < node.children.size(); ++i) {
      Bound operand = TRY(Expression(*node.children[i]));
      if (operand.is_constant()) {
        if (operand.is_template || !operand.value.is_bool()) {
          only_booleans = false;
          continue;
        }
        constant =
            is_and ? constant && operand.value.as_bool() : constant || operand.value.as_bool();
        continue;
      }
      all_constant = false;
      if (!operand.executable()) return not_boolean;
      if (operand.kind == Bound::Kind::kSample) {
        if (!is_and)
          return Bad("random sample expression cannot be used in logical and expression");
        if (i + 1 < node.children.size()) {
          return Bad(
              "random sample expression can only be the last expression in the logical and "
              "expression");
        }
        sample = operand.sample;
        if (!operand.predicate) continue;
      }
      operands.push_back(std::move(operand.predicate));
    }
    if (!only_booleans)
      return all_constant ? Bad(name + " can only apply on boolean") : not_boolean;
    if (all_constant) return Constant(constant, true);
    if (constant != is_and) return Decided(MakeConstant(constant));
    Bound bound = Decided(is_and ? MakeAnd(std::move(operands)) : MakeOr(std::move(operands)));
    if (sample) {
      bound.kind = Bound::Kind::kSample;
      bound.sample = *sample;
    }
    return bound;
  }

  Status RefuseTemplates(const Node& node, const Bound& left, const Bound& right) {
    if (!left.is_template && !right.is_template) return {};
    return Bad("placeholder was not supported between two constants with operator: " +
               std::string(node.token.text));
  }

  Result<Bound> Arithmetic(const Node& node) {
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
    if ((bits || op == ArithOp::kModulo) &&
        (!HasIntegers(field_type) || !HasIntegers(other_type))) {
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

  Result<Bound> Power(const Node& node) {
    const Bound left = TRY(Expression(*node.children[0]));
    const Bound right = TRY(Expression(*node.children[1]));
    if (left.is_constant() && right.is_constant() && !left.is_template && !right.is_template) {
      if (std::optional<Value> value = FoldPower(left.value, right.value))
        return Constant(*std::move(value), true);
    }
    return Bad("power can only apply on constants: " + Text(node));
  }

  Result<Bound> Comparison(const Node& node) {
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

  Result<Bound> CompareColumns(const Bound& left, CompareOp op, const Bound& right) {
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

  // Float columns and elements hold floats: a constant must be rounded alike to be found equal.
  static Value Rounded(DataType type, Value value) {
    if (type == DataType::kFloat && value.is_double())
      return static_cast<double>(static_cast<float>(value.as_double()));
    return value;
  }

  Result<Bound> CompareWith(CompareOp op, Bound left, const Value& constant) {
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

  Result<Bound> CompareColumn(CompareOp op, const ColumnRef& column, const Value& value) {
    const size_t slot = Slot(column);
    const bool equality = op == CompareOp::kEqual || op == CompareOp::kNotEqual;
    if (value.is_bool() && !equality) return Bad("invalid range operations on boolean expr");
    if (value.is_array()) {
      if (!equality) return Bad("can not comparisons array fields directly");
      if (column.whole_array()) {
        const Value::Array elements =
            TRY(CastElements(column.field->element_type, value.as_array()));
        return Decided(MakeArrayEquals(slot, column, elements, op == CompareOp::kNotEqual));
      }
    }
    if (column.type() == DataType::kJson || column.element())
      return Decided(MakePathCompare(slot, column, op, value));
    PredicatePtr predicate = IsString(column.type())
                                 ? MakeStringCompare(slot, op, value.as_string())
                                 : MakeFixedCompare(slot, column.type(), op, value);
    if (op == CompareOp::kEqual) {
      predicate->SetIndex(IndexIn(column, {value}));
    } else if (op != CompareOp::kNotEqual) {
      Bounds range;
      const bool below = op == CompareOp::kLess || op == CompareOp::kLessEqual;
      (below ? range.high : range.low) = value;
      (below ? range.high_inclusive : range.low_inclusive) =
          op == CompareOp::kLessEqual || op == CompareOp::kGreaterEqual;
      predicate->SetIndex(IndexRange(column, range));
    }
    return Decided(std::move(predicate));
  }

  Result<Bound> CompareArithmetic(CompareOp op, const Bound& left, const Value& value) {
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

  static Result<Value::Array> CastElements(DataType type, const Value::Array& values) {
    Value::Array cast;
    cast.reserve(values.size());
    for (const Value& value : values) cast.push_back(Rounded(type, TRY(CastValue(type, value))));
    return cast;
  }

  static Result<Value> CastEnd(DataType type, const Bound& end) {
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

  Result<Bound> Range(const Node& node) {
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
    const CompareOp empty = bounds.low_inclusive && bounds.high_inclusive
                                ? CompareOp::kGreater
                                : CompareOp::kGreaterEqual;
    const std::optional<bool> is_empty = FoldCompare(empty, *bounds.low, *bounds.high);
    if (!is_empty) return Bad("invalid range operations");
    if (*is_empty) return Bad("invalid range: lowerbound is greater than upperbound");
    bounds.low = Rounded(type, *bounds.low);
    bounds.high = Rounded(type, *bounds.high);

    const size_t slot = Slot(column);
    if (column.type() == DataType::kJson || column.element())
      return Decided(MakePathRange(slot, column, bounds));
    if (IsVector(column.type())) return Bad("invalid range operations");
    PredicatePtr predicate =
        IsString(type) ? MakeStringRange(slot, bounds) : MakeFixedRange(slot, type, bounds);
    predicate->SetIndex(IndexRange(column, bounds));
    return Decided(std::move(predicate));
  }

  Result<Bound> In(const Node& node) {
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
      return Bad("value '" + Text(*node.children[1]) +
                 "' in list cannot be a non-const expression");
    if (!list.value.is_array()) {
      if (list.is_template)
        return Bad("the value of term expression template variable {" + list.name +
                   "} is not array");
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
      predicate = MakePathIn(slot, column, values);
    } else {
      predicate = IsString(type) ? MakeStringIn(slot, values) : MakeFixedIn(slot, type, values);
      predicate->SetIndex(IndexIn(column, std::move(values)));
    }
    return Decided(node.negated ? MakeNot(std::move(predicate)) : std::move(predicate));
  }

  // --- strings ---------------------------------------------------------------------------------

  // The pattern of like and =~: a string literal, or a template.
  Result<std::string> Pattern(const Node& node, const std::string& what, bool regex) {
    const Node& pattern = *node.children[1];
    if (pattern.kind == Node::Kind::kString)
      return regex ? UnquoteRegex(pattern.token.text) : Unquote(pattern.token.text);
    const Bound bound = TRY(Expression(pattern));
    if (!bound.is_constant() || (!bound.is_template && (regex || !bound.value.is_string()))) {
      return Bad(what +
                 " pattern should be a string literal or template variable, got: " + Text(pattern));
    }
    if (!bound.value.is_string()) {
      return Bad("the value of " + what + " expression template variable {" + bound.name +
                 "} is not string");
    }
    return bound.value.as_string();
  }

  static bool HoldsStrings(const ColumnRef& column) {
    return column.type() == DataType::kJson || IsString(column.value_type());
  }

  Result<Bound> Like(const Node& node) {
    const Bound left = TRY(Expression(*node.children[0]));
    if (left.kind != Bound::Kind::kColumn)
      return Bad("like operation on complicated expr is unsupported");
    TRY(RefuseWholeArray(left));
    if (!HoldsStrings(left.column))
      return Bad("like operation on non-string or no-json field is unsupported");
    LikePattern pattern = TRY(LikePattern::Compile(TRY(Pattern(node, "like", /*regex=*/false))));
    const size_t slot = Slot(left.column);
    if (!IsString(left.type)) return Decided(MakePathLike(slot, left.column, std::move(pattern)));
    std::optional<IndexPredicate> index;
    if (pattern.kind() == LikePattern::Kind::kEqual) {
      index = IndexIn(left.column, {Value(pattern.literal())});
    } else if (pattern.kind() == LikePattern::Kind::kPrefix) {
      index = IndexPrefix(left.column, pattern.literal());
    }
    PredicatePtr predicate = MakeStringLike(slot, std::move(pattern));
    if (index) predicate->SetIndex(*std::move(index));
    return Decided(std::move(predicate));
  }

  Result<Bound> RegexMatch(const Node& node) {
    const Bound left = TRY(Expression(*node.children[0]));
    if (left.kind != Bound::Kind::kColumn)
      return Bad("regex match on complicated expr is unsupported");
    TRY(RefuseWholeArray(left));
    if (!HoldsStrings(left.column))
      return Bad("regex match on non-string or non-json field is unsupported");
    Regex regex = TRY(Regex::Compile(TRY(Pattern(node, "regex", /*regex=*/true))));
    const size_t slot = Slot(left.column);
    PredicatePtr predicate = IsString(left.type)
                                 ? MakeStringRegex(slot, std::move(regex))
                                 : MakePathRegex(slot, left.column, std::move(regex));
    return Decided(node.negated ? MakeNot(std::move(predicate)) : std::move(predicate));
  }

  Result<Bound> Call(const Node& node) {
    const std::string name = Lower(node.token.text);
    std::vector<Bound> arguments;
    for (const auto& child : node.children) arguments.push_back(TRY(Expression(*child)));
    const auto is_string_column = [](const Bound& bound) {
      return bound.kind == Bound::Kind::kColumn && IsString(bound.type);
    };
    if (name == "empty" && arguments.size() == 1 && is_string_column(arguments[0])) {
      return CompareColumn(CompareOp::kEqual, arguments[0].column, Value(""));
    }
    if (name == "starts_with" && arguments.size() == 2 && is_string_column(arguments[0])) {
      const ColumnRef& column = arguments[0].column;
      if (is_string_column(arguments[1])) {
        const size_t slot = Slot(column);
        return Decided(MakeColumnStartsWith(slot, Slot(arguments[1].column)));
      }
      if (arguments[1].is_constant() && arguments[1].value.is_string()) {
        const std::string& prefix = arguments[1].value.as_string();
        std::string pattern;
        for (const char c : prefix) {
          if (c == '%' || c == '_' || c == '\\') pattern.push_back('\\');
          pattern.push_back(c);
        }
        PredicatePtr predicate =
            MakeStringLike(Slot(column), TRY(LikePattern::Compile(pattern + "%")));
        predicate->SetIndex(IndexPrefix(column, prefix));
        return Decided(std::move(predicate));
      }
    }
    std::string types;
    for (const Bound& argument : arguments)
      types += (types.empty() ? "" : ", ") + argument.type_name();
    return Bad("function " + name + "(" + types + ") not found");
  }

  // --- null, exists, arrays ----------------------------------------------------------------------

  Result<Bound> IsNull(const Node& node) {
    const ColumnRef column = node.token.kind == TokenKind::kPath
                                 ? TRY(names_.Path(node.token.text))
                                 : TRY(names_.Identifier(node.token.text, false));
    if (IsVector(column.type()) && column.type() != DataType::kArrayOfVector) {
      return Bad("IsNull/IsNotNull operations are not supported on vector fields");
    }
    if (column.element()) {
      return Bad("IsNull/IsNotNull operations are not supported on array element access, got: " +
                 Text(node));
    }
    const size_t slot = Slot(column);
    if (!column.path.empty())
      return Decided(MakePathExists(slot, column, /*negated=*/!node.negated));
    return Decided(MakeNullTest(slot, node.negated));
  }

  Result<Bound> Exists(const Node& node) {
    const Bound child = TRY(Expression(*node.children[0]));
    if (child.kind != Bound::Kind::kColumn) {
      return Bad("exists operations are only supported on single fields now, got: " +
                 Text(*node.children[0]));
    }
    if (child.type != DataType::kJson) {
      return Bad("exists operations are only supportted on json field, got:" +
                 std::string(NameOf(child.type)));
    }
    if (child.column.path.empty()) return Bad("exists operations are only supportted on json key");
    return Decided(MakePathExists(Slot(child.column), child.column, false));
  }

  Result<Bound> Contains(const Node& node) {
    const ContainsOp op = node.op == TokenKind::kContainsAll   ? ContainsOp::kAll
                          : node.op == TokenKind::kContainsAny ? ContainsOp::kAny
                                                               : ContainsOp::kOne;
    const std::string name = op == ContainsOp::kAll   ? "contains_all"
                             : op == ContainsOp::kAny ? "contains_any"
                                                      : "contains";
    const std::string proto_name = op == ContainsOp::kAll   ? "ContainsAll"
                                   : op == ContainsOp::kAny ? "ContainsAny"
                                                            : "Contains";
    const Bound field = TRY(Expression(*node.children[0]));
    if (field.kind != Bound::Kind::kColumn ||
        (field.type != DataType::kJson && !field.column.whole_array())) {
      return Bad(name + " operation are only supported on json or array fields now, got: " +
                 Text(*node.children[0]));
    }
    const Bound element = TRY(Expression(*node.children[1]));
    if (!element.is_constant()) {
      return Bad(name + " operation are only supported explicitly specified element, got: " +
                 Text(*node.children[1]));
    }
    if (op != ContainsOp::kOne && !element.value.is_array())
      return Bad(proto_name + " operation element must be an array");
    Value::Array values =
        op == ContainsOp::kOne ? Value::Array{element.value} : element.value.as_array();
    if (field.column.whole_array()) {
      const DataType element_type = field.column.field->element_type;
      for (Value& value : values) {
        Result<Value> cast = CastValue(element_type, value);
        if (!cast.ok() && op == ContainsOp::kOne) return cast.status();
        if (!cast.ok() && !(IsNumber(element_type) && value.is_number())) {
          return Bad(proto_name + " operation can't compare between array element type: " +
                     std::string(NameOf(element_type)) + " and " +
                     std::string(NameOf(TypeOf(value))));
        }
        if (cast.ok()) value = Rounded(element_type, std::move(cast).take());
      }
    }
    return Decided(MakeContains(Slot(field.column), field.column, op, values));
  }

  Result<Bound> ArrayLength(const Node& node) {
    if (node.op == TokenKind::kStructField)
      return Bad("struct field not found: " + std::string(node.token.text));
    Bound bound;
    bound.column = node.op == TokenKind::kPath ? TRY(names_.Path(node.token.text))
                                               : TRY(names_.Identifier(node.token.text, false));
    if (bound.column.type() != DataType::kJson && !bound.column.whole_array()) {
      return Bad(
          "array_length operation are only supported on json, array or array-of-vector fields now, "
          "got: " +
          Text(node));
    }
    bound.kind = Bound::Kind::kLength;
    bound.type = DataType::kInt64;
    return bound;
  }

  // --- the rest ----------------------------------------------------------------------------------

  Result<Bound> Timestamptz(const Node& node) {
    const std::string name(node.token.text);
    const ColumnRef column = TRY(names_.Identifier(name, false));
    if (column.type() != DataType::kTimestamptz)
      return Bad("field '" + name + "' is not a timestamptz datatype");
    const auto zone = TRY(TimeZone::Load(options_.timezone));
    const int64_t micros = TRY(ParseTimestamptz(TRY(Unquote(node.token2.text)), *zone));
    CompareOp op = *CompareOpOf(node.op2);
    if (node.negated) op = Mirrored(op);
    if (node.children.empty()) return CompareColumn(op, column, Value(micros));
    const Interval interval = TRY(ParseInterval(TRY(Unquote(node.children[0]->token.text))));
    const int sign = node.op == TokenKind::kMinus ? -1 : 1;
    return Decided(MakeTimestamptzArith(Slot(column), interval, sign, op, micros));
  }

  Result<Bound> RandomSample(const Node& node) {
    const Node& factor = *node.children[0];
    const Bound bound = TRY(Expression(factor));
    if (!bound.is_constant() || bound.is_template) {
      return Bad("\"float factor\" should be a const float expression: \"float factor\" passed: " +
                 Text(factor));
    }
    constexpr double kEpsilon = 1e-10;
    const double share = bound.value.is_double() ? bound.value.as_double() : 0;
    if (!(share > kEpsilon && share < 1 - kEpsilon)) {
      return Bad(
          "the sample factor should be between 0 and 1 and not too close to 0 or 1(the difference "
          "should be larger "
          "than 1e-10), but got " +
          Text(factor));
    }
    Bound sample;
    sample.kind = Bound::Kind::kSample;
    sample.type = DataType::kBool;
    sample.sample = share;
    return sample;
  }

  static geo::SpatialOp SpatialOpOf(const Token& name) {
    const std::string text = Lower(name.text);
    if (text == "st_equals") return geo::SpatialOp::kEquals;
    if (text == "st_touches") return geo::SpatialOp::kTouches;
    if (text == "st_overlaps") return geo::SpatialOp::kOverlaps;
    if (text == "st_crosses") return geo::SpatialOp::kCrosses;
    if (text == "st_contains") return geo::SpatialOp::kContains;
    if (text == "st_intersects") return geo::SpatialOp::kIntersects;
    if (text == "st_within") return geo::SpatialOp::kWithin;
    return text == "st_dwithin" ? geo::SpatialOp::kDistanceWithin : geo::SpatialOp::kIsValid;
  }

  // The geometry that a spatial function compares with, as WKB.
  Result<std::string> Geometry(const Node& node, bool only_point) {
    const Bound bound = TRY(Expression(node));
    if (bound.is_template && !bound.value.is_string()) {
      return Bad("the value of GIS WKT template variable {" + bound.name + "} is not string");
    }
    if (!bound.is_constant() || !bound.value.is_string()) {
      return Bad("WKT string should be a string literal or template variable, got: " + Text(node));
    }
    std::string wkb = TRY(geo::WktToWkb(bound.value.as_string()));
    if (only_point && !geo::IsPoint(wkb))
      return Bad("only supports POINT geometry: " + bound.value.as_string());
    return wkb;
  }

  Result<double> Distance(const Node& node) {
    const Bound bound = TRY(Expression(node));
    if (!bound.is_constant())
      return Bad("distance parameter must be a constant numeric value, got: " + Text(node));
    if (bound.is_template) return Bad("invalid distance value: " + Text(node));
    if (!bound.value.is_number()) {
      return Bad("distance parameter must be a numeric value (int or float), got: " + Text(node));
    }
    const double metres = bound.value.as_double();
    if (metres < 0)
      return Bad("distance parameter must be non-negative, got: " + std::to_string(metres));
    return metres;
  }

  Result<Bound> Spatial(const Node& node) {
    const geo::SpatialOp op = SpatialOpOf(node.token);
    const ColumnRef column = TRY(names_.Identifier(node.token2.text, false));
    if (column.type() != DataType::kGeometry) {
      const std::string what = op == geo::SpatialOp::kIsValid          ? "STIsValid"
                               : op == geo::SpatialOp::kDistanceWithin ? "ST_DWITHIN"
                                                                       : "spatial";
      return Bad(what + " operation are only supported on geometry fields now, got: " + Text(node));
    }
    const bool distance = op == geo::SpatialOp::kDistanceWithin;
    std::string wkb;
    if (!node.children.empty()) wkb = TRY(Geometry(*node.children[0], /*only_point=*/distance));
    const double metres = distance ? TRY(Distance(*node.children[1])) : 0;
    auto test = TRY(geo::SpatialTest::Make(op, std::move(wkb), metres));
    std::optional<IndexPredicate> index;
    if (test->reach()) index = IndexNear(column, *test->reach());
    PredicatePtr predicate = MakeSpatial(Slot(column), op, std::move(test));
    if (index) predicate->SetIndex(*std::move(index));
    return Decided(std::move(predicate));
  }

  Result<Bound> NotBuilt(const Node& node) {
    const std::string field(node.token2.text);
    const bool text = node.op == TokenKind::kTextMatch || node.op == TokenKind::kTextMatchFuzzy ||
                      node.op == TokenKind::kPhraseMatch;
    if (text) {
      const ColumnRef column = TRY(names_.Identifier(field, /*allow_text=*/true));
      if (!IsString(column.type())) {
        const std::string_view name = node.op == TokenKind::kTextMatch     ? "text match"
                                      : node.op == TokenKind::kPhraseMatch ? "phrase match"
                                                                           : "text match fuzzy";
        return Bad(std::string(name) + " operation on non-string is unsupported");
      }
      const std::string* enabled = FindProperty(column.field->type_params, "enable_match");
      if (enabled == nullptr || !ParseBool(*enabled).value_or(false))
        return Bad("field \"" + field + "\" does not enable match");
    }
    return Fail(Code::kUnimplemented, std::string(node.token.text) + " is not built yet");
  }

  std::string_view source_;
  const Names names_;
  const TemplateValues& templates_;
  const CompileOptions& options_;
  std::vector<FieldId> fields_;
};

}  // namespace

Status CannotParse(std::string_view text, const Status& reason) {
  constexpr size_t kShownMax = 16384;
  return Status(reason.code(),
                "cannot parse expression: " + std::string(text.substr(0, kShownMax)) +
                    ", error: " + reason.message());
}

Result<BoundFilter> Bind(std::string_view source, const Node& root, const Schema& schema,
                         const TemplateValues& templates, const CompileOptions& options) {
  return Binder(source, schema, templates, options).Filter(root);
}

}  // namespace elanus::expr
