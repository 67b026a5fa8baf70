#include "coordinator/local_coordinator.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "coordinator/coordinator_testing.h"

namespace elanus::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LocalCoordinatorTest : public CoordinatorFixture {
 protected:
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const auto list = coordinator_->List("default").take();
    for (const CollectionPtr& info : list) names.push_back(info->name);
    return names;
  }
};

TEST_F(LocalCoordinatorTest, CreateGivesIdsAndTimestamps) {
  auto request = Request("books");
  request.schema.enable_dynamic_field = true;
  Field meta = Scalar("$meta", DataType::kJson);
  meta.dynamic = true;
  request.schema.fields.push_back(meta);
  const CollectionPtr info = coordinator_->CreateCollection(request).value();
  for (size_t i = 0; i < info->schema.fields.size(); ++i) {
    EXPECT_EQ(info->schema.fields[i].id, FieldId(100 + static_cast<int64_t>(i)));
  }
  EXPECT_EQ(info->next_field_id, 105);
  EXPECT_EQ(MsOfTimestamp(info->created), clock_.NowMs());
  EXPECT_EQ(info->updated, info->created);
  EXPECT_EQ(info->version, 1U);
  EXPECT_FALSE(info->loaded);
  ASSERT_EQ(info->partitions.size(), 1U);
  EXPECT_EQ(info->partitions[0].name, "_default");
  EXPECT_NE(info->partitions[0].id, PartitionId());
  EXPECT_NE(info->shard, ShardId());
}

TEST_F(LocalCoordinatorTest, CreateMakesThePartitionsAskedForAndNoOther) {
  auto request = Request("books");
  request.partitions = {"_default_0", "_default_1"};
  const CollectionPtr info = coordinator_->CreateCollection(request).value();
  ASSERT_EQ(info->partitions.size(), 2U);
  EXPECT_EQ(info->partitions[0].name, "_default_0");
  EXPECT_EQ(info->partitions[1].name, "_default_1");
  EXPECT_NE(info->partitions[0].id, info->partitions[1].id);
}

TEST_F(LocalCoordinatorTest, FindsByNameAndId) {
  const CollectionPtr info = Create("books");
  EXPECT_EQ(Find("books"), info);
  EXPECT_EQ(coordinator_->Find("", "books").value(), info);
  EXPECT_EQ(coordinator_->FindById(info->id).value(), info);
  ExpectError(coordinator_->Find("default", "films").status(), Code::kCollectionNotFound,
              "collection not found[database=default][collection=films]");
  ExpectError(coordinator_->FindById(CollectionId(12345)).status(), Code::kCollectionNotFound,
              "collection not found[collection=12345]");
}

TEST_F(LocalCoordinatorTest, ListsByName) {
  Create("b");
  Create("a");
  Create("c");
  Expect(coordinator_->CreateAlias("default", "b", "0"));
  EXPECT_THAT(Names(), ElementsAre("a", "b", "c"));
}

TEST_F(LocalCoordinatorTest, KnowsOnlyTheDefaultDatabase) {
  EXPECT_THAT(coordinator_->Databases(), ElementsAre("default"));
  EXPECT_TRUE(coordinator_->HasDatabase("default"));
  EXPECT_FALSE(coordinator_->HasDatabase("other"));
  const std::string text = "database not found[database=other]";
  ExpectError(coordinator_->Find("other", "x").status(), Code::kDatabaseNotFound, text);
  ExpectError(coordinator_->List("other").status(), Code::kDatabaseNotFound, text);
  auto request = Request("books");
  request.database = "other";
  ExpectError(coordinator_->CreateCollection(request).status(), Code::kDatabaseNotFound, text);
  ExpectError(coordinator_->CreatePartition("other", "x", "p"), Code::kDatabaseNotFound, text);
}

TEST_F(LocalCoordinatorTest, CreatingTheSameAgainIsSuccess) {
  auto request = Request("books");
  request.properties = {{"a", "1"}, {"b", "2"}};
  const CollectionPtr first = coordinator_->CreateCollection(request).value();
  Expect(coordinator_->CreatePartition("default", "books", "p"));
  std::swap(request.properties[0], request.properties[1]);
  const CollectionPtr second = coordinator_->CreateCollection(request).value();
  EXPECT_EQ(second->id, first->id);
}

