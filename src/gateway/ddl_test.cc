// Partitions, indexes and loading through the gateway.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/gateway_testing.h"

namespace elanus::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Ddl : testing::Test, Bench {
  void SetUp() override { ASSERT_TRUE(gateway.Create(context, Simple()).ok()); }
  void MakeKeyed() {
    CreateCollection request = Simple("keyed");
    request.fields.push_back(MakeField("tenant", DataType::kInt64));
    request.fields.back().partition_key = true;
    ASSERT_TRUE(gateway.Create(context, request).ok());
  }
  Status Index(const Properties& params, const std::string& field = "vector") {
    return gateway.CreateIndex("", "books", field, "", params);
  }
};

TEST_F(Ddl, PartitionsAreTheServersUnderAPartitionKey) {
  MakeKeyed();
  EXPECT_TRUE(gateway.CreatePartition("", "books", "2024").ok());
  EXPECT_THAT(gateway.CreatePartition("", "keyed", "p").message(),
              HasSubstr("disable create partition if partition key mode is used"));
  EXPECT_THAT(gateway.DropPartition("", "keyed", "p").message(),
              HasSubstr("disable drop partition if partition key mode is used"));
  EXPECT_THAT(gateway.Load("", "keyed", {"p"}, 1, {}, {}, true).message(),
              HasSubstr("disable load partitions if partition key mode is used"));
  EXPECT_THAT(gateway.Release("", "keyed", {"p"}, true).message(),
              HasSubstr("disable release partitions if partition key mode is used"));
}

TEST_F(Ddl, DroppingAPartitionNeedsItsRelease) {
  ASSERT_TRUE(gateway.CreatePartition("", "books", "p").ok());
  ASSERT_TRUE(Index({{"index_type", "FLAT"}, {"metric_type", "L2"}}).ok());
  ASSERT_TRUE(gateway.Load("", "books", {}, 1, {}, {}, false).ok());
  EXPECT_EQ(gateway.DropPartition("", "books", "p").message(),
            "partition cannot be dropped, partition is loaded, please release it first: invalid "
            "parameter");
  ASSERT_TRUE(gateway.Release("", "books", {"p"}, true).ok());
  EXPECT_TRUE(gateway.DropPartition("", "books", "p").ok());
  EXPECT_TRUE(gateway.DropPartition("", "books", "p").ok()) << "a missing one is success";
}

TEST_F(Ddl, DescribeIndexEchoesFlatParamsAsGiven) {
  ASSERT_TRUE(
      Index({{"index_type", "HNSW"}, {"metric_type", "L2"}, {"params", R"({"M": 16})"}}).ok());
  const auto described = gateway.DescribeIndex("", "books", "", "");
  ASSERT_TRUE(described.ok());
  ASSERT_EQ(described->size(), 1u);
  const IndexDescription& index = described->front();
  const Properties expected = {{"index_type", "HNSW"}, {"metric_type", "L2"}, {"M", "16"}};
  EXPECT_EQ(index.info.params, expected);
  EXPECT_EQ(index.info.name, "vector");
  EXPECT_EQ(index.field_name, "vector");
  EXPECT_EQ(index.info.metric, Metric::kL2);
  EXPECT_TRUE(index.finished);
}

TEST_F(Ddl, AutoIndexTakesAMetricAndNothingElse) {
  ASSERT_TRUE(Index({{"index_type", "AUTOINDEX"}}).ok());
  const auto described = gateway.DescribeIndex("", "books", "", "vector");
  const Properties expected = {{"index_type", "AUTOINDEX"}, {"metric_type", "COSINE"}};
  EXPECT_EQ(described->front().info.params, expected);
  EXPECT_THAT(Index({{"index_type", "AUTOINDEX"}, {"metric_type", "L2"}, {"params", R"({"M": 8})"}})
                  .message(),
              HasSubstr("only metric type can be passed when use AutoIndex"));
  EXPECT_TRUE(Index({{"index_type", "AUTOINDEX"}, {"params", "{}"}}).ok());
}

TEST_F(Ddl, AlterIndexRefusesWhatTheTypeHasNoUseFor) {
  ASSERT_TRUE(Index({{"index_type", "DISKANN"}, {"metric_type", "L2"}}).ok());
  const auto alter = [&](const char* key, const char* value) {
    return gateway.AlterIndex("", "books", "vector", {{{key, value}}, {}});
  };
  EXPECT_THAT(alter("mmap.enabled", "true").message(),
              HasSubstr("index type DISKANN does not support mmap"));
  EXPECT_TRUE(alter("mmap.enabled", "false").ok());
  EXPECT_THAT(alter("indexoffsetcache.enabled", "true").message(),
              HasSubstr("only bitmap index support indexoffsetcache.enabled now"));
}

