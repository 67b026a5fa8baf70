#include "model/bitmap.h"

#include <set>

#include <gtest/gtest.h>

namespace elanus {
namespace {

TEST(Bitmap, KeepsItsTailClear) {
  for (const size_t rows : {0, 1, 63, 64, 65, 1000}) {
    Bitmap bitmap(rows, true);
    EXPECT_EQ(bitmap.Count(), rows);
    bitmap.Flip();
    EXPECT_TRUE(bitmap.None());
    bitmap.Flip();
    EXPECT_EQ(bitmap.Count(), rows);
  }
}

TEST(Bitmap, CountsTheBitsOfAnyNumberOfWords) {
  uint64_t state = 7;
  std::vector<uint64_t> words;
  size_t expected = 0;
  for (size_t size = 0; size < 100; ++size) {
    EXPECT_EQ(CountBits(words), expected) << size << " words";
    state = state * 6364136223846793005 + 1442695040888963407;
    words.push_back(size % 10 == 3 ? ~uint64_t{0} : size % 10 == 7 ? 0 : state);
    for (int bit = 0; bit < 64; ++bit) expected += words.back() >> bit & 1;
  }
}

TEST(Bitmap, SetsRanges) {
  for (const auto& [begin, end] :
       {std::pair{0, 0}, {0, 64}, {3, 5}, {60, 70}, {1, 200}, {64, 192}, {199, 200}}) {
    Bitmap bitmap(200);
    bitmap.SetRange(static_cast<size_t>(begin), static_cast<size_t>(end));
    for (int row = 0; row < 200; ++row)
      EXPECT_EQ(bitmap.Test(static_cast<size_t>(row)), row >= begin && row < end) << row;
  }
}

TEST(Bitmap, CombinesAndIterates) {
  Bitmap threes(300), fives(300);
  for (size_t row = 0; row < 300; row += 3) threes.Set(row);
  for (size_t row = 0; row < 300; row += 5) fives.Set(row);
  const auto rows = [](const Bitmap& bitmap) {
    std::set<size_t> found;
    bitmap.ForEach([&](size_t row) { EXPECT_TRUE(found.insert(row).second); });
    return found;
  };
  Bitmap both = threes;
  both.And(fives);
  EXPECT_EQ(both.Count(), 20u);
  for (const size_t row : rows(both)) EXPECT_EQ(row % 15, 0u);
  Bitmap either = threes;
  either.Or(fives);
  EXPECT_EQ(either.Count(), 100u + 60 - 20);
  Bitmap only = threes;
  only.AndNot(fives);
  EXPECT_EQ(only.Count(), 80u);
  EXPECT_EQ(rows(threes).size(), 100u);
}

TEST(RowMask, WithoutChunksAllowsAll) {
  const RowMask mask;
  EXPECT_TRUE(mask.all());
  EXPECT_TRUE(mask.Test(123456));
  EXPECT_EQ(mask.Word(7), ~0ULL);
  EXPECT_EQ(mask.Count(100), 100u);
}

TEST(RowMask, NullChunkMeansAllOfItsRows) {
  const Bitmap second(kMaskChunkRows);
  const uint64_t* chunks[] = {nullptr, second.words().data()};
  const RowMask mask(chunks, 2 * kMaskChunkRows);
  EXPECT_TRUE(mask.Test(kMaskChunkRows - 1));
  EXPECT_FALSE(mask.Test(kMaskChunkRows));
  EXPECT_EQ(mask.Count(kMaskChunkRows + 10), kMaskChunkRows);
}

TEST(RowMask, ViewsABitmapOfManyChunks) {
  Bitmap bitmap(2 * kMaskChunkRows + 100);
  for (size_t row = 0; row < bitmap.size(); row += 7) bitmap.Set(row);
  const BitmapMask owner(bitmap);
  const RowMask mask = owner.mask();
  for (size_t row = 0; row < bitmap.size(); ++row) ASSERT_EQ(mask.Test(row), row % 7 == 0) << row;
  EXPECT_EQ(mask.Count(bitmap.size()), bitmap.Count());
  EXPECT_EQ(mask.Count(50), 8u);
}

}  // namespace
}  // namespace elanus