TEST_F(LocalCoordinatorTest, CreatingAnotherWithTheSameNameIsRefused) {
  Create("books");
  const std::string text =
      "create duplicate collection with different parameters, collection: books: invalid parameter";
  auto shards = Request("books");
  shards.shards_num = 2;
  auto dim = Request("books");
  dim.schema.fields[1] = Vector("vector", 16);
  auto fewer = Request("books");
  fewer.schema.fields.pop_back();
  auto level = Request("books");
  level.consistency = ConsistencyLevel::kStrong;
  auto property = Request("books");
  property.properties = {{"collection.ttl.seconds", "10"}};
  for (const auto& request : {shards, dim, fewer, level, property}) {
    ExpectError(coordinator_->CreateCollection(request).status(), Code::kParameterInvalid, text);
  }
}

TEST_F(LocalCoordinatorTest, ANameThatIsAnAliasIsRefused) {
  Create("books");
  Expect(coordinator_->CreateAlias("default", "books", "b"));
  ExpectError(coordinator_->CreateCollection(Request("b")).status(),
              Code::kAliasCollectionNameConflict,
              "please choose a unique name: alias and collection name "
              "conflict[database=default][alias=b]");
}

TEST_F(LocalCoordinatorTest, HoldsTheLimitOfCollections) {
  options_.collections_max = 2;
  Reopen();
  Create("a");
  Create("b");
  ExpectError(coordinator_->CreateCollection(Request("c")).status(), Code::kCollectionCountExceeded,
              "exceeded the limit number of collections[dbName=default][limit=2]");
  Create("a");
  Expect(coordinator_->DropCollection("default", "a"));
  Create("c");
}

TEST_F(LocalCoordinatorTest, HoldsTheGeneralCapacity) {
  options_.general_capacity_max = 4;
  Reopen();
  auto request = Request("a");
  request.shards_num = 2;
  ASSERT_TRUE(coordinator_->CreateCollection(request).ok());
  const std::string text =
      "failed checking constraint: sum_collections(parition*shard) exceeding the max general "
      "capacity:: general capacity exceeded[newGeneralSize=6][generalCapacity=4]";
  Expect(coordinator_->CreatePartition("default", "a", "p"));
  ExpectError(coordinator_->CreatePartition("default", "a", "q"), Code::kGeneralCapacityExceeded,
              text);
  Expect(coordinator_->CreatePartition("default", "a", "p"));
  Expect(coordinator_->DropPartition("default", "a", "p"));
  Expect(coordinator_->CreatePartition("default", "a", "q"));
  Expect(coordinator_->DropCollection("default", "a"));
  EXPECT_TRUE(coordinator_->CreateCollection(request).ok());
}

TEST_F(LocalCoordinatorTest, DropFreesTheNameAndTheShard) {
  const CollectionPtr info = Create("books");
  Expect(coordinator_->DropCollection("default", "books"));
  EXPECT_FALSE(coordinator_->Find("default", "books").ok());
  EXPECT_FALSE(coordinator_->FindById(info->id).ok());
  EXPECT_THAT(shards_.dropped, ElementsAre(info->shard));
  EXPECT_THAT(catalog_->LoadTombstones().value(), IsEmpty());
  EXPECT_NE(Create("books")->id, info->id);
}

TEST_F(LocalCoordinatorTest, DroppingWhatIsNotThereIsSuccess) {
  Expect(coordinator_->DropCollection("default", "books"));
  Expect(coordinator_->DropCollection("other", "books"));
}

TEST_F(LocalCoordinatorTest, IsNotDroppedByAlias) {
  Create("books");
  Expect(coordinator_->CreateAlias("default", "books", "b"));
  ExpectError(coordinator_->DropCollection("default", "b"), Code::kParameterInvalid,
              "cannot drop the collection via alias = b: invalid parameter");
}

