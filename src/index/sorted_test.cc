#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "index/test_data.h"

namespace elanus::index {
namespace {

constexpr uint64_t kSeed = 5;

template <typename T>
ScalarView ViewOf(DataType type, const std::vector<T>& values, const uint8_t* valid = nullptr) {
  return {type, values.size(), reinterpret_cast<const std::byte*>(values.data()), nullptr, valid};
}

// Every row's answer against a predicate.
template <typename Fn>
void ExpectRows(const Bitmap& got, size_t rows, Fn expected) {
  ASSERT_EQ(got.size(), rows);
  for (size_t r = 0; r < rows; ++r) EXPECT_EQ(got.Test(r), expected(r)) << "row " << r;
}

TEST(Sorted, IntegersEqualTheNaiveAnswer) {
  std::mt19937_64 random(kSeed);
  std::vector<int32_t> values(2000);
  std::vector<uint8_t> valid(2000);
  for (size_t r = 0; r < 2000; ++r) {
    values[r] = static_cast<int32_t>(random() % 100) - 50;
    valid[r] = random() % 10 != 0;
  }
  const ScalarView view = ViewOf(DataType::kInt32, values, valid.data());
  const std::string bytes = BuildBytes(view);
  auto index = OpenScalar(bytes, view);
  ASSERT_TRUE(index.ok());
  for (int round = 0; round < 50; ++round) {
    const int64_t a = static_cast<int64_t>(random() % 120) - 60,
                  b = static_cast<int64_t>(random() % 120) - 60;
    const bool ai = random() % 2, bi = random() % 2;
    const auto within = [&](size_t r) {
      return valid[r] && (ai ? values[r] >= a : values[r] > a) &&
             (bi ? values[r] <= b : values[r] < b);
    };
    const Bitmap got = (*index)->Range(Bound{Value(a), ai}, Bound{Value(b), bi});
    ExpectRows(got, 2000, within);
    EXPECT_EQ((*index)->EstimateRange(Bound{Value(a), ai}, Bound{Value(b), bi}), got.Count());
    ExpectRows((*index)->In({Value(a), Value(b)}), 2000,
               [&](size_t r) { return valid[r] && (values[r] == a || values[r] == b); });
    ExpectRows((*index)->Range(Bound{Value(a), ai}, std::nullopt), 2000,
               [&](size_t r) { return valid[r] && (ai ? values[r] >= a : values[r] > a); });
  }
  ExpectRows((*index)->Range(Bound{Value(1.5), true}, std::nullopt), 2000,
             [&](size_t r) { return valid[r] && values[r] >= 2; });
  EXPECT_TRUE((*index)->In({Value("text")}).None());
}

TEST(Sorted, LargeIntegersAreComparedExactly) {
  const int64_t big = int64_t{1} << 62;
  const std::vector<int64_t> values = {big, big + 1, -big, std::numeric_limits<int64_t>::max()};
  const ScalarView view = ViewOf(DataType::kInt64, values);
  const std::string bytes = BuildBytes(view);
  auto index = OpenScalar(bytes, view);
  ASSERT_TRUE(index.ok());
  ExpectRows((*index)->In({Value(big + 1)}), 4, [](size_t r) { return r == 1; });
  ExpectRows((*index)->Range(Bound{Value(big), false}, std::nullopt), 4,
             [](size_t r) { return r == 1 || r == 3; });
}

TEST(Sorted, NaNMatchesNothing) {
  const std::vector<double> values = {1, std::nan(""), -2, INFINITY, -0.0};
  const ScalarView view = ViewOf(DataType::kDouble, values);
  const std::string bytes = BuildBytes(view);
  auto index = OpenScalar(bytes, view);
  ASSERT_TRUE(index.ok());
  ExpectRows((*index)->Range(std::nullopt, std::nullopt), 5, [](size_t r) { return r != 1; });
  ExpectRows((*index)->In({Value(0.0)}), 5, [](size_t r) { return r == 4; });
  EXPECT_TRUE((*index)->In({Value(std::nan(""))}).None());
}

TEST(Sorted, BooleansMatchBooleans) {
  const std::vector<uint8_t> values = {0, 1, 1, 0};
  const ScalarView view = ViewOf(DataType::kBool, values);
  const std::string bytes = BuildBytes(view);
  auto index = OpenScalar(bytes, view);
  ASSERT_TRUE(index.ok());
  ExpectRows((*index)->In({Value(true)}), 4, [](size_t r) { return r == 1 || r == 2; });
}

TEST(Sorted, StringsEqualTheNaiveAnswer) {
  std::mt19937_64 random(kSeed);
  std::vector<std::string> values;
  std::vector<uint64_t> ends;
  std::string all;
  for (size_t r = 0; r < 1000; ++r) {
    std::string s;
    for (size_t i = random() % 4; i > 0; --i) s += static_cast<char>('a' + random() % 3);
    if (r == 7) s = "\xff\xff";
    values.push_back(s);
    all += s;
    ends.push_back(all.size());
  }
  const ScalarView view{DataType::kVarChar, 1000, reinterpret_cast<const std::byte*>(all.data()),
                        ends.data(), nullptr};
  const std::string bytes = BuildBytes(view);
  auto index = OpenScalar(bytes, view);
  ASSERT_TRUE(index.ok());
  for (const std::string probe : {"", "a", "ab", "abc", "b", "cc", "d", "\xff", "zzz"}) {
    ExpectRows((*index)->In({Value(probe)}), 1000, [&](size_t r) { return values[r] == probe; });
    ExpectRows((*index)->Prefix(probe), 1000,
               [&](size_t r) { return values[r].starts_with(probe); });
    ExpectRows((*index)->Range(Bound{Value(probe), false}, Bound{Value("c"), true}), 1000,
               [&](size_t r) { return values[r] > probe && values[r] <= "c"; });
    EXPECT_EQ((*index)->EstimateRange(std::nullopt, Bound{Value(probe), true}),
              (*index)->Range(std::nullopt, Bound{Value(probe), true}).Count());
  }
  EXPECT_TRUE((*index)->In({Value(int64_t{3})}).None());
}

TEST(Sorted, RefusesAnotherColumnsFileAndUnbuiltTypes) {
  const std::vector<int64_t> values = {1, 2, 3};
  const std::string bytes = BuildBytes(ViewOf(DataType::kInt64, values));
  EXPECT_EQ(OpenScalar(bytes, ViewOf(DataType::kInt64, std::vector<int64_t>{1, 2})).status().code(),
            Code::kCorruption);
  EXPECT_EQ(
      OpenScalar(bytes, ViewOf(DataType::kDouble, std::vector<double>{1, 2, 3})).status().code(),
      Code::kCorruption);
  EXPECT_EQ(BuildScalar({DataType::kArray, 0, nullptr, nullptr, nullptr}, nullptr).code(),
            Code::kUnimplemented);
}

}  // namespace
}  // namespace elanus::index