TEST_F(Ddl, CreateIndexRefusesInMilvusWords) {
  EXPECT_THAT(Index({}, "nope").message(),
              HasSubstr("cannot create index on non-exist field: nope"));
  EXPECT_THAT(Index({{"index_type", "HNSW"}}).message(),
              HasSubstr("metric type not set for vector index"));
  EXPECT_EQ(Index({{"index_type", "HNSW"}, {"metric_type", "ABC"}}).message(),
            "float vector index does not support metric type: ABC: invalid parameter"
            "[expected=valid index params][actual=invalid index params]");
  EXPECT_THAT(
      Index({{"index_type", "HNSW"}, {"metric_type", "L2"}, {"mmap.enabled", "maybe"}}).message(),
      HasSubstr("invalid mmap.enabled value: maybe, expected: true, false"));
  EXPECT_THAT(gateway.CreateIndex("", "books", "vector", "1 x", {}).message(),
              HasSubstr("Invalid index name: 1 x"));
  EXPECT_EQ(gateway.DescribeIndex("", "books", "", "").status().message(),
            "index not found[collection=books]");
  EXPECT_EQ(gateway.DescribeIndex("", "books", "", "i").status().message(),
            "index not found[indexName=i]");
}

TEST_F(Ddl, AFieldAddedLaterIsRefusedInMilvusWords) {
  const auto add = [this](FieldRequest field, bool nullable = true) {
    field.nullable = nullable;
    return gateway.AddField("", "books", field).message();
  };
  EXPECT_EQ(add(MakeField("n", DataType::kInt64), false),
            "added field must be nullable, please check it, field name = n: invalid parameter");
  EXPECT_EQ(add(MakeField("id", DataType::kInt64)), "duplicated field name id: invalid parameter");
  FieldRequest key = MakeField("n", DataType::kInt64);
  key.primary = true;
  EXPECT_EQ(add(key), "not support to add pk field, field name = n: invalid parameter");
  key.primary = false;
  key.partition_key = true;
  EXPECT_EQ(add(key), "not support to add partition key field, field name  = n: invalid parameter");
  key.partition_key = false;
  key.auto_id = true;
  EXPECT_EQ(add(key),
            "only primary field can speficy AutoID with true, field name = n: invalid parameter");
  EXPECT_EQ(add(MakeField("Timestamp", DataType::kInt64)),
            "not support to add system field, field name = Timestamp: invalid parameter");
  EXPECT_EQ(add(MakeField("w", DataType::kFloatVector)),
            "vector field must have dimension specified, field name = w: invalid parameter");
  EXPECT_THAT(add(MakeField("s", DataType::kVarChar)),
              HasSubstr("type param(max_length) should be specified for the field(s) of collection "
                        "books"));
  FieldRequest wrong = MakeField("n", DataType::kInt64);
  wrong.default_value = Value("text");
  EXPECT_THAT(add(wrong), HasSubstr("is not equal to the type(DataType_VarChar) of default_value"));
  const size_t had = (*gateway.Find("", "books"))->schema.fields.size();
  for (size_t i = had; i < 64; ++i) {
    ASSERT_EQ(add(MakeField("f" + std::to_string(i), DataType::kInt64)), "");
  }
  EXPECT_EQ(add(MakeField("last", DataType::kInt64)),
            "The number of fields has reached the maximum value 64: invalid parameter");
}

TEST_F(Ddl, JsonIndexesAreNamedByTheirPaths) {
  CreateCollection request = Simple("docs");
  request.enable_dynamic_field = true;
  request.fields.push_back(MakeField("js", DataType::kJson));
  ASSERT_TRUE(gateway.Create(context, request).ok());
  const auto index = [this](const std::string& field, const std::string& path) {
    Properties params = {{"index_type", "INVERTED"}, {"json_cast_type", "varchar"}};
    if (!path.empty()) params.emplace_back("json_path", path);
    return gateway.CreateIndex("", "docs", field, "", params).message();
  };
  EXPECT_EQ(index("js", "js['a'][0][\"b/c\"]"), "");
  EXPECT_EQ(index("js", "js"), "");
  EXPECT_EQ(index("color", "color['r']"), "");
  EXPECT_EQ(index("size", ""), "");
  EXPECT_THAT(index("js", "color"), HasSubstr("fieldID not match with field name"));
  EXPECT_THAT(index("size", "1.0"), HasSubstr("cannot parse identifier: 1.0"));
  EXPECT_THAT(index("size", "/"), HasSubstr("mismatched input '/'"));
  std::vector<std::string> names;
  const auto described = gateway.DescribeIndex("", "docs", "", "").take();
  for (const IndexDescription& one : described) {
    names.push_back(one.info.name + " on " + one.field_name);
  }
  EXPECT_THAT(names, ElementsAre("js/a/0/b~1c on js", "js on js", "$meta/color/r on color",
                                 "$meta/size on size"));
}

