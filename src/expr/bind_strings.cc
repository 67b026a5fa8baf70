// Binder: LIKE and regular expressions.
#include "expr/binding.h"
#include "expr/index_predicate.h"

namespace elanus::expr {

Result<std::string> Binder::Pattern(const Node& node, const std::string& what, bool regex) {
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

bool Binder::HoldsStrings(const ColumnRef& column) {
  return column.type() == DataType::kJson || IsString(column.value_type());
}

Result<Bound> Binder::Like(const Node& node) {
  const Bound left = TRY(Expression(*node.children[0]));
  if (left.kind != Bound::Kind::kColumn)
    return Bad("like operation on complicated expr is unsupported");
  TRY(RefuseWholeArray(left));
  if (!HoldsStrings(left.column))
    return Bad("like operation on non-string or no-json field is unsupported");
  LikePattern pattern = TRY(LikePattern::Compile(TRY(Pattern(node, "like", /*regex=*/false))));
  const size_t slot = Slot(left.column);
  std::optional<IndexPredicate> index = IndexOfLike(left.column, pattern);
  PredicatePtr predicate = IsString(left.type) ? MakeStringLike(slot, pattern)
                                               : MakePathLike(slot, left.column, pattern);
  predicate = WithPathColumn(std::move(predicate), left.column, {Value(std::string())},
                             [&](size_t typed_slot, DataType, const Value::Array&) {
                               return MakeStringLike(typed_slot, pattern);
                             });
  Offer(predicate.get(), std::move(index));
  return Decided(std::move(predicate));
}

Result<Bound> Binder::RegexMatch(const Node& node) {
  const Bound left = TRY(Expression(*node.children[0]));
  if (left.kind != Bound::Kind::kColumn)
    return Bad("regex match on complicated expr is unsupported");
  TRY(RefuseWholeArray(left));
  if (!HoldsStrings(left.column))
    return Bad("regex match on non-string or non-json field is unsupported");
  const std::string pattern = TRY(Pattern(node, "regex", /*regex=*/true));
  Regex regex = TRY(Regex::Compile(pattern));
  const size_t slot = Slot(left.column);
  PredicatePtr predicate =
      IsString(left.type) ? MakeStringRegex(slot, regex) : MakePathRegex(slot, left.column, regex);
  predicate = WithPathColumn(std::move(predicate), left.column, {Value(std::string())},
                             [&](size_t typed_slot, DataType, const Value::Array&) {
                               return MakeStringRegex(typed_slot, regex);
                             });
  if (!left.column.element())
    predicate->SetIndex(IndexWords(left.column, {RequiredLiteral(pattern)}));
  return Decided(node.negated ? MakeNot(std::move(predicate)) : std::move(predicate));
}

}  // namespace elanus::expr
