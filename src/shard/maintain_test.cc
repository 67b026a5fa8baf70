// What a shard does by itself, one step at a time: the test plays the flusher and the worker.
#include <cstdlib>
#include <map>
#include <string>

#include "base/metrics.h"
#include "shard/shard_testing.h"

namespace elanus::shard {
namespace {

class MaintainTest : public ::testing::Test {
 protected:
  MaintainTest() {
    collection_ = WithIndex(TestCollection());
    env_.options.seal_rows = 1000;
    env_.options.seal_bytes = 64 << 10;
    env_.options.index_rows_min = 100;
    env_.fs = &fs_;
    env_.paced_fs = &fs_;
    env_.dir = "shards";
    env_.catalog = catalog_.get();
    env_.oracle = &oracle_;
    env_.clock = &clock_;
    env_.lane = &lane_;
    env_.memory = &memory_;
    env_.budget = &budget_;
    env_.blocks = std::make_shared<segment::BlockPool>();
    env_.next_object = [this] { return Result<int64_t>(next_object_++); };
    env_.wake_flusher = [this](ShardId) { ++flusher_wakes_; };
    env_.wake_worker = [this](ShardId) { ++worker_wakes_; };
    shard_ = LocalShard::Open(&env_, collection_).take();
    clock_.Advance(env_.options.quiet_ms);
  }

  static std::shared_ptr<CollectionInfo> WithIndex(std::shared_ptr<CollectionInfo> info,
                                                   const std::string& type = "IVF_FLAT") {
    IndexInfo index;
    index.id = IndexId(50);
    index.field = kVector;
    index.name = "vector";
    index.type = type;
    index.metric = Metric::kL2;
    info->indexes = {index};
    ++info->version;
    return info;
  }
  void Declare(std::shared_ptr<CollectionInfo> info) {
    info->version = collection_->version + 1;
    collection_ = std::move(info);
    shard_->Update(collection_);
    Work();
  }

  void Insert(size_t rows) {
    std::vector<TestRow> batch;
    for (size_t i = 0; i < rows; ++i, ++next_id_)
      batch.push_back({next_id_, static_cast<int32_t>(next_id_ % 100)});
    roles::WriteRequest request;
    request.collection = collection_;
    request.rows = MakeBatch(batch);
    request.partitions = {kDefault};
    ASSERT_TRUE(shard_->Write(Context(), std::move(request)).ok());
  }
  // As long as there is something to do, as the host's threads would.
  void Work() {
    bool more = true;
    while (more) {
      if (flusher_wakes_.exchange(0) > 0) {
        ASSERT_TRUE(shard_->FlushFrozen().ok());
      }
      more = shard_->RunOneJob() || flusher_wakes_ > 0;
    }
  }
  // "rows" of each segment: growing ones with a "+", indexed ones with an "i".
  std::string Segments() {
    std::string text;
    for (const roles::SegmentInfo& segment : shard_->Stats().segments) {
      if (!text.empty()) text += " ";
      text += std::to_string(segment.rows);
      if (segment.state == roles::SegmentState::kGrowing) text += "+";
      if (!segment.indexes.empty()) text += "i";
    }
    return text;
  }
  void Delete(int64_t first, int64_t last) {
    roles::WriteRequest request;
    request.collection = collection_;
    Column keys(kId, DataType::kInt64);
    for (int64_t id = first; id <= last; ++id) keys.Append<int64_t>(id);
    request.delete_keys = keys;
    ASSERT_TRUE(shard_->Write(Context(), std::move(request)).ok());
  }
  std::string Compact(const roles::CompactionRequest& request);
  void BeQuiet() { clock_.Advance(env_.options.quiet_ms); }

