#include "coordinator/local_oracle.h"

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "meta/memory/memory_meta_store.h"

namespace elanus::coordinator {
namespace {

constexpr int64_t kStartMs = 1'700'000'000'000;

class LocalOracleTest : public ::testing::Test {
 protected:
  void Reopen() { oracle_ = LocalOracle::Open(catalog_.get(), &clock_).take(); }

  FakeClock clock_{kStartMs};
  meta::MemoryMetaStore store_;
  std::unique_ptr<meta::Catalog> catalog_ = meta::Catalog::Open(&store_).take();
  std::unique_ptr<LocalOracle> oracle_ = LocalOracle::Open(catalog_.get(), &clock_).take();
};

TEST_F(LocalOracleTest, RisesWhileTheClockStands) {
  Timestamp last = oracle_->Next();
  EXPECT_EQ(MsOfTimestamp(last), kStartMs);
  for (int i = 0; i < 1000; ++i) {
    const Timestamp next = oracle_->Next();
    EXPECT_EQ(next, last + 1);
    last = next;
  }
}

TEST_F(LocalOracleTest, FollowsTheClock) {
  oracle_->Next();
  clock_.Advance(25);
  EXPECT_EQ(oracle_->Next(), TimestampFromMs(kStartMs + 25));
  clock_.Advance(3'600'000);
  EXPECT_EQ(oracle_->Next(), TimestampFromMs(kStartMs + 3'600'025));
}

TEST_F(LocalOracleTest, CarriesTheLogicalPartWhenTheClockGoesBack) {
  const Timestamp before = oracle_->Next();
  clock_.Advance(-7'200'000);
  EXPECT_EQ(oracle_->Next(), before + 1);
  EXPECT_EQ(oracle_->Now(), before + 1);
}

TEST_F(LocalOracleTest, NowIsTheNewestHandedOutOrTheWallClock) {
  const Timestamp last = oracle_->Next();
  EXPECT_EQ(oracle_->Now(), last);
  clock_.Advance(5);
  EXPECT_EQ(oracle_->Now(), TimestampFromMs(kStartMs + 5));
}

TEST_F(LocalOracleTest, NothingSlipsUnderANowThatWasServed) {
  clock_.Advance(5);
  const Timestamp served = oracle_->Now();
  EXPECT_GT(oracle_->Next(), served);
}

TEST_F(LocalOracleTest, NeverGoesBackOverRestarts) {
  Timestamp last = oracle_->Next();
  for (const int64_t jump_ms : {0L, -3'600'000L, 1L, 100'000L, -50'000L, 5'000L}) {
    clock_.Advance(jump_ms);
    Reopen();
    const Timestamp now = oracle_->Now();
    EXPECT_GT(now, last);
    last = oracle_->Next();
    EXPECT_GT(last, now);
  }
}

TEST_F(LocalOracleTest, StaysBelowTheSavedLimit) {
  for (int i = 0; i < 200; ++i) {
    clock_.Advance(i * 37 % 4000);
    EXPECT_LT(i % 2 == 0 ? oracle_->Next() : oracle_->Now(),
              catalog_->LoadTimestampLimit().value());
    EXPECT_EQ(oracle_->limit(), catalog_->LoadTimestampLimit().value());
  }
}

TEST_F(LocalOracleTest, MovesTheLimitOnlyWhenHalfIsUsed) {
  oracle_->Next();
  const Timestamp limit = catalog_->LoadTimestampLimit().value();
  EXPECT_EQ(limit, TimestampFromMs(kStartMs + 10'000));
  clock_.Advance(4'999);
  oracle_->Next();
  EXPECT_EQ(catalog_->LoadTimestampLimit().value(), limit);
  clock_.Advance(1);
  oracle_->Next();
  EXPECT_EQ(catalog_->LoadTimestampLimit().value(), TimestampFromMs(kStartMs + 15'000));
}

TEST_F(LocalOracleTest, GoesOnInStepsWhileTheLimitCannotBeSaved) {
  Timestamp last = oracle_->Next();
  const Timestamp limit = oracle_->limit();
  store_.FailWith(Status(Code::kDiskLimitExceeded, "disk is full"));
  clock_.Advance(60'000);
  for (int i = 0; i < 10; ++i) {
    const Timestamp next = i % 2 == 0 ? oracle_->Next() : oracle_->Now();
    EXPECT_GT(next, last);
    EXPECT_LT(next, limit);
    last = next;
  }
  store_.FailWith(Status());
  clock_.Advance(2'000);
  EXPECT_EQ(oracle_->Next(), TimestampFromMs(kStartMs + 62'000));
}

TEST_F(LocalOracleTest, IsNotOpenedWhenItsLimitCannotBeSaved) {
  store_.FailWith(Status(Code::kDiskLimitExceeded, "disk is full"));
  EXPECT_EQ(LocalOracle::Open(catalog_.get(), &clock_).status().code(), Code::kDiskLimitExceeded);
}

TEST_F(LocalOracleTest, ThreadsNeverGetTheSameNumber) {
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  SystemClock wall;
  auto oracle = LocalOracle::Open(catalog_.get(), &wall).take();
  std::vector<std::vector<Timestamp>> given(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : given) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        if (i % 3 == 0) oracle->Now();
        mine.push_back(oracle->Next());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<Timestamp> all;
  for (const auto& mine : given) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), size_t{kThreads} * kEach);
}

}  // namespace
}  // namespace elanus::coordinator