TEST_F(Ddl, LoadNeedsAnIndexOnEveryVectorField) {
  EXPECT_EQ(gateway.Load("", "books", {}, 1, {}, {}, false).message(),
            "index not found[collection=books]");
  CreateCollection two = Simple("two");
  two.fields.push_back(MakeField("v2", DataType::kFloatVector, {{"dim", "4"}}));
  ASSERT_TRUE(gateway.Create(context, two).ok());
  ASSERT_TRUE(gateway.CreateIndex("", "two", "vector", "", {}).ok());
  EXPECT_EQ(
      gateway.Load("", "two", {}, 1, {}, {}, false).message(),
      "there is no vector index on field: [v2], please create index firstly: invalid parameter");
  EXPECT_TRUE(gateway.Load("", "two", {}, 1, {}, {"id", "vector"}, false).ok());
}

TEST_F(Ddl, LoadRefusesInMilvusWords) {
  ASSERT_TRUE(Index({{"index_type", "FLAT"}, {"metric_type", "L2"}}).ok());
  const auto load = [this](int32_t replicas, std::vector<std::string> groups,
                           std::vector<std::string> fields, std::vector<std::string> partitions,
                           bool is_partition_call) {
    return gateway.Load("", "books", partitions, replicas, groups, fields, is_partition_call)
        .message();
  };
  EXPECT_THAT(load(2, {}, {}, {}, false),
              HasSubstr("when load 2 replica count: service resource insufficient"));
  EXPECT_THAT(load(1, {"a", "b"}, {}, {}, false),
              HasSubstr("resource group num can only be 0, 1 or same as replica number"));
  EXPECT_THAT(load(1, {}, {"vector"}, {}, false),
              HasSubstr("does not contain primary key field id"));
  EXPECT_THAT(load(1, {}, {"id"}, {}, false), HasSubstr("does not contain vector field"));
  EXPECT_THAT(load(1, {}, {}, {}, true), HasSubstr("due to no partition specified"));
  EXPECT_THAT(load(1, {}, {}, {"p"}, true), HasSubstr("partition not found[partition=p]"));
  EXPECT_EQ(load(1, {"__default_resource_group"}, {}, {}, false), "");
}

TEST_F(Ddl, FieldsAreDroppedByNameOrId) {
  EXPECT_EQ(gateway.DropField("", "books", "nope", FieldId()).message(),
            "field not found: nope: invalid parameter");
  EXPECT_EQ(gateway.DropField("", "books", "$meta", FieldId()).message(),
            "field not found: $meta: invalid parameter");
  EXPECT_EQ(gateway.DropField("", "books", "", FieldId(999)).message(),
            "field not found with id: 999: invalid parameter");
  const FieldId id = (*gateway.Find("", "books"))->schema.fields.back().id;
  EXPECT_TRUE(gateway.DropField("", "books", "", id).ok());
  EXPECT_EQ((*gateway.Find("", "books"))->schema.Find(id), nullptr);
}

TEST_F(Ddl, LoadStateFollowsLoadAndRelease) {
  ASSERT_TRUE(Index({{"index_type", "FLAT"}, {"metric_type", "L2"}}).ok());
  EXPECT_EQ(*gateway.GetLoadState("", "absent", {}), LoadState::kNotExist);
  EXPECT_EQ(*gateway.GetLoadState("", "books", {}), LoadState::kNotLoad);
  EXPECT_THAT(gateway.LoadingProgress("", "books", {}).status().message(),
              HasSubstr("collection not loaded[collection="));
  ASSERT_TRUE(gateway.Load("", "books", {}, 1, {}, {}, false).ok());
  EXPECT_EQ(*gateway.GetLoadState("", "books", {}), LoadState::kLoaded);
  EXPECT_EQ(*gateway.LoadingProgress("", "books", {}), 100);
  EXPECT_THAT(gateway.DropIndex("", "books", "", "vector").message(),
              HasSubstr("vector index cannot be dropped on loaded collection: "));
  ASSERT_TRUE(gateway.Release("", "books", {}, false).ok());
  EXPECT_EQ(*gateway.GetLoadState("", "books", {}), LoadState::kNotLoad);
  EXPECT_TRUE(gateway.DropIndex("", "books", "", "vector").ok());
}

TEST_F(Ddl, UnknownNamesAreNotFound) {
  EXPECT_EQ(gateway.CreatePartition("", "absent", "p").message(),
            "collection not found[database=default][collection=absent]");
  EXPECT_EQ(gateway.Find("nodb", "books").status().message(), "database not found[database=nodb]");
  EXPECT_THAT(gateway.CreateAlias("", "books", "1a").message(),
              HasSubstr("Invalid collection alias: 1a"));
}

}  // namespace
}  // namespace elanus::gateway
