#include "server/slow_request.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus::server {
namespace {

class SlowRequestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / "slow_request_test";
    std::filesystem::create_directories(folder_);
    LogOptions options;
    options.file = folder_ / "elanus.log";
    ASSERT_TRUE(ConfigureLog(options).ok());
  }
  void TearDown() override {
    EXPECT_TRUE(ConfigureLog({}).ok());
    std::filesystem::remove_all(folder_);
  }
  // What is logged of a request that takes some milliseconds.
  std::string Logged(int64_t limit_ms, int64_t takes_ms) {
    {
      Call call{context_, "Query", "ipv4:127.0.0.1:5", "default", "", ""};
      const SlowRequest slow(limit_ms, &call, "books", "a == 1");
      Profile* profile = context_.profile();
      EXPECT_EQ(profile == nullptr, limit_ms == 0);
      if (profile != nullptr) profile->AddPredicate("a == 1", true, 100, 3);
      const auto end = Profile::Clock::now() + std::chrono::milliseconds(takes_ms);
      const Profile::Stage stage(profile, "filter");
      while (Profile::Clock::now() < end) {
      }
    }
    EXPECT_EQ(context_.profile(), nullptr);
    std::ifstream in(folder_ / "elanus.log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  Context context_;
  std::filesystem::path folder_;
};

TEST_F(SlowRequestTest, OneLineTellsThePlanOfASlowRequest) {
  const std::string line = Logged(3, 4);
  EXPECT_THAT(line, testing::HasSubstr(" W slow request method=Query"));
  EXPECT_THAT(line, testing::HasSubstr(R"(collection=books filter="a == 1")"));
  EXPECT_THAT(line, testing::HasSubstr("plan=\"index `a == 1` 100 -> 3\""));
  EXPECT_THAT(line, testing::HasSubstr("stages=\"filter "));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST_F(SlowRequestTest, QuickOnesAndAllOfThemWithoutALimitAreNotLogged) {
  EXPECT_EQ(Logged(60'000, 0), "");
  EXPECT_EQ(Logged(0, 1), "");
}

}  // namespace
}  // namespace elanus::server
