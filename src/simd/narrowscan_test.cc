#include "simd/narrowscan.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace elanus::simd {
namespace {

constexpr uint64_t kSeed = 20240614;

TEST(NarrowScan, SumsAreExactAtEveryLevel) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  for (const char* level : {"portable", "avx2", "avx512"}) {
    const NarrowSums got = FindNarrowSums(level);
    if (got == nullptr) continue;
    SCOPED_TRACE(level);
    for (const size_t m : {1, 2, 3, 4, 15, 30, 31, 32, 33, 64, 96, 257, 2048}) {
      for (const size_t blocks : {1, 3}) {
        for (const size_t queries : {1, 2, 3, 4, 5, 7}) {
          std::vector<uint8_t> codes(blocks * kFastRows * m),
              packed(blocks * FastBlockBytes(m) + 1);
          for (uint8_t& c : codes) c = static_cast<uint8_t>(random() % 16);
          for (size_t b = 0; b < blocks; ++b) {
            FastPack(codes.data() + b * kFastRows * m, kFastRows, m, m,
                     packed.data() + 1 + b * FastBlockBytes(m));
          }
          std::vector<std::vector<uint8_t>> luts;
          std::vector<const uint8_t*> at;
          for (size_t q = 0; q < queries; ++q) {
            luts.emplace_back(FastBlockBytes(m));
            // The first query has the largest sums there can be.
            for (size_t i = 0; i < m * 16; ++i)
              luts[q][i] = q == 0 ? 31 : static_cast<uint8_t>(random() % kNarrowValues);
          }
          for (const auto& lut : luts) at.push_back(lut.data());
          std::vector<uint16_t> out(queries * blocks * kFastRows + 1, 7);
          got(at.data(), queries, packed.data() + 1, m, blocks, out.data());
          EXPECT_EQ(out.back(), 7);
          for (size_t q = 0; q < queries; ++q) {
            for (size_t r = 0; r < blocks * kFastRows; ++r) {
              size_t want = 0;
              for (size_t j = 0; j < m; ++j) want += luts[q][16 * j + codes[r * m + j]];
              ASSERT_EQ(out[q * blocks * kFastRows + r], want) << m << " " << q << " " << r;
            }
          }
        }
      }
    }
  }
}

TEST(NarrowScan, TablesAreQuantisedWithinHalfAStep) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  for (const size_t m : {1, 5, 96}) {
    std::vector<float> tables(m * 16);
    for (float& v : tables) v = normal(random);
    std::vector<uint8_t> lut(FastBlockBytes(m), 0xff);
    const FastScale scale = NarrowQuantise(tables.data(), m, lut.data());
    float lows = 0;
    for (size_t j = 0; j < m; ++j) {
      const float low =
          *std::min_element(tables.begin() + static_cast<std::ptrdiff_t>(16 * j),
                            tables.begin() + static_cast<std::ptrdiff_t>(16 * j + 16));
      lows += low;
      for (size_t c = 0; c < 16; ++c) {
        EXPECT_LT(lut[16 * j + c], kNarrowValues);
        EXPECT_NEAR(static_cast<float>(lut[16 * j + c]) * scale.scale, tables[16 * j + c] - low,
                    0.51f * scale.scale);
      }
    }
    EXPECT_NEAR(scale.bias, lows, 1e-4);
    for (size_t i = m * 16; i < lut.size(); ++i) EXPECT_EQ(lut[i], 0);
  }
  std::vector<float> flat(32, 2.5f);
  std::vector<uint8_t> lut(32);
  const FastScale scale = NarrowQuantise(flat.data(), 2, lut.data());
  EXPECT_EQ(scale.scale, 0);
  EXPECT_EQ(scale.bias, 5);
}

}  // namespace
}  // namespace elanus::simd
