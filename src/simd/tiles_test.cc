#include "simd/tiles.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace elanus::simd {
namespace {

constexpr uint64_t kSeed = 20240613;

TEST(Tiles, ProductsAreExactAtEveryLevel) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  for (const char* level : {"portable", "avx2", "avx512", "avx512vnni"}) {
    const Tiles* got = FindTiles(level);
    if (got == nullptr) continue;
    SCOPED_TRACE(level);
    for (const size_t dim : {1, 2, 3, 4, 5, 31, 64, 100, 385}) {
      for (const size_t panels : {1, 2, 3, 4, 7}) {
        for (const size_t count : {1, 2, 3, 7, 8, 9, 17}) {
          const size_t rows = panels * kPanelRows;
          std::vector<int8_t> codes(rows * dim), queries(count * TileDim(dim));
          for (int8_t& c : codes) c = static_cast<int8_t>(random());
          for (size_t q = 0; q < count; ++q) {
            for (size_t d = 0; d < dim; ++d)
              queries[q * TileDim(dim) + d] = static_cast<int8_t>(random());
          }
          if (dim > 1) queries[0] = queries[1] = -128, codes[0] = codes[1] = 127;
          // One byte off, so that nothing relies on alignment; padding that is not zero.
          std::vector<uint8_t> packed(1 + panels * PanelBytes(dim), 0xee);
          for (size_t r = 0; r < rows; ++r) {
            PutInPanel(codes.data() + r * dim, dim, r % kPanelRows,
                       packed.data() + 1 + r / kPanelRows * PanelBytes(dim));
          }
          std::vector<int32_t> out(count * rows + 1, 77);
          got->products(queries.data(), count, packed.data() + 1, panels, dim, out.data());
          EXPECT_EQ(out.back(), 77);
          for (size_t q = 0; q < count; ++q) {
            for (size_t r = 0; r < rows; ++r) {
              int32_t want = 0;
              for (size_t d = 0; d < dim; ++d)
                want += queries[q * TileDim(dim) + d] * (codes[r * dim + d] + 128);
              ASSERT_EQ(out[q * rows + r], want) << dim << " " << panels << " " << count;
            }
          }
        }
      }
    }
  }
}

TEST(Tiles, NearestIsTheSameAtEveryLevel) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  constexpr size_t kCount = 19, kRows = 48;
  std::vector<int32_t> products(kCount * kRows), offsets(kCount);
  std::vector<float> constants(kCount), scales(kCount), inverses(kRows);
  for (int32_t& v : products) v = static_cast<int32_t>(random() % 100000);
  for (int32_t& v : offsets) v = static_cast<int32_t>(random() % 100000);
  for (float& v : constants) v = std::abs(normal(random));
  for (float& v : scales) v = std::abs(normal(random)) / 10000;
  for (float& v : inverses) v = std::abs(normal(random));
  const TileQueries queries{constants.data(), scales.data(), offsets.data()};
  std::vector<float> want(kRows, 1e30f);
  std::vector<uint32_t> whose(kRows, 5);
  for (size_t r = 0; r < kRows; ++r) {
    for (uint32_t q = 0; q < kCount; ++q) {
      const float a = constants[q] * inverses[r];
      const float b = scales[q] * static_cast<float>(products[q * kRows + r] - offsets[q]);
      const float value = a - b;
      if (value < want[r]) want[r] = value, whose[r] = 100 + q;
    }
  }
  for (const char* level : {"portable", "avx2", "avx512", "avx512vnni"}) {
    const Tiles* got = FindTiles(level);
    if (got == nullptr) continue;
    SCOPED_TRACE(level);
    std::vector<float> best(kRows, 1e30f);
    std::vector<uint32_t> which(kRows, 5);
    got->nearest(products.data(), kCount, kRows, queries, inverses.data(), 100, best.data(),
                 which.data());
    EXPECT_EQ(which, whose);
    EXPECT_EQ(best, want);
  }
}

