#include "expr/lexer.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.h"

namespace elanus::expr {
namespace {

constexpr size_t kNone = std::string_view::npos;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

const std::map<std::string_view, TokenKind>& Keywords() {
  static const std::map<std::string_view, TokenKind> kKeywords = {
      {"like", TokenKind::kLike},
      {"exists", TokenKind::kExists},
      {"and", TokenKind::kAnd},
      {"or", TokenKind::kOr},
      {"not", TokenKind::kNot},
      {"in", TokenKind::kIn},
      {"interval", TokenKind::kInterval},
      {"iso", TokenKind::kIso},
      {"json_contains", TokenKind::kContains},
      {"json_contains_all", TokenKind::kContainsAll},
      {"json_contains_any", TokenKind::kContainsAny},
      {"array_contains", TokenKind::kContains},
      {"array_contains_all", TokenKind::kContainsAll},
      {"array_contains_any", TokenKind::kContainsAny},
      {"array_length", TokenKind::kArrayLength},
      {"text_match", TokenKind::kTextMatch},
      {"text_match_fuzzy", TokenKind::kTextMatchFuzzy},
      {"phrase_match", TokenKind::kPhraseMatch},
      {"minimum_should_match", TokenKind::kMinimumShouldMatch},
      {"random_sample", TokenKind::kRandomSample},
      {"element_filter", TokenKind::kElementFilter},
      {"match_all", TokenKind::kMatchAll},
      {"match_any", TokenKind::kMatchAny},
      {"match_least", TokenKind::kMatchLeast},
      {"match_most", TokenKind::kMatchMost},
      {"match_exact", TokenKind::kMatchExact},
      {"threshold", TokenKind::kThreshold},
      {"st_equals", TokenKind::kSpatial},
      {"st_touches", TokenKind::kSpatial},
      {"st_overlaps", TokenKind::kSpatial},
      {"st_crosses", TokenKind::kSpatial},
      {"st_contains", TokenKind::kSpatial},
      {"st_intersects", TokenKind::kSpatial},
      {"st_within", TokenKind::kSpatial},
      {"st_dwithin", TokenKind::kSpatialDistance},
      {"st_isvalid", TokenKind::kSpatialValid},
  };
  return kKeywords;
}

TokenKind KindOfWord(std::string_view word) {
  if (word == "true" || word == "True" || word == "TRUE" || word == "false" || word == "False" ||
      word == "FALSE") {
    return TokenKind::kBool;
  }
  const std::string folded = Lower(word);
  const bool mixed =
      folded != word && std::ranges::any_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
  if (mixed) return TokenKind::kIdentifier;
  const auto found = Keywords().find(folded);
  return found == Keywords().end() ? TokenKind::kIdentifier : found->second;
}

void AppendUtf8(uint32_t code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xc0 | code >> 6));
    out->push_back(static_cast<char>(0x80 | (code & 63)));
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | code >> 12));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 63)));
    out->push_back(static_cast<char>(0x80 | (code & 63)));
  } else {
    out->push_back(static_cast<char>(0xf0 | code >> 18));
    out->push_back(static_cast<char>(0x80 | (code >> 12 & 63)));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 63)));
    out->push_back(static_cast<char>(0x80 | (code & 63)));
  }
}

// `digits` digits of `base` at `at`; false if they are not there.
bool ReadCode(std::string_view text, size_t at, size_t digits, int base, uint32_t* code) {
  if (text.size() - std::min(at, text.size()) < digits) return false;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + digits, *code, base);
  return error == std::errc() && end == begin + digits;
}

bool IsRaw(std::string_view token) { return token[0] == 'r' || token[0] == 'R'; }

// Without the prefix (u8, u, U, L) and the quotes.
std::string_view Inside(std::string_view token) {
  const size_t quote = token.find_first_of("\"'");
  return token.substr(quote + 1, token.size() - quote - 2);
}

}  // namespace

