// Insert, Upsert and Delete: what reaches the shard, and what is refused.
#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/gateway_testing.h"
#include "model/array.h"
#include "model/json.h"

namespace elanus::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<float> kTwo = {1, 2, 3, 4, 5, 6, 7, 8};

struct Write : testing::Test, Bench {
  void Make(std::vector<FieldRequest> more = {}, bool dynamic = false) {
    CreateCollection request = Simple();
    for (FieldRequest& field : more) request.fields.push_back(std::move(field));
    request.enable_dynamic_field = dynamic;
    const Status status = gateway.Create(context, request);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  Result<Mutation> Put(std::vector<InputColumn> more, int64_t rows = 2) {
    more.push_back(Longs("id", {1, 2}));
    more.push_back(Vectors("vector", 4, kTwo));
    return gateway.RunInsert(context, Rows(std::move(more), rows));
  }
  const Column& Written(const std::string& field) {
    const roles::WriteRequest& write = shard("books").last_write;
    return *write.rows.Find(write.collection->schema.Find(field)->id);
  }
};

FieldRequest Nullable(FieldRequest field) {
  field.nullable = true;
  return field;
}

FieldRequest Defaulted(FieldRequest field, Value value) {
  field.default_value = std::move(value);
  return field;
}

FieldRequest ArrayOf(const std::string& name, DataType element) {
  FieldRequest field =
      MakeField(name, DataType::kArray, {{"max_capacity", "3"}, {"max_length", "4"}});
  field.element_type = element;
  return field;
}

TEST_F(Write, InsertHandsTheShardDenseColumns) {
  Make();
  const auto mutation = Put({});
  ASSERT_TRUE(mutation.ok()) << mutation.status().message();
  EXPECT_EQ(mutation->inserted, 2);
  EXPECT_EQ(mutation->ids.as<int64_t>()[1], 2);
  EXPECT_EQ(Written("vector").as<float>()[7], 8);
  EXPECT_EQ(shard("books").last_write.partitions.size(), 1u);
  EXPECT_FALSE(shard("books").last_write.fresh_keys);
}

TEST_F(Write, FixedColumnsAreMovedNotCopied) {
  Make();
  std::vector<InputColumn> columns;
  columns.push_back(Longs("id", {1, 2}));
  columns.push_back(Vectors("vector", 4, kTwo));
  const std::byte* sent = columns[1].payload.data();
  ASSERT_TRUE(gateway.RunInsert(context, Rows(std::move(columns), 2)).ok());
  EXPECT_EQ(Written("vector").data(), sent);
}

TEST_F(Write, AutoIdsAreMadeHere) {
  CreateCollection request = Simple();
  request.fields[0].auto_id = true;
  ASSERT_TRUE(gateway.Create(context, request).ok());
  const auto mutation = gateway.RunInsert(context, Rows({Vectors("vector", 4, kTwo)}, 2));
  ASSERT_TRUE(mutation.ok()) << mutation.status().message();
  EXPECT_EQ(mutation->ids.as<int64_t>()[1], mutation->ids.as<int64_t>()[0] + 1);
  EXPECT_TRUE(shard("books").last_write.fresh_keys);
  EXPECT_THAT(Put({}).status().message(),
              HasSubstr("more fieldData has pass in: invalid parameter[expected=2][actual=3]"));
}

TEST_F(Write, AutoIdsMayBeGivenWhenTheCollectionAllowsIt) {
  CreateCollection request = Simple();
  request.fields[0].auto_id = true;
  request.properties = {{"allow_insert_auto_id", "true"}};
  ASSERT_TRUE(gateway.Create(context, request).ok());
  EXPECT_EQ(Put({})->ids.as<int64_t>()[0], 1);
}

TEST_F(Write, NullsAndDefaultsFillTheGapsOfCompactColumns) {
  Make({Nullable(MakeField("age", DataType::kInt16)),
        Defaulted(MakeField("city", DataType::kVarChar, {{"max_length", "9"}}), "Bern"),
        Nullable(MakeField("note", DataType::kVarChar, {{"max_length", "9"}})),
        Defaulted(MakeField("level", DataType::kInt8), int64_t{-3})});
  InputColumn age = Ints("age", DataType::kInt16, {7});
  age.valid = {0, 1};
  InputColumn city = Strings("city", {"Oslo"});
  city.valid = {1, 0};
  const auto mutation = Put({age, city});
  ASSERT_TRUE(mutation.ok()) << mutation.status().message();
  EXPECT_TRUE(Written("age").IsNull(0));
  EXPECT_EQ(Written("age").as<int16_t>()[1], 7);
  EXPECT_EQ(Written("city").String(1), "Bern");
  EXPECT_FALSE(Written("city").IsNull(1));
  EXPECT_TRUE(Written("note").IsNull(1));
  EXPECT_EQ(Written("level").as<int8_t>()[0], -3);
}

TEST_F(Write, NullableVectorsArriveCompact) {
  Make({Nullable(MakeField("v2", DataType::kFloatVector, {{"dim", "2"}}))});
  InputColumn v2 = Vectors("v2", 2, {1, 2});
  v2.valid = {0, 1};
  ASSERT_TRUE(Put({v2}).ok());
  EXPECT_TRUE(Written("v2").IsNull(0));
  EXPECT_EQ(Written("v2").as<float>()[2], 1);
}

TEST_F(Write, JsonAndDynamicValuesBecomeBinary) {
  Make({MakeField("doc", DataType::kJson)}, true);
  InputColumn meta = Strings("", {R"({"a": 1})", "{}"}, DataType::kJson);
  meta.dynamic = true;
  ASSERT_TRUE(Put({meta, Strings("doc", {"[1]", "null"}, DataType::kJson)}).ok());
  EXPECT_EQ(JsonText(Written("doc").String(0)), "[1]");
  EXPECT_EQ(JsonView(Written("$meta").String(0)).Find("a").int64(), 1);
  ASSERT_TRUE(Put({Strings("doc", {"1", "2"}, DataType::kJson)}).ok());
  EXPECT_EQ(JsonText(Written("$meta").String(1)), "{}");
}

TEST_F(Write, ArraysNarrowToTheirElements) {
  Make({ArrayOf("a", DataType::kInt8)});
  InputColumn column =
      Strings("a", {EncodeFixedArray<int32_t>(std::vector<int32_t>{1, -2}), ""}, DataType::kArray);
  column.array_element = DataType::kInt32;
  const auto mutation = Put({column});
  ASSERT_TRUE(mutation.ok()) << mutation.status().message();
  const ArrayView row(DataType::kInt8, Written("a").String(0));
  EXPECT_EQ(row.Int(1), -2);
  EXPECT_EQ(ArrayView(DataType::kInt8, Written("a").String(1)).size(), 0u);
}

TEST_F(Write, HalfVectorsAcceptFloats) {
  Make({MakeField("h", DataType::kFloat16Vector, {{"dim", "2"}}),
        MakeField("b", DataType::kBFloat16Vector, {{"dim", "2"}})});
  ASSERT_TRUE(Put({Vectors("h", 2, {1, -2, 0, 0.5F}), Vectors("b", 2, {1, 1, 1, 1})}).ok());
  EXPECT_EQ(Written("h").as<uint16_t>()[0], 0x3c00);
  EXPECT_EQ(Written("h").as<uint16_t>()[1], 0xc000);
  EXPECT_EQ(Written("b").as<uint16_t>()[3], 0x3f80);
}

TEST_F(Write, TimestampsAreReadInTheCollectionsZone) {
  CreateCollection request = Simple();
  request.fields.push_back(MakeField("at", DataType::kTimestamptz));
  request.properties = {{"timezone", "Asia/Shanghai"}};
  ASSERT_TRUE(gateway.Create(context, request).ok());
  ASSERT_TRUE(Put({Strings("at", {"1970-01-01T08:00:01", "1970-01-01T00:00:02Z"})}).ok());
  EXPECT_EQ(Written("at").as<int64_t>()[0], 1000000);
  EXPECT_EQ(Written("at").as<int64_t>()[1], 2000000);
}

TEST_F(Write, PartitionKeysSpreadRowsAndTheSameKeyStaysTogether) {
  CreateCollection request = Simple();
  request.fields.push_back(MakeField("tenant", DataType::kInt64));
  request.fields.back().partition_key = true;
  ASSERT_TRUE(gateway.Create(context, request).ok());
  std::vector<int64_t> ids(64), tenants(64);
  for (int64_t i = 0; i < 64; ++i)
    ids[static_cast<size_t>(i)] = i, tenants[static_cast<size_t>(i)] = i % 32;
  Insert insert = Rows({Longs("id", ids), Longs("tenant", tenants),
                        Vectors("vector", 4, std::vector<float>(256, 1))},
                       64);
  ASSERT_TRUE(gateway.RunInsert(context, insert).ok());
  const auto& partitions = shard("books").last_write.partitions;
  ASSERT_EQ(partitions.size(), 64u);
  for (size_t i = 0; i < 32; ++i) EXPECT_EQ(partitions[i], partitions[i + 32]);
  EXPECT_GT(std::set<PartitionId>(partitions.begin(), partitions.end()).size(), 8u);
  ASSERT_TRUE(gateway.RunUpsert(context, insert).ok());
  EXPECT_TRUE(shard("books").last_write.replace_everywhere);
  insert.partition = "_default_0";
  EXPECT_THAT(
      gateway.RunUpsert(context, insert).status().message(),
      HasSubstr(
          "not support manually specifying the partition names if partition key mode is used"));
}

struct BadInsert {
  std::string text;
  std::function<void(Insert*)> spoil;
};

TEST_F(Write, RefusesInMilvusWords) {
  Make({Nullable(MakeField("n", DataType::kInt8)),
        Defaulted(MakeField("s", DataType::kVarChar, {{"max_length", "3"}}), "x"),
        Nullable(MakeField("f", DataType::kFloat)), Nullable(MakeField("j", DataType::kJson)),
        Nullable(ArrayOf("a", DataType::kVarChar)), Nullable(ArrayOf("i", DataType::kInt16)),
        Nullable(MakeField("sp", DataType::kSparseFloatVector)),
        Nullable(MakeField("t", DataType::kTimestamptz))},
       true);
  const auto sparse = [](std::vector<std::pair<uint32_t, float>> pairs) {
    std::string row;
    for (const auto& [index, value] : pairs) {
      row.append(reinterpret_cast<const char*>(&index), 4);
      row.append(reinterpret_cast<const char*>(&value), 4);
    }
    return Strings("sp", {row, row}, DataType::kSparseFloatVector);
  };
  const auto add = [](Insert* r, InputColumn column) { r->columns.push_back(std::move(column)); };
  const auto meta = [](const std::string& row) {
    InputColumn column = Strings("", {row, "{}"}, DataType::kJson);
    column.dynamic = true;
    return column;
  };
  const std::vector<BadInsert> rows = {
      {"Invalid collection name: 1", [](auto* r) { r->collection = "1"; }},
      {"collection not found[database=default][collection=nope]",
       [](auto* r) { r->collection = "nope"; }},
      {"collection schema mismatch[collection=books]", [](auto* r) { r->schema_timestamp = 1; }},
      {"num_rows should be greater than 0: invalid parameter[expected=invalid num_rows][actual=0]",
       [](auto* r) { r->num_rows = 0; }},
      {"the num_rows (2) of field (id) is not equal to passed num_rows (3)",
       [](auto* r) { r->num_rows = 3; }},
      {"fieldSchema(vector) has no corresponding fieldData pass in: invalid parameter",
       [](auto* r) { r->columns.pop_back(); }},
      {"duplicated field id found", [&](auto* r) { add(r, Longs("id", {1, 2})); }},
      {"more fieldData has pass in: invalid parameter",
       [&](auto* r) { add(r, Longs("other", {1, 2})); }},
      {"partition not found[partition=p]", [](auto* r) { r->partition = "p"; }},
      {"Invalid partition name: a b", [](auto* r) { r->partition = "a b"; }},
      {"the dim (2) of field data(vector) is not equal to schema dim (4)",
       [](auto* r) { r->columns[1] = Vectors("vector", 2, kTwo); }},
      {"the length(6) of float data should divide the dim(4)",
       [](auto* r) { r->columns[1] = Vectors("vector", 3, {1, 2, 3, 4, 5, 6}); }},
      {"value 'NaN' is not a number or infinity",
       [](auto* r) { r->columns[1] = Vectors("vector", 4, {1, 2, 3, 4, 5, 6, 7, NAN}); }},
      {"value '-Inf' is not a number or infinity",
       [](auto* r) { r->columns[1] = Vectors("vector", 4, {-INFINITY, 2, 3, 4, 5, 6, 7, 8}); }},
      {"float vector field 'vector' is illegal, array type mismatch: invalid "
       "parameter[expected=need "
       "float vector][actual=got nil]",
       [](auto* r) { r->columns[1] = Longs("vector", {1, 2}); }},
      {"field 'id' is illegal, array type mismatch: invalid parameter[expected=need long int "
       "array]",
       [](auto* r) { r->columns[0] = Strings("id", {"a", "b"}); }},
      {"the 1th element (128) out of range: [-128, 127]: invalid parameter[expected=integer "
       "doesn't "
       "overflow][actual=out of range]",
       [&](auto* r) { add(r, Ints("n", DataType::kInt8, {1, 128})); }},
      {"the length of valid_data of field(n) is wrong",
       [&](auto* r) {
         add(r, Ints("n", DataType::kInt8, {1}));
         r->columns.back().valid = {1};
       }},
      {"the length of field is wrong: invalid parameter[expected=1][actual=2]",
       [&](auto* r) {
         add(r, Ints("n", DataType::kInt8, {1, 2}));
         r->columns.back().valid = {0, 1};
       }},
      {"the length of valid_data of field(id) is wrong",
       [](auto* r) { r->columns[0].valid = {1, 0}; }},
      {"length of varchar field s exceeds max length, row number: 1, length: 4, max length: 3",
       [&](auto* r) { add(r, Strings("s", {"abc", "abcd"})); }},
      {"value '+Inf' is not a number or infinity",
       [&](auto* r) {
         InputColumn f;
         f.name = "f";
         f.payload = Column(FieldId(), DataType::kFloat);
         f.payload.Append(1.0F);
         f.payload.Append(INFINITY);
         add(r, f);
       }},
      {"the length (65538) of json field (j) exceeds max length (65536)",
       [&](auto* r) {
         add(r, Strings("j", {"\"" + std::string(65536, 'x') + "\"", "1"}, DataType::kJson));
       }},
      {"json field 'j' holds invalid JSON at row 1",
       [&](auto* r) { add(r, Strings("j", {"1", "{"}, DataType::kJson)); }},
      {"the length (4) of 1th array exceeds max capacity (3)",
       [&](auto* r) {
         add(r, Strings("i", {"", EncodeFixedArray<int32_t>(std::vector<int32_t>(4))},
                        DataType::kArray));
         r->columns.back().array_element = DataType::kInt32;
       }},
      {"the 0th element (40000) out of range: [-32768, 32767]",
       [&](auto* r) {
         add(r, Strings("i", {"", EncodeFixedArray<int32_t>(std::vector<int32_t>{40000})},
                        DataType::kArray));
         r->columns.back().array_element = DataType::kInt32;
       }},
      {"insert data does not match: invalid parameter[expected=string array][actual=int64 array]",
       [&](auto* r) {
         add(r, Strings("a", {"", ""}, DataType::kArray));
         r->columns.back().array_element = DataType::kInt64;
       }},
      {"length of Array array field \"a\" exceeds max length, row number: 0, array index: 1, "
       "length: 5, max length: 4",
       [&](auto* r) {
         const std::vector<std::string_view> row = {"ok", "tools"};
         add(r, Strings("a", {EncodeStringArray(row), EncodeStringArray({})}, DataType::kArray));
         r->columns.back().array_element = DataType::kVarChar;
       }},
      {"unsorted or same indices in sparse float vector",
       [&](auto* r) { add(r, sparse({{2, 1}, {2, 1}})); }},
      {"invalid index in sparse float vector: must be less than 2^32-1",
       [&](auto* r) { add(r, sparse({{0xffffffff, 1}})); }},
      {"negative value in sparse float vector", [&](auto* r) { add(r, sparse({{2, -1}})); }},
      {"invalid data length in sparse float vector: 3",
       [&](auto* r) { add(r, Strings("sp", {"abc", ""}, DataType::kSparseFloatVector)); }},
      {"got invalid timestamptz string 'soon'",
       [&](auto* r) { add(r, Strings("t", {"soon", "soon"})); }},
      {"dynamic field name cannot include the static field name: id",
       [&](auto* r) { add(r, meta(R"({"id": 1})")); }},
      {"cannot set json key to: $meta", [&](auto* r) { add(r, meta(R"({"$meta": 1})")); }},
      {"invalid dynamic field data, only json map is supported",
       [&](auto* r) { add(r, meta("[1]")); }},
      {"the length (65551) of dynamic field exceeds max length (65536)",
       [&](auto* r) { add(r, meta(R"({"z": ")" + std::string(65542, 'x') + "\"}")); }},
  };
  for (const BadInsert& row : rows) {
    Insert request = Rows({Longs("id", {1, 2}), Vectors("vector", 4, kTwo)}, 2);
    row.spoil(&request);
    const auto mutation = gateway.RunInsert(context, std::move(request));
    ASSERT_FALSE(mutation.ok()) << row.text;
    EXPECT_THAT(mutation.status().message(), HasSubstr(row.text));
  }
}

