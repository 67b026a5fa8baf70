#include "text/matcher.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "text/unicode.h"

namespace elanus::text {
namespace {

struct Term {
  std::string text;
  uint32_t position;
};

std::vector<Term> TermsOf(const Analyzer& analyzer, std::string_view question) {
  TokenList list;
  analyzer.Analyze(question, &list);
  std::vector<Term> terms;
  for (const Token& token : list.tokens())
    terms.push_back({std::string(token.text), token.position});
  return terms;
}

class AnyTerms final : public Matcher {
 public:
  AnyTerms(std::shared_ptr<const Analyzer> analyzer, const std::vector<Term>& terms, size_t least)
      : Matcher(std::move(analyzer)), least_(std::max<size_t>(least, 1)) {
    for (const Term& term : terms) {
      const auto [at, fresh] = ids_.try_emplace(term.text, counts_.size());
      if (fresh) counts_.push_back(0);
      ++counts_[at->second];
    }
  }

  std::optional<Needs> needs() const override {
    if (ids_.empty()) return std::nullopt;
    Needs needs{{}, least_, true};
    for (const auto& [term, id] : ids_)
      needs.terms.insert(needs.terms.end(), least_ == 1 ? 1 : counts_[id], term);
    return needs;
  }

 protected:
  bool MatchesTerms(const std::vector<Token>& tokens) const override {
    size_t found = 0;
    std::vector<bool> seen(least_ > 1 ? counts_.size() : 0);
    for (const Token& token : tokens) {
      const auto term = ids_.find(token.text);
      if (term == ids_.end()) continue;
      if (least_ <= counts_[term->second]) return true;
      if (seen[term->second]) continue;
      seen[term->second] = true;
      found += counts_[term->second];
      if (found >= least_) return true;
    }
    return false;
  }

 private:
  std::map<std::string, size_t, std::less<>> ids_;
  std::vector<size_t> counts_;
  const size_t least_;
};

class FuzzyTerms final : public Matcher {
 public:
  FuzzyTerms(std::shared_ptr<const Analyzer> analyzer, std::vector<Term> terms, size_t distance)
      : Matcher(std::move(analyzer)), terms_(std::move(terms)), distance_(distance) {}

 protected:
  bool MatchesTerms(const std::vector<Token>& tokens) const override {
    for (const Token& token : tokens) {
      for (const Term& term : terms_) {
        if (WithinEdits(term.text, token.text, distance_)) return true;
      }
    }
    return false;
  }

 private:
  const std::vector<Term> terms_;
  const size_t distance_;
};

class Phrase final : public Matcher {
 public:
  Phrase(std::shared_ptr<const Analyzer> analyzer, std::vector<Term> terms, uint32_t slop)
      : Matcher(std::move(analyzer)), terms_(std::move(terms)), slop_(slop) {}

  std::optional<Needs> needs() const override {
    if (terms_.empty()) return std::nullopt;
    std::set<std::string> distinct;
    for (const Term& term : terms_) distinct.insert(term.text);
    return Needs{{distinct.begin(), distinct.end()}, distinct.size(), terms_.size() == 1};
  }

 protected:
  bool MatchesTerms(const std::vector<Token>& tokens) const override {
    if (terms_.empty()) return false;
    // Where each term stands less where the question has it: all alike in an exact phrase.
    std::vector<std::vector<int64_t>> places(terms_.size());
    for (const Token& token : tokens) {
      for (size_t i = 0; i < terms_.size(); ++i) {
        if (terms_[i].text == token.text)
          places[i].push_back(static_cast<int64_t>(token.position) - terms_[i].position);
      }
    }
    for (std::vector<int64_t>& of_term : places) {
      if (of_term.empty()) return false;
      std::sort(of_term.begin(), of_term.end());
    }
    return SmallestRange(places) <= slop_;
  }

 private:
  // The least distance from the smallest to the largest of one value of each list: the list whose
  // value is smallest moves on, until one ends.
  static int64_t SmallestRange(const std::vector<std::vector<int64_t>>& lists) {
    std::vector<size_t> at(lists.size(), 0);
    int64_t best = std::numeric_limits<int64_t>::max();
    for (;;) {
      size_t least = 0;
      int64_t low = std::numeric_limits<int64_t>::max();
      int64_t high = std::numeric_limits<int64_t>::min();
      for (size_t i = 0; i < lists.size(); ++i) {
        const int64_t value = lists[i][at[i]];
        if (value < low) {
          low = value;
          least = i;
        }
        high = std::max(high, value);
      }
      best = std::min(best, high - low);
      if (best == 0 || ++at[least] == lists[least].size()) return best;
    }
  }

  const std::vector<Term> terms_;
  const uint32_t slop_;
};

std::vector<char32_t> CharsOf(std::string_view text) {
  std::vector<char32_t> chars;
  for (size_t at = 0; at < text.size();) chars.push_back(NextChar(text, &at));
  return chars;
}

}  // namespace

bool WithinEdits(std::string_view a, std::string_view b, size_t most) {
  if (most == 0) return a == b;
  const std::vector<char32_t> x = CharsOf(a), y = CharsOf(b);
  if (std::max(x.size(), y.size()) - std::min(x.size(), y.size()) > most) return false;
  // Rows of the table of distances between prefixes (Damerau 1964, each place edited once).
  std::vector<size_t> before(y.size() + 1), last(y.size() + 1), now(y.size() + 1);
  for (size_t j = 0; j <= y.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= x.size(); ++i) {
    now[0] = i;
    size_t least = i;
    for (size_t j = 1; j <= y.size(); ++j) {
      const size_t replaced = last[j - 1] + static_cast<size_t>(x[i - 1] != y[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
      least = std::min(least, now[j]);
    }
    if (least > most) return false;
    before.swap(last);
    last.swap(now);
  }
  return last[y.size()] <= most;
}

std::unique_ptr<Matcher> MatchTerms(std::shared_ptr<const Analyzer> analyzer,
                                    std::string_view question, size_t least) {
  const std::vector<Term> terms = TermsOf(*analyzer, question);
  return std::make_unique<AnyTerms>(std::move(analyzer), terms, least);
}

std::unique_ptr<Matcher> MatchFuzzily(std::shared_ptr<const Analyzer> analyzer,
                                      std::string_view question, size_t distance) {
  std::vector<Term> terms = TermsOf(*analyzer, question);
  return std::make_unique<FuzzyTerms>(std::move(analyzer), std::move(terms), distance);
}

std::unique_ptr<Matcher> MatchPhrase(std::shared_ptr<const Analyzer> analyzer,
                                     std::string_view question, uint32_t slop) {
  std::vector<Term> terms = TermsOf(*analyzer, question);
  return std::make_unique<Phrase>(std::move(analyzer), std::move(terms), slop);
}

}  // namespace elanus::text
