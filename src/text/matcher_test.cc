#include "text/matcher.h"

#include <string>

#include <gtest/gtest.h>

namespace elanus::text {
namespace {

std::shared_ptr<const Analyzer> Standard() { return Analyzer::Make("").take(); }

bool Terms(std::string_view question, size_t least, std::string_view text) {
  TokenList list;
  return MatchTerms(Standard(), question, least)->Matches(text, &list);
}
bool InPhrase(std::string_view question, uint32_t slop, std::string_view text) {
  TokenList list;
  return MatchPhrase(Standard(), question, slop)->Matches(text, &list);
}

TEST(Matcher, FindsAnyOrAtLeastSomeOfTheTerms) {
  EXPECT_TRUE(Terms("fox dog", 1, "The quick FOX"));
  EXPECT_FALSE(Terms("fox dog", 2, "the quick fox, fox"));
  EXPECT_TRUE(Terms("fox dog cat", 2, "a dog and a fox"));
  EXPECT_TRUE(Terms("fox fox", 2, "one fox"));
  EXPECT_FALSE(Terms("fox", 2, "one fox"));
  EXPECT_FALSE(Terms("fox", 1, "foxes"));
  EXPECT_FALSE(Terms(" ,", 1, "fox"));
  EXPECT_FALSE(Terms("fox", 1, ""));
}

TEST(Matcher, FindsPhrasesAndHowFarTheyAreOff) {
  EXPECT_TRUE(InPhrase("quick fox", 0, "the quick fox runs"));
  EXPECT_FALSE(InPhrase("quick fox", 0, "the quick brown fox"));
  EXPECT_TRUE(InPhrase("quick fox", 1, "the quick brown fox"));
  EXPECT_FALSE(InPhrase("fox quick", 1, "quick fox"));
  EXPECT_TRUE(InPhrase("fox quick", 2, "quick fox"));
  EXPECT_TRUE(InPhrase("a b a", 0, "b a b a b"));
  EXPECT_FALSE(InPhrase("a b c", 100, "a b"));
  EXPECT_TRUE(InPhrase("fox", 0, "fox"));
  EXPECT_FALSE(InPhrase("", 0, "fox"));
}

TEST(Matcher, TellsWhichTermsItNeeds) {
  using Strings = std::vector<std::string>;
  const auto any = MatchTerms(Standard(), "fox dog FOX", 1)->needs();
  ASSERT_TRUE(any.has_value());
  EXPECT_EQ(any->terms, (Strings{"dog", "fox"}));
  EXPECT_EQ(any->least, 1u);
  EXPECT_TRUE(any->exact);
  const auto twice = MatchTerms(Standard(), "fox dog fox", 2)->needs();
  EXPECT_EQ(twice->terms, (Strings{"dog", "fox", "fox"}));
  EXPECT_EQ(twice->least, 2u);
  EXPECT_TRUE(twice->exact);
  const auto phrase = MatchPhrase(Standard(), "a b a", 0)->needs();
  EXPECT_EQ(phrase->terms, (Strings{"a", "b"}));
  EXPECT_EQ(phrase->least, 2u);
  EXPECT_FALSE(phrase->exact);
  EXPECT_TRUE(MatchPhrase(Standard(), "a", 0)->needs()->exact);
  EXPECT_FALSE(MatchTerms(Standard(), " ,", 1)->needs().has_value());
  EXPECT_FALSE(MatchPhrase(Standard(), "", 0)->needs().has_value());
  EXPECT_FALSE(MatchFuzzily(Standard(), "fox", 1)->needs().has_value());
}

TEST(Matcher, CountsEdits) {
  EXPECT_TRUE(WithinEdits("milvus", "milvus", 0));
  EXPECT_FALSE(WithinEdits("milvus", "milvs", 0));
  EXPECT_TRUE(WithinEdits("milvus", "milvs", 1));
  EXPECT_TRUE(WithinEdits("milvus", "milvsu", 1));
  EXPECT_TRUE(WithinEdits("é", "e", 1));
  EXPECT_FALSE(WithinEdits("milvus", "mlvs", 1));
  EXPECT_TRUE(WithinEdits("milvus", "mlvs", 2));
  EXPECT_FALSE(WithinEdits("ab", "", 1));
  TokenList list;
  EXPECT_TRUE(MatchFuzzily(Standard(), "databse", 1)->Matches("a vector database", &list));
  EXPECT_FALSE(MatchFuzzily(Standard(), "databse", 1)->Matches("a vector", &list));
}

}  // namespace
}  // namespace elanus::text
