// Changes to a collection that exists, through the coordinator.
#include <gmock/gmock.h>

#include "coordinator/coordinator_testing.h"

namespace elanus::coordinator {
namespace {

class AlterTest : public CoordinatorFixture {
 protected:
  AlterTest() { CreateIndexed("books"); }

  Status Add(Field field) { return coordinator_->AddField("default", "books", std::move(field)); }
  std::string Fields() {
    std::string text;
    for (const Field& field : Find("books")->schema.fields) {
      text += field.name + ":" + std::to_string(field.id.value) + " ";
    }
    return text;
  }
  static Field Dynamic() {
    Field field = Scalar("$meta", DataType::kJson);
    field.dynamic = true;
    return field;
  }
};

TEST_F(AlterTest, AFieldGetsTheNextIdAndMovesTheSchemasTimestamp) {
  const Timestamp before = Find("books")->updated;
  Expect(Add(Scalar("pages")));
  EXPECT_EQ(Fields(), "id:100 vector:101 age:102 json:103 pages:104 ");
  EXPECT_GT(Find("books")->updated, before);
  EXPECT_EQ(shards_.updated.at(Find("books")->shard), Find("books")) << "the shard was told";
  Reopen();
  EXPECT_EQ(Fields(), "id:100 vector:101 age:102 json:103 pages:104 ");
}

TEST_F(AlterTest, TheDynamicFieldStaysLast) {
  Expect(Add(Dynamic()));
  EXPECT_TRUE(Find("books")->schema.enable_dynamic_field);
  Expect(Add(Scalar("pages")));
  EXPECT_EQ(Fields(), "id:100 vector:101 age:102 json:103 pages:105 $meta:104 ");
  Expect(Add(Dynamic()));
  ExpectError(Add(Scalar("pages")), Code::kParameterInvalid,
              "duplicated field name pages: invalid parameter");
}

TEST_F(AlterTest, ADroppedFieldLeavesWithItsIndexesAndItsIdIsNotUsedAgain) {
  Expect(Add(Scalar("pages")));
  Expect(coordinator_->CreateIndex("default", "books", Index(FieldId(104))));
  const Timestamp before = Find("books")->updated;
  Expect(coordinator_->DropField("default", "books", FieldId(104)));
  EXPECT_EQ(Fields(), "id:100 vector:101 age:102 json:103 ");
  EXPECT_EQ(Find("books")->FindIndex(FieldId(104)), nullptr);
  EXPECT_GT(Find("books")->updated, before);
  EXPECT_EQ(shards_.updated.at(Find("books")->shard), Find("books")) << "the shard was told";
  Expect(Add(Scalar("pages")));
  Reopen();
  EXPECT_EQ(Fields(), "id:100 vector:101 age:102 json:103 pages:105 ");
  ExpectError(coordinator_->DropField("default", "books", FieldId(104)), Code::kParameterInvalid,
              "field not found with id: 104: invalid parameter");
}

TEST_F(AlterTest, TheDynamicFieldMayGoAndComeBackAsAnother) {
  Expect(Add(Dynamic()));
  Expect(coordinator_->DropField("default", "books", FieldId(104)));
  EXPECT_FALSE(Find("books")->schema.enable_dynamic_field);
  EXPECT_EQ(Fields(), "id:100 vector:101 age:102 json:103 ");
  Expect(Add(Dynamic()));
  EXPECT_EQ(Fields(), "id:100 vector:101 age:102 json:103 $meta:105 ");
}

TEST_F(AlterTest, WhatACollectionCannotBeWithoutStays) {
  ExpectError(coordinator_->DropField("default", "books", FieldId(100)), Code::kParameterInvalid,
              "cannot drop primary key field: id: invalid parameter");
  ExpectError(coordinator_->DropField("default", "books", FieldId(101)), Code::kParameterInvalid,
              "cannot drop the last vector field: vector: invalid parameter");
  Expect(coordinator_->AlterCollection("default", "books", {{{"ttl_field", "age"}}, {}}));
  ExpectError(coordinator_->DropField("default", "books", FieldId(102)), Code::kParameterInvalid,
              "cannot drop field age because it is referenced by collection property ttl_field, "
              "drop the property first: invalid parameter");
  Expect(coordinator_->AlterCollection("default", "books", {{}, {"ttl_field"}}));
  Expect(coordinator_->DropField("default", "books", FieldId(102)));
}

TEST_F(AlterTest, ALoadedFieldMayBeDropped) {
  Expect(coordinator_->Load("default", "books", {}, 1, {"id", "vector", "age"}, {}));
  Expect(coordinator_->DropField("default", "books", FieldId(102)));
  EXPECT_EQ(Find("books")->load_fields, (std::vector<FieldId>{FieldId(100), FieldId(101)}));
}

TEST_F(AlterTest, PropertiesAreSetAndTakenAway) {
  Expect(coordinator_->AlterCollection(
      "default", "books", {{{"a", "1"}, {"b", "2"}, {"collection.description", "shelf"}}, {}}));
  Expect(coordinator_->AlterCollection("default", "books", {{{"a", "3"}}, {}}));
  Expect(coordinator_->AlterCollection("default", "books", {{}, {"b"}}));
  EXPECT_EQ(Find("books")->properties, (Properties{{"a", "3"}}));
  EXPECT_EQ(Find("books")->schema.description, "shelf");
}

TEST_F(AlterTest, AFieldKeepsItsParametersAndTheirNumbers) {
  Field title = Scalar("title", DataType::kVarChar);
  title.max_length = 10;
  title.type_params = {{"max_length", "10"}};
  Expect(Add(title));
  Expect(coordinator_->AlterField("default", "books", "title", {{{"max_length", "20"}}, {}}));
  const Field* field = Find("books")->schema.Find("title");
  EXPECT_EQ(field->max_length, 20);
  EXPECT_EQ(field->type_params, (Properties{{"max_length", "20"}}));
}

TEST_F(AlterTest, AnIndexKeepsItsIdWhenItsParametersChange) {
  const IndexId id = Find("books")->indexes[0].id;
  Expect(coordinator_->AlterIndex("default", "books", "vector", {{{"mmap.enabled", "true"}}, {}}));
  EXPECT_EQ(Find("books")->indexes[0].id, id);
  EXPECT_EQ(Find("books")->indexes[0].params, (Properties{{"mmap.enabled", "true"}}));
  ExpectError(coordinator_->AlterIndex("default", "books", "nope", {{{"a", "b"}}, {}}),
              Code::kIndexNotFound, "index not found[indexName=nope]");
}

TEST_F(AlterTest, ARenamedCollectionIsFoundByItsNewNameAlone) {
  const CollectionId id = Find("books")->id;
  Expect(coordinator_->CreateAlias("default", "books", "b"));
  Expect(coordinator_->Rename("default", "books", "default", "films"));
  EXPECT_EQ(Find("films")->id, id);
  EXPECT_EQ(Find("b")->id, id);
  EXPECT_FALSE(coordinator_->Find("default", "books").ok());
  ExpectError(coordinator_->Rename("default", "b", "default", "c"), Code::kParameterInvalid,
              "unsupported use an alias to rename collection, alias:b: invalid parameter");
  Create("books");
  ExpectError(coordinator_->Rename("default", "films", "default", "books"), Code::kParameterInvalid,
              "duplicated new collection name default:books with other collection name or alias: "
              "invalid parameter");
  Reopen();
  EXPECT_EQ(Find("films")->id, id);
}

TEST_F(AlterTest, TruncateGivesEveryPartitionANewId) {
  Expect(coordinator_->CreatePartition("default", "books", "p"));
  const CollectionPtr before = Find("books");
  Expect(coordinator_->Truncate("default", "books"));
  const CollectionPtr after = Find("books");
  ASSERT_EQ(after->partitions.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(after->partitions[i].name, before->partitions[i].name);
    EXPECT_EQ(before->FindPartition(after->partitions[i].id), nullptr);
  }
}

class FunctionsTest : public AlterTest {
 protected:
  FunctionsTest() {
    terms_.name = "terms";
    terms_.type = DataType::kSparseFloatVector;
    terms_.made = true;
    function_.name = "f";
    function_.type = FunctionType::kBm25;
    function_.inputs = {"text"};
    function_.outputs = {"terms"};
    index_.type = "SPARSE_INVERTED_INDEX";
    index_.metric = Metric::kBm25;
    Expect(Add(Scalar("text", DataType::kVarChar)));
  }
  Status AddIt() {
    return coordinator_->AddFunction("default", "books", function_, terms_, index_);
  }

