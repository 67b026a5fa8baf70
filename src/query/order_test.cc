#include "query/order.h"

#include <algorithm>
#include <limits>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus::query {
namespace {

using ::testing::ElementsAre;

Column Doubles(const std::vector<double>& values) {
  Column column(FieldId{1}, DataType::kDouble);
  column.AppendFixed(values.data(), values.size());
  return column;
}

Column Strings(const std::vector<std::string>& values) {
  Column column(FieldId{2}, DataType::kVarChar);
  for (const std::string& value : values) column.AppendString(value);
  return column;
}

TEST(Order, NumbersBelowNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Column> columns = {Doubles({nan, 2, -1, -0.0, 0, -5})};
  EXPECT_THAT(FirstInOrder({{FieldId{1}}}, columns, 10), ElementsAre(5, 2, 3, 4, 1, 0));
  EXPECT_THAT(FirstInOrder({{FieldId{1}, false}}, columns, 2), ElementsAre(0, 1));
}

TEST(Order, StringsBeyondTheirFirstBytes) {
  const std::vector<Column> columns = {Strings({"elephant-b", "elephant", "elephant-a", ""})};
  EXPECT_THAT(FirstInOrder({{FieldId{2}}}, columns, 4), ElementsAre(3, 1, 2, 0));
  EXPECT_THAT(FirstInOrder({{FieldId{2}, false}}, columns, 4), ElementsAre(0, 2, 1, 3));
}

TEST(Order, NullsAreWhereTheyAreAskedToBe) {
  Column column(FieldId{1}, DataType::kInt8);
  column.Append<int8_t>(-3);
  column.MakeNullable();
  column.AppendNull();
  column.Append<int8_t>(2);
  const std::vector<Column> columns = {column};
  EXPECT_THAT(FirstInOrder({{FieldId{1}, true, false}}, columns, 3), ElementsAre(0, 2, 1));
  EXPECT_THAT(FirstInOrder({{FieldId{1}, true, true}}, columns, 3), ElementsAre(1, 0, 2));
  EXPECT_THAT(FirstInOrder({{FieldId{1}, false, true}}, columns, 3), ElementsAre(1, 2, 0));
}

TEST(Order, LaterKeysDecideAmongEqualsAndRowsAtLast) {
  const std::vector<Column> columns = {Strings({"b", "a", "a", "b", "a"}),
                                       Doubles({1, 2, 3, 4, 3})};
  EXPECT_THAT(FirstInOrder({{FieldId{2}}, {FieldId{1}, false}}, columns, 5),
              ElementsAre(2, 4, 1, 3, 0));
}

TEST(Order, AgreesWithAStableSortOfAllRows) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Column small(FieldId{1}, DataType::kInt16);
  Column large(FieldId{2}, DataType::kInt64);
  for (int i = 0; i < 2000; ++i) {
    small.Append(static_cast<int16_t>(static_cast<int>(random() % 7) - 3));
    large.Append(static_cast<int64_t>(random()) - static_cast<int64_t>(random()) * 1000);
  }
  std::vector<uint32_t> want(2000);
  for (uint32_t i = 0; i < 2000; ++i) want[i] = i;
  const auto* s = small.as<int16_t>();
  const auto* l = large.as<int64_t>();
  std::stable_sort(want.begin(), want.end(), [&](uint32_t a, uint32_t b) {
    return s[a] != s[b] ? s[a] > s[b] : l[a] < l[b];
  });
  for (const size_t wanted : {size_t{0}, size_t{1}, size_t{100}, size_t{2000}}) {
    EXPECT_EQ(FirstInOrder({{FieldId{1}, false}, {FieldId{2}}}, {small, large}, wanted),
              std::vector<uint32_t>(want.begin(), want.begin() + static_cast<ptrdiff_t>(wanted)));
  }
}

// Which rows OrderBound leaves of all those of `columns`.
std::vector<uint32_t> Left(const std::vector<OrderKey>& keys, const std::vector<Column>& columns,
                           uint32_t bound) {
  const size_t rows = columns[0].rows();
  std::vector<uint64_t> active((rows + 63) / 64, ~uint64_t{0});
  if (rows % 64 != 0) active.back() = (uint64_t{1} << rows % 64) - 1;
  std::vector<BlockScratch> scratch(keys.size());
  OrderBound(keys, columns, bound)
      .Prune([&](size_t key) { return BlockOf(columns[key], 0, rows, &scratch[key]); }, rows,
             active.data());
  std::vector<uint32_t> left;
  for (uint32_t row = 0; row < rows; ++row) {
    if (active[row / 64] >> row % 64 & 1) left.push_back(row);
  }
  return left;
}

TEST(OrderBound, LeavesWhatDoesNotComeAfterIt) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr uint32_t kRows = 1000;
  Column number(FieldId{1}, DataType::kInt32);
  Column fraction(FieldId{2}, DataType::kFloat);
  Column text(FieldId{3}, DataType::kVarChar);
  number.MakeNullable();
  for (uint32_t row = 0; row < kRows; ++row) {
    random() % 10 == 0 ? number.AppendNull() : number.Append(static_cast<int32_t>(random() % 9));
    fraction.Append(random() % 20 == 0 ? std::numeric_limits<float>::quiet_NaN()
                                       : static_cast<float>(random() % 5) - 2);
    text.AppendString("a common beginning " + std::to_string(random() % 50));
  }
  for (int turn = 0; turn < 50; ++turn) {
    std::vector<OrderKey> keys = {{FieldId{1}}, {FieldId{2}}, {FieldId{3}}};
    for (OrderKey& key : keys) {
      key.ascending = random() % 2 == 0;
      key.nulls_first = random() % 2 == 0;
    }
    std::vector<Column> columns = {number, fraction, text};
    const size_t first = random() % 3;  // each column leads at times
    std::swap(keys[0], keys[first]);
    std::swap(columns[0], columns[first]);
    const std::vector<uint32_t> order = FirstInOrder(keys, columns, kRows);
    const size_t at = random() % kRows;
    const std::vector<uint32_t> left = Left(keys, columns, order[at]);
    // All before it, and of those after it only what compares equal: these follow at once.
    std::vector<uint32_t> want(order.begin(), order.begin() + static_cast<ptrdiff_t>(left.size()));
    std::sort(want.begin(), want.end());
    ASSERT_GT(left.size(), at);
    EXPECT_EQ(left, want);
    for (size_t i = at; i < left.size(); ++i) {
      EXPECT_EQ(columns[0].IsNull(order[i]), columns[0].IsNull(order[at]));
      EXPECT_EQ(columns[2].String(order[i]), columns[2].String(order[at]));
    }
  }
}

}  // namespace
}  // namespace elanus::query
