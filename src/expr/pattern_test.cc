#include "expr/pattern.h"

#include <random>

#include <gtest/gtest.h>
#include <re2/re2.h>

namespace elanus::expr {
namespace {

TEST(RequiredLiteral, IsTheLongestRunThatEveryMatchHas) {
  EXPECT_EQ(RequiredLiteral("document 12[0-9]+ in"), "document 12");
  EXPECT_EQ(RequiredLiteral("^ab.*cdef$"), "cdef");
  EXPECT_EQ(RequiredLiteral("abc\\.de"), "abc.de");
  EXPECT_EQ(RequiredLiteral("abc+de"), "abc");
  EXPECT_EQ(RequiredLiteral("a[]x]bc"), "bc");
  EXPECT_EQ(RequiredLiteral("a[^]\\]x]bc"), "bc");
}

TEST(RequiredLiteral, LeavesOutWhatNeedNotBeThere) {
  EXPECT_EQ(RequiredLiteral("abc?"), "ab");
  EXPECT_EQ(RequiredLiteral("abc*d"), "ab");
  EXPECT_EQ(RequiredLiteral("xyz{0,2}a"), "xy");
  EXPECT_EQ(RequiredLiteral("caf\xc3\xa9?"), "caf");
  EXPECT_EQ(RequiredLiteral("\\d\\w\\b"), "");
}

TEST(RequiredLiteral, IsEmptyWhereItIsNotSure) {
  for (const char* pattern : {"abc|def", "(abc)?def", "(?i)abc", "\\Qabc", "[[:alpha:]]bc",
                              "\\x41bc", "\\pNabc", "", "."}) {
    EXPECT_EQ(RequiredLiteral(pattern), "") << pattern;
  }
}

TEST(Regex, TakesANewlineForAPoint) {
  EXPECT_TRUE(Regex::Compile("c.d").value().Matches("ab c\nd"));
  EXPECT_FALSE(Regex::Compile("(?-s)c.d").value().Matches("ab c\nd"));
}

TEST(Regex, SaysWhatIsNotClosed) {
  EXPECT_EQ(Regex::Compile("(a").status().message(),
            "invalid regex pattern: missing closing ): (a: invalid parameter");
  EXPECT_EQ(Regex::Compile("[a").status().message(),
            "invalid regex pattern: missing closing ]: [a: invalid parameter");
}

TEST(Regex, FindsWhatRe2Finds) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::string_view letters = "ab.*+?[]^$\\{1,}-|()";
  for (int round = 0; round < 20'000; ++round) {
    std::string pattern;
    for (size_t n = random() % 9; n > 0; --n) pattern += letters[random() % letters.size()];
    auto regex = Regex::Compile(pattern);
    if (!regex.ok()) continue;
    const RE2 re(pattern, RE2::Quiet);
    for (int i = 0; i < 4; ++i) {
      std::string text;
      for (size_t n = random() % 8; n > 0; --n) text += letters[random() % 5];
      EXPECT_EQ(regex->Matches(text), RE2::PartialMatch(text, re)) << pattern << " in " << text;
    }
  }
}

}  // namespace
}  // namespace elanus::expr