  Field terms_;
  Function function_;
  IndexInfo index_;
};

TEST_F(FunctionsTest, AFunctionComesWithItsFieldAndIndexAndGoesWithThem) {
  const int64_t version = Find("books")->schema.version;
  Expect(AddIt());
  Reopen();
  const CollectionPtr books = Find("books");
  ASSERT_EQ(books->schema.functions.size(), 1u);
  EXPECT_EQ(books->schema.functions[0].id, kFirstUserFieldId);
  const Field* terms = books->schema.Find("terms");
  ASSERT_NE(terms, nullptr);
  EXPECT_TRUE(terms->made);
  ASSERT_NE(books->FindIndex(terms->id), nullptr);
  EXPECT_EQ(books->FindIndex(terms->id)->name, "terms");
  EXPECT_GT(books->schema.version, version);

  Expect(coordinator_->DropFunction("default", "books", "f"));
  EXPECT_TRUE(Find("books")->schema.functions.empty());
  EXPECT_EQ(Find("books")->schema.Find("terms"), nullptr);
  EXPECT_EQ(Find("books")->FindIndex(terms->id), nullptr);
  EXPECT_NE(Find("books")->schema.Find("text"), nullptr);
}

TEST_F(FunctionsTest, NeitherInputNorOutputGoesAlone) {
  Expect(AddIt());
  const Schema& schema = Find("books")->schema;
  ExpectError(coordinator_->DropField("default", "books", schema.Find("text")->id),
              Code::kParameterInvalid,
              "field is referenced by function f as input, drop function first: invalid parameter");
  ExpectError(coordinator_->DropField("default", "books", schema.Find("terms")->id),
              Code::kParameterInvalid,
              "field is referenced by function f as output, drop function first: invalid "
              "parameter");
}

TEST_F(FunctionsTest, NamesAreTakenOnce) {
  Expect(AddIt());
  ExpectError(AddIt(), Code::kParameterInvalid,
              "function already exists, name: f: invalid parameter");
  function_.name = "g";
  terms_.name = "more";
  index_.name = "terms";
  ExpectError(AddIt(), Code::kParameterInvalid,
              "index name terms already exists in collection: invalid parameter");
  index_.name = "";
  Expect(AddIt());
  EXPECT_EQ(Find("books")->schema.functions[1].id, kFirstUserFieldId + 1);
  ExpectError(coordinator_->DropFunction("default", "books", "h"), Code::kParameterInvalid,
              "function not found: h: invalid parameter");
}

}  // namespace
}  // namespace elanus::coordinator
