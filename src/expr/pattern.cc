#include "expr/pattern.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstring>

#include <re2/re2.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace elanus::expr {
namespace {

// Whether `word` occurs in `text`. Sixteen places at a time: those where its first and its last
// byte fit are looked at. Short texts and other machines take the library's search.
bool Occurs(std::string_view text, std::string_view word) {
#ifdef __SSE2__
  constexpr size_t kLanes = 16;
  if (!word.empty() && text.size() >= word.size() - 1 + kLanes) {
    const __m128i first = _mm_set1_epi8(word.front());
    const __m128i last = _mm_set1_epi8(word.back());
    const size_t places = text.size() - word.size() + 1;
    for (size_t at = 0; at < places; at += kLanes) {
      at = std::min(at, places - kLanes);  // the last step overlaps the one before
      const auto load = [&](size_t offset) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + offset));
      };
      const __m128i fits = _mm_and_si128(_mm_cmpeq_epi8(load(at), first),
                                         _mm_cmpeq_epi8(load(at + word.size() - 1), last));
      for (auto bits = static_cast<unsigned>(_mm_movemask_epi8(fits)); bits != 0;
           bits &= bits - 1) {
        const size_t place = at + static_cast<size_t>(std::countr_zero(bits));
        if (std::memcmp(text.data() + place, word.data(), word.size()) == 0) return true;
      }
    }
    return false;
  }
#endif
  return text.find(word) != std::string_view::npos;
}

}  // namespace

Result<LikePattern> LikePattern::Compile(std::string_view pattern) {
  LikePattern like;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      if (++i == pattern.size()) {
        return Fail(
            Code::kParameterInvalid,
            "invalid like pattern: nothing follows the last backslash: " + std::string(pattern));
      }
      like.steps_.push_back({Step::Kind::kByte, pattern[i]});
    } else if (c == '%') {
      if (like.steps_.empty() || like.steps_.back().kind != Step::Kind::kRun)
        like.steps_.push_back({Step::Kind::kRun, 0});
    } else {
      like.steps_.push_back({c == '_' ? Step::Kind::kOne : Step::Kind::kByte, c});
    }
  }
  const auto is_run = [&](size_t i) { return like.steps_[i].kind == Step::Kind::kRun; };
  const size_t size = like.steps_.size();
  const bool leading = size > 0 && is_run(0);
  const bool trailing = size > 0 && is_run(size - 1);
  for (size_t i = leading ? 1 : 0; i + (trailing ? 1 : 0) < size; ++i) {
    if (like.steps_[i].kind != Step::Kind::kByte) {
      like.kind_ = Kind::kGeneral;
      return like;
    }
    like.literal_.push_back(like.steps_[i].byte);
  }
  if (size == 1 && leading) {
    like.kind_ = Kind::kPrefix;  // "%": of nothing
  } else {
    like.kind_ = leading && trailing ? Kind::kInner
                 : leading           ? Kind::kSuffix
                 : trailing          ? Kind::kPrefix
                                     : Kind::kEqual;
  }
  return like;
}

bool LikePattern::Matches(std::string_view text) const {
  switch (kind_) {
    case Kind::kEqual:
      return text == literal_;
    case Kind::kPrefix:
      return text.starts_with(literal_);
    case Kind::kSuffix:
      return text.ends_with(literal_);
    case Kind::kInner:
      return Occurs(text, literal_);
    case Kind::kGeneral:
      return MatchesSteps(text);
  }
  return false;
}

std::vector<std::string> LikePattern::words() const {
  std::vector<std::string> words(1);
  for (const Step& step : steps_) {
    if (step.kind == Step::Kind::kByte) {
      words.back().push_back(step.byte);
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

// Greedy: after a run only the last one ever needs to be tried again, one character later.
bool LikePattern::MatchesSteps(std::string_view text) const {
  const auto character = [&](size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return std::min(size, text.size() - at);
  };
  size_t at = 0;
  size_t step = 0;
  size_t run_step = steps_.size();  // none yet
  size_t run_at = 0;
  while (at < text.size()) {
    if (step < steps_.size() && steps_[step].kind == Step::Kind::kRun) {
      run_step = step++;
      run_at = at;
    } else if (step < steps_.size() && steps_[step].kind == Step::Kind::kOne) {
      at += character(at);
      ++step;
    } else if (step < steps_.size() && steps_[step].byte == text[at]) {
      ++at;
      ++step;
    } else if (run_step < steps_.size()) {
      run_at += character(run_at);
      at = run_at;
      step = run_step + 1;
    } else {
      return false;
    }
  }
  while (step < steps_.size() && steps_[step].kind == Step::Kind::kRun) ++step;
  return step == steps_.size();
}

namespace {

// The last one, whole (UTF-8).
void DropCharacter(std::string* text) {
  while (!text->empty()) {
    const auto byte = static_cast<uint8_t>(text->back());
    text->pop_back();
    if ((byte & 0xc0) != 0x80) return;
  }
}

}  // namespace

std::string RequiredLiteral(std::string_view pattern) {
  // Alternatives and groups may leave letters out, and flags change what they mean.
  if (pattern.find_first_of("|(") != std::string_view::npos) return {};
  std::string best;
  std::string run;
  const auto end_run = [&] {
    if (run.size() > best.size()) best = run;
    run.clear();
  };
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '?' || c == '*' || c == '{') {
      DropCharacter(&run);  // it need not be there
      end_run();
      if (c == '{') i = std::min(pattern.find('}', i), pattern.size());
    } else if (c == '[') {
      end_run();
      size_t at = i + 1 < pattern.size() && pattern[i + 1] == '^' ? i + 2 : i + 1;
      for (bool first = true; at < pattern.size(); ++at, first = false) {
        if (pattern[at] == ']' && !first) break;
        if (pattern[at] == '[') return {};  // [[:alpha:]]
        if (pattern[at] == '\\') ++at;
      }
      i = at;
    } else if (c == '\\') {
      const char next = i + 1 < pattern.size() ? pattern[++i] : 'Q';
      if (next == 'Q' || next == 'p' || next == 'P' || next == 'x') return {};
      if (std::isalnum(static_cast<unsigned char>(next)) != 0) {
        end_run();
      } else {
        run += next;
      }
    } else if (c == '.' || c == '^' || c == '$' || c == '+') {
      end_run();
    } else {
      run += c;
    }
  }
  end_run();
  return best;
}

struct Regex::Program {
  explicit Program(const std::string& pattern, const RE2::Options& options)
      : re(pattern, options), required(RequiredLiteral(pattern)) {}
  RE2 re;
  std::string required;
};

Result<Regex> Regex::Compile(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);  // as in Milvus; "(?-s)" takes it back
  auto program = std::make_unique<Program>(pattern, options);
  if (!program->re.ok()) {
    // RE2 says "missing ): x" where Go's library, and so Milvus, says "missing closing ): x".
    std::string problem = program->re.error();
    if (problem.starts_with("missing )") || problem.starts_with("missing ]"))
      problem.insert(sizeof "missing", "closing ");
    return Fail(Code::kParameterInvalid, "invalid regex pattern: " + problem);
  }
  return Regex(std::move(program));
}

bool Regex::Matches(std::string_view text) const {
  if (!program_->required.empty() && !Occurs(text, program_->required)) return false;
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), program_->re);
}

}  // namespace elanus::expr
