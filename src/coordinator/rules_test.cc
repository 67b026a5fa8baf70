// The rules of partitions, indexes, load and aliases, through the coordinator.
#include "coordinator/rules.h"

#include <gmock/gmock.h>

#include "coordinator/coordinator_testing.h"

namespace elanus::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PartitionRules : public CoordinatorFixture {
 protected:
  PartitionRules() { CreateIndexed("books"); }
  Status Add(std::string_view name) {
    return coordinator_->CreatePartition("default", "books", name);
  }
  Status Drop(std::string_view name) {
    return coordinator_->DropPartition("default", "books", name);
  }
};

TEST_F(PartitionRules, CreateAndDrop) {
  Expect(Add("p"));
  const Partition* partition = Find("books")->FindPartition("p");
  ASSERT_NE(partition, nullptr);
  EXPECT_GT(partition->created, Find("books")->created);
  Expect(Drop("p"));
  EXPECT_EQ(Find("books")->FindPartition("p"), nullptr);
}

TEST_F(PartitionRules, CreatingAgainIsSuccessAndKeepsTheId) {
  Expect(Add("p"));
  const PartitionId id = Find("books")->FindPartition("p")->id;
  Expect(Add("p"));
  EXPECT_EQ(Find("books")->FindPartition("p")->id, id);
  EXPECT_EQ(Find("books")->partitions.size(), 2U);
}

TEST_F(PartitionRules, AnIdIsNeverReused) {
  Expect(Add("p"));
  const PartitionId id = Find("books")->FindPartition("p")->id;
  Expect(Drop("p"));
  Expect(Add("p"));
  EXPECT_NE(Find("books")->FindPartition("p")->id, id);
}

TEST_F(PartitionRules, DroppingWhatIsNotThereIsSuccess) { Expect(Drop("p")); }

TEST_F(PartitionRules, TheCollectionMustBeThere) {
  const std::string text = "collection not found[database=default][collection=films]";
  ExpectError(coordinator_->CreatePartition("default", "films", "p"), Code::kCollectionNotFound,
              text);
  ExpectError(coordinator_->DropPartition("default", "films", "p"), Code::kCollectionNotFound,
              text);
}

TEST_F(PartitionRules, TheDefaultOneStays) {
  ExpectError(Drop("_default"), Code::kParameterInvalid,
              "default partition cannot be deleted: invalid parameter");
}

TEST_F(PartitionRules, ALoadedOneIsNotDropped) {
  Expect(Add("p"));
  Expect(coordinator_->Load("default", "books", {"p"}, 1, {}, {}));
  ExpectError(Drop("p"), Code::kParameterInvalid,
              "partition cannot be dropped, partition is loaded, please release it first: invalid "
              "parameter");
  Expect(coordinator_->Release("default", "books", {"p"}));
  Expect(Drop("p"));
}

TEST_F(PartitionRules, ThereIsALimit) {
  options_.partitions_max = 3;
  Reopen();
  Expect(Add("p"));
  Expect(Add("q"));
  ExpectError(Add("r"), Code::kParameterInvalid,
              "partition number (3) exceeds max configuration (3), collection: books: invalid "
              "parameter");
  Expect(Add("q"));
}

TEST_F(PartitionRules, ANewOneOfALoadedCollectionIsLoaded) {
  Expect(coordinator_->Load("default", "books", {}, 1, {}, {}));
  Expect(Add("p"));
  EXPECT_TRUE(Find("books")->FindPartition("p")->loaded);
}

TEST_F(PartitionRules, ANewOneBesideLoadedPartitionsIsNot) {
  Expect(Add("p"));
  Expect(coordinator_->Load("default", "books", {"p"}, 1, {}, {}));
  Expect(Add("q"));
  EXPECT_FALSE(Find("books")->FindPartition("q")->loaded);
}

class IndexRules : public CoordinatorFixture {
 protected:
  IndexRules() { Create("books"); }
  Status Add(IndexInfo index) {
    return coordinator_->CreateIndex("default", "books", std::move(index));
  }
  Status Drop(std::string_view name, std::string_view field = "") {
    return coordinator_->DropIndex("default", "books", field, name);
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const IndexInfo& index : Find("books")->indexes) names.push_back(index.name);
    return names;
  }
  static constexpr std::string_view kDistinct =
      "at most one distinct index is allowed per field: invalid parameter";
  static constexpr std::string_view kSeveral =
      "CreateIndex failed: creating multiple indexes on same field is not supported: invalid "
      "parameter";
};

