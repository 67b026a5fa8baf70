#include "expr/isolation.h"

#include <string>

namespace elanus::expr {
namespace {

Status NotSupported(std::string_view what) {
  return Fail(Code::kParameterInvalid,
              "partition key isolation does not support " + std::string(what));
}

bool Is(const Node& node, std::string_view field) {
  return node.kind == Node::Kind::kIdentifier && node.token.text == field;
}

bool IsConstant(const Node& node) {
  return node.kind == Node::Kind::kLiteral || node.kind == Node::Kind::kString ||
         node.kind == Node::Kind::kTemplate || node.kind == Node::Kind::kInt64Overflow ||
         node.kind == Node::Kind::kUnary;
}

std::string_view NameOf(TokenKind comparison) {
  if (comparison == TokenKind::kLess) return "LessThan";
  if (comparison == TokenKind::kLessEqual) return "LessEqual";
  if (comparison == TokenKind::kGreater) return "GreaterThan";
  if (comparison == TokenKind::kGreaterEqual) return "GreaterEqual";
  return "NotEqual";
}

// Whether a value of the field is asked for here. In Milvus's order: what lies further in, and
// further left, is refused first.
Result<bool> AsksFor(const Node& node, std::string_view field) {
  const bool is_and = node.kind == Node::Kind::kAnd;
  if (is_and || node.kind == Node::Kind::kOr) {
    bool found = false;
    for (const auto& child : node.children) found |= TRY(AsksFor(*child, field));
    if (found && !is_and) return NotSupported("OR");
    return found;
  }
  if (node.kind == Node::Kind::kUnary && node.op == TokenKind::kNot) {
    if (TRY(AsksFor(*node.children[0], field))) return NotSupported("NOT");
    return false;
  }
  if (node.kind == Node::Kind::kIn && Is(*node.children[0], field)) return NotSupported("IN");
  if (node.kind == Node::Kind::kLike && Is(*node.children[0], field)) return NotSupported("Match");
  if (node.kind == Node::Kind::kRange && node.token.text == field) {
    return NotSupported("BinaryRange");
  }
  if (node.kind != Node::Kind::kCompare) return false;
  const Node& left = *node.children[0];
  const Node& right = *node.children[1];
  const bool compares =
      (Is(left, field) && IsConstant(right)) || (Is(right, field) && IsConstant(left));
  if (!compares) return false;
  if (node.op != TokenKind::kEqual) return NotSupported(NameOf(node.op));
  return true;
}

}  // namespace

Status CheckIsolation(const Node& filter, std::string_view field) {
  if (TRY(AsksFor(filter, field))) return {};
  return Fail(Code::kParameterInvalid,
              "partition key not found in expr or the expr is invalid when validating partition "
              "key isolation");
}

}  // namespace elanus::expr
