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

}  // namespace
}  // namespace elanus::query
