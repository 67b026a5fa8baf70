#include "meta/catalog.h"

#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "meta/memory/memory_meta_store.h"

namespace elanus::meta {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

CollectionInfo Collection(int64_t id, std::string name, uint64_t version = 1) {
  CollectionInfo info;
  info.id = CollectionId(id);
  info.shard = ShardId(id + 1000);
  info.database = "default";
  info.name = std::move(name);
  info.version = version;
  return info;
}

SegmentMeta Segment(int64_t id, uint32_t rows = 10) {
  SegmentMeta segment;
  segment.id = SegmentId(id);
  segment.rows = rows;
  segment.bytes = 12345;
  segment.min_ts = 7;
  segment.max_ts = kMaxTimestamp - 1;
  segment.partitions = {{PartitionId(3), 0, 4}, {PartitionId(9), 4, rows}};
  segment.delta = 17;
  segment.indexes = {{IndexId(5), FieldId(101), 88, 999}};
  return segment;
}

class CatalogTest : public ::testing::Test {
 protected:
  void Reopen() { catalog_ = Catalog::Open(&store_).take(); }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const CollectionInfo& info : catalog_->LoadCollections().take())
      names.push_back(info.name);
    return names;
  }
  std::string Raw(std::string_view key) { return store_.Get(key).value().value(); }
  static std::string Hex(std::string_view bytes) {
    std::string hex;
    for (const char byte : bytes) {
      hex += "0123456789abcdef"[static_cast<uint8_t>(byte) >> 4];
      hex += "0123456789abcdef"[static_cast<uint8_t>(byte) & 15];
    }
    return hex;
  }
  void SetRaw(const std::string& key, std::string value) {
    ASSERT_TRUE(store_.Commit({{}, {{key, std::move(value)}}, {}}).value());
  }

  MemoryMetaStore store_;
  std::unique_ptr<Catalog> catalog_ = Catalog::Open(&store_).take();
};

TEST_F(CatalogTest, BeginsWithTheDefaultDatabaseAlone) {
  EXPECT_THAT(catalog_->LoadDatabases().value(),
              ElementsAre(DatabaseInfo{kDefaultDatabaseId, "default", 0, {}}));
  EXPECT_THAT(catalog_->LoadCollections().value(), IsEmpty());
  EXPECT_THAT(catalog_->LoadTombstones().value(), IsEmpty());
  EXPECT_EQ(catalog_->LoadTimestampLimit().value(), 0U);
}

TEST_F(CatalogTest, KeepsAccessRulesAndWritesWhatChanged) {
  AccessRules one;
  one.users["alice"] = {"alice", "hash", "a reader", {"reader", "public"}};
  one.roles["reader"] = {
      "reader", "reads", {{ObjectType::kCollection, "default", "books", "Search", "root"}}};
  one.groups["looks"] = {"looks", {"Query", "Search"}};
  ASSERT_TRUE(catalog_->ChangeAccessRules({}, one).ok());
  EXPECT_EQ(catalog_->LoadAccessRules().value(), one);
  const std::string role = Raw("role/reader");

  AccessRules two = one;
  two.users.erase("alice");
  two.users["bob"] = {"bob", "hash", "", {}};
  two.groups["looks"].privileges.insert("Insert");
  ASSERT_TRUE(catalog_->ChangeAccessRules(one, two).ok());
  EXPECT_EQ(catalog_->LoadAccessRules().value(), two);
  EXPECT_EQ(Raw("role/reader"), role);

  std::string damaged = Raw("user/bob");
  damaged.back() ^= 1;
  SetRaw("user/bob", damaged);
  EXPECT_THAT(catalog_->LoadAccessRules().status().message(), HasSubstr("user/bob"));
}

TEST_F(CatalogTest, KeepsDatabasesWithTheirProperties) {
  const DatabaseInfo shop{7, "shop", 99, {{"timezone", "Asia/Tokyo"}, {"empty", ""}}};
  ASSERT_TRUE(catalog_->PutDatabase({8, "shop", 1, {}}).ok());
  ASSERT_TRUE(catalog_->PutDatabase(shop).ok());
  Reopen();
  EXPECT_THAT(catalog_->LoadDatabases().value(),
              ElementsAre(DatabaseInfo{kDefaultDatabaseId, "default", 0, {}}, shop));
  ASSERT_TRUE(catalog_->DropDatabase("shop").ok());
  Reopen();
  EXPECT_EQ(catalog_->LoadDatabases().value().size(), 1u);
}