  FakeClock clock_{1'700'000'000'000};
  CountingOracle oracle_{&clock_};
  io::MemoryFileSystem fs_;
  meta::MemoryMetaStore store_;
  std::unique_ptr<meta::Catalog> catalog_ = meta::Catalog::Open(&store_).take();
  std::unique_ptr<wal::Log> log_ =
      wal::FileLog::Open((static_cast<void>(fs_.CreateDirs("log")), fs_), "log",
                         {.file_bytes = 1 << 20, .reserve_bytes = 64 << 10})
          .take();
  Lane lane_{log_.get(), &oracle_};
  GrowingMemory memory_{1 << 30};
  MemoryBudget budget_{256 << 20};
  ShardEnv env_;
  std::atomic<int> flusher_wakes_ = 0, worker_wakes_ = 0;
  int64_t next_object_ = 1000;
  int64_t next_id_ = 1;
  std::shared_ptr<CollectionInfo> collection_;
  std::shared_ptr<LocalShard> shard_;
};

TEST_F(MaintainTest, WarmUpPoliciesReadALoadedCollection) {
  const auto warmed = [] {
    const std::string text = RenderMetrics();
    const size_t at = text.find("\nelanus_warmed_bytes_total ");
    return at == std::string::npos ? 0.0 : std::strtod(text.c_str() + at + 27, nullptr);
  };
  Insert(1000);
  Work();
  BeQuiet();
  Work();
  EXPECT_EQ(Segments(), "1000i");
  EXPECT_EQ(warmed(), 0);
  const auto declare = [&](bool loaded, Properties properties, const std::string& of_id) {
    const double before = warmed();
    auto info = std::make_shared<CollectionInfo>(*collection_);
    info->loaded = loaded;
    info->properties = std::move(properties);
    info->schema.fields[0].type_params = {{"warmup", of_id}};
    Declare(info);
    return warmed() - before;
  };
  const Properties vectors = {{"warmup.vectorField", "sync"}, {"warmup.scalarField", "async"}};
  EXPECT_EQ(declare(false, vectors, "disable"), 0) << "it is not loaded";
  const double fields = declare(true, vectors, "disable");
  EXPECT_GE(fields, 1000 * (16 + 4));
  EXPECT_LT(fields, 1000 * (16 + 4) + 4096) << "its keys are not to be read";
  EXPECT_EQ(declare(true, {}, "sync"), 0) << "it was loaded before";
  EXPECT_EQ(declare(false, {}, "sync"), 0);
  EXPECT_GE(declare(true, {}, "sync"), 1000 * 8);
  EXPECT_EQ(declare(false, {}, "disable"), 0);
  EXPECT_EQ(declare(true, {{"warmup.vectorIndex", "async"}}, "disable"),
            static_cast<double>(shard_->Stats().index_bytes));
}

TEST_F(MaintainTest, AnIndexWaitsUntilThereIsMemoryToBuildIt) {
  budget_.Add(MemoryUse::kRequests, 220 << 20);
  Insert(1000);
  Work();
  BeQuiet();
  Work();
  EXPECT_EQ(Segments(), "1000");
  EXPECT_TRUE(shard_->HasJobWhenQuiet());
  EXPECT_EQ(shard_->ProgressOf(IndexId(50)).failure, "");
  budget_.Add(MemoryUse::kRequests, -(220 << 20));
  Work();
  EXPECT_EQ(Segments(), "1000i");
  EXPECT_EQ(budget_.used(MemoryUse::kBuilds), 0U);
}

TEST_F(MaintainTest, AnIndexThatCannotFitSaysSo) {
  MemoryBudget tiny(2 << 20);
  env_.budget = &tiny;
  Insert(1000);
  Work();
  BeQuiet();
  Work();
  EXPECT_EQ(Segments(), "1000");
  const std::string failure = shard_->ProgressOf(IndexId(50)).failure;
  EXPECT_TRUE(failure.starts_with(
      "index 'vector' of a segment of 1000 rows: memory limit exceeded[predict(MB)="))
      << failure;
  EXPECT_NE(failure.find("[limit(MB)=2.0]"), std::string::npos) << failure;
  env_.budget = &budget_;
}

// A segment is not merged into one that no index could be built for.
TEST_F(MaintainTest, SegmentsAreNoLargerThanTheirIndexesCanBeBuilt) {
  MemoryBudget small(9 << 20);
  env_.budget = &small;
  env_.options.seal_rows = 8000;
  env_.options.seal_bytes = 64 << 20;
  for (int i = 0; i < 4; ++i) Insert(8000);
  Work();
  BeQuiet();
  Work();
  EXPECT_EQ(Segments(), "16000i 16000i") << "two would need 5 MB of the 3 that builds have";
  EXPECT_EQ(Compact({.collection = {}, .target_megabytes = INT64_MAX}), "16000=16000 16000=16000");
  env_.budget = &budget_;
}

TEST_F(MaintainTest, ALoadLeftAloneEndsIndexedWithoutACall) {
  for (int i = 0; i < 9; ++i) Insert(250);
  Work();
  EXPECT_EQ(Segments(), "1000 1000 250+");
  EXPECT_TRUE(shard_->HasJobWhenQuiet());
  BeQuiet();
  Work();
  EXPECT_EQ(Segments(), "2250i");
  EXPECT_FALSE(shard_->HasJobWhenQuiet());
}

// Plans, and carries out; what became of the plans, as "sources>targets" by rows.
std::string MaintainTest::Compact(const roles::CompactionRequest& request) {
  auto compaction = shard_->PlanCompaction(request, {});
  if (!compaction.ok()) return compaction.status().message();
  std::map<SegmentId, int64_t> rows;
  const auto look = [&] {
    for (const roles::SegmentInfo& segment : shard_->Stats().segments)
      rows[segment.id] = segment.rows;
  };
  const auto add = [&rows](const std::vector<SegmentId>& segments, std::string* text) {
    for (size_t i = 0; i < segments.size(); ++i)
      *text += (i == 0 ? "" : "+") + std::to_string(rows[segments[i]]);
  };
  look();
  std::string text;
  for (CompactionPlan& plan : compaction->plans) {
    if (!text.empty()) text += " ";
    add(plan.sources, &text);
    if (plan.state == CompactionPlan::State::kWaiting) {
      const auto targets = shard_->RunPlan(*compaction, plan, [](const auto&) { return Status(); });
      if (!targets.ok()) return targets.status().message();
      plan.targets = *targets;
      text += ">";
    } else {
      text += "=";
    }
    look();
    add(plan.targets, &text);
  }
  return text;
}

TEST_F(MaintainTest, ACompactionJoinsWhatWaitedForQuiet) {
  for (int i = 0; i < 9; ++i) Insert(250);
  Work();
  EXPECT_EQ(Segments(), "1000 1000 250+");
  EXPECT_EQ(Compact({}), "1000+1000>2000");
  Work();
  EXPECT_EQ(Segments(), "2000i 250+");
  EXPECT_EQ(Compact({}), "2000=2000") << "nothing is written anew without need";
}

TEST_F(MaintainTest, ACompactionOfNothingHasNoPlans) {
  EXPECT_EQ(Compact({}), "");
  Insert(10);
  EXPECT_EQ(Compact({}), "") << "growing rows are not compacted";
}

// As large segments as are asked for, and not smaller ones.
TEST_F(MaintainTest, ACompactionToATargetMakesSegmentsOfThatSize) {
  env_.options.seal_rows = 20'000;
  env_.options.seal_bytes = 64 << 20;
  env_.options.segment_bytes_max = 1 << 20;  // 32 bytes a row and some: about 29,000 rows
  for (int i = 0; i < 4; ++i) Insert(20'000);
  Work();
  EXPECT_EQ(Segments(), "20000 20000 20000 20000");
  EXPECT_EQ(Compact({.collection = {}, .target_megabytes = -1}),
            "targetSize -1 MB should be greater than or equal to configMaxSize 1 MB: invalid "
            "parameter");
  EXPECT_EQ(Compact({.collection = {}, .target_megabytes = 2}),
            "20000+20000+20000>60000 20000=20000");
  EXPECT_EQ(Compact({.collection = {}, .target_megabytes = INT64_MAX}), "60000+20000>80000");
  EXPECT_EQ(Compact({.collection = {}, .target_megabytes = 1}), "80000>26666+26667+26667");
  EXPECT_EQ(shard_->Stats().live_rows, 80'000);
}

TEST_F(MaintainTest, ACompactionDropsEndedRowsAndKeepsWhatEndsMeanwhile) {
  Insert(300);
  ASSERT_TRUE(shard_->Flush(Context()).ok());
  Work();
  Delete(1, 30);
  EXPECT_EQ(Compact({}), "300=300") << "their history is not over";
  clock_.Advance(env_.options.history_ms + 1);
  auto compaction = shard_->PlanCompaction({.collection = {}, .deletes_only = true}, {}).take();
  ASSERT_EQ(compaction.plans.size(), 1U);
  ASSERT_TRUE(shard_
                  ->RunPlan(compaction, compaction.plans[0],
                            [this](const auto&) {
                              Delete(31, 40);
                              return Status();
                            })
                  .ok());
  EXPECT_EQ(shard_->Stats().physical_rows, 270);
  EXPECT_EQ(shard_->Stats().live_rows, 260);
  EXPECT_EQ(Compact({.collection = {}, .deletes_only = true}), "270=270");
}

// Each segment holds a range of the clustering key.
TEST_F(MaintainTest, ACompactionByClusteringKeyDealsOutRanges) {
  auto info = std::make_shared<CollectionInfo>(*collection_);
  info->schema.fields[1].clustering_key = true;  // age: id % 100
  Declare(info);
  env_.options.seal_rows = 20'000;
  env_.options.seal_bytes = 64 << 20;
  env_.options.segment_bytes_max = 1 << 20;
  for (int i = 0; i < 4; ++i) Insert(20'000);
  Work();
  EXPECT_EQ(Compact({.collection = {}, .target_megabytes = 2, .by_clustering_key = true}),
            "20000+20000+20000+20000>40000+40000");
  for (const roles::SegmentInfo& segment : shard_->Stats().segments) {
    const std::string path = "shards/8/" + std::to_string(segment.id.value) + ".seg";
    meta::SegmentMeta meta;
    meta.id = segment.id;
    meta.rows = static_cast<uint32_t>(segment.rows);
    const auto sealed = segment::SealedSegment::Open(&fs_, path, meta, collection_->schema).take();
    const auto ages = sealed->ReadValues(collection_->schema.fields[1]).take();
    int32_t least = 100, most = -1;
    for (uint32_t row = 0; row < meta.rows; ++row) {
      int32_t age = 0;
      std::memcpy(&age, ages->At(row)->data(), sizeof age);
      least = std::min(least, age);
      most = std::max(most, age);
    }
    EXPECT_EQ(most - least, 49) << least << " to " << most;
  }
  EXPECT_EQ(shard_->Stats().live_rows, 80'000);
}

TEST_F(MaintainTest, TheScrubFindsADamagedIndexAndHasItBuiltAgain) {
  Insert(300);
  ASSERT_TRUE(shard_->Flush(Context()).ok());
  Work();
  EXPECT_EQ(Segments(), "300i");
  const auto index_file = [this] {
    for (const std::string& name : fs_.List("shards/8").take()) {
      if (name.ends_with(".idx")) return "shards/8/" + name;
    }
    return std::string();
  };
  const auto scrub = [this] {
    int steps = 0;
    while (shard_->Scrub(1000)) ++steps;
    return steps;
  };
  EXPECT_GT(scrub(), 5);
  EXPECT_EQ(scrub(), 0) << "not again so soon";
  const std::string damaged = index_file();
  fs_.FlipBit(damaged, 4096, 1);
  clock_.Advance(env_.options.scrub_interval_ms);
  EXPECT_GT(scrub(), 0);
  EXPECT_EQ(Segments(), "300");
  Work();
  EXPECT_EQ(Segments(), "300i");
  EXPECT_NE(index_file(), damaged);
  EXPECT_TRUE(index::Verify(io::ReadFile(fs_, index_file()).take()).ok());
}

// Two flushes in a row are no reason to write everything anew at once.
TEST_F(MaintainTest, AFewSmallSegmentsAreJoinedOnceWritesHaveCeased) {
  for (int i = 0; i < 2; ++i) {
    Insert(150);
    ASSERT_TRUE(shard_->Flush(Context()).ok());
    Work();
  }
  EXPECT_EQ(Segments(), "150i 150i");
  BeQuiet();
  Work();
  EXPECT_EQ(Segments(), "300i");
}

TEST_F(MaintainTest, ATailDwarfedByItsNeighbourStaysASegmentOfItsOwn) {
  env_.options.seal_bytes = 64 << 20;
  for (int i = 0; i < 8; ++i) Insert(500);
  BeQuiet();
  Work();
  EXPECT_EQ(Segments(), "4000i");
  Insert(100);
  BeQuiet();
  Work();
  EXPECT_EQ(Segments(), "4000i 100i");
}

TEST_F(MaintainTest, RowsThatNoIndexWouldServeBetterStayGrowing) {
  Insert(99);
  EXPECT_FALSE(shard_->HasJobWhenQuiet());
  BeQuiet();
  Work();
  EXPECT_EQ(Segments(), "99+");
}

TEST_F(MaintainTest, WithoutAnIndexOnlyBytesSealWhenQuiet) {
  for (const bool flat : {false, true}) {
    SCOPED_TRACE(flat);
    auto info = WithIndex(TestCollection(), "FLAT");
    if (!flat) info->indexes.clear();
    Declare(info);
    Insert(120);
    BeQuiet();
    Work();
    EXPECT_NE(Segments().find("120+"), std::string::npos) << Segments();
    Insert(400);
    BeQuiet();
    Work();
    EXPECT_EQ(Segments().find('+'), std::string::npos) << Segments();
  }
}

TEST_F(MaintainTest, TheWorkerIsWokenOnceAGrowingSegmentIsWorthSealing) {
  Work();
  worker_wakes_ = 0;
  Insert(50);
  EXPECT_EQ(worker_wakes_, 0);
  Insert(50);
  EXPECT_EQ(worker_wakes_, 1);
  Insert(50);
  EXPECT_EQ(worker_wakes_, 1);
}

TEST_F(MaintainTest, AFlushInTheMidstOfALoadSealsOnlyOnce) {
  Insert(200);
  ASSERT_TRUE(shard_->Flush(Context()).ok());
  Insert(200);
  Work();
  Insert(200);
  Work();
  EXPECT_EQ(Segments(), "200i 400+");
}

TEST_F(MaintainTest, AnIndexDeclaredLaterSealsWhatIsGrowing) {
  auto info = std::make_shared<CollectionInfo>(*collection_);
  info->indexes.clear();
  Declare(info);
  Insert(150);
  BeQuiet();
  Work();
  EXPECT_EQ(Segments(), "150+");
  Declare(WithIndex(std::make_shared<CollectionInfo>(*collection_)));
  EXPECT_EQ(Segments(), "150i");
}

// One short visit a quiet period: what they leave stays few segments.
TEST_F(MaintainTest, ManyQuietPeriodsLeaveFewSegments) {
  for (int i = 0; i < 40; ++i) {
    Insert(100);
    BeQuiet();
    Work();
  }
  EXPECT_LE(shard_->Stats().segments.size(), 4U) << Segments();
  EXPECT_EQ(shard_->Stats().live_rows, 4000);
}

TEST_F(MaintainTest, ExpiredRowsCauseTheirOwnRewrite) {
  auto info = std::make_shared<CollectionInfo>(*collection_);
  info->properties = {{"collection.ttl.seconds", "1000"}};
  Declare(info);
  Insert(300);
  clock_.Advance(500'000);
  Insert(150);
  BeQuiet();
  Work();
  EXPECT_EQ(Segments(), "450i");
  clock_.Advance(500'001);
  Work();
  EXPECT_EQ(Segments(), "450i");  // seen no more, but a longer TTL would bring them back
  clock_.Advance(env_.options.ttl_grace_ms);
  Work();
  EXPECT_EQ(Segments(), "150i");
  clock_.Advance(500'000);
  Work();
  EXPECT_EQ(Segments(), "");
  EXPECT_EQ(fs_.List("shards/8").take(), std::vector<std::string>());
}

// Rows with a moment of their own go once a fifth of their segment has expired, and at the latest
// when all have.
TEST_F(MaintainTest, RowsThatCarryTheirExpiryArePurgedAfterIt) {
  auto info = std::make_shared<CollectionInfo>(*collection_);
  Field until;
  until.id = FieldId(103);
  until.name = "until";
  until.type = DataType::kTimestamptz;
  until.nullable = true;
  info->schema.fields.push_back(until);
  info->properties = {{"ttl_field", "until"}};
  Declare(info);
  // 300 rows: a third without a moment, the others expire one a second.
  std::vector<TestRow> rows;
  Column moments(until.id, until.type);
  const int64_t begin_ms = clock_.NowMs();
  for (int32_t i = 0; i < 300; ++i) {
    rows.push_back({i, i});
    if (i % 3 == 0) {
      moments.AppendNull();
    } else {
      moments.Append<int64_t>((begin_ms + 1000 * i) * 1000);
    }
  }
  roles::WriteRequest request;
  request.collection = collection_;
  request.rows = MakeBatch(rows);
  request.rows.columns.push_back(moments);
  request.partitions = {kDefault};
  ASSERT_TRUE(shard_->Write(Context(), std::move(request)).ok());
  ASSERT_TRUE(shard_->Flush(Context()).ok());
  Work();
  const auto seen = [this] {
    roles::QueryRequest count;
    count.collection = collection_;
    count.count_only = true;
    return shard_->Query(Context(), count).take().count;
  };
  EXPECT_EQ(seen(), 300);
  clock_.Advance(60'000);
  BeQuiet();  // 70 s: 47 rows, less than a fifth
  Work();
  EXPECT_EQ(seen(), 253);
  EXPECT_EQ(Segments(), "300i");
  clock_.Advance(80'000);
  Work();
  EXPECT_EQ(seen(), 200);
  EXPECT_EQ(Segments(), "200i");
  clock_.Advance(150'000);
  Work();
  EXPECT_EQ(seen(), 100);
  EXPECT_EQ(Segments(), "100i");
  // Without the property they stay for good.
  info = std::make_shared<CollectionInfo>(*collection_);
  info->properties = {};
  Declare(info);
  clock_.Advance(1'000'000);
  Work();
  EXPECT_EQ(seen(), 100);
}

// Only once nobody can read them.
TEST_F(MaintainTest, EndedRowsAreReclaimedWhenTheirHistoryIsOver) {
  Insert(300);
  ASSERT_TRUE(shard_->Flush(Context()).ok());
  Work();
  roles::WriteRequest request;
  request.collection = collection_;
  Column keys(kId, DataType::kInt64);
  for (int64_t id = 1; id <= 200; ++id) keys.Append<int64_t>(id);
  request.delete_keys = keys;
  ASSERT_TRUE(shard_->Write(Context(), std::move(request)).ok());
  Work();
  EXPECT_EQ(Segments(), "300i");
  clock_.Advance(env_.options.history_ms + 1);
  Insert(1);  // not quiet: more than half of the rows are gone
  Work();
  EXPECT_EQ(Segments(), "100 1+");
}

// Growing rows get codes for an index that may be approximate, and only for such.
TEST_F(MaintainTest, GrowingRowsAreCodedForApproximateIndexes) {
  const auto grown_bytes = [this](const std::string& type) {
    auto info = WithIndex(TestCollection(), type);
    info->schema.fields[2].dim = 256;
    if (type.empty()) info->indexes.clear();
    info->shard = ShardId(++next_object_);
    env_.options.seal_rows = 100'000;
    env_.options.seal_bytes = 64 << 20;
    auto shard = LocalShard::Open(&env_, info).take();
    roles::WriteRequest request;
    request.collection = info;
    request.rows.rows = 2048;
    request.partitions = {kDefault};
    Column id(kId, DataType::kInt64), age(kAge, DataType::kInt32);
    Column vector(kVector, DataType::kFloatVector, 256);
    for (int64_t row = 0; row < 2048; ++row) {
      id.Append(row);
      age.Append<int32_t>(0);
    }
    auto* values = reinterpret_cast<float*>(vector.ResizeFixed(2048));
    for (size_t i = 0; i < 2048 * 256; ++i) values[i] = static_cast<float>(i * 7919 % 1009);
    request.rows.columns = {id, age, vector};
    EXPECT_TRUE(shard->Write(Context(), std::move(request)).ok());
    return shard->Stats().memory_bytes;
  };
  const uint64_t plain = grown_bytes("");
  EXPECT_EQ(grown_bytes("FLAT"), plain);
  EXPECT_GT(grown_bytes("HNSW"), plain + 2048 * (256 / 4));
}

// Opening reads no columns; the first search does, and what is damaged is never served.
TEST_F(MaintainTest, DamageUnderAnIndexIsMetByTheFirstSearch) {
  Insert(500);
  BeQuiet();
  Work();
  ASSERT_EQ(Segments(), "500i");
  const std::string dir = "shards/8";
  std::string path;
  for (const std::string& file : fs_.List(dir).take()) {
    if (file.ends_with(".seg")) path = io::JoinPath(dir, file);
  }
  const std::string bytes = io::ReadFile(fs_, path).take();
  const float row[4] = {400, 0, 0, 1};
  const size_t at = bytes.find(std::string(reinterpret_cast<const char*>(row), sizeof row));
  ASSERT_NE(at, std::string::npos);
  shard_.reset();
  fs_.FlipBit(path, at, 2);
  auto opened = LocalShard::Open(&env_, collection_);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  shard_ = std::move(opened).take();
  EXPECT_EQ(Segments(), "500i");

  const float query[4] = {1, 1, 0, 1};  // far from the damaged row
  roles::SearchRequest request;
  request.collection = collection_;
  request.field = kVector;
  request.metric = Metric::kL2;
  request.limit = 1;
  request.queries = {DataType::kFloatVector,
                     4,
                     1,
                     std::string(reinterpret_cast<const char*>(query), sizeof query),
                     {}};
  const auto result = shard_->Search(Context(), request);
  EXPECT_EQ(result.status().code(), Code::kCorruption);
  EXPECT_NE(result.status().message().find(path + ": checksum mismatch at offset"),
            std::string::npos)
      << result.status().message();
}

TEST_F(MaintainTest, GroupsAreFilledThroughEveryIndex) {
  constexpr int32_t kGroups = 20;
  constexpr int64_t kSize = 3;
  Insert(2000);
  int64_t index = 60;
  for (const std::string type : {"FLAT", "HNSW", "HNSW_SQ", "IVF_FLAT", "IVF_SQ8", "IVF_PQ",
                                 "IVF_RABITQ", "SCANN", "DISKANN", "AUTOINDEX"}) {
    SCOPED_TRACE(type);
    auto info = WithIndex(std::make_shared<CollectionInfo>(*collection_), type);
    info->indexes[0].id = IndexId(++index);
    Declare(std::move(info));
    ASSERT_TRUE(shard_->Flush(Context()).ok());
    Work();
    EXPECT_EQ(shard_->ProgressOf(IndexId(index)).indexed_rows, 2000);
    const roles::SearchRequest request =
        NearestByAge(collection_, type, {0, 0, 0, 1}, kGroups, kSize, true);
    const auto result = shard_->Search(Context(), request);
    ASSERT_TRUE(result.ok()) << result.status().message();
    // Row n is of group n % 100, and the smaller the nearer.
    std::map<int32_t, int64_t> sizes;
    int64_t expected = 0;
    for (size_t i = 0; i < result->keys.rows(); ++i) {
      const int32_t group = result->groups[0].as<int32_t>()[i];
      const int64_t id = result->keys.as<int64_t>()[i];
      EXPECT_EQ(id % 100, group);
      ++sizes[group];
      expected += group < kGroups && id < 100 * kSize ? 1 : 0;
    }
    EXPECT_EQ(sizes.size(), size_t{kGroups});
    for (const auto& [group, size] : sizes) EXPECT_EQ(size, kSize) << group;
    EXPECT_GE(expected, kGroups * kSize * 9 / 10);
  }
}

}  // namespace
}  // namespace elanus::shard
