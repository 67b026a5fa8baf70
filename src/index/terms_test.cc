// Indexes of the terms of texts.
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "index/scalar_index.h"

namespace elanus::index {
namespace {

struct Texts {
  std::string bytes;
  std::vector<uint64_t> ends;
  std::vector<uint8_t> valid;

  void Add(std::string_view text, bool present = true) {
    bytes += text;
    ends.push_back(bytes.size());
    valid.push_back(present ? 1 : 0);
  }
  ScalarView view() const {
    return {DataType::kVarChar, ends.size(), reinterpret_cast<const std::byte*>(bytes.data()),
            ends.data(), valid.data()};
  }
};

ScalarSpec WordsBySpaces() {
  ScalarSpec spec;
  spec.part.type = DataType::kVarChar;
  spec.part.terms = true;
  spec.cut = [](std::string_view text, const std::function<void(std::string_view)>& term) {
    std::istringstream words{std::string(text)};
    for (std::string word; words >> word;) term(word);
  };
  return spec;
}

std::string Built(const ScalarView& column, const ScalarSpec& spec) {
  std::string bytes;
  const Status built = BuildScalar(column, spec, [&bytes](std::string_view piece) {
    bytes += piece;
    return Status();
  });
  EXPECT_TRUE(built.ok()) << built.message();
  return bytes;
}

std::set<uint32_t> RowsOf(const Bitmap& bits) {
  std::set<uint32_t> rows;
  bits.ForEach([&rows](size_t row) { rows.insert(static_cast<uint32_t>(row)); });
  return rows;
}

TEST(Terms, LeadToTheRowsThatHaveThem) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Texts texts;
  std::map<std::string, std::set<uint32_t>> rows_with;
  for (uint32_t row = 0; row < 3000; ++row) {
    const bool present = random() % 10 != 0;
    std::string text;
    for (uint64_t n = random() % 8; n > 0; --n) {
      const std::string word = "w" + std::to_string(random() % 200);
      text += word + " ";
      if (present) rows_with[word].insert(row);
    }
    texts.Add(present ? text : "", present);
  }
  const std::string bytes = Built(texts.view(), WordsBySpaces());
  const auto index = OpenScalar(bytes, texts.view());
  ASSERT_TRUE(index.ok()) << index.status().message();
  EXPECT_TRUE((*index)->part().terms);
  EXPECT_FALSE((*index)->part().elements);
  for (const auto& [word, rows] : rows_with) {
    EXPECT_EQ(RowsOf((*index)->In({Value(word)})), rows) << word;
    const Bound bound{Value(word), true};
    EXPECT_EQ((*index)->EstimateRange(bound, bound), rows.size()) << word;
  }
  std::set<uint32_t> both = rows_with["w1"];
  both.insert(rows_with["w2"].begin(), rows_with["w2"].end());
  EXPECT_EQ(RowsOf((*index)->In({Value("w1"), Value("w2"), Value("none")})), both);
  EXPECT_TRUE(RowsOf((*index)->In({Value("none")})).empty());
}

TEST(Terms, OfNoTextsAreNone) {
  Texts texts;
  texts.Add("", false);
  texts.Add("");
  const std::string bytes = Built(texts.view(), WordsBySpaces());
  const auto index = OpenScalar(bytes, texts.view());
  ASSERT_TRUE(index.ok());
  EXPECT_TRUE(RowsOf((*index)->In({Value("")})).empty());
}

}  // namespace
}  // namespace elanus::index