TEST_F(CatalogTest, RefusesANewerFormatAndNamesIt) {
  SetRaw("format", "7");
  auto opened = Catalog::Open(&store_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().message(), "data folder has format 7, this binary reads up to 1");
}

TEST_F(CatalogTest, RefusesAStoreWithoutAFormat) {
  ASSERT_TRUE(store_.Commit({{}, {}, {"format"}}).value());
  EXPECT_EQ(Catalog::Open(&store_).status().code(), Code::kCorruption);
}

TEST_F(CatalogTest, KeepsCollectionsOverReopen) {
  ASSERT_TRUE(catalog_->PutCollection(Collection(1, "books")).ok());
  ASSERT_TRUE(catalog_->PutCollection(Collection(2, "films")).ok());
  Reopen();
  EXPECT_THAT(Names(), ElementsAre("books", "films"));
}

TEST_F(CatalogTest, TakesOnlyTheVersionThatFollowsTheStoredOne) {
  ASSERT_TRUE(catalog_->PutCollection(Collection(1, "books")).ok());
  EXPECT_EQ(catalog_->PutCollection(Collection(1, "again")).code(), Code::kInternal);
  EXPECT_EQ(catalog_->PutCollection(Collection(1, "books3", 3)).code(), Code::kInternal);
  EXPECT_EQ(catalog_->PutCollection(Collection(2, "unborn", 2)).code(), Code::kInternal);
  EXPECT_THAT(Names(), ElementsAre("books"));
  ASSERT_TRUE(catalog_->PutCollection(Collection(1, "books2", 2)).ok());
  EXPECT_THAT(Names(), ElementsAre("books2"));
}

TEST_F(CatalogTest, PutsSeveralCollectionsOrNone) {
  ASSERT_TRUE(catalog_->PutCollection(Collection(1, "a")).ok());
  ASSERT_TRUE(catalog_->PutCollection(Collection(2, "b")).ok());
  EXPECT_FALSE(catalog_->PutCollections({Collection(1, "a2", 2), Collection(2, "b3", 3)}).ok());
  EXPECT_THAT(Names(), ElementsAre("a", "b"));
  EXPECT_TRUE(catalog_->PutCollections({Collection(1, "a2", 2), Collection(2, "b2", 2)}).ok());
  EXPECT_THAT(Names(), ElementsAre("a2", "b2"));
}

TEST_F(CatalogTest, DropLeavesATombstoneUntilTheShardIsForgotten) {
  ASSERT_TRUE(catalog_->PutCollection(Collection(1, "books")).ok());
  ASSERT_TRUE(catalog_->CommitHead(ShardId(1001), {}, {1, 5, 0, 2, {Segment(1)}}).ok());
  EXPECT_FALSE(catalog_->DropCollection(Collection(1, "books", 2)).ok());
  ASSERT_TRUE(catalog_->DropCollection(Collection(1, "books")).ok());
  Reopen();
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_THAT(catalog_->LoadTombstones().value(), ElementsAre(ShardId(1001)));
  EXPECT_EQ(catalog_->LoadHead(ShardId(1001)).value().segments.size(), 1U);
  ASSERT_TRUE(catalog_->ForgetShard(ShardId(1001)).ok());
  EXPECT_THAT(catalog_->LoadTombstones().value(), IsEmpty());
  EXPECT_EQ(catalog_->LoadHead(ShardId(1001)).value(), ShardHead());
  EXPECT_THAT(catalog_->LoadAppliedLsns().value(), IsEmpty());
  ASSERT_TRUE(catalog_->ForgetShard(ShardId(1001)).ok());
}

TEST_F(CatalogTest, ForgetsOneShardAlone) {
  ASSERT_TRUE(catalog_->CommitHead(ShardId(1), {}, {1, 5, 0, 2, {Segment(1)}}).ok());
  ASSERT_TRUE(catalog_->CommitHead(ShardId(2), {}, {1, 6, 0, 2, {Segment(1)}}).ok());
  ASSERT_TRUE(catalog_->ForgetShard(ShardId(1)).ok());
  EXPECT_THAT(catalog_->LoadAppliedLsns().value(), ElementsAre(Pair(ShardId(2), 6U)));
  EXPECT_EQ(catalog_->LoadHead(ShardId(2)).value().segments.size(), 1U);
}

