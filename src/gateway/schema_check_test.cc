#include "gateway/schema_check.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/gateway_testing.h"

namespace elanus::gateway {
namespace {

using testing::HasSubstr;

TEST(CheckCreateCollection, KeepsTheSchemaAsSent) {
  CreateCollection request = Simple();
  request.fields.push_back(MakeField("title", DataType::kVarChar, {{"max_length", "100"}}));
  request.fields.push_back(
      MakeField("tags", DataType::kArray, {{"max_capacity", "8"}, {"max_length", "20"}}));
  request.fields.back().element_type = DataType::kVarChar;
  const auto checked = CheckCreateCollection(request, Limits());
  ASSERT_TRUE(checked.ok()) << checked.status().message();
  EXPECT_EQ(checked->schema.Find("vector")->dim, 4);
  EXPECT_EQ(checked->schema.Find("title")->max_length, 100);
  EXPECT_EQ(checked->schema.Find("tags")->max_capacity, 8);
  EXPECT_EQ(checked->schema.Find("tags")->max_length, 20);
  EXPECT_EQ(checked->shards_num, 1);
}

TEST(CheckCreateCollection, AppendsTheDynamicFieldLast) {
  CreateCollection request = Simple();
  request.enable_dynamic_field = true;
  const auto checked = CheckCreateCollection(request, Limits());
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->schema.fields.back().name, "$meta");
  EXPECT_TRUE(checked->schema.fields.back().dynamic);
}

TEST(CheckCreateCollection, SpreadsAPartitionKeyOverSixteenPartitions) {
  CreateCollection request = Simple();
  request.fields.push_back(MakeField("tenant", DataType::kInt64));
  request.fields.back().partition_key = true;
  EXPECT_EQ(CheckCreateCollection(request, Limits())->partitions.size(), 16u);
  request.num_partitions = 3;
  const auto checked = CheckCreateCollection(request, Limits());
  EXPECT_THAT(checked->partitions, testing::ElementsAre("_default_0", "_default_1", "_default_2"));
}

struct BadSchema {
  std::string text;
  std::function<void(CreateCollection*)> spoil;
};

TEST(CheckCreateCollection, RefusesInMilvusWords) {
  const auto add = [](CreateCollection* r, FieldRequest field) { r->fields.push_back(field); };
  const auto varchar = [](const std::string& name) {
    return MakeField(name, DataType::kVarChar, {{"max_length", "10"}});
  };
  const auto with_default = [](DataType type, Value value) {
    FieldRequest field = MakeField("d", type, {{"max_length", "4"}});
    field.default_value = std::move(value);
    return field;
  };
  const std::vector<BadSchema> rows = {
      {"maximum shards's number should be limited to 16", [](auto* r) { r->shards_num = 17; }},
      {"maximum field's number should be limited to 64",
       [&](auto* r) {
         for (int i = 0; i < 63; ++i) add(r, MakeField("f" + std::to_string(i), DataType::kInt8));
       }},
      {"maximum vector field's number should be limited to 10",
       [&](auto* r) {
         for (int i = 0; i < 10; ++i)
           add(r, MakeField("v" + std::to_string(i), DataType::kFloatVector));
       }},
      {"schema does not contain vector field", [](auto* r) { r->fields.pop_back(); }},
      {"Invalid collection name: 1x", [](auto* r) { r->name = r->schema_name = "1x"; }},
      {"collection name = books, schema.Name=other: invalid parameter[expected=collection name "
       "matches schema name][actual=don't match]",
       [](auto* r) { r->schema_name = "other"; }},
      {"the length of a collection description must not exceed 1024 bytes",
       [](auto* r) { r->description = std::string(1025, 'x'); }},
      {"field name \"RowID\" is reserved for internal use",
       [&](auto* r) { add(r, MakeField("RowID", DataType::kInt64)); }},
      {"primary key is not specified: missing parameter",
       [](auto* r) { r->fields[0].primary = false; }},
      {"there are more than one primary key, field name = id, id2",
       [&](auto* r) {
         add(r, MakeField("id2", DataType::kInt64));
         r->fields.back().primary = true;
       }},
      {"the data type of primary key should be Int64 or VarChar",
       [](auto* r) { r->fields[0].type = DataType::kInt32; }},
      {"only primary field can speficy AutoID with true, field name = vector",
       [](auto* r) { r->fields[1].auto_id = true; }},
      {"string data type not supported yet, please use VarChar type instead",
       [&](auto* r) { add(r, MakeField("s", DataType::kString)); }},
      {"data type None is not valid", [&](auto* r) { add(r, MakeField("s", DataType::kNone)); }},
      {"element type JSON is not supported",
       [&](auto* r) {
         add(r, MakeField("a", DataType::kArray, {{"max_capacity", "3"}}));
         r->fields.back().element_type = DataType::kJson;
       }},
      {"the partition key field must not be primary field",
       [](auto* r) { r->fields[0].partition_key = true; }},
      {"the data type of partition key should be Int64 or VarChar",
       [](auto* r) { r->fields[1].partition_key = true; }},
      {"partition key field not support nullable",
       [&](auto* r) {
         add(r, varchar("k"));
         r->fields.back().partition_key = r->fields.back().nullable = true;
       }},
      {"partition number (1025) exceeds max configuration (1024)",
       [&](auto* r) {
         add(r, varchar("k"));
         r->fields.back().partition_key = true;
         r->num_partitions = 1025;
       }},
      {"num_partitions should only be specified with partition key field enabled",
       [](auto* r) { r->num_partitions = 5; }},
      {"partition key isolation mode is enabled but no partition key field is set",
       [](auto* r) { r->properties = {{"partitionkey.isolation", "true"}}; }},
      {"invalid query_mode value \"x\"", [](auto* r) { r->properties = {{"query_mode", "x"}}; }},
      {"unknown or invalid IANA Time Zone ID: Mars/Crater",
       [](auto* r) { r->properties = {{"timezone", "Mars/Crater"}}; }},
      {"collection ttl property value not valid, parse error",
       [](auto* r) { r->properties = {{"collection.ttl.seconds", "soon"}}; }},
      {"collection TTL is out of range, expect [-1, 3155760000], got -2",
       [](auto* r) { r->properties = {{"collection.ttl.seconds", "-2"}}; }},
      {"ttl field name x not found in schema",
       [](auto* r) { r->properties = {{"ttl_field", "x"}}; }},
      {"ttl field must be timestamptz, field name = id",
       [](auto* r) { r->properties = {{"ttl_field", "id"}}; }},
      {"invalid warmup value for key warmup.vectorField: invalid warmup policy: often",
       [](auto* r) { r->properties = {{"warmup.vectorField", "often"}}; }},
      {"clustering key field vector",
       [](auto* r) {
         r->fields[1].type = DataType::kBinaryVector;
         r->fields[1].clustering_key = true;
       }},
      {"vector clustering key not allowed", [](auto* r) { r->fields[1].clustering_key = true; }},
      {"Invalid field name: a-b. Field name can only contain numbers, letters, and underscores.",
       [&](auto* r) { add(r, MakeField("a-b", DataType::kInt64)); }},
      {"dimension is not defined in field type params of field vector, check type param `dim` for "
       "vector field",
       [](auto* r) { r->fields[1].type_params.clear(); }},
      {"invalid dimension: 1. should be in range 2 ~ 32768",
       [](auto* r) { r->fields[1].type_params = {{"dim", "1"}}; }},
      {"float vector dimension should be in range 2 ~ 32768",
       [](auto* r) { r->fields[1].type_params = {{"dim", "32769"}}; }},
      {"strconv.ParseInt: parsing \"four\": invalid syntax",
       [](auto* r) { r->fields[1].type_params = {{"dim", "four"}}; }},
      {"invalid dimension: 12 of field vector. binary vector dimension should be multiple of 8. ",
       [](auto* r) {
         r->fields[1].type = DataType::kBinaryVector;
         r->fields[1].type_params = {{"dim", "12"}};
       }},
      {"dim should not be specified for sparse vector field vector(0)",
       [](auto* r) { r->fields[1].type = DataType::kSparseFloatVector; }},
      {"type param(max_length) should be specified for the field(s) of collection books",
       [&](auto* r) { add(r, MakeField("s", DataType::kVarChar)); }},
      {"the maximum length specified for the field(s) should be in (0, 65535], but got 65536 "
       "instead",
       [&](auto* r) { add(r, MakeField("s", DataType::kVarChar, {{"max_length", "65536"}})); }},
      {"type param(max_capacity) should be specified for array field a of collection books",
       [&](auto* r) {
         add(r, MakeField("a", DataType::kArray));
         r->fields.back().element_type = DataType::kInt64;
       }},
      {"the maximum capacity specified for a Array should be in (0, 4096]",
       [&](auto* r) {
         add(r, MakeField("a", DataType::kArray, {{"max_capacity", "4097"}}));
         r->fields.back().element_type = DataType::kInt64;
       }},
      {"array of vector can only be in the struct array field, field name: vector",
       [](auto* r) { r->fields[1].type = DataType::kArrayOfVector; }},
      {"duplicated field name id found",
       [&](auto* r) { add(r, MakeField("id", DataType::kInt64)); }},
      {"primary field not support null, type:Int64, name:id",
       [](auto* r) { r->fields[0].nullable = true; }},
      {"primary field not support default_value",
       [](auto* r) { r->fields[0].default_value = Value(int64_t{1}); }},
      {"type not support default_value, type:JSON, name:d",
       [&](auto* r) { add(r, with_default(DataType::kJson, "{}")); }},
      {"type (Int64) of field (d) is not equal to the type(DataType_VarChar) of default_value",
       [&](auto* r) { add(r, with_default(DataType::kInt64, "one")); }},
      {"type (Int8) of field (d) is not equal to the type(DataType_Int64) of default_value",
       [&](auto* r) {
         add(r, with_default(DataType::kInt8, int64_t{1}));
         r->fields.back().default_type = DataType::kInt64;
       }},
      {"type (Timestamptz) of field (d) is not equal to the type(DataType_Int64) of default_value",
       [&](auto* r) {
         add(r, with_default(DataType::kTimestamptz, int64_t{1}));
         r->fields.back().default_type = DataType::kInt64;
       }},
      {"type (Int64) of field (d) is not equal to the type(DataType_Int) of default_value",
       [&](auto* r) {
         add(r, with_default(DataType::kInt64, int64_t{1}));
         r->fields.back().default_type = DataType::kInt32;
       }},
      {"default value out of range",
       [&](auto* r) { add(r, with_default(DataType::kInt8, int64_t{200})); }},
      {"the length (5) of string exceeds max length (4)",
       [&](auto* r) { add(r, with_default(DataType::kVarChar, "12345")); }},
      {"duplicated type param key \"dim\"",
       [](auto* r) { r->fields[1].type_params.push_back({"dim", "8"}); }},
      {"a struct array field is not built yet: service unimplemented",
       [](auto* r) { r->struct_fields = 1; }},
      {"type not support default_value, type:Text, name:d",
       [&](auto* r) { add(r, with_default(DataType::kText, "x")); }},
      {"invalid default value for geometry field",
       [&](auto* r) {
         add(r, MakeField("g", DataType::kGeometry));
         r->fields.back().default_value = Value("POINT (0");
       }},
      {"invalid default value for geometry field",
       [&](auto* r) {
         add(r, MakeField("g", DataType::kGeometry));
         r->fields.back().default_value = Value(int64_t{7});
       }},
      {"the data type of partition key should be Int64 or VarChar",
       [&](auto* r) {
         add(r, MakeField("g", DataType::kGeometry));
         r->fields.back().partition_key = true;
       }},
      {"clustering key field g has unsupported data type Geometry",
       [&](auto* r) {
         add(r, MakeField("g", DataType::kGeometry));
         r->fields.back().clustering_key = true;
       }},
      {"Primary key field id cannot skip loading",
       [](auto* r) { r->fields[0].type_params = {{"field.skipLoad", "true"}}; }},
  };
  for (const BadSchema& row : rows) {
    CreateCollection request = Simple();
    row.spoil(&request);
    const auto checked = CheckCreateCollection(request, Limits());
    ASSERT_FALSE(checked.ok()) << row.text;
    EXPECT_THAT(checked.status().message(), HasSubstr(row.text));
  }
}

}  // namespace
}  // namespace elanus::gateway
