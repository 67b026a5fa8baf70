#include "gateway/quotas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/gateway_testing.h"

namespace elanus::gateway {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kRejected =
    "request is rejected by grpc RateLimiter middleware, please retry later: rate limit exceeded";

// A coordinator whose databases have properties.
class TwoDatabases final : public FakeCoordinator {
 public:
  std::vector<std::string> Databases() override { return {"default", "d"}; }
  bool HasDatabase(std::string_view name) override { return name == "default" || name == "d"; }
  Result<DatabaseInfo> FindDatabase(std::string_view name) override {
    if (!HasDatabase(name)) return FailWith(Code::kDatabaseNotFound, {{"database", name}});
    return DatabaseInfo{name == "d" ? 2 : 1, std::string(name), 0,
                        name == "d" ? of_d : Properties()};
  }
  Properties of_d;
};

class QuotasTest : public ::testing::Test {
 protected:
  QuotasTest() {
    for (const char* name : {"a", "b"}) {
      roles::CreateCollectionRequest request;
      request.database = "default";
      request.name = name;
      EXPECT_TRUE(coordinator_.CreateCollection(request).ok());
    }
  }

  Status Admit(Use use, double amount = 1, std::string_view collection = "a",
               std::string_view database = "default",
               std::vector<std::string_view> partitions = {}) {
    if (quotas_ == nullptr) quotas_ = std::make_unique<Quotas>(options_, &coordinator_, &clock_);
    return quotas_->Admit(
        {use, database, {collection}, std::move(partitions), [=] { return amount; }});
  }
  void SetProperty(std::string key, std::string value) {
    EXPECT_TRUE(coordinator_.AlterCollection("default", "a", {{{key, value}}, {}}).ok());
  }