TEST_F(CatalogTest, RefusesAHeadOfADroppedShard) {
  ASSERT_TRUE(catalog_->PutCollection(Collection(1, "books")).ok());
  ASSERT_TRUE(catalog_->DropCollection(Collection(1, "books")).ok());
  EXPECT_EQ(catalog_->CommitHead(ShardId(1001), {}, {1, 5, 0, 1, {}}).code(), Code::kInternal);
  EXPECT_THAT(catalog_->LoadAppliedLsns().value(), IsEmpty());
}

TEST_F(CatalogTest, HeadRoundTripsEveryField) {
  const ShardHead head{
      1, 42, TimestampFromMs(1'700'000'000'000), 91, {Segment(3), Segment(12, 77)}};
  ASSERT_TRUE(catalog_->CommitHead(ShardId(8), {}, head).ok());
  Reopen();
  EXPECT_EQ(catalog_->LoadHead(ShardId(8)).value(), head);
  EXPECT_THAT(catalog_->LoadAppliedLsns().value(), ElementsAre(Pair(ShardId(8), 42U)));
}

TEST_F(CatalogTest, AHeadThatIsNotThereIsEmpty) {
  EXPECT_EQ(catalog_->LoadHead(ShardId(8)).value(), ShardHead());
}

TEST_F(CatalogTest, RefusesAStaleHead) {
  const ShardHead one{1, 1, 0, 1, {}}, two{2, 2, 0, 1, {}};
  ASSERT_TRUE(catalog_->CommitHead(ShardId(8), {}, one).ok());
  EXPECT_EQ(catalog_->CommitHead(ShardId(8), {}, one).code(), Code::kInternal);
  ASSERT_TRUE(catalog_->CommitHead(ShardId(8), one, two).ok());
  EXPECT_EQ(catalog_->CommitHead(ShardId(8), one, two).code(), Code::kInternal);
  EXPECT_EQ(catalog_->LoadHead(ShardId(8)).value(), two);
}

// A store that remembers the keys of the last commit.
class RecordingStore final : public MetaStore {
 public:
  Result<std::optional<std::string>> Get(std::string_view key) override { return inner_.Get(key); }
  Status Scan(std::string_view prefix,
              const std::function<Status(std::string_view, std::string_view)>& fn) override {
    return inner_.Scan(prefix, fn);
  }
  Result<bool> Commit(const Transaction& transaction) override {
    last = transaction;
    ++commits;
    return inner_.Commit(transaction);
  }
  Transaction last;
  int commits = 0;

 private:
  MemoryMetaStore inner_;
};

TEST(Catalog, CommitHeadWritesOnlyWhatChanged) {
  RecordingStore store;
  auto catalog = Catalog::Open(&store).take();
  ShardHead before{1, 1, 0, 1, {}};
  for (int64_t i = 1; i <= 100; ++i) before.segments.push_back(Segment(i));
  ASSERT_TRUE(catalog->CommitHead(ShardId(8), {}, before).ok());
  EXPECT_EQ(store.last.puts.size(), 101U);
  ShardHead after = before;
  after.version = 2;
  after.segments.erase(after.segments.begin() + 5);
  after.segments[50].delta = 3;
  after.segments.push_back(Segment(101));
  ASSERT_TRUE(catalog->CommitHead(ShardId(8), before, after).ok());
  EXPECT_EQ(store.last.puts.size(), 3U);
  EXPECT_EQ(store.last.deletes.size(), 1U);
  EXPECT_EQ(catalog->LoadHead(ShardId(8)).value(), after);
}

TEST(Catalog, AllocatesMostIdsWithoutWriting) {
  RecordingStore store;
  auto catalog = Catalog::Open(&store).take();
  const int before = store.commits;
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(catalog->AllocateIds(1000).ok());
  EXPECT_EQ(store.commits, before + 1);
}

TEST_F(CatalogTest, NeverGivesAnIdTwice) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int64_t last = 0;
  for (int i = 0; i < 300; ++i) {
    if (random() % 10 == 0) Reopen();
    const int64_t count =
        random() % 20 == 0 ? 3'000'000 : 1 + static_cast<int64_t>(random() % 400'000);
    const int64_t first = catalog_->AllocateIds(count).take();
    ASSERT_GT(first, last);
    last = first + count - 1;
  }
}