TEST_F(LocalCoordinatorTest, IsNotDroppedWhileItHasAliases) {
  Create("books");
  Expect(coordinator_->CreateAlias("default", "books", "b"));
  Expect(coordinator_->CreateAlias("default", "books", "c"));
  ExpectError(coordinator_->DropCollection("default", "books"), Code::kParameterInvalid,
              "unable to drop the collection [books] because it has associated aliases [b c], "
              "please remove all aliases before dropping the collection: invalid parameter");
  Expect(coordinator_->DropAlias("default", "b"));
  Expect(coordinator_->DropAlias("default", "c"));
  Expect(coordinator_->DropCollection("default", "books"));
}

TEST_F(LocalCoordinatorTest, ALoadedCollectionMayBeDropped) {
  CreateIndexed("books");
  Expect(coordinator_->Load("default", "books", {}, 1, {}, {}));
  Expect(coordinator_->DropCollection("default", "books"));
}

TEST_F(LocalCoordinatorTest, ADropThatWasCutOffIsFinishedAtTheNextStart) {
  const CollectionPtr info = Create("books");
  shards_.failure = Status(Code::kIoFailed, "disk");
  Expect(coordinator_->DropCollection("default", "books"));
  EXPECT_FALSE(coordinator_->Find("default", "books").ok());
  EXPECT_THAT(catalog_->LoadTombstones().value(), ElementsAre(info->shard));
  Reopen();
  EXPECT_THAT(catalog_->LoadTombstones().value(), ElementsAre(info->shard));
  shards_.failure = Status();
  Reopen();
  EXPECT_THAT(shards_.dropped, ElementsAre(info->shard));
  EXPECT_THAT(catalog_->LoadTombstones().value(), IsEmpty());
}

TEST_F(LocalCoordinatorTest, ShardsAreToldOfEveryNewVersion) {
  const CollectionPtr info = Create("books");
  EXPECT_THAT(shards_.updated, IsEmpty());
  Expect(coordinator_->CreatePartition("default", "books", "p"));
  EXPECT_EQ(shards_.updated[info->shard], Find("books"));
  EXPECT_EQ(shards_.updated[info->shard]->version, 2U);
  Expect(coordinator_->CreatePartition("default", "books", "p"));
  EXPECT_EQ(Find("books")->version, 2U);
}

TEST_F(LocalCoordinatorTest, AShardThatRefusedAnUpdateIsToldAgain) {
  const CollectionPtr info = Create("books");
  Expect(coordinator_->CreatePartition("default", "books", "p"));
  shards_.failure = Status(Code::kIoFailed, "disk");
  Expect(coordinator_->DropPartition("default", "books", "p"));
  EXPECT_EQ(shards_.updated[info->shard]->version, 2U);
  shards_.failure = Status();
  Expect(coordinator_->DropPartition("default", "books", "p"));
  EXPECT_EQ(shards_.updated[info->shard]->version, 3U);
}

TEST_F(LocalCoordinatorTest, AChangeThatIsNotDurableDidNotHappen) {
  Create("books");
  store_.FailWith(Status(Code::kDiskLimitExceeded, "disk is full"));
  EXPECT_EQ(coordinator_->CreatePartition("default", "books", "p").code(),
            Code::kDiskLimitExceeded);
  EXPECT_EQ(coordinator_->CreateCollection(Request("films")).status().code(),
            Code::kDiskLimitExceeded);
  EXPECT_EQ(coordinator_->DropCollection("default", "books").code(), Code::kDiskLimitExceeded);
  EXPECT_THAT(Names(), ElementsAre("books"));
  EXPECT_EQ(Find("books")->partitions.size(), 1U);
  store_.FailWith(Status());
  Expect(coordinator_->CreatePartition("default", "books", "p"));
  Create("films");
}