TEST_F(Write, UpsertReplacesByKey) {
  Make();
  ASSERT_TRUE(Put({}).ok());
  const auto upsert =
      gateway.RunUpsert(context, Rows({Longs("id", {2, 3}), Vectors("vector", 4, kTwo)}, 2));
  ASSERT_TRUE(upsert.ok()) << upsert.status().message();
  EXPECT_EQ(upsert->upserted, 2);
  EXPECT_EQ(shard("books").Stats().physical_rows, 3);
}

TEST_F(Write, UpsertUnderAutoIdEndsTheOldKeyAndReturnsANewOne) {
  CreateCollection request = Simple();
  request.fields[0].auto_id = true;
  ASSERT_TRUE(gateway.Create(context, request).ok());
  const int64_t first =
      gateway.RunInsert(context, Rows({Vectors("vector", 4, kTwo)}, 2))->ids.as<int64_t>()[0];
  const auto upsert = gateway.RunUpsert(
      context, Rows({Longs("id", {first}), Vectors("vector", 4, {1, 1, 1, 1})}, 1));
  ASSERT_TRUE(upsert.ok()) << upsert.status().message();
  EXPECT_NE(upsert->ids.as<int64_t>()[0], first);
  EXPECT_EQ(shard("books").Stats().physical_rows, 2);
}

