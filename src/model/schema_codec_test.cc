#include <random>

#include <gtest/gtest.h>

#include "base/coding.h"
#include "model/schema.h"

namespace elanus {
namespace {

class RandomCollection {
 public:
  explicit RandomCollection(uint32_t seed) : random_(seed) {}

  CollectionInfo Make() {
    CollectionInfo info;
    info.id = CollectionId(Number());
    info.database = Text();
    info.name = Text();
    info.schema.description = Text();
    info.schema.enable_dynamic_field = Coin();
    info.schema.auto_id = Coin();
    for (uint32_t n = random_() % 8; n > 0; --n) info.schema.fields.push_back(MakeField());
    for (uint32_t n = random_() % 3; n > 0; --n) info.schema.functions.push_back(MakeFunction());
    info.schema.version = Number();
    info.shards_num = static_cast<int32_t>(random_() % 17);
    info.shard = ShardId(Number());
    info.consistency = static_cast<ConsistencyLevel>(random_() % 5);
    info.properties = MakeProperties();
    for (uint32_t n = random_() % 3; n > 0; --n) {
      info.partitions.push_back({PartitionId(Number()), Text(), random_(), Coin()});
    }
    for (uint32_t n = random_() % 3; n > 0; --n) {
      IndexInfo index;
      index.id = IndexId(Number());
      index.field = FieldId(Number());
      index.name = Text();
      index.type = Text();
      index.metric = static_cast<Metric>(random_() % 9);
      index.params = MakeProperties();
      index.params_text = R"({"M": 8})";
      index.created = kMaxTimestamp - random_();
      info.indexes.push_back(index);
    }
    for (uint32_t n = random_() % 3; n > 0; --n) info.aliases.push_back(Text());
    info.created = random_();
    info.updated = kMaxTimestamp - random_();
    info.version = random_();
    info.loaded = Coin();
    info.replica_number = static_cast<int32_t>(random_() % 3);
    for (uint32_t n = random_() % 3; n > 0; --n) info.load_fields.push_back(FieldId(Number()));
    if (random_() % 2 == 0) info.resource_group = "spare";
    info.next_field_id = Number();
    return info;
  }