TEST(Tiles, LowerEndsAreTheSameAtEveryLevel) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  constexpr size_t kRows = 48;
  std::vector<int32_t> products(kRows);
  std::vector<float> add(kRows), scale(kRows), lost(kRows), length(kRows);
  for (size_t i = 0; i < kRows; ++i) {
    products[i] = static_cast<int32_t>(random() % 100000);
    add[i] = normal(random);
    scale[i] = std::abs(normal(random)) / 100;
    lost[i] = std::abs(normal(random)) / 100;
    length[i] = std::abs(normal(random));
  }
  const TileRows rows{add.data(), scale.data(), lost.data(), length.data()};
  const TileQuery query{0.5f, -2, 0.01f, 0.02f, 1.5f, 50000};
  for (const char* level : {"portable", "avx2", "avx512", "avx512vnni"}) {
    const Tiles* got = FindTiles(level);
    if (got == nullptr) continue;
    SCOPED_TRACE(level);
    std::vector<float> lowers(kRows);
    got->lowers(products.data(), kRows, rows, query, lowers.data());
    for (size_t i = 0; i < kRows; ++i) {
      const double want =
          0.5 + static_cast<double>(add[i]) -
          2 * 0.01 * static_cast<double>(scale[i]) * (products[i] - 50000) -
          2 * (1.5 * static_cast<double>(lost[i]) + 0.02 * static_cast<double>(length[i]));
      EXPECT_NEAR(lowers[i], want, 1e-4);
    }
    std::vector<float> first(kRows);
    FindTiles("portable")->lowers(products.data(), kRows, rows, query, first.data());
    EXPECT_EQ(lowers, first);
  }
}

TEST(Tiles, NothingEncodesAsNothing) {
  for (const char* level : {"portable", "avx2", "avx512", "avx512vnni"}) {
    const Tiles* got = FindTiles(level);
    if (got == nullptr) continue;
    for (const float value : {0.0f, 1e-40f}) {
      const std::vector<float> v(20, value);
      std::vector<int8_t> codes(20, 5);
      float lost2;
      float length2;
      EXPECT_EQ(got->encode(v.data(), 20, codes.data(), &lost2, &length2), 0) << level;
      EXPECT_EQ(codes, std::vector<int8_t>(20, 0));
    }
  }
}

TEST(Tiles, RoundToTheNearestAtEveryLevel) {
  std::mt19937 random(kSeed);
  std::uniform_real_distribution<float> uniform(-3, 3);
  for (const char* level : {"portable", "avx2", "avx512", "avx512vnni"}) {
    const Tiles* got = FindTiles(level);
    if (got == nullptr) continue;
    SCOPED_TRACE(level);
    for (const size_t n : {1, 7, 8, 15, 16, 17, 100}) {
      std::vector<float> v(n);
      float largest = 0;
      for (float& x : v) largest = std::max(largest, std::abs(x = uniform(random)));
      EXPECT_EQ(got->max_abs(v.data(), n), largest);
      v[0] = 0.5f;
      std::vector<int8_t> out(n + 1, 99);
      got->round(v.data(), 127 / 3.0f, n, out.data());
      for (size_t i = 0; i < n; ++i)
        EXPECT_EQ(out[i], static_cast<int8_t>(std::nearbyint(v[i] * (127 / 3.0f))));
      EXPECT_EQ(out[n], 99);
      std::vector<int8_t> codes(n + 1, 99);
      float lost2;
      float length2;
      const float scale = got->encode(v.data(), n, codes.data(), &lost2, &length2);
      EXPECT_EQ(codes[n], 99);
      EXPECT_EQ(scale, got->max_abs(v.data(), n) / 127.0f);
      double lost = 0;
      double length = 0;
      for (size_t i = 0; i < n; ++i) {
        const double x = static_cast<double>(v[i]);
        EXPECT_LE(std::abs(static_cast<double>(scale) * codes[i] - x),
                  0.5001 * static_cast<double>(scale));
        lost += std::pow(static_cast<double>(scale) * codes[i] - x, 2);
        length += x * x;
      }
      EXPECT_NEAR(lost2, lost, 1e-5 * length);
      EXPECT_NEAR(length2, length, 1e-5 * length);
    }
  }
}

}  // namespace
}  // namespace elanus::simd