TEST_F(LocalCoordinatorTest, ARestartKeepsEverything) {
  CreateIndexed("books");
  Expect(coordinator_->CreatePartition("default", "books", "p"));
  Expect(coordinator_->CreateAlias("default", "books", "b"));
  Expect(coordinator_->Load("default", "books", {"p"}, 1, {"id", "vector"}, {}));
  Create("films");
  const CollectionPtr before = Find("books");
  Reopen();
  EXPECT_THAT(Names(), ElementsAre("books", "films"));
  const CollectionPtr after = Find("b");
  EXPECT_EQ(EncodeCollection(*after), EncodeCollection(*before));
  EXPECT_TRUE(after->FindPartition("p")->loaded);
  EXPECT_FALSE(after->FindPartition("_default")->loaded);
  EXPECT_GT(coordinator_->oracle().Next(), before->created);
  Expect(coordinator_->CreatePartition("default", "books", "q"));
}

TEST_F(LocalCoordinatorTest, AutoIdsRiseAndLieBeyondWhatUsersCount) {
  const int64_t first = coordinator_->AllocateIds(1000).value();
  EXPECT_GT(first, int64_t{1} << 57);
  Create("books");
  EXPECT_GE(coordinator_->AllocateIds(1).value(), first + 1000);
  const int64_t before = coordinator_->AllocateIds(1).value();
  Reopen();
  EXPECT_GT(coordinator_->AllocateIds(1).value(), before);
}

TEST_F(LocalCoordinatorTest, ReadersSeeWholeVersionsWhileThingsChange) {
  CreateIndexed("books");
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      uint64_t version = 0;
      while (!stop) {
        const CollectionPtr info = coordinator_->Find("default", "books").take();
        ASSERT_GE(info->version, version);
        version = info->version;
        ASSERT_EQ(info->loaded, info->partitions[0].loaded);
        ASSERT_TRUE(coordinator_->List("default").ok());
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    Expect(coordinator_->Load("default", "books", {}, 1, {}, {}));
    Create("other");
    Expect(coordinator_->Release("default", "books", {}));
    Expect(coordinator_->DropCollection("default", "other"));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(LocalCoordinatorTest, DatabasesAreNameSpacesThatOutliveARestart) {
  Expect(coordinator_->CreateDatabase("shop", {{"timezone", "Asia/Tokyo"}}));
  ExpectError(coordinator_->CreateDatabase("shop", {}), Code::kParameterInvalid,
              "database already exist: shop: invalid parameter");
  roles::CreateCollectionRequest request = Request("books");
  request.database = "shop";
  ASSERT_TRUE(coordinator_->CreateCollection(request).ok());
  Create("books");
  Expect(coordinator_->AlterDatabase("shop", {{{"database.max.collections", "1"}}, {}}));
  Reopen();
  EXPECT_THAT(coordinator_->Databases(), ElementsAre("default", "shop"));
  EXPECT_EQ(coordinator_->FindDatabase("shop")->properties.size(), 2u);
  const CollectionPtr books = coordinator_->Find("shop", "books").value();
  EXPECT_NE(books->id, Find("books")->id);
  EXPECT_EQ(*FindProperty(books->properties, "timezone"), "Asia/Tokyo");
  EXPECT_TRUE(coordinator_->CreateCollection(request).ok()) << "the same again";
  request.name = "pens";
  EXPECT_EQ(coordinator_->CreateCollection(request).status().code(),
            Code::kCollectionCountExceeded);
}

TEST_F(LocalCoordinatorTest, OnlyAnEmptyDatabaseIsDropped) {
  Expect(coordinator_->CreateDatabase("shop", {}));
  Create("books");
  Expect(coordinator_->Rename("default", "books", "shop", "novels"));
  EXPECT_FALSE(coordinator_->Find("default", "books").ok());
  ExpectError(coordinator_->DropDatabase("shop"), Code::kParameterInvalid,
              "database:shop not empty, must drop all collections before drop database: invalid "
              "parameter");
  ExpectError(coordinator_->DropDatabase("default"), Code::kParameterInvalid,
              "can not drop default database: invalid parameter");
  Expect(coordinator_->DropCollection("shop", "novels"));
  Expect(coordinator_->DropDatabase("shop"));
  Expect(coordinator_->DropDatabase("shop"));
  Reopen();
  EXPECT_THAT(coordinator_->Databases(), ElementsAre("default"));
}

}  // namespace
}  // namespace elanus::coordinator
