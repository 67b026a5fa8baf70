#include "index/grams.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace elanus::index {
namespace {

class Texts {
 public:
  void Add(std::string_view text) {
    bytes_ += text;
    ends_.push_back(bytes_.size());
    texts_.emplace_back(text);
  }
  ScalarView view() const {
    return {DataType::kVarChar, ends_.size(), reinterpret_cast<const std::byte*>(bytes_.data()),
            ends_.data(), nullptr};
  }
  const std::string& operator[](size_t row) const { return texts_[row]; }
  size_t size() const { return texts_.size(); }

 private:
  std::string bytes_;
  std::vector<uint64_t> ends_;
  std::vector<std::string> texts_;
};

std::string Build(const Texts& texts, int64_t low, int64_t high) {
  ScalarSpec spec;
  spec.part.type = DataType::kVarChar;
  spec.grams = true;
  spec.gram_min = low;
  spec.gram_max = high;
  std::string bytes;
  const Status built = BuildScalar(texts.view(), spec, [&](std::string_view piece) -> Status {
    bytes += piece;
    return {};
  });
  EXPECT_TRUE(built.ok()) << built.message();
  return bytes;
}

TEST(Grams, FindEveryRowThatHoldsTheWords) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (const size_t rows : {0, 1, 64, 5000}) {
    Texts texts;
    for (size_t row = 0; row < rows; ++row) {
      std::string text(random() % 12, ' ');
      for (char& c : text) c = "aaaabcdefghijklmnop"[random() % 19];
      texts.Add(text);
    }
    for (const auto& [low, high] : {std::pair(1, 3), {2, 2}, {3, 100}, {7, 9}}) {
      const std::string bytes = Build(texts, low, high);
      ASSERT_TRUE(Verify(bytes).ok());
      const auto index = OpenScalar(bytes, texts.view());
      ASSERT_TRUE(index.ok()) << index.status().message();
      size_t found_all = 0, held_all = 0;
      for (int i = 0; i < 40; ++i) {
        std::vector<std::string> words(1 + random() % 2);
        for (std::string& word : words) {
          if (rows > 0 && random() % 2 == 0) word = texts[random() % rows].substr(0, 5);
          if (word.empty()) word = i % 2 == 0 ? "abc" : "a";
        }
        if (!(*index)->EstimateWords(words)) continue;
        const Bitmap found = (*index)->Words(words);
        ASSERT_EQ(found.size(), rows);
        for (size_t row = 0; row < rows; ++row) {
          const bool holds = std::all_of(words.begin(), words.end(), [&](const std::string& word) {
            return texts[row].find(word) != std::string::npos;
          });
          EXPECT_TRUE(found.Test(row) || !holds) << row;
          held_all += holds ? 1 : 0;
        }
        found_all += found.Count();
      }
      EXPECT_LE(found_all, 3 * held_all + 100) << "of " << low << " to " << high;
    }
  }
}

TEST(Grams, SayNothingOfWordsThatAreTooShort) {
  Texts texts;
  texts.Add("abc");
  const std::string bytes = Build(texts, 2, 3);
  const auto index = OpenScalar(bytes, texts.view());
  ASSERT_TRUE(index.ok());
  EXPECT_EQ((*index)->EstimateWords({"a"}), std::nullopt);
  EXPECT_EQ((*index)->EstimateWords({}), std::nullopt);
  EXPECT_EQ((*index)->EstimateWords({"ab"}), 1u);
  EXPECT_EQ((*index)->EstimateWords({"abx"}), 0u);
  EXPECT_TRUE((*index)->Words({"abx", "ab"}).None());
}

TEST(Grams, DamageGivesWrongRowsAndReadsNothingOutside) {
  std::mt19937_64 random(7);
  Texts texts;
  for (size_t row = 0; row < 3000; ++row) texts.Add("row " + std::to_string(random() % 500));
  const std::string bytes = Build(texts, 1, 3);
  for (int i = 0; i < 200; ++i) {
    std::string damaged = bytes;
    for (size_t flips = 1 + random() % 2000; flips > 0; --flips)
      damaged[4096 + random() % (bytes.size() - 4096)] = static_cast<char>(random());
    const auto index = OpenScalar(damaged, texts.view());
    if (!index.ok()) continue;
    EXPECT_EQ((*index)->Words({"row 12"}).size(), texts.size());
    EXPECT_EQ((*index)->Words({"r"}).size(), texts.size());
  }
}

}  // namespace
}  // namespace elanus::index