TEST_F(CatalogTest, KeepsTheTimestampLimit) {
  ASSERT_TRUE(catalog_->SaveTimestampLimit(TimestampFromMs(1'700'000'000'000)).ok());
  Reopen();
  EXPECT_EQ(catalog_->LoadTimestampLimit().value(), TimestampFromMs(1'700'000'000'000));
}

TEST_F(CatalogTest, NamesTheKeyOfADamagedValue) {
  ASSERT_TRUE(catalog_->PutCollection(Collection(1, "books")).ok());
  ASSERT_TRUE(catalog_->CommitHead(ShardId(8), {}, {1, 1, 0, 1, {Segment(1)}}).ok());
  ASSERT_TRUE(catalog_->SaveTimestampLimit(5).ok());
  ASSERT_TRUE(catalog_->AllocateIds(1).ok());
  const std::map<std::string, std::function<Status()>> readers = {
      {"collection/0000000000000001", [&] { return catalog_->LoadCollections().status(); }},
      {"database/default", [&] { return catalog_->LoadDatabases().status(); }},
      {"head/0000000000000008", [&] { return catalog_->LoadHead(ShardId(8)).status(); }},
      {"segment/0000000000000008/0000000000000001",
       [&] { return catalog_->LoadHead(ShardId(8)).status(); }},
      {"tso/limit", [&] { return catalog_->LoadTimestampLimit().status(); }},
      {"id/next", [&] { return Catalog::Open(&store_).take()->AllocateIds(1).status(); }},
  };
  for (const auto& [key, read] : readers) {
    SCOPED_TRACE(key);
    const std::string good = Raw(key);
    EXPECT_TRUE(read().ok());
    for (size_t i = 0; i < good.size(); ++i) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ 0x10);
      SetRaw(key, bad);
      ASSERT_EQ(read().code(), Code::kCorruption) << "byte " << i;
      ASSERT_THAT(read().message(), HasSubstr("'" + key + "'"));
    }
    SetRaw(key, good.substr(0, 3));
    EXPECT_EQ(read().code(), Code::kCorruption);
    SetRaw(key, good);
  }
}

// docs/formats/catalog.md: bytes that were once written must be read for ever.
TEST_F(CatalogTest, BytesAtRestStayTheSame) {
  SegmentMeta segment;
  segment.id = SegmentId(3);
  segment.rows = 300;
  segment.bytes = 70'000;
  segment.min_ts = 5;
  segment.max_ts = TimestampFromMs(1'700'000'000'000);
  segment.partitions = {{PartitionId(9), 0, 300}};
  segment.delta = 4;
  segment.indexes = {{IndexId(5), FieldId(101), 6, 999}};
  ASSERT_TRUE(catalog_->CommitHead(ShardId(8), {}, {1, 42, 7, 91, {segment}}).ok());
  ASSERT_TRUE(catalog_->SaveTimestampLimit(TimestampFromMs(1'700'000'000'000)).ok());
  const std::map<std::string, std::string> golden = {
      {"format", "31"},
      {"database/default", "bff13b2301010764656661756c74"},
      {"head/0000000000000008", "7a31d8c80101010102012a03010704015b"},
      {"segment/0000000000000008/0000000000000003",
       "4c991c04010101030202ac020303f0a204040105050980808080daf2cf970606040900ac020701040805056506e"
       "707"},
      {"tso/limit", "9d431e6001010980808080daf2cf9706"},
  };
  for (const auto& [key, hex] : golden) EXPECT_EQ(Hex(Raw(key)), hex) << key;
}

TEST_F(CatalogTest, FindsAValueUnderAWrongKey) {
  ASSERT_TRUE(catalog_->PutCollection(Collection(1, "books")).ok());
  SetRaw("collection/0000000000000002", Raw("collection/0000000000000001"));
  EXPECT_THAT(catalog_->LoadCollections().status().message(),
              HasSubstr("'collection/0000000000000002'"));
}