TEST_F(IndexRules, IsNamedAfterItsFieldUnlessNamed) {
  Expect(Add(Index(kVector)));
  Expect(Add(Index(kAge, "by_age")));
  EXPECT_THAT(Names(), ElementsAre("vector", "by_age"));
  const IndexInfo& index = Find("books")->indexes[0];
  EXPECT_NE(index.id, IndexId());
  EXPECT_GT(index.created, Find("books")->created);
}

TEST_F(IndexRules, TheSameAgainIsSuccess) {
  Expect(Add(Index(kVector, "v", {{"M", "16"}, {"efConstruction", "200"}})));
  const IndexId id = Find("books")->indexes[0].id;
  Expect(Add(Index(kVector, "v", {{"efConstruction", "200"}, {"M", "16"}})));
  Expect(Add(Index(kVector, "", {{"efConstruction", "200"}, {"M", "16"}})));
  EXPECT_THAT(Names(), ElementsAre("v"));
  EXPECT_EQ(Find("books")->indexes[0].id, id);
}

TEST_F(IndexRules, TheSameNameWithOtherParametersIsRefused) {
  Expect(Add(Index(kVector, "v", {{"M", "16"}})));
  ExpectError(Add(Index(kVector, "v", {{"M", "32"}})), Code::kParameterInvalid, kDistinct);
  ExpectError(Add(Index(kVector, "", {{"M", "32"}})), Code::kParameterInvalid, kDistinct);
  ExpectError(Add(Index(kAge, "v", {{"M", "16"}})), Code::kParameterInvalid, kDistinct);
  IndexInfo metric = Index(kVector, "v", {{"M", "16"}});
  metric.metric = Metric::kIP;
  ExpectError(Add(metric), Code::kParameterInvalid, kDistinct);
  IndexInfo type = Index(kVector, "v", {{"M", "16"}});
  type.type = "FLAT";
  ExpectError(Add(type), Code::kParameterInvalid, kDistinct);
}

TEST_F(IndexRules, AnotherNameOnTheSameFieldIsRefused) {
  Expect(Add(Index(kVector, "v")));
  ExpectError(Add(Index(kVector, "w")), Code::kParameterInvalid, kSeveral);
}

TEST_F(IndexRules, AnAutoIndexKeepsItsMetricWhenCreatedAgainWithoutOne) {
  IndexInfo index = Index(kVector, "", {{"metric_type", "L2"}});
  index.type = "AUTOINDEX";
  Expect(Add(index));
  index.params.clear();
  index.metric = Metric::kCosine;
  Expect(Add(index));
  EXPECT_EQ(Find("books")->indexes[0].metric, Metric::kL2);
  index.params = {{"metric_type", "COSINE"}};
  ExpectError(Add(index), Code::kParameterInvalid, kDistinct);
}

TEST_F(IndexRules, AJsonFieldHasOneIndexAPath) {
  Expect(Add(Index(kJson, "", {{"json_path", "/a"}})));
  Expect(Add(Index(kJson, "", {{"json_path", "/b"}})));
  Expect(Add(Index(kJson, "", {{"json_path", "/b"}})));
  EXPECT_THAT(Names(), ElementsAre("json/a", "json/b"));
  ExpectError(Add(Index(kJson, "again", {{"json_path", "/a"}})), Code::kParameterInvalid, kSeveral);
}

TEST_F(IndexRules, TheFieldMustBeThere) {
  ExpectError(Add(Index(FieldId(999))), Code::kFieldNotFound, "field not found[field=999]");
}

