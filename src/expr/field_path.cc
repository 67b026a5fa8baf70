#include "expr/field_path.h"

#include <utility>

#include "expr/lexer.h"
#include "expr/names.h"
#include "expr/syntax.h"

namespace elanus::expr {

Result<FieldPath> ParseFieldPath(std::string_view text, const Schema& schema) {
  Lexer lexer(text);
  const Token token = lexer.Next();
  const bool single = lexer.Peek().kind == TokenKind::kEnd && lexer.error().empty();
  const Names names(schema);
  ColumnRef column;
  if (single && (token.kind == TokenKind::kIdentifier || token.kind == TokenKind::kMeta)) {
    column = TRY(names.Identifier(token.text, true));
  } else if (single && token.kind == TokenKind::kPath) {
    column = TRY(names.Path(token.text));
  } else {
    const auto whole = ParseFilter(text);
    return Fail(Code::kParameterInvalid,
                "cannot parse identifier: " + std::string(text) +
                    (whole.ok() ? std::string() : ", error: " + whole.status().message()));
  }
  return FieldPath{column.field, std::move(column.path)};
}

}  // namespace elanus::expr
