// Chinese words as jieba cuts them: the most probable path through the words of the dictionary that
// a run of text can be made of; runs of single characters that are no word go through the model
// (Viterbi over B M E S).
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "text/jieba_data.h"
#include "text/tokenizers.h"
#include "text/unicode.h"

namespace elanus::text {
namespace {

// A text as characters: where each begins, and one more for the end.
struct Chars {
  std::string_view text;
  std::vector<char32_t> chars;
  std::vector<uint32_t> offsets;

  explicit Chars(std::string_view from) : text(from) {
    for (size_t at = 0; at < text.size();) {
      offsets.push_back(static_cast<uint32_t>(at));
      chars.push_back(NextChar(text, &at));
    }
    offsets.push_back(static_cast<uint32_t>(text.size()));
  }
  size_t size() const { return chars.size(); }
  std::string_view Text(size_t begin, size_t end) const {
    return text.substr(offsets[begin], offsets[end] - offsets[begin]);
  }
};

bool IsIdeograph(char32_t c) {
  return (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x2EBEF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}
bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }
bool IsWordChar(char32_t c) { return IsDigit(c) || (c < 0x80 && IsLetter(c)); }
// What the dictionary's words are made of.
bool IsCuttable(char32_t c) {
  constexpr std::u32string_view kSigns = U"+#&._%-";
  return IsIdeograph(c) || IsWordChar(c) || kSigns.find(c) != std::u32string_view::npos;
}

class Jieba final : public Tokenizer {
 public:
  explicit Jieba(const JiebaOptions& options) : options_(options) {
    if (options.dictionary) total_ = JiebaData::Get().total();
    for (const std::string& word : options.words) {
      longest_ = std::max(longest_, word.size());
      const uint64_t frequency = Suggest(word);
      total_ += frequency;
      words_[word] = frequency;
    }
  }

  void Cut(std::string_view text, TokenList* list) const override {
    const Chars chars(text);
    const Emit emit = [&](size_t begin, size_t end) { Add(chars, begin, end, list); };
    for (size_t begin = 0; begin < chars.size();) {
      const bool cuttable = IsCuttable(chars.chars[begin]);
      size_t end = begin + 1;
      while (end < chars.size() && IsCuttable(chars.chars[end]) == cuttable) ++end;
      if (cuttable) {
        CutRun(chars, begin, end, options_.hmm, emit);
      } else {
        for (size_t i = begin; i < end; ++i) {
          const bool line = i + 1 < end && chars.chars[i] == '\r' && chars.chars[i + 1] == '\n';
          emit(i, i + 1 + static_cast<size_t>(line));
          i += static_cast<size_t>(line);
        }
      }
      begin = end;
    }
  }

 private:
  using Emit = std::function<void(size_t begin, size_t end)>;

  uint64_t FrequencyOf(std::string_view word) const {
    if (const auto own = words_.find(word); own != words_.end()) return own->second;
    return options_.dictionary ? JiebaData::Get().FrequencyOf(word) : 0;
  }

  // High enough that the word is not cut into others.
  uint64_t Suggest(std::string_view word) const {
    if (total_ == 0) return 1;
    const Chars chars(word);
    const double log_total = std::log(static_cast<double>(total_));
    double sum = 0;
    CutRun(chars, 0, chars.size(), /*hmm=*/false, [&](size_t begin, size_t end) {
      const uint64_t frequency = std::max<uint64_t>(FrequencyOf(chars.Text(begin, end)), 1);
      sum += std::log(static_cast<double>(frequency)) - log_total;
    });
    const auto least = static_cast<uint64_t>(std::exp(sum + log_total)) + 1;
    return std::max<uint64_t>(least, FrequencyOf(word));
  }

  void Add(const Chars& chars, size_t begin, size_t end, TokenList* list) const {
    const auto add = [&](size_t from, size_t to) {
      list->tokens().push_back({chars.Text(from, to), chars.offsets[from], chars.offsets[to],
                                static_cast<uint32_t>(from), static_cast<uint32_t>(to - from)});
    };
    if (options_.search) {
      for (const size_t length : {2, 3}) {
        if (end - begin <= length) break;
        for (size_t i = begin; i + length <= end; ++i) {
          if (FrequencyOf(chars.Text(i, i + length)) > 0) add(i, i + length);
        }
      }
    }
    add(begin, end);
  }

  // next[i - begin]: where the word that begins at i ends, on the most probable path.
  std::vector<uint32_t> Route(const Chars& chars, size_t begin, size_t end) const {
    const size_t n = end - begin;
    const double log_total = std::log(static_cast<double>(std::max<uint64_t>(total_, 1)));
    std::vector<double> best(n + 1, 0);
    std::vector<uint32_t> next(n);
    for (size_t i = n; i-- > 0;) {
      const std::string_view rest = chars.Text(begin + i, end);
      best[i] = -std::numeric_limits<double>::infinity();
      const auto offer = [&](size_t to, uint64_t frequency) {
        const double value =
            std::log(static_cast<double>(std::max<uint64_t>(frequency, 1))) - log_total + best[to];
        if (value > best[i] || (value == best[i] && begin + to > next[i])) {
          best[i] = value;
          next[i] = static_cast<uint32_t>(begin + to);
        }
      };
      bool alone = true;  // the character itself is no word
      size_t to = i;
      const auto word = [&](size_t length, uint64_t frequency) {
        while (chars.offsets[begin + to] - chars.offsets[begin + i] < length) ++to;
        alone &= to != i + 1;
        offer(to, frequency);
      };
      if (options_.dictionary) {
        JiebaData::Get().ForEachPrefix(rest, [&](size_t length, uint32_t frequency) {
          if (!words_.contains(rest.substr(0, length))) word(length, frequency);
        });
      }
      to = i;
      for (size_t last = i + 1; !words_.empty() && last <= n; ++last) {
        const size_t length = chars.offsets[begin + last] - chars.offsets[begin + i];
        if (length > longest_) break;
        const auto own = words_.find(rest.substr(0, length));
        if (own != words_.end()) word(length, own->second);
      }
      if (alone) offer(i + 1, 1);
    }
    return next;
  }