const Token& Lexer::Peek(size_t ahead) {
  while (ahead_.size() <= ahead) ahead_.push_back(Scan());
  return ahead_[ahead];
}

Token Lexer::Next() {
  const Token token = Peek();
  ahead_.pop_front();
  return token;
}

Token Lexer::Make(TokenKind kind, size_t end) {
  const Token token{kind, at_, source_.substr(at_, end - at_)};
  at_ = end;
  return token;
}

Token Lexer::Bad(size_t end) {
  const Token token = Make(TokenKind::kError, std::min(end, source_.size()));
  if (error_.empty()) {
    error_ = "line 1:" + std::to_string(token.begin) + " token recognition error at: '" +
             std::string(token.text) + "'";
  }
  return token;
}

Token Lexer::Scan() {
  while (at_ < source_.size() && (source_[at_] == ' ' || source_[at_] == '\t' ||
                                  source_[at_] == '\n' || source_[at_] == '\r')) {
    ++at_;
  }
  if (at_ >= source_.size()) return {TokenKind::kEnd, source_.size(), {}};
  const char c = source_[at_];
  const char next = at_ + 1 < source_.size() ? source_[at_ + 1] : '\0';
  const auto one = [&](TokenKind kind) { return Make(kind, at_ + 1); };
  const auto two = [&](char second, TokenKind pair, TokenKind single) {
    return next == second ? Make(pair, at_ + 2) : Make(single, at_ + 1);
  };
  switch (c) {
    case '(':
      return one(TokenKind::kLeftParen);
    case ')':
      return one(TokenKind::kRightParen);
    case '[':
      return one(TokenKind::kLeftBracket);
    case ']':
      return one(TokenKind::kRightBracket);
    case '{':
      return one(TokenKind::kLeftBrace);
    case '}':
      return one(TokenKind::kRightBrace);
    case ',':
      return one(TokenKind::kComma);
    case '+':
      return one(TokenKind::kPlus);
    case '-':
      return one(TokenKind::kMinus);
    case '/':
      return one(TokenKind::kDivide);
    case '%':
      return one(TokenKind::kModulo);
    case '^':
      return one(TokenKind::kBitXor);
    case '~':
      return one(TokenKind::kBitNot);
    case '*':
      return two('*', TokenKind::kPower, TokenKind::kTimes);
    case '&':
      return two('&', TokenKind::kAnd, TokenKind::kBitAnd);
    case '|':
      return two('|', TokenKind::kOr, TokenKind::kBitOr);
    case '<':
      return next == '<' ? Make(TokenKind::kShiftLeft, at_ + 2)
                         : two('=', TokenKind::kLessEqual, TokenKind::kLess);
    case '>':
      return next == '>' ? Make(TokenKind::kShiftRight, at_ + 2)
                         : two('=', TokenKind::kGreaterEqual, TokenKind::kGreater);
    case '=':
      return next == '~' ? Make(TokenKind::kRegex, at_ + 2)
                         : two('=', TokenKind::kEqual, TokenKind::kAssign);
    case '!':
      return next == '~' ? Make(TokenKind::kNotRegex, at_ + 2)
                         : two('=', TokenKind::kNotEqual, TokenKind::kNot);
    case '$':
      return Dollar();
    case '"':
    case '\'': {
      const size_t end = SkipString(at_, /*raw=*/false);
      return end == kNone ? Bad(source_.size()) : Make(TokenKind::kString, end);
    }
    default:
      break;
  }
  if (IsDigit(c) || (c == '.' && IsDigit(next))) return Number();
  if (SkipIdentifier(at_) != at_) return Word();
  return Bad(at_ + 1);
}

size_t Lexer::SkipString(size_t at, bool raw) const {
  const char quote = source_[at];
  for (size_t i = at + 1; i < source_.size(); ++i) {
    const char c = source_[i];
    if (c == quote) return i + 1;
    if (c == '\n' || c == '\r') return kNone;
    if (c == '\\') {
      ++i;
      if (raw && i < source_.size() && (source_[i] == '\n' || source_[i] == '\r')) return kNone;
    }
  }
  return kNone;
}

