// What text_match, text_match_fuzzy and phrase_match ask of a text. Both sides are cut by the
// field's analyzer; a question without a term is answered by no text. Immutable, thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/analyzer.h"

namespace elanus::text {

class Matcher {
 public:
  virtual ~Matcher() = default;
  // What is known of the texts that match by the terms in them.
  struct Needs {
    std::vector<std::string> terms;  // not empty; one may be in it several times
    size_t least = 1;                // so many of `terms` are in a text that matches
    bool exact = false;              // and whichever text has them, matches
  };
  // Nothing: a match is not about terms as they stand.
  virtual std::optional<Needs> needs() const { return std::nullopt; }

  // `list`: room, reused from text to text.
  bool Matches(std::string_view text, TokenList* list) const {
    analyzer_->Analyze(text, list);
    return MatchesTerms(list->tokens());
  }

 protected:
  explicit Matcher(std::shared_ptr<const Analyzer> analyzer) : analyzer_(std::move(analyzer)) {}
  virtual bool MatchesTerms(const std::vector<Token>& tokens) const = 0;

 private:
  const std::shared_ptr<const Analyzer> analyzer_;
};

// At least `least` of the question's terms are in the text; one that is asked twice counts twice.
std::unique_ptr<Matcher> MatchTerms(std::shared_ptr<const Analyzer> analyzer,
                                    std::string_view question, size_t least);

// Some word of the text is at most `distance` edits (a character added, dropped, replaced, or
// swapped with the next) away from one of the question's terms.
std::unique_ptr<Matcher> MatchFuzzily(std::shared_ptr<const Analyzer> analyzer,
                                      std::string_view question, size_t distance);

// All terms, in the question's order and distances, but for `slop` places: the least, over the
// choices of one place of each term, of what the displacements differ by.
std::unique_ptr<Matcher> MatchPhrase(std::shared_ptr<const Analyzer> analyzer,
                                     std::string_view question, uint32_t slop);

// Whether `b` is at most `most` edits away from `a`.
bool WithinEdits(std::string_view a, std::string_view b, size_t most);

}  // namespace elanus::text