  void CutRun(const Chars& chars, size_t begin, size_t end, bool hmm, const Emit& emit) const {
    const std::vector<uint32_t> next = Route(chars, begin, end);
    size_t pending = begin;  // single characters from here on
    const auto flush = [&](size_t to) {
      if (pending < to) CutSingles(chars, pending, to, hmm, emit);
      pending = to;
    };
    for (size_t at = begin; at < end;) {
      const size_t to = next[at - begin];
      if (to - at > 1) {
        flush(at);
        emit(at, to);
        pending = to;
      }
      at = to;
    }
    flush(end);
  }

  // A run that the path cut into single characters.
  void CutSingles(const Chars& chars, size_t begin, size_t end, bool hmm, const Emit& emit) const {
    if (end - begin == 1) return emit(begin, end);
    if (hmm && FrequencyOf(chars.Text(begin, end)) == 0) return CutByModel(chars, begin, end, emit);
    for (size_t i = begin; i < end;) {
      size_t to = i + 1;
      if (!hmm && IsWordChar(chars.chars[i])) {
        while (to < end && IsWordChar(chars.chars[to])) ++to;
      }
      emit(i, to);
      i = to;
    }
  }

  // Ideographs by the model, letters and digits whole, what is left in one piece.
  static void CutByModel(const Chars& chars, size_t begin, size_t end, const Emit& emit) {
    for (size_t at = begin; at < end;) {
      size_t to = at + 1;
      if (IsIdeograph(chars.chars[at])) {
        while (to < end && IsIdeograph(chars.chars[to])) ++to;
        Viterbi(chars, at, to, emit);
      } else if (IsWordChar(chars.chars[at])) {
        while (to < end && IsWordChar(chars.chars[to])) ++to;
        if (to + 1 < end && chars.chars[to] == '.' && IsDigit(chars.chars[to + 1])) {
          ++to;
          while (to < end && IsDigit(chars.chars[to])) ++to;
        }
        if (to < end && chars.chars[to] == '%') ++to;
        emit(at, to);
      } else {
        while (to < end && !IsIdeograph(chars.chars[to]) && !IsWordChar(chars.chars[to])) ++to;
        emit(at, to);
      }
      at = to;
    }
  }

  static void Viterbi(const Chars& chars, size_t begin, size_t end, const Emit& emit) {
    using State = JiebaData::State;
    constexpr size_t kStates = JiebaData::kStates;
    constexpr std::array<State, kStates> kAll = {State::kBegin, State::kMiddle, State::kEnd,
                                                 State::kSingle};
    // What may come before each state.
    constexpr std::array<std::array<State, 2>, kStates> kBefore = {{
        {State::kEnd, State::kSingle},
        {State::kMiddle, State::kBegin},
        {State::kBegin, State::kMiddle},
        {State::kSingle, State::kEnd},
    }};
    const JiebaData& data = JiebaData::Get();
    const size_t n = end - begin;
    std::vector<std::array<State, kStates>> from(n);
    std::array<double, kStates> value{};
    for (const State s : kAll) value[s] = data.start(s) + data.emit(s, chars.chars[begin]);
    for (size_t i = 1; i < n; ++i) {
      std::array<double, kStates> now{};
      for (const State s : kAll) {
        const double emitted = data.emit(s, chars.chars[begin + i]);
        const auto [a, b] = kBefore[s];
        const double by_a = value[a] + data.step(a, s), by_b = value[b] + data.step(b, s);
        now[s] = std::max(by_a, by_b) + emitted;
        from[i][s] = by_b > by_a || (by_a == by_b && b > a) ? b : a;
      }
      value = now;
    }
    State state = value[State::kEnd] > value[State::kSingle] ? State::kEnd : State::kSingle;
    std::vector<State> states(n);
    for (size_t i = n; i-- > 0;) {
      states[i] = state;
      if (i > 0) state = from[i][state];
    }
    size_t word = 0;
    for (size_t i = 0; i < n; ++i) {
      if (states[i] == State::kBegin) word = i;
      if (states[i] == State::kSingle) word = i;
      if (states[i] == State::kEnd || states[i] == State::kSingle) {
        emit(begin + word, begin + i + 1);
        word = i + 1;
      }
    }
    if (word < n) emit(begin + word, end);
  }

  const JiebaOptions options_;
  std::map<std::string, uint64_t, std::less<>> words_;
  size_t longest_ = 0;
  uint64_t total_ = 0;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> MakeJiebaTokenizer(const JiebaOptions& options) {
  return std::unique_ptr<Tokenizer>(std::make_unique<Jieba>(options));
}

}  // namespace elanus::text
