// Binder: text_match, text_match_fuzzy, phrase_match.
#include <limits>

#include "expr/binding.h"
#include "expr/index_predicate.h"
#include "text/matcher.h"

namespace elanus::expr {
namespace {

struct TextCall {
  std::string_view operation, argument;
};

TextCall CallOf(TokenKind op) {
  if (op == TokenKind::kTextMatch) return {"text match", "text_match query"};
  if (op == TokenKind::kPhraseMatch) return {"phrase match", "phrase_match query"};
  return {"text match fuzzy", "text_match_fuzzy query"};
}

}  // namespace

Result<std::string> Binder::Question(const Node& node, const std::string& what) {
  if (node.kind == Node::Kind::kString) return Unquote(node.token.text);
  const Bound bound = TRY(Expression(node));
  if (!bound.is_constant() || (!bound.is_template && !bound.value.is_string()))
    return Bad(what + " should be a string literal or template variable, got: " + Text(node));
  if (!bound.value.is_string()) {
    return Bad("the value of " + what + " template variable {" + bound.name + "} is not string");
  }
  return bound.value.as_string();
}

Result<uint32_t> Binder::Slop(const Node& node) {
  const Bound bound = TRY(Expression(node));
  if (!bound.is_constant() || !bound.value.is_int()) {
    return Bad(
        "\"slop\" should be a const integer expression with \"uint32\" value. \"slop\" expression "
        "passed: " +
        Text(node));
  }
  const int64_t slop = bound.value.as_int();
  if (slop < 0)
    return Bad("\"slop\" should not be a negative interger. \"slop\" passed: " + Text(node));
  if (slop > std::numeric_limits<uint32_t>::max()) {
    return Bad("\"slop\" exceeds the range of \"uint32\". \"slop\" expression passed: " +
               Text(node));
  }
  return static_cast<uint32_t>(slop);
}

Result<Bound> Binder::TextMatch(const Node& node) {
  const TextCall call = CallOf(node.op);
  const std::string field(node.token2.text);
  const ColumnRef column = TRY(names_.Identifier(field, /*allow_text=*/true));
  if (!IsString(column.type()))
    return Bad(std::string(call.operation) + " operation on non-string is unsupported");
  if (!IsTrue(column.field->type_params, "enable_match"))
    return Bad("field \"" + field + "\" does not enable match");
  const std::string question = TRY(Question(*node.children[0], std::string(call.argument)));
  auto analyzer = TRY(text::AnalyzerOf(*column.field));
  std::unique_ptr<text::Matcher> matcher;
  const auto option = static_cast<size_t>(node.value.is_int() ? node.value.as_int() : 0);
  if (node.op == TokenKind::kPhraseMatch) {
    const uint32_t slop = node.children.size() > 1 ? TRY(Slop(*node.children[1])) : 0;
    matcher = text::MatchPhrase(std::move(analyzer), question, slop);
  } else if (node.op == TokenKind::kTextMatchFuzzy) {
    matcher = text::MatchFuzzily(std::move(analyzer), question, option);
  } else {
    matcher = text::MatchTerms(std::move(analyzer), question, option);
  }
  std::optional<IndexPredicate> index;
  if (const auto needs = matcher->needs()) index = IndexTerms(column, *needs);
  PredicatePtr predicate = MakeTextMatch(Slot(column), std::move(matcher));
  Offer(predicate.get(), std::move(index));
  return Decided(std::move(predicate));
}

}  // namespace elanus::expr
