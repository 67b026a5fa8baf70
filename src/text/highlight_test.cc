#include "text/highlight.h"

#include <gtest/gtest.h>

#include "text/analyzer.h"

namespace elanus::text {
namespace {

using Pieces = std::vector<std::string>;
using Terms = std::set<std::string, std::less<>>;

Pieces Of(std::string_view text, const Terms& terms, const HighlightStyle& style = {},
          std::string_view analyzer = "{}") {
  TokenList list;
  const auto made = Analyzer::Make(analyzer);
  CHECK(made.ok());
  (*made)->Analyze(text, &list);
  return Highlight(text, list.tokens(), terms, style);
}

TEST(Highlight, TagsEveryWordThatIsLookedFor) {
  EXPECT_EQ(Of("The Fox and the dog", {"fox", "dog"}), Pieces{"<em>Fox</em> and the <em>dog</em>"});
  EXPECT_EQ(Of("The Fox", {"cat"}), Pieces());
  EXPECT_EQ(Of("", {"cat"}), Pieces());
}

TEST(Highlight, TagsTakeTurns) {
  HighlightStyle style;
  style.before = {"<a>", "<b>"};
  style.after = {"</a>", "</b>"};
  EXPECT_EQ(Of("x x x", {"x"}, style), Pieces{"<a>x</a> <b>x</b> <a>x</a>"});
}

TEST(Highlight, PiecesBeginBeforeTheirWordAndEndInTheText) {
  HighlightStyle style;
  style.lead = 3;
  style.size = 8;
  EXPECT_EQ(Of("0123 fox 890123 fox 1", {"fox"}, style),
            (Pieces{"23 <em>fox</em> 8", "23 <em>fox</em> 1"}));
  style.lead = 100;
  EXPECT_EQ(Of("a fox b", {"fox"}, style), Pieces{"a <em>fox</em> b"});
  style.pieces_max = 0;
  EXPECT_EQ(Of("a fox b", {"fox"}, style), Pieces());
}

TEST(Highlight, AWordThatCrossesTheEndOfItsPieceMakesItLonger) {
  HighlightStyle style;
  style.size = 5;
  EXPECT_EQ(Of("fox foxes. fox", {"fox", "foxes"}, style),
            (Pieces{"<em>fox</em> <em>foxes</em>", "<em>fox</em>"}));
}

TEST(Highlight, CountsCharactersNotBytes) {
  HighlightStyle style;
  style.lead = 2;
  style.size = 6;
  EXPECT_EQ(Of("ÄÖÜ füchse ÄÖ", {"füchse"}, style), Pieces{"Ü <em>füchse</em>"});
}

TEST(Highlight, WordsThatOverlapAreOne) {
  const Token tokens[] = {
      {"ab", 0, 2, 0, 1}, {"bc", 1, 3, 1, 1}, {"cd", 3, 4, 2, 1}, {"e", 5, 6, 3, 1}};
  EXPECT_EQ(
      Highlight("abcd e", {std::begin(tokens), std::end(tokens)}, {"ab", "bc", "cd", "e"}, {}),
      Pieces{"<em>abcd</em> <em>e</em>"});
}

}  // namespace
}  // namespace elanus::text