 private:
  bool Coin() { return random_() % 2 == 0; }
  int64_t Number() {
    return Coin() ? random_() % 1000 : -static_cast<int64_t>(random_()) * random_();
  }
  std::string Text() {
    std::string text;
    for (uint32_t n = random_() % 8; n > 0; --n) text.push_back(static_cast<char>(random_()));
    return text;
  }
  Properties MakeProperties() {
    Properties properties;
    for (uint32_t n = random_() % 3; n > 0; --n) properties.emplace_back(Text(), Text());
    return properties;
  }
  Value MakeValue(int depth) {
    switch (random_() % (depth > 2 ? 5 : 6)) {
      case 0:
        return {};
      case 1:
        return Coin();
      case 2:
        return Number();
      case 3:
        return static_cast<double>(Number()) / 7;
      case 4:
        return Text();
      default:
        break;
    }
    Value::Array elements;
    for (uint32_t n = random_() % 4; n > 0; --n) elements.push_back(MakeValue(depth + 1));
    return elements;
  }
  Field MakeField() {
    constexpr DataType kTypes[] = {DataType::kBool, DataType::kInt64,       DataType::kVarChar,
                                   DataType::kJson, DataType::kFloatVector, DataType::kStruct};
    Field field;
    field.id = FieldId(Number());
    field.name = Text();
    field.description = Text();
    field.type = kTypes[random_() % 6];
    field.element_type = kTypes[random_() % 6];
    field.dim = Number();
    field.max_length = Number();
    field.max_capacity = Number();
    field.primary = Coin();
    field.auto_id = Coin();
    field.partition_key = Coin();
    field.clustering_key = Coin();
    field.nullable = Coin();
    field.dynamic = Coin();
    field.made = Coin();
    if (Coin()) field.default_value = MakeValue(0);
    field.type_params = MakeProperties();
    return field;
  }
  Function MakeFunction() {
    Function function;
    function.id = Number();
    function.name = Text();
    function.description = Text();
    function.type = static_cast<FunctionType>(random_() % 5);
    for (uint32_t n = random_() % 3; n > 0; --n) function.inputs.push_back(Text());
    for (uint32_t n = random_() % 3; n > 0; --n) function.outputs.push_back(Text());
    function.params = MakeProperties();
    return function;
  }
  std::mt19937 random_;
};

void ExpectEqual(const CollectionInfo& a, const CollectionInfo& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.database, b.database);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.schema, b.schema);
  EXPECT_EQ(a.shards_num, b.shards_num);
  EXPECT_EQ(a.shard, b.shard);
  EXPECT_EQ(a.consistency, b.consistency);
  EXPECT_EQ(a.properties, b.properties);
  EXPECT_EQ(a.aliases, b.aliases);
  EXPECT_EQ(a.created, b.created);
  EXPECT_EQ(a.updated, b.updated);
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.loaded, b.loaded);
  EXPECT_EQ(a.replica_number, b.replica_number);
  EXPECT_EQ(a.load_fields, b.load_fields);
  EXPECT_EQ(a.resource_group, b.resource_group);
  EXPECT_EQ(a.next_field_id, b.next_field_id);
  ASSERT_EQ(a.partitions.size(), b.partitions.size());
  for (size_t i = 0; i < a.partitions.size(); ++i) {
    EXPECT_EQ(a.partitions[i].id, b.partitions[i].id);
    EXPECT_EQ(a.partitions[i].name, b.partitions[i].name);
    EXPECT_EQ(a.partitions[i].created, b.partitions[i].created);
    EXPECT_EQ(a.partitions[i].loaded, b.partitions[i].loaded);
  }
  ASSERT_EQ(a.indexes.size(), b.indexes.size());
  for (size_t i = 0; i < a.indexes.size(); ++i) {
    EXPECT_EQ(a.indexes[i].id, b.indexes[i].id);
    EXPECT_EQ(a.indexes[i].field, b.indexes[i].field);
    EXPECT_EQ(a.indexes[i].name, b.indexes[i].name);
    EXPECT_EQ(a.indexes[i].type, b.indexes[i].type);
    EXPECT_EQ(a.indexes[i].metric, b.indexes[i].metric);
    EXPECT_EQ(a.indexes[i].params, b.indexes[i].params);
    EXPECT_EQ(a.indexes[i].created, b.indexes[i].created);
  }
}

TEST(SchemaCodec, GivesBackRandomCollections) {
  const uint32_t seed = std::random_device{}();
  RandomCollection random(seed);
  for (int round = 0; round < 500; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    const CollectionInfo info = random.Make();
    const Result<CollectionInfo> back = DecodeCollection(EncodeCollection(info));
    ASSERT_TRUE(back.ok()) << back.status().message();
    ExpectEqual(*back, info);
  }
}

TEST(SchemaCodec, SkipsTagsOfTheFuture) {
  const CollectionInfo info = RandomCollection(7).Make();
  std::string bytes;
  Writer writer(&bytes);
  writer.Varint(999);
  writer.Bytes("something new");
  const Result<CollectionInfo> back = DecodeCollection(bytes + EncodeCollection(info));
  ASSERT_TRUE(back.ok());
  ExpectEqual(*back, info);
}

TEST(SchemaCodec, RefusesTruncatedBytes) {
  const std::string bytes = EncodeCollection(RandomCollection(7).Make());
  size_t refused = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    refused += !DecodeCollection(std::string_view(bytes).substr(0, size))
                    .ok();  // whole records may end here
  }
  EXPECT_GT(refused, bytes.size() * 3 / 4);
}

}  // namespace
}  // namespace elanus