TEST_F(Write, UpsertRefusesInMilvusWords) {
  Make();
  const auto text = [this](Insert request) {
    return gateway.RunUpsert(context, std::move(request)).status().message();
  };
  EXPECT_THAT(text(Rows({Vectors("vector", 4, kTwo)}, 2)),
              HasSubstr("must assign pk when upsert, primary field: id"));
  EXPECT_THAT(text(Rows({Longs("id", {1, 1}), Vectors("vector", 4, kTwo)}, 2)),
              HasSubstr("duplicate primary keys are not allowed in the same batch"));
  Insert partial = Rows({Longs("id", {1})}, 1);
  partial.partial_update = true;
  EXPECT_THAT(text(partial), HasSubstr("failed to query: collection not loaded["));
}

TEST_F(Write, DeleteByKeysCountsTheKeysNamed) {
  Make();
  ASSERT_TRUE(Put({}).ok());
  Delete request;
  request.collection = "books";
  request.filter = "id in [2, 3, 4]";
  const auto mutation = gateway.RunDelete(context, request);
  ASSERT_TRUE(mutation.ok()) << mutation.status().message();
  EXPECT_EQ(mutation->deleted, 3);
  EXPECT_EQ(shard("books").Stats().physical_rows, 1);
  EXPECT_EQ(shard("books").last_write.delete_filter, nullptr);
}

TEST_F(Write, DeleteByFilterGoesToTheShard) {
  Make();
  Delete request;
  request.collection = "books";
  request.filter = "id > 1";
  ASSERT_TRUE(gateway.RunDelete(context, request).ok());
  EXPECT_NE(shard("books").last_write.delete_filter, nullptr);
}

TEST_F(Write, DeleteRefusesInMilvusWords) {
  Make();
  const auto text = [this](const std::string& filter, const std::string& partition = "") {
    Delete request;
    request.collection = "books";
    request.filter = filter;
    request.partition = partition;
    return gateway.RunDelete(context, request).status().message();
  };
  EXPECT_EQ(text(""), "delete plan can't be empty or always true : : invalid parameter");
  EXPECT_THAT(text("true"), HasSubstr("delete plan can't be empty or always true : true"));
  EXPECT_THAT(text("id =="),
              HasSubstr("failed to create delete plan: cannot parse expression: id =="));
  EXPECT_THAT(text("id in [1]", "p"), HasSubstr("partition not found[partition=p]"));
}

}  // namespace
}  // namespace elanus::gateway
