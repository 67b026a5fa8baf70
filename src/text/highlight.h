// Highlighting: pieces of a text around the words that were looked for, with tags about them.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "text/token.h"

namespace elanus::text {

struct HighlightStyle {
  std::vector<std::string> before = {"<em>"}, after = {"</em>"};  // of a piece's words in turn
  // In characters: how far before its first word a piece begins, and how long it is at least,
  // where the text allows it.
  size_t lead = 0, size = 100;
  size_t pieces_max = 5;
};

// `tokens`: those of `text`. Words that overlap or touch are one.
std::vector<std::string> Highlight(std::string_view text, const std::vector<Token>& tokens,
                                   const std::set<std::string, std::less<>>& terms,
                                   const HighlightStyle& style);

}  // namespace elanus::text