TEST_F(IndexRules, IsDroppedByNameOrField) {
  Expect(Add(Index(kVector, "v")));
  Expect(Add(Index(kAge, "a")));
  Expect(Drop("v"));
  EXPECT_THAT(Names(), ElementsAre("a"));
  Expect(Drop("", "age"));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(IndexRules, DroppingWhatIsNotThereIsSuccess) {
  Expect(Drop("v"));
  Expect(Drop("", "vector"));
  Expect(Drop("", "no_field"));
  Expect(Drop(""));
  ExpectError(coordinator_->DropIndex("default", "films", "", "v"), Code::kCollectionNotFound,
              "collection not found[database=default][collection=films]");
}

TEST_F(IndexRules, ADropThatNamesSeveralIsRefused) {
  Expect(Add(Index(kVector, "v")));
  Expect(Add(Index(kAge, "a")));
  ExpectError(Drop(""), Code::kIndexDuplicate, "index duplicates[indexName=]");
}

TEST_F(IndexRules, AVectorIndexStaysWhileLoaded) {
  Expect(Add(Index(kVector, "v")));
  Expect(Add(Index(kAge, "a")));
  Expect(coordinator_->Load("default", "books", {}, 1, {}, {}));
  ExpectError(Drop("v"), Code::kParameterInvalid,
              "vector index cannot be dropped on loaded collection: " +
                  std::to_string(Find("books")->id.value) + ": invalid parameter");
  Expect(Drop("a"));
  Expect(coordinator_->Release("default", "books", {}));
  Expect(Drop("v"));
}

class LoadRules : public CoordinatorFixture {
 protected:
  LoadRules() {
    CreateIndexed("books");
    Expect(coordinator_->CreatePartition("default", "books", "p"));
    Expect(coordinator_->CreatePartition("default", "books", "q"));
  }
  Status Load(const std::vector<std::string>& partitions = {}, int32_t replicas = 1,
              const std::vector<std::string>& fields = {}) {
    return coordinator_->Load("default", "books", partitions, replicas, fields, {});
  }
  Status Release(const std::vector<std::string>& partitions = {}) {
    return coordinator_->Release("default", "books", partitions);
  }
  std::vector<std::string> Loaded() {
    std::vector<std::string> names;
    for (const Partition& partition : Find("books")->partitions) {
      if (partition.loaded) names.push_back(partition.name);
    }
    EXPECT_EQ(Find("books")->loaded, !names.empty());
    EXPECT_EQ(Find("books")->replica_number, names.empty() ? 0 : 1);
    return names;
  }
};

TEST_F(LoadRules, TheWholeCollection) {
  Expect(Load());
  EXPECT_THAT(Loaded(), ElementsAre("_default", "p", "q"));
  const uint64_t version = Find("books")->version;
  Expect(Load());
  Expect(Load({"p"}));
  EXPECT_EQ(Find("books")->version, version);
}

TEST_F(LoadRules, SomePartitionsAndMoreLater) {
  Expect(Load({"p"}));
  EXPECT_THAT(Loaded(), ElementsAre("p"));
  Expect(Load({"q", "p"}));
  EXPECT_THAT(Loaded(), ElementsAre("p", "q"));
  Expect(Load());
  EXPECT_THAT(Loaded(), ElementsAre("_default", "p", "q"));
}

TEST_F(LoadRules, ReleasesPartitionsUntilNoneIsLeft) {
  Expect(Load());
  Expect(Release({"p"}));
  EXPECT_THAT(Loaded(), ElementsAre("_default", "q"));
  Expect(Release({"p"}));
  Expect(Release({"_default", "q"}));
  EXPECT_THAT(Loaded(), IsEmpty());
}

TEST_F(LoadRules, ReleaseIsIdempotent) {
  Expect(Release());
  Expect(Load());
  Expect(Release());
  EXPECT_THAT(Loaded(), IsEmpty());
  Expect(Release());
}

TEST_F(LoadRules, UnknownPartitionsAreNamed) {
  ExpectError(Load({"p", "x"}), Code::kPartitionNotFound, "partition not found[partition=x]");
  ExpectError(Release({"x"}), Code::kPartitionNotFound, "partition not found[partition=x]");
  EXPECT_THAT(Loaded(), IsEmpty());
}

TEST_F(LoadRules, NeedsAnIndex) {
  Create("bare");
  ExpectError(coordinator_->Load("default", "bare", {}, 1, {}, {}), Code::kIndexNotFound,
              "index not found[collection=bare]");
}

TEST_F(LoadRules, NeedsAnIndexOnEveryVectorField) {
  auto request = Request("two");
  request.schema.fields.push_back(Vector("v2"));
  request.schema.fields.push_back(Vector("v3"));
  ASSERT_TRUE(coordinator_->CreateCollection(request).ok());
  Expect(coordinator_->CreateIndex("default", "two", Index(kVector)));
  ExpectError(coordinator_->Load("default", "two", {}, 1, {}, {}), Code::kParameterInvalid,
              "there is no vector index on field: [v2 v3], please create index firstly: invalid "
              "parameter");
  Expect(coordinator_->Load("default", "two", {}, 1, {"id", "vector"}, {}));
}

TEST_F(LoadRules, MoreReplicasThanNodesAreRefused) {
  ExpectError(Load({}, 3), Code::kResourceInsufficient,
              "when load 3 replica count: service resource "
              "insufficient[currentStreamingNode=1][expectedStreamingNode=3]");
  Expect(Load({}, 0));
  Expect(Load({}, -1));
  ExpectError(Load({"p"}, 2), Code::kParameterInvalid,
              "can't change the replica number for loaded partitions: invalid "
              "parameter[expected=1][actual=2]");
  ExpectError(Load({}, 2), Code::kParameterInvalid,
              "can't change the replica number for loaded collection: invalid "
              "parameter[expected=1][actual=2]");
}

TEST_F(LoadRules, KeepsTheListOfFields) {
  Expect(Load({"p"}, 1, {"vector", "id"}));
  EXPECT_THAT(Find("books")->load_fields, ElementsAre(kKey, kVector));
  const std::string text =
      "can't change the load field list for loaded collection: invalid parameter";
  ExpectError(Load({"q"}, 1, {"id", "vector", "age"}), Code::kParameterInvalid, text);
  ExpectError(Load(), Code::kParameterInvalid, text);
  Expect(Load({"q"}, 1, {"id", "vector"}));
  Expect(Release());
  EXPECT_THAT(Find("books")->load_fields, IsEmpty());
  Expect(Load());
}

TEST_F(LoadRules, TheListOfAllFieldsIsNoList) {
  Expect(Load({}, 1, {"id", "vector", "age", "json"}));
  EXPECT_THAT(Find("books")->load_fields, IsEmpty());
  Expect(Load());
}

TEST_F(LoadRules, TheListMustHoldWhatIsNeeded) {
  ExpectError(Load({}, 1, {"age", "vector"}), Code::kParameterInvalid,
              "load field list [age vector] does not contain primary key field id: invalid "
              "parameter");
  ExpectError(Load({}, 1, {"id", "age"}), Code::kParameterInvalid,
              "load field list [id age] does not contain vector field: invalid parameter");
  ExpectError(Load({}, 1, {"id", "nope"}), Code::kParameterInvalid,
              "failed to get field schema by name: fieldName(nope) not found: invalid parameter");
}

TEST_F(LoadRules, AListOfAllFieldsIsNoChange) {
  Expect(coordinator_->Load("default", "books", {}, 1, {}, {}));
  Expect(coordinator_->Load("default", "books", {}, 1, {"json", "vector", "age", "id"}, {}));
}

TEST_F(LoadRules, TheListHoldsTheDynamicFieldAnyway) {
  auto request = Request("films");
  Field meta = Scalar("$meta", DataType::kJson);
  meta.dynamic = true;
  request.schema.fields.push_back(meta);
  ASSERT_TRUE(coordinator_->CreateCollection(request).ok());
  Expect(coordinator_->CreateIndex("default", "films", Index(kVector)));
  Expect(coordinator_->Load("default", "films", {}, 1, {"id", "vector"}, {}));
  EXPECT_THAT(Find("films")->load_fields, ElementsAre(kKey, kVector, FieldId(104)));
}

class AliasRules : public CoordinatorFixture {
 protected:
  AliasRules() {
    Create("books");
    Create("films");
  }
  Status Add(std::string_view collection, std::string_view alias) {
    return coordinator_->CreateAlias("default", collection, alias);
  }
  Status Alter(std::string_view collection, std::string_view alias) {
    return coordinator_->AlterAlias("default", collection, alias);
  }
  std::vector<std::string> List(std::string_view collection = "") {
    std::vector<std::string> list;
    const auto aliases = coordinator_->ListAliases("default", collection).take();
    for (const auto& info : aliases) {
      list.push_back(info.alias + ">" + info.collection);
    }
    return list;
  }
};

TEST_F(AliasRules, FindsTheCollection) {
  Expect(Add("books", "b"));
  EXPECT_EQ(Find("b")->name, "books");
  EXPECT_EQ(coordinator_->DescribeAlias("default", "b").value().collection, "books");
  Expect(coordinator_->CreatePartition("default", "b", "p"));
  EXPECT_EQ(Find("b"), Find("books"));
  EXPECT_NE(Find("books")->FindPartition("p"), nullptr);
}

TEST_F(AliasRules, TheSameAgainIsSuccess) {
  Expect(Add("books", "b"));
  Expect(Add("books", "b"));
  EXPECT_THAT(List(), ElementsAre("b>books"));
}

TEST_F(AliasRules, OneThatNamesAnotherIsRefused) {
  Expect(Add("books", "b"));
  ExpectError(Add("films", "b"), Code::kAliasAlreadyExist,
              "b is alias to another collection: books: alias already "
              "exist[database=default][alias=b]");
}

TEST_F(AliasRules, TheNameOfACollectionIsRefused) {
  const std::string text = "alias and collection name conflict[database=default][alias=films]";
  ExpectError(Add("books", "films"), Code::kAliasCollectionNameConflict, text);
  ExpectError(Alter("books", "films"), Code::kAliasCollectionNameConflict, text);
}

TEST_F(AliasRules, TheCollectionMustBeThereByItsName) {
  ExpectError(Add("songs", "s"), Code::kCollectionNotFound,
              "collection not found[database=default][collection=songs]");
  Expect(Add("books", "b"));
  ExpectError(Add("b", "c"), Code::kCollectionNotFound,
              "collection not found[database=default][collection=b]");
  ExpectError(Alter("songs", "b"), Code::kCollectionNotFound,
              "collection not found[collection=songs]");
  ExpectError(coordinator_->ListAliases("default", "songs").status(), Code::kCollectionNotFound,
              "collection not found[collection=songs]");
}

TEST_F(AliasRules, MovesFromOneToAnother) {
  Expect(Add("books", "b"));
  Expect(Alter("films", "b"));
  EXPECT_EQ(Find("b")->name, "films");
  EXPECT_THAT(List("books"), IsEmpty());
  EXPECT_THAT(List("films"), ElementsAre("b>films"));
  Expect(Alter("films", "b"));
  Reopen();
  EXPECT_EQ(Find("b")->name, "films");
  Expect(coordinator_->DropCollection("default", "books"));
}

TEST_F(AliasRules, MissingOnes) {
  const std::string text = "alias not found[database=default][alias=b]";
  ExpectError(Alter("books", "b"), Code::kAliasNotFound, text);
  ExpectError(coordinator_->DescribeAlias("default", "b").status(), Code::kAliasNotFound, text);
  ExpectError(coordinator_->DescribeAlias("default", "books").status(), Code::kAliasNotFound,
              "alias not found[database=default][alias=books]");
  Expect(coordinator_->DropAlias("default", "b"));
  Expect(coordinator_->DropAlias("default", "books"));
  EXPECT_EQ(Find("books")->name, "books");
}

TEST_F(AliasRules, ADroppedOneIsGone) {
  Expect(Add("books", "b"));
  Expect(coordinator_->DropAlias("default", "b"));
  EXPECT_FALSE(coordinator_->Find("default", "b").ok());
  Expect(Add("films", "b"));
}

TEST_F(AliasRules, ListsByAlias) {
  Expect(Add("films", "a"));
  Expect(Add("books", "c"));
  Expect(Add("books", "b"));
  EXPECT_THAT(List(), ElementsAre("a>films", "b>books", "c>books"));
  EXPECT_THAT(List("books"), ElementsAre("b>books", "c>books"));
}

TEST_F(AliasRules, TheDatabaseMustBeThere) {
  const std::string text = "database not found[database=other]";
  ExpectError(coordinator_->CreateAlias("other", "books", "b"), Code::kDatabaseNotFound, text);
  ExpectError(coordinator_->AlterAlias("other", "books", "b"), Code::kDatabaseNotFound, text);
  ExpectError(coordinator_->DropAlias("other", "b"), Code::kDatabaseNotFound, text);
  ExpectError(coordinator_->DescribeAlias("other", "b").status(), Code::kDatabaseNotFound, text);
  ExpectError(coordinator_->ListAliases("other", "").status(), Code::kDatabaseNotFound, text);
}

}  // namespace
}  // namespace elanus::coordinator
