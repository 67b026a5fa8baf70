#include "base/profile.h"

#include <gtest/gtest.h>

namespace elanus {
namespace {

TEST(Profile, AddsUpStagesAndPredicatesOfAllSegments) {
  Profile profile;
  profile.AddTime("search", std::chrono::microseconds(1500));
  profile.AddTime("fetch", std::chrono::microseconds(100));
  profile.AddTime("search", std::chrono::microseconds(2500));
  EXPECT_EQ(profile.Stages(), "search 4.0 ms, fetch 0.1 ms");
  profile.AddPredicate("a == 1", true, 1000, 3);
  profile.AddPredicate("a == 1", true, 500, 1);
  profile.AddPredicate("a == 1", false, 10, 0);
  EXPECT_EQ(profile.Plan(), "index `a == 1` 1500 -> 4; scan `a == 1` 10 -> 0");
}

TEST(Profile, AStageWithoutOneCostsNothing) {
  const Profile::Stage stage(nullptr, "search");
  Profile profile;
  {
    const Profile::Stage counted(&profile, "plan");
  }
  EXPECT_TRUE(profile.Stages().starts_with("plan ")) << profile.Stages();
  EXPECT_EQ(profile.Plan(), "");
}

}  // namespace
}  // namespace elanus
