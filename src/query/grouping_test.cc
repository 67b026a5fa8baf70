#include "query/grouping.h"

#include <limits>
#include <map>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus::query {
namespace {

using ::testing::HasSubstr;

constexpr size_t kAny = 1 << 20;

Column Longs(const std::vector<int64_t>& values) {
  Column column(FieldId(1), DataType::kInt64);
  column.AppendFixed(values.data(), values.size());
  return column;
}

// All rows of columns; a null pointer where rows are counted.
Status AddAll(Grouping* grouping, const std::vector<const Column*>& keys,
              const std::vector<const Column*>& values, const BlockRows& rows) {
  std::vector<BlockScratch> scratch(keys.size() + values.size());
  std::vector<Block> key_blocks;
  std::vector<std::optional<Block>> value_blocks;
  BlockScratch* next = scratch.data();
  for (const Column* key : keys) key_blocks.push_back(BlockOf(*key, 0, key->rows(), next++));
  for (const Column* column : values) {
    value_blocks.emplace_back();
    if (column != nullptr) value_blocks.back() = BlockOf(*column, 0, column->rows(), next++);
  }
  return grouping->Add(key_blocks, value_blocks, rows);
}

TEST(Grouping, WithoutKeysIsOneGroupAlsoOfNoRows) {
  Grouping grouping(
      {}, {{AggregateOp::kCount, {}, {}}, {AggregateOp::kSum, FieldId(1), DataType::kInt64}}, kAny);
  const std::vector<Column> columns = grouping.Take();
  ASSERT_EQ(columns.size(), 2u);
  ASSERT_EQ(columns[0].rows(), 1u);
  EXPECT_EQ(columns[0].as<int64_t>()[0], 0);
  EXPECT_TRUE(columns[1].IsNull(0));
}

TEST(Grouping, WithKeysAndNoRowsHasNoGroup) {
  Grouping grouping({{FieldId(1), DataType::kInt64}}, {{AggregateOp::kCount, {}, {}}}, kAny);
  const std::vector<Column> columns = grouping.Take();
  EXPECT_EQ(columns[0].rows(), 0u);
  EXPECT_EQ(columns[1].rows(), 0u);
}

TEST(Grouping, NullsAreAGroupAndNoValues) {
  Column keys(FieldId(1), DataType::kVarChar);
  keys.MakeNullable();
  Column values(FieldId(2), DataType::kDouble);
  values.MakeNullable();
  const auto add = [&](const char* key, std::optional<double> value) {
    key != nullptr ? keys.AppendString(key) : keys.AppendNull();
    value.has_value() ? values.Append(*value) : values.AppendNull();
  };
  add("a", 1.5);
  add(nullptr, 2);
  add("a", std::nullopt);
  add(nullptr, 3);
  add("", std::nullopt);
  Grouping grouping({{FieldId(1), DataType::kVarChar}},
                    {{AggregateOp::kCount, {}, {}},
                     {AggregateOp::kCount, FieldId(2), DataType::kDouble},
                     {AggregateOp::kMax, FieldId(2), DataType::kDouble}},
                    kAny);
  ASSERT_TRUE(AddAll(&grouping, {&keys}, {nullptr, &values, &values}, {5}).ok());
  const std::vector<Column> columns = grouping.Take();
  ASSERT_EQ(columns[0].rows(), 3u);
  EXPECT_EQ(columns[0].String(0), "a");
  EXPECT_TRUE(columns[0].IsNull(1));
  EXPECT_EQ(columns[1].as<int64_t>()[0], 2);
  EXPECT_EQ(columns[2].as<int64_t>()[0], 1);
  EXPECT_EQ(columns[3].as<double>()[1], 3);
  EXPECT_FALSE(columns[0].IsNull(2));
  EXPECT_TRUE(columns[3].IsNull(2));
}

TEST(Grouping, ASumOutsideOfInt64IsRefused) {
  Grouping grouping({}, {{AggregateOp::kSum, FieldId(1), DataType::kInt64}}, kAny);
  const Column values = Longs({std::numeric_limits<int64_t>::max(), 1});
  EXPECT_THAT(AddAll(&grouping, {}, {&values}, {2}).message(), HasSubstr("outside of Int64"));
}

TEST(Grouping, TooManyGroupsAreRefused) {
  Grouping grouping({{FieldId(1), DataType::kInt64}}, {{AggregateOp::kCount, {}, {}}}, 2);
  const Column keys = Longs({1, 2, 1, 3});
  EXPECT_THAT(AddAll(&grouping, {&keys}, {nullptr}, {4}).message(),
              HasSubstr("too many groups (3). Add filters or increase common.groupBy.maxGroups"));
}

TEST(Grouping, AgreesWithAMapOverManyBlocks) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  struct Want {
    int64_t rows = 0, sum = 0;
    int16_t smallest = std::numeric_limits<int16_t>::max();
    std::string largest;
  };
  std::map<std::pair<std::string, int8_t>, Want> want;
  Grouping grouping({{FieldId(1), DataType::kVarChar}, {FieldId(2), DataType::kInt8}},
                    {{AggregateOp::kCount, {}, {}},
                     {AggregateOp::kSum, FieldId(3), DataType::kInt16},
                     {AggregateOp::kMin, FieldId(3), DataType::kInt16},
                     {AggregateOp::kMax, FieldId(1), DataType::kVarChar}},
                    kAny);
  for (int block = 0; block < 20; ++block) {
    Column names(FieldId(1), DataType::kVarChar);
    Column marks(FieldId(2), DataType::kInt8);
    Column values(FieldId(3), DataType::kInt16);
    for (int row = 0; row < 500; ++row) {
      const std::string name = "name " + std::to_string(random() % 300);
      const auto mark = static_cast<int8_t>(random() % 3);
      const auto value = static_cast<int16_t>(random());
      names.AppendString(name);
      marks.Append(mark);
      values.Append(value);
      Want& one = want[{name, mark}];
      ++one.rows;
      one.sum += value;
      one.smallest = std::min(one.smallest, value);
      one.largest = std::max(one.largest, name);
    }
    ASSERT_TRUE(
        AddAll(&grouping, {&names, &marks}, {nullptr, &values, &values, &names}, {500}).ok());
  }
  ASSERT_EQ(grouping.groups(), want.size());
  const std::vector<Column> columns = grouping.Take();
  for (size_t group = 0; group < want.size(); ++group) {
    const auto found =
        want.find({std::string(columns[0].String(group)), columns[1].as<int8_t>()[group]});
    ASSERT_NE(found, want.end());
    EXPECT_EQ(columns[2].as<int64_t>()[group], found->second.rows);
    EXPECT_EQ(columns[3].as<int64_t>()[group], found->second.sum);
    EXPECT_EQ(columns[4].as<int16_t>()[group], found->second.smallest);
    EXPECT_EQ(columns[5].String(group), found->second.largest);
  }
}

