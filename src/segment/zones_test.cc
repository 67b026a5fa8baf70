#include "segment/zones.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace elanus::segment {
namespace {

using expr::IndexPredicate;

template <typename T>
std::string_view BytesOf(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

IndexPredicate In(std::vector<Value> values) {
  IndexPredicate predicate{};
  predicate.kind = IndexPredicate::Kind::kIn;
  predicate.values = std::move(values);
  return predicate;
}
IndexPredicate Range(std::optional<Value> low, std::optional<Value> high) {
  IndexPredicate predicate{};
  predicate.kind = IndexPredicate::Kind::kRange;
  predicate.low = std::move(low);
  predicate.high = std::move(high);
  return predicate;
}

std::string Blocks(const IndexPredicate& predicate, DataType type, const std::vector<Zone>& zones) {
  const auto test = MakeZoneTest(predicate, type, zones.data());
  if (test == nullptr) return "any";
  std::string blocks;
  for (size_t zone = 0; zone < zones.size(); ++zone) {
    if (test->MayMatch(zone * kZoneRows)) blocks += std::to_string(zone);
  }
  return blocks;
}

TEST(Zones, PassOverBlocksWithoutTheValue) {
  ZoneBuilder builder(DataType::kInt32);
  for (int32_t row = 0; row < 3000; ++row) {
    if (row / 1024 != 1) builder.Add(static_cast<size_t>(row), BytesOf(row - 100));
  }
  const std::vector<Zone> zones = std::move(builder).Take(4000);  // the last block has nothing
  ASSERT_EQ(zones.size(), 4u);
  EXPECT_EQ(Blocks(In({Value(int64_t{-100})}), DataType::kInt32, zones), "0");
  EXPECT_EQ(Blocks(In({Value(int64_t{2000}), Value(int64_t{-1})}), DataType::kInt32, zones), "02");
  EXPECT_EQ(Blocks(In({Value(int64_t{1200})}), DataType::kInt32, zones), "");
  EXPECT_EQ(Blocks(Range(Value(int64_t{500}), std::nullopt), DataType::kInt32, zones), "02");
  EXPECT_EQ(Blocks(Range(std::nullopt, Value(int64_t{-50})), DataType::kInt32, zones), "0");
  EXPECT_EQ(Blocks(In({Value("7")}), DataType::kInt32, zones), "any");
}

TEST(Zones, OfStringsGoByTheirBeginnings) {
  ZoneBuilder builder(DataType::kVarChar);
  for (size_t row = 0; row < 2048; ++row)
    builder.Add(row, row < 1024 ? "document 1" : "people " + std::to_string(row));
  const std::vector<Zone> zones = std::move(builder).Take(2048);
  EXPECT_EQ(Blocks(In({Value("document 2")}), DataType::kVarChar, zones), "0");
  EXPECT_EQ(Blocks(In({Value("documenu")}), DataType::kVarChar, zones), "");
  IndexPredicate prefix{};
  prefix.kind = IndexPredicate::Kind::kPrefix;
  prefix.prefix = "pe";
  EXPECT_EQ(Blocks(prefix, DataType::kVarChar, zones), "1");
  prefix.prefix = "people 12345";
  EXPECT_EQ(Blocks(prefix, DataType::kVarChar, zones), "1");
}

TEST(Zones, NeverPassOverABlockThatHoldsTheValue) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  ZoneBuilder floats(DataType::kFloat);
  std::vector<float> values(5000);
  for (size_t row = 0; row < values.size(); ++row) {
    values[row] =
        random() % 50 == 0
            ? std::numeric_limits<float>::quiet_NaN()
            : static_cast<float>(static_cast<int>(random() % 2000) - static_cast<int>(row / 4)) / 7;
    floats.Add(row, BytesOf(values[row]));
  }
  const std::vector<Zone> zones = std::move(floats).Take(values.size());
  for (int turn = 0; turn < 500; ++turn) {
    const double constant = (static_cast<int>(random() % 3000) - 1500) / 7.0;
    const auto below =
        MakeZoneTest(Range(std::nullopt, Value(constant)), DataType::kFloat, zones.data());
    const auto equal = MakeZoneTest(In({Value(constant)}), DataType::kFloat, zones.data());
    for (size_t row = 0; row < values.size(); ++row) {
      const size_t first = row / kZoneRows * kZoneRows;
      const auto rounded = static_cast<float>(constant);
      EXPECT_TRUE(below->MayMatch(first) || (values[row] > constant && values[row] > rounded) ||
                  std::isnan(values[row]));
      EXPECT_TRUE(equal->MayMatch(first) || values[row] != rounded);
    }
  }
}

}  // namespace
}  // namespace elanus::segment
