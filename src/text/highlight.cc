#include "text/highlight.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace elanus::text {
namespace {

struct Span {
  size_t begin, end;  // in bytes
};

// The words of the text that are looked for, in order, none touching the next.
std::vector<Span> WordsOf(const std::vector<Token>& tokens,
                          const std::set<std::string, std::less<>>& terms) {
  std::vector<Span> spans;
  for (const Token& token : tokens) {
    if (terms.contains(token.text)) spans.push_back({token.begin, token.end});
  }
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::vector<Span> joined;
  for (const Span& span : spans) {
    if (!joined.empty() && span.begin <= joined.back().end) {
      joined.back().end = std::max(joined.back().end, span.end);
    } else {
      joined.push_back(span);
    }
  }
  return joined;
}

bool InsideCharacter(std::string_view text, size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

// Where `count` characters before or behind a place begin, as far as there are any.
size_t Back(std::string_view text, size_t at, size_t count) {
  for (; count > 0 && at > 0; --count) {
    do {
      --at;
    } while (at > 0 && InsideCharacter(text, at));
  }
  return at;
}
size_t Ahead(std::string_view text, size_t at, size_t count) {
  for (; count > 0 && at < text.size(); --count) {
    do {
      ++at;
    } while (InsideCharacter(text, at));
  }
  return at;
}

}  // namespace

std::vector<std::string> Highlight(std::string_view text, const std::vector<Token>& tokens,
                                   const std::set<std::string, std::less<>>& terms,
                                   const HighlightStyle& style) {
  const std::vector<Span> words = WordsOf(tokens, terms);
  std::vector<std::string> pieces;
  for (size_t i = 0; i < words.size() && pieces.size() < style.pieces_max;) {
    const size_t begin = Back(text, words[i].begin, style.lead);
    size_t end = std::max(words[i].end, Ahead(text, begin, style.size));
    std::string piece;
    size_t at = begin;
    for (size_t word = 0; i < words.size() && words[i].begin <= end; ++i, ++word) {
      piece += text.substr(at, words[i].begin - at);
      piece += style.before[word % style.before.size()];
      piece += text.substr(words[i].begin, words[i].end - words[i].begin);
      piece += style.after[word % style.after.size()];
      at = words[i].end;
      end = std::max(end, at);
    }
    piece += text.substr(at, end - at);
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace elanus::text
