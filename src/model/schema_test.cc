#include "model/schema.h"

#include <gtest/gtest.h>

namespace elanus {
namespace {

CollectionInfo MakeCollection() {
  CollectionInfo info;
  info.schema.fields.resize(3);
  info.schema.fields[0].id = FieldId(100);
  info.schema.fields[0].name = "id";
  info.schema.fields[0].primary = true;
  info.schema.fields[1].id = FieldId(101);
  info.schema.fields[1].name = "tenant";
  info.schema.fields[1].partition_key = true;
  info.schema.fields[2].id = FieldId(102);
  info.schema.fields[2].name = std::string(kDynamicFieldName);
  info.schema.fields[2].dynamic = true;
  info.partitions = {{PartitionId(1), "_default", 0, false}, {PartitionId(2), "p", 0, true}};
  info.indexes.resize(2);
  info.indexes[0].field = FieldId(101);
  info.indexes[0].name = "first";
  info.indexes[1].field = FieldId(101);
  info.indexes[1].name = "second";
  info.indexes[1].params = {{"M", "16"}};
  return info;
}

TEST(Schema, FindsFieldsByNameAndId) {
  const Schema schema = MakeCollection().schema;
  EXPECT_EQ(schema.Find("tenant")->id, FieldId(101));
  EXPECT_EQ(schema.Find(FieldId(100))->name, "id");
  EXPECT_EQ(schema.Find("none"), nullptr);
  EXPECT_EQ(schema.Find(FieldId(1)), nullptr);
  EXPECT_EQ(schema.primary().name, "id");
  EXPECT_EQ(schema.partition_key()->name, "tenant");
  EXPECT_EQ(schema.dynamic_field()->name, "$meta");
  EXPECT_EQ(Schema().dynamic_field(), nullptr);
  EXPECT_EQ(Schema().partition_key(), nullptr);
}

TEST(Collection, FindsPartitionsAndIndexes) {
  const CollectionInfo info = MakeCollection();
  EXPECT_EQ(info.FindPartition("p")->id, PartitionId(2));
  EXPECT_EQ(info.FindPartition(PartitionId(1))->name, "_default");
  EXPECT_EQ(info.FindPartition("q"), nullptr);
  EXPECT_EQ(info.FindIndex(FieldId(101))->name, "first");
  EXPECT_EQ(info.FindIndex(FieldId(100)), nullptr);
  EXPECT_EQ(*info.indexes[1].Param("M"), "16");
  EXPECT_EQ(info.indexes[1].Param("N"), nullptr);
}

TEST(Properties, TheLastOfEqualKeysWins) {
  const Properties properties = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
  EXPECT_EQ(*FindProperty(properties, "a"), "3");
  EXPECT_EQ(FindProperty(properties, "c"), nullptr);
}

TEST(Properties, BooleansAreSpelledAsClientsDo) {
  for (const char* text : {"true", "True", "TRUE", "1"}) EXPECT_EQ(ParseBool(text), true) << text;
  for (const char* text : {"false", "False", "FALSE", "0"})
    EXPECT_EQ(ParseBool(text), false) << text;
  for (const char* text : {"", "yes", "tRUE", "2"})
    EXPECT_EQ(ParseBool(text), std::nullopt) << text;
  EXPECT_TRUE(IsTrue({{"a", "True"}}, "a"));
  EXPECT_FALSE(IsTrue({{"a", "False"}}, "a"));
  EXPECT_FALSE(IsTrue({{"a", "yes"}}, "a"));
  EXPECT_FALSE(IsTrue({{"a", "True"}}, "b"));
}

TEST(Types, NamesAreMilvuss) {
  EXPECT_EQ(NameOf(DataType::kVarChar), "VarChar");
  EXPECT_EQ(NameOf(DataType::kSparseFloatVector), "SparseFloatVector");
  EXPECT_EQ(NameOf(Metric::kCosine), "COSINE");
  EXPECT_EQ(*MetricFromName("cosine"), Metric::kCosine);
  EXPECT_EQ(*MetricFromName("L2"), Metric::kL2);
  EXPECT_FALSE(MetricFromName("").ok());
  EXPECT_FALSE(MetricFromName("BM26").ok());
}

}  // namespace
}  // namespace elanus
