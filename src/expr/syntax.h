// The syntax tree of a filter: what was written, not yet what it means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "expr/lexer.h"
#include "model/value.h"

namespace elanus::expr {

struct Node {
  enum class Kind : uint8_t {
    kLiteral,        // value
    kInt64Overflow,  // 9223372036854775808, legal only under a minus
    kString,         // token: unquoted when bound, since a regex unquotes otherwise
    kIdentifier,     // token (also $meta)
    kPath,           // token
    kStructField,    // token; and the two below
    kStructIndexField,
    kStructSubField,
    kTemplate,    // token: the name
    kArray,       // `values` if all elements are literals, else children
    kUnary,       // op, child
    kArithmetic,  // op, two children; also bit operators
    kPower,
    kShift,
    kCompare,  // op, two children
    kRange,    // child op token op2 child
    kIn,       // two children; negated
    kLike,
    kRegex,  // negated
    kExists,
    kAnd,  // two or more children
    kOr,
    kIsNull,       // token; negated
    kContains,     // op, two children
    kArrayLength,  // token
    kCall,         // token: the name; children
    kTimestamptz,  // token op2 text, op + interval if op is + or -; reversed if negated
    kRandomSample,
    kSpatial,    // op, token2: the field; children: the geometry, the distance
    kTextMatch,  // op; token2: the field; children: the text, the slop; value: the option's
    kNotBuilt,   // token: a predicate of structs; field in token2
  };

  Kind kind;
  Token token;
  Token token2;
  TokenKind op = TokenKind::kEnd;
  TokenKind op2 = TokenKind::kEnd;
  bool negated = false;
  bool in_parens = false;
  int depth = 1;
  Value value;
  Value::Array values;
  std::vector<std::unique_ptr<Node>> children;
  size_t begin = 0;  // the source text, parentheses included
  size_t end = 0;
};

inline constexpr int kFilterDepthMax = 500;
inline constexpr size_t kFilterLiteralsMax = 1'000'000;
inline constexpr size_t kFilterTextMax = 64u << 20;

// Errors are kParameterInvalid with the bare reason ("line 1:4 mismatched input ...").
Result<std::unique_ptr<Node>> ParseFilter(std::string_view text);

// The source between two offsets as error messages show it: without blanks between tokens.
std::string TextOf(std::string_view source, size_t begin, size_t end);
inline std::string TextOf(std::string_view source, const Node& node) {
  return TextOf(source, node.begin, node.end);
}

}  // namespace elanus::expr