TEST(Grouping, NullsAndTheirPlaceholdersAreDifferentKeys) {
  Column keys(FieldId(1), DataType::kInt32);
  for (const int32_t key : {7, 0, 7}) keys.Append(key);
  keys.AppendNull();  // its placeholder is 0
  keys.AppendNull();
  Grouping grouping({{FieldId(1), DataType::kInt32}}, {{AggregateOp::kCount, {}, {}}}, kAny);
  ASSERT_TRUE(AddAll(&grouping, {&keys}, {nullptr}, {5}).ok());
  const std::vector<Column> columns = grouping.Take();
  ASSERT_EQ(columns[0].rows(), 3u);
  EXPECT_TRUE(columns[0].IsNull(2));
  EXPECT_EQ(columns[1].as<int64_t>()[1], 1);
  EXPECT_EQ(columns[1].as<int64_t>()[2], 2);
}

TEST(Grouping, OnlyTheChosenPlacesOfABlockTakePart) {
  const Column keys = Longs({1, 2, 1, 3, 2});
  const Column values = Longs({10, 20, 30, 40, 50});
  const std::vector<uint32_t> places = {1, 2, 4};
  Grouping grouping({{FieldId(1), DataType::kInt64}},
                    {{AggregateOp::kSum, FieldId(1), DataType::kInt64}}, kAny);
  ASSERT_TRUE(AddAll(&grouping, {&keys}, {&values}, {places.size(), places.data()}).ok());
  EXPECT_EQ(grouping.last_rows(), (std::vector<uint32_t>{0, 1, 0}));
  const std::vector<Column> columns = grouping.Take();
  EXPECT_EQ(columns[1].as<int64_t>()[0], 70);
  EXPECT_EQ(columns[1].as<int64_t>()[1], 30);
}

}  // namespace
}  // namespace elanus::query
