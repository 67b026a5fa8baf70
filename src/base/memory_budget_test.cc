#include "base/memory_budget.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace elanus {
namespace {

using Line = MemoryBudget::Line;

TEST(MemoryBudget, ReservesUpToTheLineAndGivesBack) {
  MemoryBudget budget(1000);
  {
    const auto build = budget.Reserve(MemoryUse::kBuilds, 800, Line::kSoft, "build");
    ASSERT_TRUE(build.ok());
    EXPECT_EQ(budget.used(MemoryUse::kBuilds), 800U);
    EXPECT_EQ(budget.Reserve(MemoryUse::kBuilds, 51, Line::kSoft, "build").status().code(),
              Code::kMemoryLimitExceeded);
    EXPECT_TRUE(budget.Reserve(MemoryUse::kGrowing, 100, Line::kHard, "rows").ok());
    EXPECT_EQ(budget.used(), 800U);  // nothing of what was refused or let go
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(MemoryBudget, SaysWhatTakesHowMuch) {
  MemoryBudget budget(uint64_t{100} << 20);
  budget.Add(MemoryUse::kGrowing, 60 << 20);
  budget.Add(MemoryUse::kResident, 30 << 20);
  const auto refused =
      budget.Reserve(MemoryUse::kRequests, 20 << 20, Line::kRead, "search of 7 vectors");
  EXPECT_EQ(refused.status().message(),
            "search of 7 vectors: memory limit exceeded[predict(MB)=110.0][limit(MB)=100.0]"
            "[growing(MB)=60.0][builds(MB)=0.0][requests(MB)=0.0][resident(MB)=30.0]"
            "[other(MB)=0.0]");
}

TEST(MemoryBudget, WithoutALimitCountsAndRefusesNothing) {
  MemoryBudget budget;
  const auto all = budget.Reserve(MemoryUse::kBuilds, uint64_t{1} << 50, Line::kSoft, "build");
  EXPECT_TRUE(all.ok());
  EXPECT_FALSE(budget.Above(Line::kSoft));
  EXPECT_EQ(budget.used(MemoryUse::kBuilds), uint64_t{1} << 50);
}

TEST(MemoryBudget, AReservationGrowsAndShrinks) {
  MemoryBudget budget(1000);
  auto reserved = budget.Reserve(MemoryUse::kRequests, 100, Line::kRead, "query").take();
  EXPECT_TRUE(reserved.Resize(900, Line::kRead, "query").ok());
  EXPECT_FALSE(reserved.Resize(990, Line::kRead, "query").ok());
  EXPECT_EQ(reserved.bytes(), 900U);
  EXPECT_TRUE(reserved.Resize(10, Line::kRead, "query").ok());
  EXPECT_EQ(budget.used(), 10U);
  MemoryReservation moved = std::move(reserved);
  moved.Release();
  EXPECT_EQ(budget.used(), 0U);
}

TEST(MemoryBudget, CountsWhatNobodyCountedBeyondAnEighth) {
  MemoryBudget budget(800);
  budget.Add(MemoryUse::kGrowing, 200);
  budget.Observe(290);
  EXPECT_EQ(budget.used(), 200U);
  budget.Observe(350);
  EXPECT_EQ(budget.uncounted(), 50U);
  EXPECT_EQ(budget.used(), 250U);
}

TEST(MemoryBudget, WakesWhoWaits) {
  MemoryBudget budget(1000);
  budget.Add(MemoryUse::kGrowing, 900);
  EXPECT_FALSE(budget.WaitBelow(Line::kSoft, std::chrono::steady_clock::now()));
  std::thread flusher([&budget] { budget.Add(MemoryUse::kGrowing, -100); });
  EXPECT_TRUE(
      budget.WaitBelow(Line::kSoft, std::chrono::steady_clock::now() + std::chrono::seconds(60)));
  flusher.join();
}

TEST(MemoryBudget, ManyThreadsNeverReserveMoreThanTheLine) {
  MemoryBudget budget(100'000);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&budget] {
      for (int round = 0; round < 20'000; ++round) {
        const auto one = budget.Reserve(MemoryUse::kRequests, 40'000, Line::kRead, "search");
        if (!one.ok()) continue;
        EXPECT_LE(budget.used(), 240'000U);  // three more may just be trying
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace elanus
