// Binder: one filter on its way from syntax to predicates. Private to the module; binder.h is what
// others call. The methods stand by what they are about: names, logic and calls in binder.cc,
// arithmetic and comparisons in bind_compare.cc, patterns in bind_strings.cc, terms in
// bind_text.cc, geometry in bind_spatial.cc.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/binder.h"
#include "expr/fold.h"
#include "expr/leaves.h"
#include "expr/names.h"
#include "geo/spatial.h"

namespace elanus::expr {

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

inline Status Bad(const std::string& reason) { return Fail(Code::kParameterInvalid, reason); }

class Binder {
 public:
  Binder(std::string_view source, const Schema& schema, const TemplateValues& templates,
         const CompileOptions& options)
      : source_(source), names_(schema), templates_(templates), options_(options) {}

  Result<BoundFilter> Filter(const Node& root);

 private:
  std::string Text(const Node& node) const;
  size_t Slot(const ColumnRef& column);
  size_t Slot(ColumnSlot slot);
  // `general`, which looks into documents of JSON; where a source has a column of the values under
  // the path, what `make` gives for that slot, its type and the constants as values of this type.
  // The constants are of one kind, or it is `general` in any case.
  using TypedLeaf = std::function<PredicatePtr(size_t slot, DataType, const Value::Array&)>;
  PredicatePtr WithPathColumn(PredicatePtr general, const ColumnRef& column,
                              const Value::Array& constants, const TypedLeaf& make);
  static Bound Constant(Value value, bool folded);
  static Bound Decided(PredicatePtr predicate);
  static void Offer(Predicate* predicate, std::optional<IndexPredicate> index) {
    if (index) predicate->SetIndex(*std::move(index));
  }
  Result<Bound> Expression(const Node& node);
  Result<Bound> Meaning(const Node& node);

  // --- names ---------------------------------------------------------------------------------

  Result<Bound> OfColumn(ColumnRef column);
  Result<Bound> Template(const Node& node);
  Result<Bound> Array(const Node& node);

  // --- operators -------------------------------------------------------------------------------

  static Status RefuseWholeArray(const Bound& bound);
  Result<Bound> Unary(const Node& node);
  Result<Bound> Logical(const Node& node);
  Status RefuseTemplates(const Node& node, const Bound& left, const Bound& right);
  Result<Bound> Arithmetic(const Node& node);
  Result<Bound> Power(const Node& node);
  Result<Bound> Comparison(const Node& node);
  Result<Bound> CompareColumns(const Bound& left, CompareOp op, const Bound& right);

  // Float columns and elements hold floats: a constant must be rounded alike to be found equal.
  static Value Rounded(DataType type, Value value);
  Result<Bound> CompareWith(CompareOp op, Bound left, const Value& constant);
  Result<Bound> CompareColumn(CompareOp op, const ColumnRef& column, const Value& value);
  Result<Bound> CompareArithmetic(CompareOp op, const Bound& left, const Value& value);
  static Result<Value::Array> CastElements(DataType type, const Value::Array& values);
  static Result<Value> CastEnd(DataType type, const Bound& end);
  Result<Bound> Range(const Node& node);
  Result<Bound> In(const Node& node);

  // --- strings ---------------------------------------------------------------------------------

  // The pattern of like and =~: a string literal, or a template.
  Result<std::string> Pattern(const Node& node, const std::string& what, bool regex);
  static bool HoldsStrings(const ColumnRef& column);
  Result<Bound> Like(const Node& node);
  Result<Bound> RegexMatch(const Node& node);
  Result<Bound> Call(const Node& node);

  // --- null, exists, arrays ----------------------------------------------------------------------

  Result<Bound> IsNull(const Node& node);
  Result<Bound> Exists(const Node& node);
  Result<Bound> Contains(const Node& node);
  Result<Bound> ArrayLength(const Node& node);

  // --- the rest ----------------------------------------------------------------------------------

  Result<Bound> Timestamptz(const Node& node);
  Result<Bound> RandomSample(const Node& node);
  static geo::SpatialOp SpatialOpOf(const Token& name);

  // The geometry that a spatial function compares with, as WKB.
  Result<std::string> Geometry(const Node& node, bool only_point);
  Result<double> Distance(const Node& node);
  Result<Bound> Spatial(const Node& node);
  static Result<Bound> NotBuilt(const Node& node);

  // --- text --------------------------------------------------------------------------------------

  // What a text is asked for: a string literal, or a template.
  Result<std::string> Question(const Node& node, const std::string& what);
  Result<uint32_t> Slop(const Node& node);
  Result<Bound> TextMatch(const Node& node);

  std::string_view source_;
  const Names names_;
  const TemplateValues& templates_;
  const CompileOptions& options_;
  std::vector<ColumnSlot> slots_;
};

}  // namespace elanus::expr
