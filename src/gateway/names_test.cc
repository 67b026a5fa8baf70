#include "gateway/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/params.h"

namespace elanus::gateway {
namespace {

using testing::HasSubstr;

TEST(Names, CollectionNamesAreWordsThatStartWithALetter) {
  const Limits limits;
  EXPECT_TRUE(CheckCollectionName("_Books_2", limits).ok());
  EXPECT_TRUE(CheckCollectionName(std::string(255, 'a'), limits).ok());
  const std::pair<std::string, std::string> bad[] = {
      {"", "collection name should not be empty: invalid parameter"},
      {"2b", "Invalid collection name: 2b. "},
      {"2b",
       "the first character of a collection name must be an underscore or letter: invalid "
       "parameter"},
      {"a b",
       "collection name can only contain numbers, letters and underscores: invalid parameter"},
      {"a-b", "can only contain numbers, letters and underscores"},
      {std::string(256, 'a'), "must be less than 255 characters"},
      {" ", "the first character of a collection name must be an underscore or letter"},
  };
  for (const auto& [name, text] : bad) {
    const Status status = CheckCollectionName(name, limits);
    EXPECT_EQ(status.code(), Code::kParameterInvalid) << name;
    EXPECT_THAT(status.message(), HasSubstr(text));
  }
}

TEST(Names, AliasesAreToldApartInTheText) {
  EXPECT_THAT(CheckAliasName("1a", Limits()).message(), HasSubstr("Invalid collection alias: 1a"));
}

TEST(Names, FieldNamesExcludeKeywords) {
  const Limits limits;
  for (const std::string name : {"id", "_x", "And", "Null_"}) {
    EXPECT_TRUE(CheckFieldName(name, limits).ok()) << name;
  }
  for (const std::string name : {"and", "like", "TRUE", "nUlL", "ARRAY_LENGTH", "RANDOM_SAMPLE"}) {
    const Status status = CheckFieldName(name, limits);
    EXPECT_EQ(status.code(), Code::kFieldInvalidName) << name;
    EXPECT_EQ(status.message(), "Invalid field name: " + name + ". " + name +
                                    " is keyword in milvus.: field name invalid[field=" + name +
                                    "]");
  }
  EXPECT_THAT(CheckFieldName("$meta", limits).message(),
              HasSubstr("must be an underscore or letter"));
}

TEST(Names, PartitionNamesMayStartWithADigitAndHoldDashes) {
  const Limits limits;
  EXPECT_TRUE(CheckPartitionName("2024-01", PartitionNameUse::kDeclare, limits).ok());
  EXPECT_FALSE(CheckPartitionName("a b", PartitionNameUse::kDeclare, limits).ok());
  EXPECT_TRUE(CheckPartitionName("a b", PartitionNameUse::kLookUp, limits).ok());
  EXPECT_THAT(CheckPartitionName(" ", PartitionNameUse::kLookUp, limits).message(),
              HasSubstr("Partition name should not be empty."));
}

TEST(Names, IndexNamesMayHoldBracketsOrBeEmpty) {
  EXPECT_TRUE(CheckIndexName("", Limits()).ok());
  EXPECT_TRUE(CheckIndexName("meta[a]", Limits()).ok());
  EXPECT_THAT(CheckIndexName("a-b", Limits()).message(), HasSubstr("Invalid index name: a-b. "));
}

TEST(Names, DatabaseNamesHaveTheirOwnCode) {
  EXPECT_EQ(CheckDatabaseName("1", Limits()).code(), Code::kDatabaseInvalidName);
}

TEST(ParseInteger, ReadsWhatGoReadsWithBaseZero) {
  EXPECT_EQ(ParseInteger("10"), 10);
  EXPECT_EQ(ParseInteger("-1"), -1);
  EXPECT_EQ(ParseInteger("0x1F"), 31);
  EXPECT_EQ(ParseInteger("010"), 8);
  EXPECT_EQ(ParseInteger("0"), 0);
  EXPECT_EQ(ParseInteger("-9223372036854775808"), INT64_MIN);
  for (const char* bad : {"", "a", "1.0", "10 ", "9223372036854775808", "-"}) {
    EXPECT_EQ(ParseInteger(bad), std::nullopt) << bad;
  }
}

TEST(FlattenIndexParams, PutsMembersOfParamsBesideTheOthers) {
  const Result<Properties> flat = FlattenIndexParams(
      {{"index_type", "HNSW"}, {"params", R"({"M": 16, "ef": "8", "on": true, "l": [1, 2]})"}});
  ASSERT_TRUE(flat.ok());
  const Properties expected = {
      {"index_type", "HNSW"}, {"M", "16"}, {"ef", "8"}, {"on", "true"}, {"l", "[1,2]"}};
  EXPECT_EQ(*flat, expected);
  EXPECT_THAT(FlattenIndexParams({{"a", "1"}, {"a", "2"}}).status().message(),
              HasSubstr("duplicated index param (key=a) (value=2) found"));
}

}  // namespace
}  // namespace elanus::gateway