TEST_F(CatalogTest, PassesOnTheErrorsOfTheStore) {
  store_.FailWith(Status(Code::kDiskLimitExceeded, "disk is full"));
  EXPECT_EQ(catalog_->PutCollection(Collection(1, "books")).code(), Code::kDiskLimitExceeded);
  EXPECT_EQ(catalog_->AllocateIds(1).status().code(), Code::kDiskLimitExceeded);
  store_.FailWith(Status());
  EXPECT_TRUE(catalog_->PutCollection(Collection(1, "books")).ok());
  EXPECT_TRUE(catalog_->AllocateIds(1).ok());
}

TEST_F(CatalogTest, AgreesWithAModelOverRandomChangesAndReopens) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::map<int64_t, CollectionInfo> collections;
  std::map<int64_t, ShardHead> heads;
  std::set<int64_t> tombstones;
  for (int step = 0; step < 1000; ++step) {
    const int64_t id = 1 + static_cast<int64_t>(random() % 8);
    const int64_t shard = id + 1000;
    switch (random() % 6) {
      case 0:
      case 1: {
        CollectionInfo info = Collection(id, "c" + std::to_string(step), random() % 4);
        const uint64_t stored = collections.contains(id) ? collections[id].version : 0;
        if (random() % 2 == 0) info.version = stored + 1;
        if (info.version == 0) break;
        const bool fits = info.version == stored + 1;
        ASSERT_EQ(catalog_->PutCollection(info).ok(), fits);
        if (fits) collections[id] = info;
        break;
      }
      case 2:
        if (collections.contains(id)) {
          ASSERT_TRUE(catalog_->DropCollection(collections[id]).ok());
          collections.erase(id);
          tombstones.insert(shard);
        }
        break;
      case 3:
        ASSERT_TRUE(catalog_->ForgetShard(ShardId(shard)).ok());
        heads.erase(shard);
        tombstones.erase(shard);
        break;
      case 4: {
        const ShardHead before = heads.contains(shard) ? heads[shard] : ShardHead();
        ShardHead after = before;
        ++after.version;
        after.applied_lsn = random();
        std::erase_if(after.segments, [&](const SegmentMeta&) { return random() % 4 == 0; });
        if (random() % 2 == 0) after.segments.push_back(Segment(1000 + step, random() % 100));
        ASSERT_EQ(catalog_->CommitHead(ShardId(shard), before, after).ok(),
                  !tombstones.contains(shard));
        if (!tombstones.contains(shard)) heads[shard] = after;
        break;
      }
      case 5:
        Reopen();
        break;
    }
    std::vector<std::string> names;
    for (const auto& [key, info] : collections) names.push_back(info.name);
    ASSERT_EQ(Names(), names);
    for (const auto& [key, head] : heads) ASSERT_EQ(catalog_->LoadHead(ShardId(key)).value(), head);
    ASSERT_EQ(catalog_->LoadAppliedLsns().value().size(), heads.size());
    ASSERT_EQ(catalog_->LoadTombstones().value().size(), tombstones.size());
  }
}

TEST(CatalogCompactions, AreKeptUntilForgotten) {
  MemoryMetaStore store;
  const auto catalog = Catalog::Open(&store).take();
  Compaction first;
  first.id = 7;
  first.collection = CollectionId(1);
  first.shard = ShardId(2);
  first.target_bytes = 1 << 30;
  first.split = true;
  first.plans = {{8, {SegmentId(3), SegmentId(4)}, {}, CompactionPlan::State::kWaiting, ""},
                 {9, {SegmentId(5)}, {SegmentId(6)}, CompactionPlan::State::kFailed, "no room"}};
  Compaction second;
  second.id = 20;
  second.by_clustering_key = true;
  ASSERT_TRUE(catalog->PutCompaction(second).ok());
  ASSERT_TRUE(catalog->PutCompaction(first).ok());
  EXPECT_EQ(*catalog->LoadCompactions(), (std::vector{first, second}));
  EXPECT_FALSE(first.done());
  first.plans[0].state = CompactionPlan::State::kDone;
  EXPECT_TRUE(first.done());
  ASSERT_TRUE(catalog->PutCompaction(first).ok());
  EXPECT_EQ(catalog->LoadCompactions()->front(), first);
  ASSERT_TRUE(catalog->ForgetCompactions({7}).ok());
  EXPECT_EQ(*catalog->LoadCompactions(), std::vector{second});
}

}  // namespace
}  // namespace elanus::meta