  FakeClock clock_{1'700'000'000'000};
  TwoDatabases coordinator_;
  QuotaOptions options_;
  std::unique_ptr<Quotas> quotas_;
};

TEST_F(QuotasTest, NothingIsLimitedUnlessAskedFor) {
  for (size_t use = 0; use < kUses; ++use) {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(Admit(static_cast<Use>(use), 1e12).ok());
  }
}

TEST_F(QuotasTest, ARateHoldsOnlyWhereItsGroupIsOn) {
  options_.Of(Use::kQuery).server = 1;
  EXPECT_TRUE(Admit(Use::kQuery, 100).ok());
  EXPECT_TRUE(Admit(Use::kQuery).ok());
}

TEST_F(QuotasTest, WhatIsTakenTooMuchIsWaitedFor) {
  options_.dql = true;
  options_.Of(Use::kSearch).server = 10;
  EXPECT_TRUE(Admit(Use::kSearch, 30).ok()) << "however large it is";
  const Status refused = Admit(Use::kSearch);
  EXPECT_EQ(refused.code(), Code::kRateLimitExceeded);
  EXPECT_EQ(refused.message(), std::string(kRejected) + "[rate=10]");
  clock_.Advance(1'900);
  EXPECT_FALSE(Admit(Use::kSearch).ok());
  clock_.Advance(200);
  EXPECT_TRUE(Admit(Use::kSearch).ok());
  EXPECT_TRUE(Admit(Use::kQuery).ok()) << "another use";
}

TEST_F(QuotasTest, ACollectionsOwnRateGoesBeforeThatOfTheSettings) {
  SetProperty("collection.searchRate.max.vps", "2.5");
  EXPECT_TRUE(Admit(Use::kSearch, 3).ok());
  EXPECT_EQ(Admit(Use::kSearch).message(), std::string(kRejected) + "[rate=2.5]");
  EXPECT_TRUE(Admit(Use::kSearch, 3, "b").ok());
  EXPECT_TRUE(Admit(Use::kSearch, 3, "b").ok());
}

TEST_F(QuotasTest, BytesAreCountedInMebibytes) {
  SetProperty("collection.insertRate.max.mb", "1");
  EXPECT_TRUE(Admit(Use::kInsert, 1 << 20).ok());
  EXPECT_TRUE(Admit(Use::kInsert, 1 << 20).ok());
  EXPECT_EQ(Admit(Use::kInsert, 1).code(), Code::kRateLimitExceeded);
  EXPECT_TRUE(Admit(Use::kDelete, 1 << 30).ok());
}

TEST_F(QuotasTest, WhatOneScopeRefusesTheOthersKeep) {
  options_.dml = true;
  options_.Of(Use::kDelete).server = 10;
  options_.Of(Use::kDelete).collection = 1;
  EXPECT_TRUE(Admit(Use::kDelete, 5).ok());
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Admit(Use::kDelete, 5).ok());
  EXPECT_TRUE(Admit(Use::kDelete, 5, "b").ok()) << "the server's tokens were given back";
}

TEST_F(QuotasTest, PartitionsAndDatabasesHaveTheirOwn) {
  options_.dml = true;
  options_.Of(Use::kInsert).partition = 1;
  options_.Of(Use::kInsert).database = 100;
  EXPECT_TRUE(Admit(Use::kInsert, 50, "a", "default", {"_default"}).ok());
  EXPECT_FALSE(Admit(Use::kInsert, 50, "a", "default", {"_default"}).ok());
  EXPECT_TRUE(Admit(Use::kInsert, 90).ok());
  EXPECT_FALSE(Admit(Use::kInsert, 1, "b").ok()) << "the same database";
  EXPECT_TRUE(Admit(Use::kInsert, 1, "b", "d").ok()) << "another one";
}

TEST_F(QuotasTest, ARateOfZeroIsAQuota) {
  SetProperty("collection.queryRate.max.qps", "0");
  const Status refused = Admit(Use::kQuery);
  EXPECT_EQ(refused.code(), Code::kQuotaExceeded);
  EXPECT_EQ(refused.message(), "quota exceeded[reason=rate type: DQLQuery]");
}

TEST_F(QuotasTest, DatabasesAreClosedByTheirProperties) {
  coordinator_.of_d = {{"database.force.deny.writing", "true"},
                       {"database.force.deny.index", "True"}};
  const Status refused = Admit(Use::kInsert, 1, "a", "d");
  EXPECT_EQ(refused.code(), Code::kQuotaExceeded);
  EXPECT_EQ(refused.message(),
            "quota exceeded[reason=access has been disabled by the administrator: force deny "
            "writing in database properties]");
  EXPECT_FALSE(Admit(Use::kDelete, 1, "a", "d").ok());
  EXPECT_TRUE(Admit(Use::kQuery, 1, "a", "d").ok());
  EXPECT_TRUE(Admit(Use::kInsert).ok()) << "another database";
  EXPECT_THAT(Admit(Use::kIndex, 1, "a", "d").message(), HasSubstr("force deny DDL"));
  EXPECT_TRUE(Admit(Use::kFlush, 1, "a", "d").ok());
  EXPECT_TRUE(Admit(Use::kDatabaseDdl, 1, "", "d").ok()) << "it can be opened again";
  const auto closed = quotas_->ClosedNow();
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_TRUE(closed[0].writing);
  coordinator_.of_d = {{"database.force.deny.ddl", "true"},
                       {"database.force.deny.reading", "true"}};
  EXPECT_FALSE(Admit(Use::kFlush, 1, "a", "d").ok());
  EXPECT_FALSE(Admit(Use::kSearch, 1, "a", "d").ok());
  EXPECT_TRUE(Admit(Use::kInsert, 1, "a", "d").ok());
}

TEST_F(QuotasTest, TheServerIsClosedBySettings) {
  options_.deny_writing = options_.deny_reading = options_.deny_ddl = true;
  EXPECT_THAT(Admit(Use::kInsert).message(), HasSubstr("config force deny writing"));
  EXPECT_THAT(Admit(Use::kSearch).message(), HasSubstr("config force deny reading"));
  EXPECT_THAT(Admit(Use::kCollectionDdl).message(), HasSubstr("config force deny ddl"));
  EXPECT_EQ(quotas_->ClosedNow().size(), 2U);
}

TEST_F(QuotasTest, AllOfItCanBeSwitchedOff) {
  options_.enabled = false;
  options_.deny_writing = true;
  EXPECT_TRUE(Admit(Use::kInsert).ok());
}

}  // namespace
}  // namespace elanus::gateway
