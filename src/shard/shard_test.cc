#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "shard/shard_testing.h"

namespace elanus::shard {
namespace {

using ShardTest = HostFixture;

TEST_F(ShardTest, InsertedRowsAreSeenAtOnceAscendingByKey) {
  ASSERT_TRUE(Insert({{3, 30}, {1, 10}}).ok());
  ASSERT_TRUE(Insert({{2, 20}}).ok());
  EXPECT_EQ(Rows(), "1:10 2:20 3:30 ");
  EXPECT_EQ(Rows("age >= 20"), "2:20 3:30 ");
  EXPECT_EQ(Count(), 3);
}

TEST_F(ShardTest, AKeyInsertedAgainReplacesItsRow) {
  ASSERT_TRUE(Insert({{1, 10}, {2, 20}}).ok());
  const auto again = Insert({{1, 11}});
  EXPECT_EQ(again->inserted, 1);
  EXPECT_EQ(again->ended, 1);
  EXPECT_EQ(Rows(), "1:11 2:20 ");
  Flush();
  ASSERT_TRUE(Insert({{1, 12}}).ok());
  EXPECT_EQ(Rows(), "1:12 2:20 ");
  EXPECT_EQ(Count(), 2);
}

TEST_F(ShardTest, OfOneKeyTwiceInARequestTheLastStays) {
  ASSERT_TRUE(Insert({{1, 10}, {2, 20}, {1, 11}, {1, 12}}).ok());
  EXPECT_EQ(Rows(), "1:12 2:20 ");
}

TEST_F(ShardTest, PartitionsHoldTheSameKeyApart) {
  ASSERT_TRUE(Insert({{1, 10}}).ok());
  ASSERT_TRUE(Insert({{1, 11}}, kOld).ok());
  EXPECT_EQ(Count(), 2);
  EXPECT_EQ(Rows(), "1:11 ");  // one row a key, the newest
  EXPECT_EQ(Rows("", 0, {kDefault}), "1:10 ");
  ASSERT_TRUE(Delete({1}, {kOld}).ok());
  EXPECT_EQ(Rows(), "1:10 ");
}

TEST_F(ShardTest, DeleteEndsRowsByKeyAndByFilter) {
  ASSERT_TRUE(Insert({{1, 10}, {2, 20}, {3, 30}, {4, 40}}).ok());
  EXPECT_EQ(Delete({2, 99})->ended, 1);
  EXPECT_EQ(DeleteWhere("age > 25")->ended, 2);
  EXPECT_EQ(Rows(), "1:10 ");
}

TEST_F(ShardTest, AnEarlierMomentShowsEarlierRows) {
  const Timestamp first = Insert({{1, 10}, {2, 20}})->timestamp;
  Flush();
  const Timestamp second = Insert({{1, 11}})->timestamp;
  ASSERT_TRUE(Delete({2}).ok());
  EXPECT_EQ(Rows("", first), "1:10 2:20 ");
  EXPECT_EQ(Rows("", second), "1:11 2:20 ");
  Flush();
  EXPECT_EQ(Rows("", first), "1:10 2:20 ");
  EXPECT_EQ(Rows(), "1:11 ");
}

TEST_F(ShardTest, AcknowledgedWritesSurviveACrash) {
  ASSERT_TRUE(Insert({{1, 10}, {2, 20}}).ok());
  ASSERT_TRUE(Delete({1}).ok());
  Crash();
  EXPECT_EQ(Rows(), "2:20 ");
  Flush();
  ASSERT_TRUE(Insert({{3, 30}}).ok());
  ASSERT_TRUE(Delete({2}).ok());
  Crash();
  EXPECT_EQ(Rows(), "3:30 ");
  Flush();
  Crash();
  EXPECT_EQ(Rows(), "3:30 ");
}

TEST_F(ShardTest, FlushShortensTheLog) {
  for (int i = 0; i < 40; ++i) {
    std::vector<TestRow> rows;
    for (int j = 0; j < 2000; ++j) rows.push_back({i * 2000 + j, j});
    ASSERT_TRUE(Insert(rows).ok());
  }
  Flush();
  Stop();
  Start();
  EXPECT_EQ(Count(), 80000);
}

TEST_F(ShardTest, SearchFindsTheNearestOfAllSegments) {
  ASSERT_TRUE(Insert({{1, 0}, {2, 0}, {3, 0}}).ok());
  Flush();
  ASSERT_TRUE(Insert({{4, 0}, {5, 0}}).ok());
  ASSERT_TRUE(Delete({2}).ok());
  roles::SearchRequest request;
  request.collection = collection_;
  request.field = kVector;
  request.metric = Metric::kL2;
  request.limit = 3;
  request.output = {kAge};
  const float query[4] = {2, 0, 0, 1};
  request.queries = {DataType::kFloatVector,
                     4,
                     1,
                     std::string(reinterpret_cast<const char*>(query), sizeof query),
                     {}};
  const auto result = shard_->Search(Context(), request);
  ASSERT_TRUE(result.ok()) << result.status().message();
  ASSERT_EQ(result->counts, std::vector<uint32_t>{3});
  EXPECT_EQ(result->keys.as<int64_t>()[0], 1);  // at distance 1 as is 3: ties by key
  EXPECT_EQ(result->keys.as<int64_t>()[1], 3);
  EXPECT_EQ(result->keys.as<int64_t>()[2], 4);
  EXPECT_EQ(result->scores, (std::vector<float>{1, 1, 4}));
  EXPECT_EQ(result->output[0].rows(), 3U);
}

// The cosine of a row with itself is now and then rounded to more than 1.
TEST_F(ShardTest, ACosineIsAtMostOneAndARangeThatEndsThereHoldsTheRowItself) {
  constexpr int64_t kRows = 300;
  std::vector<TestRow> rows;
  for (int64_t id = 0; id < kRows; ++id) rows.push_back({id, static_cast<int32_t>(id * 7 % 50)});
  ASSERT_TRUE(Insert(rows).ok());
  const Batch batch = MakeBatch(rows);
  for (const bool flushed : {false, true}) {
    if (flushed) Flush();
    for (size_t row = 0; row < rows.size(); ++row) {
      roles::SearchRequest request;
      request.collection = collection_;
      request.field = kVector;
      request.metric = Metric::kCosine;
      request.limit = 1000;
      request.range = {DistanceOf(Metric::kCosine, 1), DistanceOf(Metric::kCosine, 0.5F)};
      request.queries = {
          DataType::kFloatVector, 4, 1, std::string(batch.columns[2].String(row)), {}};
      const auto result = shard_->Search(Context(), request);
      ASSERT_TRUE(result.ok()) << result.status().message();
      const std::span<const int64_t> keys(result->keys.as<int64_t>(), result->keys.rows());
      EXPECT_NE(std::find(keys.begin(), keys.end(), rows[row].id), keys.end()) << row;
      for (const float score : result->scores) EXPECT_LE(score, 1);
    }
  }
}

TEST_F(ShardTest, AWriteOfSeenRowsIsRefusedOnceTheyChanged) {
  const auto update = [this](Timestamp at, size_t keys) {
    roles::WriteRequest request;
    request.collection = collection_;
    request.rows = MakeBatch({{1, 11}, {2, 22}});
    request.partitions = {kDefault};
    request.seen = {at, keys};
    return shard_->Write(Context(), std::move(request)).status().code();
  };
  ASSERT_TRUE(Insert({{1, 10}}).ok());
  ASSERT_TRUE(Insert({{2, 20}}, kOld).ok()) << "another partition, another row";
  Timestamp at = oracle_.Next();
  EXPECT_EQ(update(at, 2), Code::kServiceUnavailable) << "there is one";
  EXPECT_EQ(update(at - 3, 1), Code::kServiceUnavailable) << "the row is newer";
  ASSERT_TRUE(Insert({{1, 12}}).ok());
  EXPECT_EQ(update(at, 1), Code::kServiceUnavailable) << "replaced since";
  ASSERT_TRUE(Delete({1}).ok());
  EXPECT_EQ(update(oracle_.Next(), 1), Code::kServiceUnavailable) << "deleted since";
  EXPECT_EQ(Rows(), "2:20 ");
  EXPECT_EQ(update(oracle_.Next(), 0), Code::kOk);
  EXPECT_EQ(update(oracle_.Next(), 2), Code::kOk);
  Flush();
  EXPECT_EQ(update(oracle_.Next(), 2), Code::kOk);
  EXPECT_EQ(Rows("", 0, {kDefault}), "1:11 2:22 ");
}

TEST_F(ShardTest, KeysInSeveralPartitionsLeaveNoSearchShort) {
  std::vector<TestRow> rows;
  for (int64_t id = 0; id < 20; ++id) rows.push_back({id, 0});
  ASSERT_TRUE(Insert(rows).ok());
  ASSERT_TRUE(Insert(rows, kOld).ok());
  const float query[4] = {0, 0, 0, 1};
  roles::SearchRequest request;
  request.collection = collection_;
  request.field = kVector;
  request.metric = Metric::kL2;
  request.queries = {DataType::kFloatVector,
                     4,
                     1,
                     std::string(reinterpret_cast<const char*>(query), sizeof query),
                     {}};
  for (const size_t limit : {size_t{10}, size_t{20}, size_t{30}}) {
    request.limit = limit;
    const auto result = shard_->Search(Context(), request);
    ASSERT_TRUE(result.ok()) << result.status().message();
    const size_t expected = std::min<size_t>(limit, 20);
    ASSERT_EQ(result->counts, std::vector<uint32_t>{static_cast<uint32_t>(expected)});
    for (size_t i = 0; i < expected; ++i) {
      EXPECT_EQ(result->keys.as<int64_t>()[i], static_cast<int64_t>(i));
    }
  }
}

// Rows at one distance come by key, however they lie: paging repeats none and misses none.
TEST_F(ShardTest, EqualScoresArePagedByKey) {
  std::vector<int64_t> ids(600);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i);
  std::shuffle(ids.begin(), ids.end(), std::mt19937(7));
  const auto insert = [&](size_t begin, size_t end, PartitionId partition) {
    std::vector<TestRow> rows;
    for (size_t i = begin; i < end; ++i) rows.push_back({ids[i], 1});
    ASSERT_TRUE(Insert(rows, partition).ok());
  };
  insert(0, 150, kDefault);
  insert(150, 300, kOld);
  Flush();
  insert(300, 450, kOld);
  insert(450, 600, kDefault);
  const float queries[8] = {0, 1, 0, 1, 0, 0, 0, 1};  // by IP all rows are equal
  roles::SearchRequest request;
  request.collection = collection_;
  request.field = kVector;
  request.metric = Metric::kIP;
  request.queries = {DataType::kFloatVector,
                     4,
                     2,
                     std::string(reinterpret_cast<const char*>(queries), sizeof queries),
                     {}};
  for (size_t limit = 1; limit <= 650; limit += 37) {
    request.limit = limit;
    const auto result = shard_->Search(Context(), request);
    ASSERT_TRUE(result.ok()) << result.status().message();
    const size_t expected = std::min<size_t>(limit, 600);
    ASSERT_EQ(result->counts, std::vector<uint32_t>(2, static_cast<uint32_t>(expected)));
    for (size_t i = 0; i < 2 * expected; ++i) {
      ASSERT_EQ(result->keys.as<int64_t>()[i], static_cast<int64_t>(i % expected)) << limit;
    }
  }
}

TEST_F(ShardTest, RowsOfADroppedPartitionEnd) {
  ASSERT_TRUE(Insert({{1, 10}}).ok());
  ASSERT_TRUE(Insert({{2, 20}}, kOld).ok());
  auto fewer = std::make_shared<CollectionInfo>(*collection_);
  fewer->partitions.pop_back();
  ++fewer->version;
  collection_ = fewer;
  ASSERT_TRUE(host_->Update(collection_).ok());
  EXPECT_EQ(Rows(), "1:10 ");
  EXPECT_EQ(Count(), 1);
  EXPECT_EQ(Insert({{3, 30}}, kOld).status().code(), Code::kPartitionNotFound);
  Crash();
  EXPECT_EQ(Rows(), "1:10 ");
}

// A writer may know the new schema before the shard was told: its columns must not get lost.
TEST_F(ShardTest, AWriteOfANewerSchemaTeachesTheShard) {
  ASSERT_TRUE(Insert({{1, 10}}).ok());
  Flush();
  ASSERT_TRUE(Insert({{2, 20}}).ok());
  auto wider = std::make_shared<CollectionInfo>(*collection_);
  Field pages;
  pages.id = FieldId(103);
  pages.name = "pages";
  pages.type = DataType::kInt32;
  pages.nullable = true;
  wider->schema.fields.push_back(pages);
  ++wider->version;
  collection_ = wider;
  roles::WriteRequest request;
  request.collection = collection_;
  request.rows = MakeBatch({{3, 30}});
  Column column(pages.id, pages.type);
  column.Append<int32_t>(300);
  request.rows.columns.push_back(column);
  request.partitions = {kDefault};
  ASSERT_TRUE(shard_->Write(Context(), std::move(request)).ok());
  ASSERT_TRUE(Insert({{4, 40}}).ok()) << "a batch without the column";
  const auto expect = [this] {
    EXPECT_EQ(Rows("pages is null"), "1:10 2:20 4:40 ");
    EXPECT_EQ(Rows("pages == 300"), "3:30 ");
  };
  expect();
  Crash();
  expect();
  Flush();
  expect();
}

// A request that was on its way when its field was dropped must fail, not stop the process.
TEST_F(ShardTest, AFilterOverADroppedFieldIsAnError) {
  const auto old = collection_;
  ASSERT_TRUE(Insert({{1, 10}}).ok());
  auto fewer = std::make_shared<CollectionInfo>(*collection_);
  std::erase_if(fewer->schema.fields, [](const Field& field) { return field.id == kAge; });
  ++fewer->version;
  ASSERT_TRUE(host_->Update(fewer).ok());
  const auto expect = [this] {
    EXPECT_EQ(Rows("age > 5"), "field 101 not exist: field not found");
    EXPECT_EQ(DeleteWhere("age > 5").status().code(), Code::kFieldNotFound);
  };
  expect();
  Flush();
  expect();
  ASSERT_TRUE(Insert({{2, 20}}).ok()) << "a batch with the column";
  collection_ = fewer;
  EXPECT_EQ(Count(), 2);
  Crash();
  collection_ = old;
  expect();
  EXPECT_EQ(Count(), 2);
}

TEST_F(ShardTest, AReadOfANewerSchemaTeachesTheShard) {
  ASSERT_TRUE(Insert({{1, 10}}).ok());
  auto wider = std::make_shared<CollectionInfo>(*collection_);
  Field pages;
  pages.id = FieldId(103);
  pages.name = "pages";
  pages.type = DataType::kInt32;
  pages.nullable = true;
  wider->schema.fields.push_back(pages);
  ++wider->version;
  collection_ = wider;
  EXPECT_EQ(Rows("pages is null"), "1:10 ");
}

TEST_F(ShardTest, ADroppedShardLeavesNoFiles) {
  ASSERT_TRUE(Insert({{1, 10}}).ok());
  Flush();
  EXPECT_TRUE(*fs_.Exists("data/shards/8"));
  ASSERT_TRUE(host_->Drop(ShardId(8)).ok());
  EXPECT_FALSE(*fs_.Exists("data/shards/8"));
  EXPECT_FALSE(Insert({{2, 20}}).ok());
}

TEST_F(ShardTest, AFullDiskRefusesWritesAndServesReads) {
  ASSERT_TRUE(Insert({{1, 10}}).ok());
  fs_.SetCapacity(1);
  const auto refused = Insert(std::vector<TestRow>(100000, TestRow{2, 20}));
  EXPECT_EQ(refused.status().code(), Code::kDiskLimitExceeded) << refused.status().message();
  EXPECT_EQ(Rows(), "1:10 ");
  fs_.SetCapacity(1 << 30);
  ASSERT_TRUE(Insert({{2, 20}}).ok());
  EXPECT_EQ(Rows(), "1:10 2:20 ");
  Crash();
  EXPECT_EQ(Rows(), "1:10 2:20 ");
}

TEST_F(ShardTest, RowsExpireWithTheTtlOfTheirCollection) {
  auto info = std::make_shared<CollectionInfo>(*collection_);
  info->properties = {{"collection.ttl.seconds", "60"}};
  ++info->version;
  collection_ = info;
  ASSERT_TRUE(host_->Update(collection_).ok());
  ASSERT_TRUE(Insert({{1, 10}}).ok());
  Flush();
  clock_.Advance(40'000);
  ASSERT_TRUE(Insert({{2, 20}}).ok());
  EXPECT_EQ(Rows(), "1:10 2:20 ");
  clock_.Advance(30'000);
  EXPECT_EQ(Rows(), "2:20 ");
  EXPECT_EQ(Count(), 1);
  clock_.Advance(40'000);
  EXPECT_EQ(Rows(), "");
}

// What was asked for is done although the power goes before or while it is.
TEST_F(ShardTest, ACompactionGoesOnAfterAPowerLoss) {
  for (int64_t i = 0; i < 6; ++i) {
    ASSERT_TRUE(Insert({{2 * i, 10}, {2 * i + 1, 20}}).ok());
    Flush();
  }
  Stop();
  options_.shard.quiet_ms = 1'000'000'000;  // no merge comes by itself
  Start();
  for (int64_t round = 0; round < 5; ++round) {
    ASSERT_TRUE(Insert({{100 + round, 1}}).ok());
    Flush();
    const Compaction begun = host_->Compact({.collection = collection_}).take();
    ASSERT_GT(begun.id, 0);
    ASSERT_EQ(begun.plans.size(), 1U);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    Crash();
    std::optional<Compaction> now = host_->FindCompaction(begun.id);
    while (now && !now->done() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
      now = host_->FindCompaction(begun.id);
    }
    ASSERT_TRUE(now.has_value());
    EXPECT_TRUE(now->done());
    EXPECT_EQ(now->plans[0].state, CompactionPlan::State::kDone) << now->plans[0].failure;
    EXPECT_EQ(now->plans[0].targets.size(), 1U);
    EXPECT_EQ(shard_->Stats().segments.size(), 1U);
    EXPECT_EQ(Count(), 13 + round);
  }
  EXPECT_EQ(host_->FindCompaction(-1), std::nullopt);
  ASSERT_TRUE(host_->Drop(collection_->shard).ok());
  EXPECT_TRUE(catalog_->LoadCompactions().take().empty());
}

TEST_F(ShardTest, ADamagedSegmentStopsItsReadsAndNotTheStart) {
  ASSERT_TRUE(Insert({{1, 10}}).ok());
  Flush();
  ASSERT_TRUE(Insert({{2, 20}}).ok());
  const auto files = fs_.List("data/shards/8").take();
  ASSERT_EQ(files.size(), 1U);
  const std::string path = "data/shards/8/" + files[0];
  fs_.FlipBit(path, fs_.SizeOf(path).take() - 1, 0);
  Stop();
  catalog_ = meta::Catalog::Open(&store_).take();
  log_ = wal::FileLog::Open(fs_, "data/log", {.file_bytes = 1 << 20, .reserve_bytes = 64 << 10})
             .take();
  host_ = std::make_unique<ShardHost>(options_, &fs_, "data/shards", catalog_.get(), log_.get(),
                                      &oracle_, &clock_);
  EXPECT_TRUE(host_->Recover({collection_}).ok());
  const auto opened = host_->Open(collection_);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  const auto read = (*opened)->Query(Context(), roles::QueryRequest());
  EXPECT_EQ(read.status().code(), Code::kCorruption) << read.status().message();
  // Mended, it has everything, what was only in the log too.
  Stop();
  fs_.FlipBit(path, fs_.SizeOf(path).take() - 1, 0);
  Start();
  EXPECT_EQ(Rows(), "1:10 2:20 ");
}

// Random inserts, deletes, flushes and crashes against a map: every answer is the map's.
TEST_F(ShardTest, MatchesAMapThroughFlushesAndCrashes) {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  std::map<int64_t, int32_t> model;
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int step = 0; step < 300; ++step) {
    const int kind = pick(100);
    if (kind < 60) {
      std::vector<TestRow> rows(static_cast<size_t>(1 + pick(120)));
      for (TestRow& row : rows) row = {pick(2000), pick(1000)};
      ASSERT_TRUE(Insert(rows).ok());
      for (const TestRow& row : rows) model[row.id] = row.age;
    } else if (kind < 75) {
      std::vector<int64_t> ids(static_cast<size_t>(1 + pick(40)));
      for (int64_t& id : ids) id = pick(2000);
      ASSERT_TRUE(Delete(ids).ok());
      for (const int64_t id : ids) model.erase(id);
    } else if (kind < 82) {
      const int low = pick(1000);
      ASSERT_TRUE(
          DeleteWhere("age >= " + std::to_string(low) + " and age < " + std::to_string(low + 20))
              .ok());
      std::erase_if(model,
                    [&](const auto& row) { return row.second >= low && row.second < low + 20; });
    } else if (kind < 90) {
      Flush();
      clock_.Advance(pick(40'000));
    } else if (kind < 94) {
      Crash();
    }
    if (step % 10 == 0) {
      std::string expected;
      for (const auto& [id, age] : model)
        expected += std::to_string(id) + ":" + std::to_string(age) + " ";
      ASSERT_EQ(Rows(), expected) << "at step " << step;
      ASSERT_EQ(Count(), static_cast<int64_t>(model.size()));
    }
  }
}

}  // namespace
}  // namespace elanus::shard
