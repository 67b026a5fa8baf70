#include "segment/blooms.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/hash.h"

namespace elanus::segment {
namespace {

Blooms Of(const std::string& section, size_t rows) {
  return {{reinterpret_cast<const std::byte*>(section.data()), section.size()}, rows};
}

std::string BlocksWith(const Blooms& blooms, size_t blocks, std::string_view value) {
  std::string found;
  for (size_t block = 0; block < blocks; ++block) {
    if (blooms.MayHold(block * kBloomRows, HashBytes(value))) found += std::to_string(block);
  }
  return found;
}

TEST(Blooms, TellWhichBlocksHoldAValue) {
  BloomBuilder builder(DataType::kVarChar);
  for (size_t row = 0; row < 5000; ++row) {
    if (row / kBloomRows == 2) continue;  // nulls
    builder.Add(row, row / kBloomRows == 3 ? "same" : "value " + std::to_string(row));
  }
  builder.Add(5100, "same");
  const std::string section = std::move(builder).Take(6 * kBloomRows);
  const Blooms blooms = Of(section, 6 * kBloomRows);
  EXPECT_EQ(BlocksWith(blooms, 6, "value 0"), "0");
  EXPECT_EQ(BlocksWith(blooms, 6, "value 1500"), "1");
  EXPECT_EQ(BlocksWith(blooms, 6, "same"), "34");
  EXPECT_EQ(BlocksWith(blooms, 6, "value 2500"), "");
}

TEST(Blooms, ErrOnOneSideAndSeldom) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  constexpr size_t kBlocks = 50;
  std::vector<std::string> values(kBlocks * kBloomRows);
  BloomBuilder builder(DataType::kVarChar);
  for (size_t row = 0; row < values.size(); ++row) {
    values[row] = std::to_string(random());
    builder.Add(row, values[row]);
  }
  const std::string section = std::move(builder).Take(values.size());
  EXPECT_LT(section.size(), values.size() * 11 / 8);
  const Blooms blooms = Of(section, values.size());
  size_t wrong = 0;
  for (size_t row = 0; row < values.size(); ++row) {
    EXPECT_TRUE(blooms.MayHold(row, HashBytes(values[row])));
    wrong += blooms.MayHold(row, HashBytes(std::to_string(random()))) ? 1 : 0;
  }
  EXPECT_LT(wrong, values.size() / 40);
}

TEST(Blooms, FewDifferentValuesTakeLittle) {
  BloomBuilder builder(DataType::kVarChar);
  for (size_t row = 0; row < 10 * kBloomRows; ++row) builder.Add(row, std::to_string(row % 7));
  EXPECT_EQ(std::move(builder).Take(10 * kBloomRows).size(), 64u + 10 * 32);
}

TEST(Blooms, OfOneBlockOrOtherTypesThereAreNone) {
  BloomBuilder one(DataType::kVarChar);
  one.Add(0, "x");
  EXPECT_EQ(std::move(one).Take(kBloomRows), "");
  BloomBuilder number(DataType::kInt64);
  number.Add(0, "12345678");
  EXPECT_EQ(std::move(number).Take(5000), "");
}

TEST(Blooms, AnyBytesAreReadWithinTheirBounds) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::string section(random() % 300, '\0');
    for (char& c : section) c = static_cast<char>(random() % 4 == 0 ? random() : 0);
    const std::vector<char> exact(section.begin(), section.end());  // for the sanitizer
    const Blooms blooms({reinterpret_cast<const std::byte*>(exact.data()), exact.size()},
                        random() % 20000);
    for (size_t row = 0; row < 30000; row += 512) blooms.MayHold(row, random());
  }
}

expr::IndexPredicate In(std::vector<Value> values) {
  expr::IndexPredicate predicate{};
  predicate.kind = expr::IndexPredicate::Kind::kIn;
  predicate.values = std::move(values);
  return predicate;
}

TEST(Blooms, DecideAboutAFewStrings) {
  BloomBuilder builder(DataType::kVarChar);
  for (size_t row = 0; row < 3 * kBloomRows; ++row)
    builder.Add(row, "value " + std::to_string(row));
  const std::string section = std::move(builder).Take(3 * kBloomRows);
  const Blooms blooms = Of(section, 3 * kBloomRows);
  const auto two = WithBlooms(In({Value("value 5"), Value("value 3000")}), blooms, nullptr);
  EXPECT_TRUE(two->MayMatch(0));
  EXPECT_FALSE(two->MayMatch(kBloomRows));
  EXPECT_TRUE(two->MayMatch(2 * kBloomRows));
  EXPECT_EQ(WithBlooms(In(std::vector<Value>(17, Value("x"))), blooms, nullptr), nullptr);
  EXPECT_EQ(WithBlooms(In({Value(int64_t{5})}), blooms, nullptr), nullptr);
  EXPECT_EQ(WithBlooms(In({Value("x")}), Blooms(), nullptr), nullptr);
}

}  // namespace
}  // namespace elanus::segment
