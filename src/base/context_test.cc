#include "base/context.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "base/clock.h"

namespace elanus {
namespace {

TEST(Context, WithoutDeadlineIsAlwaysGood) { EXPECT_TRUE(Context().Check().ok()); }

TEST(Context, SaysWhenTheDeadlineHasPassed) {
  EXPECT_EQ(Context(Context::Clock::now() - std::chrono::seconds(1)).Check().code(),
            Code::kTimeout);
  EXPECT_TRUE(Context(Context::Clock::now() + std::chrono::hours(1)).Check().ok());
}

TEST(Context, IsCancelledFromAnotherThread) {
  Context context;
  std::thread([&context] { context.Cancel(); }).join();
  EXPECT_EQ(context.Check().code(), Code::kCancelled);
}

TEST(FakeClock, MovesOnlyWhenTold) {
  FakeClock clock(1'000);
  EXPECT_EQ(clock.NowMs(), 1'000);
  clock.Advance(-5);
  EXPECT_EQ(clock.NowMs(), 995);
}

}  // namespace
}  // namespace elanus
