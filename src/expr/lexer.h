// Tokens of the filter language. Keywords come all-lower or ALL-UPPER; any other casing is an
// identifier. A path such as js["a"][0] is one token, without blanks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/status.h"

namespace elanus::expr {

enum class TokenKind : uint8_t {
  kEnd,
  kError,
  kInteger,
  kFloating,
  kBool,
  kString,
  kRawString,
  kIdentifier,
  kMeta,
  kPath,
  kStructField,
  kStructIndexField,
  kStructSubField,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kComma,
  kAssign,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kEqual,
  kNotEqual,
  kRegex,
  kNotRegex,
  kPlus,
  kMinus,
  kTimes,
  kDivide,
  kModulo,
  kPower,
  kShiftLeft,
  kShiftRight,
  kBitAnd,
  kBitOr,
  kBitXor,
  kBitNot,
  kAnd,
  kOr,
  kNot,
  kIn,
  kLike,
  kExists,
  kIsNull,
  kIsNotNull,
  kInterval,
  kIso,
  kContains,
  kContainsAll,
  kContainsAny,
  kArrayLength,
  kTextMatch,
  kTextMatchFuzzy,
  kPhraseMatch,
  kMinimumShouldMatch,
  kRandomSample,
  kElementFilter,
  kMatchAll,
  kMatchAny,
  kMatchLeast,
  kMatchMost,
  kMatchExact,
  kThreshold,
  kSpatial,          // st_equals, st_touches, ...
  kSpatialDistance,  // st_dwithin
  kSpatialValid,     // st_isvalid
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  size_t begin = 0;
  std::string_view text;  // of the source; for kError: what is wrong lies in Lexer::error()
  size_t end() const { return begin + text.size(); }
};

// Reads ahead as far as asked. The source outlives it.
class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  const Token& Peek(size_t ahead = 0);
  Token Next();
  std::string_view source() const { return source_; }
  const std::string& error() const { return error_; }

 private:
  Token Scan();
  Token Make(TokenKind kind, size_t end);
  Token Bad(size_t end);
  Token Number();
  Token Word();
  Token Dollar();
  size_t SkipString(size_t at, bool raw) const;  // past the closing quote, or npos
  size_t SkipIdentifier(size_t at) const;        // == at: none
  size_t SkipPathStep(size_t at) const;          // past ']', or npos

  std::string_view source_;
  size_t at_ = 0;
  std::deque<Token> ahead_;
  std::string error_;
};

// What a kString or kRawString token stands for. Escapes are those of Go's strings.
Result<std::string> Unquote(std::string_view token);
// As Unquote, but for regular expressions: only an escaped quote or backslash is unescaped.
Result<std::string> UnquoteRegex(std::string_view token);
// "\u0041" to "A", everything else as it is: for names and path keys.
std::string DecodeUnicode(std::string_view text);

}  // namespace elanus::expr