size_t Lexer::SkipIdentifier(size_t at) const {
  if (at >= source_.size() || IsDigit(source_[at])) return at;
  while (at < source_.size() && (IsLetter(source_[at]) || IsDigit(source_[at]))) ++at;
  return at;
}

size_t Lexer::SkipPathStep(size_t at) const {
  if (at >= source_.size() || source_[at] != '[' || at + 1 >= source_.size()) return kNone;
  ++at;
  const char c = source_[at];
  if (c == '"' || c == '\'') {
    at = SkipString(at, /*raw=*/false);
  } else if ((c == 'r' || c == 'R') && at + 1 < source_.size() &&
             (source_[at + 1] == '"' || source_[at + 1] == '\'')) {
    at = SkipString(at + 1, /*raw=*/true);
  } else if (c == '0') {
    ++at;
  } else if (IsDigit(c)) {
    while (at < source_.size() && IsDigit(source_[at])) ++at;
  } else {
    return kNone;
  }
  return at != kNone && at < source_.size() && source_[at] == ']' ? at + 1 : kNone;
}

Token Lexer::Dollar() {
  if (source_.substr(at_, 5) == "$meta") {
    size_t end = at_ + 5;
    for (size_t step = SkipPathStep(end); step != kNone; step = SkipPathStep(end)) end = step;
    return Make(end == at_ + 5 ? TokenKind::kMeta : TokenKind::kPath, end);
  }
  if (source_.substr(at_, 2) == "$[") {
    const size_t end = SkipIdentifier(at_ + 2);
    if (end != at_ + 2 && end < source_.size() && source_[end] == ']')
      return Make(TokenKind::kStructSubField, end + 1);
  }
  return Bad(at_ + 1);
}

Token Lexer::Word() {
  const size_t end = SkipIdentifier(at_);
  const std::string_view word = source_.substr(at_, end - at_);
  if (end < source_.size() && (source_[end] == '"' || source_[end] == '\'')) {
    const bool raw = word == "r" || word == "R";
    if (raw || word == "u8" || word == "u" || word == "U" || word == "L") {
      const size_t string_end = SkipString(end, raw);
      if (string_end == kNone) return Bad(source_.size());
      return Make(raw ? TokenKind::kRawString : TokenKind::kString, string_end);
    }
  }
  for (const auto& [phrase, kind] : {std::pair{"is not null", TokenKind::kIsNotNull},
                                     {"IS NOT NULL", TokenKind::kIsNotNull},
                                     {"is null", TokenKind::kIsNull},
                                     {"IS NULL", TokenKind::kIsNull}}) {
    const std::string_view text(phrase);
    if (word.size() == 2 && source_.substr(at_, text.size()) == text)
      return Make(kind, at_ + text.size());
  }
  const TokenKind kind = KindOfWord(word);
  if (kind != TokenKind::kIdentifier || end >= source_.size() || source_[end] != '[')
    return Make(kind, end);

  size_t path_end = end;
  size_t steps = 0;
  for (size_t step = SkipPathStep(path_end); step != kNone; step = SkipPathStep(path_end), ++steps)
    path_end = step;
  const size_t name_end = path_end < source_.size() && source_[path_end] == '['
                              ? SkipIdentifier(path_end + 1)
                              : path_end;
  const bool named =
      name_end > path_end + 1 && name_end < source_.size() && source_[name_end] == ']';
  if (named && steps == 0) return Make(TokenKind::kStructField, name_end + 1);
  if (named && steps == 1 && IsDigit(source_[end + 1]))
    return Make(TokenKind::kStructIndexField, name_end + 1);
  return Make(steps == 0 ? TokenKind::kIdentifier : TokenKind::kPath, path_end);
}

