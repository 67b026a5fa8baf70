#include "gateway/search_cursors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus::gateway {
namespace {

using ::testing::HasSubstr;

TEST(SearchCursors, TokensAreRandomUuids) {
  const std::string token = SearchCursors::MakeToken();
  EXPECT_TRUE(SearchCursors::IsToken(token)) << token;
  EXPECT_NE(token, SearchCursors::MakeToken());
  EXPECT_FALSE(SearchCursors::IsToken("not a token"));
  EXPECT_FALSE(SearchCursors::IsToken(token + "0"));
}

TEST(SearchCursors, APageAskedForAgainBeginsWhereItBegan) {
  SearchCursors cursors(10, 1000);
  const SearchCursor first{1.5F, Value(int64_t{7}), true, false};
  cursors.Save("a", std::nullopt, first, 0);
  cursors.Save("a", first, {2.5F, Value(int64_t{9}), false, false}, 1);
  EXPECT_EQ(cursors.Find("a", 2.5F, 2)->last_key.as_int(), 9);
  const auto again = cursors.Find("a", 1.5F, 2);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->last_key.as_int(), 7);
  EXPECT_TRUE(again->ties_left);
}

TEST(SearchCursors, ForgetTheLongestResting) {
  SearchCursors cursors(2, 1000);
  cursors.Save("a", std::nullopt, {1, Value(int64_t{1}), false, false}, 0);
  cursors.Save("b", std::nullopt, {1, Value(int64_t{2}), false, false}, 1);
  ASSERT_TRUE(cursors.Find("a", 1, 2).ok());
  cursors.Save("c", std::nullopt, {1, Value(int64_t{3}), false, false}, 3);
  EXPECT_TRUE(cursors.Find("a", 1, 4).ok());
  EXPECT_THAT(cursors.Find("b", 1, 4).status().message(), HasSubstr("begin a new one"));
  EXPECT_FALSE(cursors.Find("c", 1, 2000).ok()) << "it rested too long";
}

}  // namespace
}  // namespace elanus::gateway
