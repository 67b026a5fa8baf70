// What a shard's host does when memory is short.
#include <chrono>
#include <thread>

#include "shard/shard_testing.h"

namespace elanus::shard {
namespace {

constexpr int64_t kMiB = 1 << 20;

class MemoryTest : public HostFixture {
 protected:
  MemoryTest() {
    Stop();
    options_.budget = budget_;
    options_.memory_wait = std::chrono::milliseconds(1);
    options_.shard.seal_rows = 1 << 20;
    Start();
  }
  ~MemoryTest() override { Stop(); }

  Result<roles::WriteResult> InsertMany(size_t count) {
    std::vector<TestRow> rows;
    for (size_t i = 0; i < count; ++i) rows.push_back({next_id_++, 1});
    return Insert(rows);
  }
  size_t Flushed() {
    size_t rows = 0;
    for (const roles::SegmentInfo& segment : shard_->Stats().segments) {
      if (segment.state == roles::SegmentState::kFlushed) rows += static_cast<size_t>(segment.rows);
    }
    return rows;
  }
  // The host's threads do their work meanwhile.
  template <typename Done>
  static bool Await(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::shared_ptr<MemoryBudget> budget_ = std::make_shared<MemoryBudget>(64 * kMiB);
  int64_t next_id_ = 1;
};

TEST_F(MemoryTest, GrowingRowsAreCountedUntilTheyAreFlushed) {
  EXPECT_EQ(budget_->used(MemoryUse::kGrowing), 0U);
  ASSERT_TRUE(InsertMany(20'000).ok());
  const uint64_t before = budget_->used(MemoryUse::kGrowing);
  EXPECT_GE(before, 20'000U * (8 + 4 + 16 + 8));  // values, and a place in the key table
  EXPECT_GE(before, shard_->Stats().growing_bytes);
  Flush();
  EXPECT_LE(budget_->used(MemoryUse::kGrowing), 4U * kMiB) << "the pool keeps a sixteenth";
  EXPECT_EQ(budget_->used(MemoryUse::kRequests), 0U);
}

// Everything sealed is mapped: what is kept of it beside does not grow with its rows.
TEST_F(MemoryTest, SealedRowsTakeNoMemory) {
  ASSERT_TRUE(InsertMany(20'000).ok());
  Flush();
  const uint64_t before = shard_->Stats().memory_bytes;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(InsertMany(20'000).ok());
  Flush();
  EXPECT_EQ(Count(), 220'000);
  EXPECT_LT(shard_->Stats().memory_bytes, before + 200'000 / 16);
  EXPECT_TRUE(Await([this] { return budget_->used(MemoryUse::kResident) > 0; }));
}

TEST_F(MemoryTest, AboveTheHardLineRowsAreRefusedDeletesAndReadsPass) {
  ASSERT_TRUE(Insert({{1, 10}, {2, 20}, {3, 30}}).ok());
  budget_->Add(MemoryUse::kResident, 61 * kMiB);
  const auto refused = Insert({{4, 40}});
  ASSERT_EQ(refused.status().code(), Code::kMemoryLimitExceeded);
  EXPECT_TRUE(refused.status().message().starts_with("insert: memory limit exceeded[predict(MB)="))
      << refused.status().message();
  EXPECT_NE(refused.status().message().find("[limit(MB)=64.0]"), std::string::npos);
  EXPECT_EQ(host_->CheckRoom().code(), Code::kMemoryLimitExceeded);
  EXPECT_EQ(Delete({2})->ended, 1);
  EXPECT_EQ(DeleteWhere("age == 30")->ended, 1);
  EXPECT_EQ(Rows(), "1:10 ");
  budget_->Add(MemoryUse::kResident, -61 * kMiB);
  EXPECT_TRUE(Insert({{4, 40}}).ok());
  EXPECT_TRUE(host_->CheckRoom().ok());
  Crash();
  EXPECT_EQ(Rows(), "1:10 4:40 ");
}

TEST_F(MemoryTest, AboveTheSoftLineGrowingRowsAreFlushedEarly) {
  ASSERT_TRUE(InsertMany(20'000).ok());
  EXPECT_EQ(Flushed(), 0U);
  budget_->Add(MemoryUse::kRequests, 54 * kMiB);
  EXPECT_TRUE(Await([this] { return Flushed() == 20'000; }));
  budget_->Add(MemoryUse::kRequests, -54 * kMiB);
  ASSERT_TRUE(InsertMany(10).ok());
  EXPECT_EQ(Count(), 20'010);
  Crash();
  EXPECT_EQ(Count(), 20'010);
}

TEST_F(MemoryTest, AStartWithLessMemoryFlushesWhatItReplays) {
  Stop();
  options_.budget = nullptr;
  Start();
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(InsertMany(5000).ok());
  ASSERT_TRUE(Delete({1, 2, 100'001}).ok());
  EXPECT_EQ(Flushed(), 0U);
  Stop();
  options_.budget = budget_;
  options_.growing_bytes_max = 4 * kMiB;
  Start();
  EXPECT_GT(Flushed(), 150'000U);
  EXPECT_LE(shard_->Stats().growing_bytes, 4U * kMiB);
  EXPECT_EQ(Count(), 199'997);
  Crash();
  EXPECT_EQ(Count(), 199'997);
}

TEST_F(MemoryTest, ASearchThatWouldGatherTooMuchIsRefused) {
  ASSERT_TRUE(InsertMany(20'000).ok());
  roles::SearchRequest request;
  request.collection = collection_;
  request.field = kVector;
  request.metric = Metric::kL2;
  request.limit = 16'000;
  request.output = {kVector};
  request.queries.type = DataType::kFloatVector;
  request.queries.dim = 4;
  const auto search = [&](size_t queries) {
    request.queries.count = queries;
    request.queries.dense.assign(queries * 16, '\0');
    return shard_->Search(Context(), request).status();
  };
  const Status refused = search(1000);  // 16 million hits
  ASSERT_EQ(refused.code(), Code::kMemoryLimitExceeded);
  EXPECT_TRUE(refused.message().starts_with("search: memory limit exceeded[predict(MB)="))
      << refused.message();
  EXPECT_TRUE(search(3).ok());
  EXPECT_EQ(budget_->used(MemoryUse::kRequests), 0U);
}

TEST_F(MemoryTest, AQueryThatWouldGatherTooMuchIsRefused) {
  ASSERT_TRUE(InsertMany(50'000).ok());
  Flush();
  roles::QueryRequest request;
  request.collection = collection_;
  request.output = {kVector};
  budget_->Add(MemoryUse::kRequests, 59 * kMiB);
  EXPECT_EQ(shard_->Query(Context(), request).status().code(), Code::kMemoryLimitExceeded);
  roles::QueryRequest::Groups groups;
  groups.keys = {{kId, DataType::kInt64}};
  groups.max = 1 << 20;
  request.groups = groups;
  EXPECT_EQ(shard_->Query(Context(), request).status().code(), Code::kMemoryLimitExceeded);
  request.groups.reset();
  request.limit = 1000;
  EXPECT_TRUE(shard_->Query(Context(), request).ok());
  budget_->Add(MemoryUse::kRequests, -59 * kMiB);
  request.limit = -1;
  EXPECT_TRUE(shard_->Query(Context(), request).ok());
  EXPECT_EQ(budget_->used(MemoryUse::kRequests), 0U);
}

// Nobody seals many small segments by their size: a host that waited for that would wait for ever.
TEST_F(MemoryTest, GrowingRowsNearTheirCapAreFlushedWhateverTheirSize) {
  Stop();
  options_.growing_bytes_max = 4 * kMiB;
  Start();
  for (int i = 0; i < 40; ++i) {
    const auto inserted = InsertMany(5000);
    ASSERT_TRUE(inserted.ok()) << inserted.status().message();
  }
  EXPECT_EQ(Count(), 200'000);
  EXPECT_GT(Flushed(), 0U);
}

}  // namespace
}  // namespace elanus::shard