Token Lexer::Number() {
  size_t end = at_;
  const auto skip = [&](auto accepts) {
    const size_t begin = end;
    while (end < source_.size() && accepts(source_[end])) ++end;
    return end > begin;
  };
  const auto at = [&](size_t i) { return i < source_.size() ? source_[i] : '\0'; };
  const auto exponent = [&](char letter) {  // [letter][+-]digits, or nothing
    if ((at(end) | 32) != letter) return false;
    const size_t sign = at(end + 1) == '+' || at(end + 1) == '-' ? 2 : 1;
    if (!IsDigit(at(end + sign))) return false;
    end += sign;
    return skip(IsDigit);
  };
  if (at(at_) == '0' && (at(at_ + 1) | 32) == 'x') {
    end = at_ + 2;
    const bool whole = skip(IsHex);
    const size_t whole_end = end;
    bool point = false;
    if (at(end) == '.') {
      ++end;
      point = skip(IsHex) || whole;
    }
    if ((whole || point) && exponent('p')) return Make(TokenKind::kFloating, end);
    if (whole) return Make(TokenKind::kInteger, whole_end);
    return Make(TokenKind::kInteger, at_ + 1);
  }
  if (at(at_) == '0' && (at(at_ + 1) | 32) == 'b' && (at(at_ + 2) == '0' || at(at_ + 2) == '1')) {
    end = at_ + 2;
    skip([](char c) { return c == '0' || c == '1'; });
    return Make(TokenKind::kInteger, end);
  }
  skip(IsDigit);
  const size_t whole_end = end;
  bool floating = false;
  if (at(end) == '.') {
    ++end;
    skip(IsDigit);
    floating = true;
  }
  floating |= exponent('e');
  if (floating) return Make(TokenKind::kFloating, end);
  if (at(at_) != '0') return Make(TokenKind::kInteger, whole_end);
  // Octal: a digit above 7 begins another token, which no rule accepts.
  end = at_ + 1;
  skip([](char c) { return c >= '0' && c <= '7'; });
  return Make(TokenKind::kInteger, end);
}

Result<std::string> Unquote(std::string_view token) {
  const std::string_view text = Inside(token);
  if (IsRaw(token)) return std::string(text);
  if (text.find('\\') == kNone) return std::string(text);
  std::string out;
  out.reserve(text.size());
  const Status invalid = Fail(Code::kParameterInvalid, "invalid syntax");
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    if (++i >= text.size()) return invalid;
    uint32_t code = 0;
    switch (text[i]) {
      case '\\':
      case '"':
      case '\'':
        out.push_back(text[i]);
        break;
      case 'a':
        out.push_back('\a');
        break;
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'v':
        out.push_back('\v');
        break;
      case 'x':
        if (!ReadCode(text, i + 1, 2, 16, &code)) return invalid;
        out.push_back(static_cast<char>(code));
        i += 2;
        break;
      case 'u':
      case 'U': {
        const size_t digits = text[i] == 'u' ? 4 : 8;
        if (!ReadCode(text, i + 1, digits, 16, &code) || code > 0x10ffff ||
            (code >= 0xd800 && code < 0xe000))
          return invalid;
        AppendUtf8(code, &out);
        i += digits;
        break;
      }
      default:
        if (!ReadCode(text, i, 3, 8, &code) || code > 255) return invalid;
        out.push_back(static_cast<char>(code));
        i += 2;
    }
  }
  return out;
}

Result<std::string> UnquoteRegex(std::string_view token) {
  const std::string_view text = Inside(token);
  if (IsRaw(token)) return std::string(text);
  const char quote = token.back();
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == quote || text[i + 1] == '\\');
    if (text[i] == '\\' && i + 1 < text.size() && !escaped) out.push_back(text[i++]);
    out.push_back(escaped ? text[++i] : text[i]);
  }
  return out;
}

std::string DecodeUnicode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    uint32_t code = 0;
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'u' &&
        ReadCode(text, i + 2, 4, 16, &code)) {
      AppendUtf8(code, &out);
      i += 5;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace elanus::expr
