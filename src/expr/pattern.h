// Tests of one string: LIKE patterns and regular expressions.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace elanus::expr {

// '%' is any run of characters, '_' one character (UTF-8), a backslash makes the next byte literal.
class LikePattern {
 public:
  enum class Kind { kEqual, kPrefix, kSuffix, kInner, kGeneral };

  // kParameterInvalid if it ends in a lone backslash.
  static Result<LikePattern> Compile(std::string_view pattern);

  bool Matches(std::string_view text) const;
  Kind kind() const { return kind_; }
  const std::string& literal() const { return literal_; }  // all kinds but kGeneral
  // Runs of letters, each of which is in every text that matches.
  std::vector<std::string> words() const;

 private:
  struct Step {
    enum class Kind : uint8_t { kByte, kOne, kRun } kind;
    char byte;
  };
  bool MatchesSteps(std::string_view text) const;

  Kind kind_ = Kind::kEqual;
  std::string literal_;
  std::vector<Step> steps_;
};

// Letters that every text has in which `pattern` (RE2 syntax) is found: the longest such run that
// shows in the pattern itself. Empty: none that is sure.
std::string RequiredLiteral(std::string_view pattern);

// RE2 syntax, found anywhere in the text. Thread-safe.
class Regex {
 public:
  static Result<Regex> Compile(const std::string& pattern);

  bool Matches(std::string_view text) const;

 private:
  struct Program;
  explicit Regex(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;  // shared by copies
};

}  // namespace elanus::expr
