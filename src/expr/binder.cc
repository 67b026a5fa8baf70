#include "expr/binder.h"

#include <algorithm>

#include "base/text.h"
#include "expr/binding.h"
#include "expr/index_predicate.h"
#include "model/json.h"
#include "model/timestamptz.h"

namespace elanus::expr {
namespace {

// As Milvus writes types in the signatures of functions.
std::string SignatureName(DataType type) {
  if (type == DataType::kVarChar) return "varChar";
  std::string name(NameOf(type));
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return IsInteger(type) ? name + "_t" : name;
}

}  // namespace
Result<BoundFilter> Binder::Filter(const Node& root) {
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
  filter.slots = std::move(slots_);
  return filter;
}

std::string Binder::Text(const Node& node) const { return TextOf(source_, node); }

size_t Binder::Slot(const ColumnRef& column) { return Slot(ColumnSlot{column.field->id}); }

size_t Binder::Slot(ColumnSlot slot) {
  const auto found = std::find(slots_.begin(), slots_.end(), slot);
  if (found != slots_.end()) return static_cast<size_t>(found - slots_.begin());
  slots_.push_back(std::move(slot));
  return slots_.size() - 1;
}

PredicatePtr Binder::WithPathColumn(PredicatePtr general, const ColumnRef& column,
                                    const Value::Array& constants, const TypedLeaf& make) {
  if (column.type() != DataType::kJson || column.path.empty()) return general;
  DataType type = DataType::kNone;
  Value::Array typed;
  for (const Value& constant : constants) {
    const DataType kind = constant.is_string()   ? DataType::kVarChar
                          : constant.is_bool()   ? DataType::kBool
                          : constant.is_number() ? DataType::kDouble
                                                 : DataType::kNone;
    if (kind == DataType::kNone || (type != DataType::kNone && kind != type)) return general;
    type = kind;
    typed.push_back(kind == DataType::kDouble ? Value(constant.as_double()) : constant);
    if (constant.is_int() && CompareNumbers(constant.as_int(), constant.as_double()) != 0)
      return general;
  }
  if (type == DataType::kNone) return general;
  const size_t slot = Slot(ColumnSlot{column.field->id, column.path, type});
  return MakeWithColumn(slot, make(slot, type, typed), std::move(general));
}

Bound Binder::Constant(Value value, bool folded) {
  Bound bound;
  bound.type = TypeOf(value);
  bound.value = std::move(value);
  bound.folded = folded;
  return bound;
}

Bound Binder::Decided(PredicatePtr predicate) {
  Bound bound;
  bound.kind = Bound::Kind::kPredicate;
  bound.type = DataType::kBool;
  bound.predicate = std::move(predicate);
  return bound;
}

Result<Bound> Binder::Expression(const Node& node) {
  Result<Bound> bound = Meaning(node);
  if (bound.ok() && bound->predicate != nullptr && bound->predicate->place().end == 0)
    bound->predicate->SetPlace({node.begin, node.end});
  return bound;
}

Result<Bound> Binder::Meaning(const Node& node) {
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
    case Node::Kind::kTextMatch:
      return TextMatch(node);
    case Node::Kind::kNotBuilt:
      return NotBuilt(node);
  }
  return Bad("unsupported expression: " + Text(node));
}

// --- names ---------------------------------------------------------------------------------

Result<Bound> Binder::OfColumn(ColumnRef column) {
  Bound bound;
  bound.kind = Bound::Kind::kColumn;
  bound.type = column.type();
  bound.column = std::move(column);
  return bound;
}

Result<Bound> Binder::Template(const Node& node) {
  Bound bound;
  bound.is_template = true;
  bound.name = std::string(node.token.text);
  const auto found = templates_.find(bound.name);
  if (found == templates_.end()) {
    return Bad("the value of expression template variable name {" + bound.name + "} is not found");
  }
  bound.value = found->second;
  bound.type = TypeOf(bound.value);
  return bound;
}

Result<Bound> Binder::Array(const Node& node) {
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

Status Binder::RefuseWholeArray(const Bound& bound) {
  if (bound.kind == Bound::Kind::kColumn && bound.column.whole_array())
    return Bad("can not comparisons array fields directly");
  return {};
}

Result<Bound> Binder::Unary(const Node& node) {
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

Result<Bound> Binder::Logical(const Node& node) {
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
      constant = is_and ? constant && operand.value.as_bool() : constant || operand.value.as_bool();
      continue;
    }
    all_constant = false;
    if (!operand.executable()) return not_boolean;
    if (operand.kind == Bound::Kind::kSample) {
      if (!is_and) return Bad("random sample expression cannot be used in logical and expression");
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
  if (!only_booleans) return all_constant ? Bad(name + " can only apply on boolean") : not_boolean;
  if (all_constant) return Constant(constant, true);
  if (constant != is_and) return Decided(MakeConstant(constant));
  Bound bound = Decided(is_and ? MakeAnd(std::move(operands)) : MakeOr(std::move(operands)));
  if (sample) {
    bound.kind = Bound::Kind::kSample;
    bound.sample = *sample;
  }
  return bound;
}

// --- strings ---------------------------------------------------------------------------------

Result<Bound> Binder::Call(const Node& node) {
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
    types += (types.empty() ? "" : ", ") + SignatureName(argument.type);
  return Bad("function " + name + "(" + types + ") not found");
}

// --- null, exists, arrays ----------------------------------------------------------------------

Result<Bound> Binder::IsNull(const Node& node) {
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
  if (!column.path.empty()) return Decided(MakePathExists(slot, column, /*negated=*/!node.negated));
  return Decided(MakeNullTest(slot, node.negated));
}

Result<Bound> Binder::Exists(const Node& node) {
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

Result<Bound> Binder::Contains(const Node& node) {
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
  PredicatePtr predicate = MakeContains(Slot(field.column), field.column, op, values);
  Offer(predicate.get(), IndexOfContains(field.column, op, values));
  return Decided(std::move(predicate));
}

Result<Bound> Binder::ArrayLength(const Node& node) {
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

Result<Bound> Binder::Timestamptz(const Node& node) {
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

Result<Bound> Binder::RandomSample(const Node& node) {
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

geo::SpatialOp Binder::SpatialOpOf(const Token& name) {
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

Result<Bound> Binder::NotBuilt(const Node& node) {
  return Fail(Code::kUnimplemented, std::string(node.token.text) + " is not built yet");
}

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
