#include "simd/fastscan.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "simd/half.h"

namespace elanus::simd {
namespace {

constexpr uint64_t kSeed = 20240612;

std::vector<const FastScan*> Levels() {
  std::vector<const FastScan*> levels;
  for (const char* name : {"portable", "avx2", "avx512"}) {
    if (const FastScan* k = FindFastScan(name); k != nullptr) levels.push_back(k);
  }
  return levels;
}

struct Sample {
  size_t m, blocks;
  std::vector<uint8_t> codes;   // rows x m
  std::vector<uint8_t> packed;  // blocks
  std::vector<std::vector<uint8_t>> luts;
  std::vector<const uint8_t*> at;

  Sample(size_t m_, size_t blocks_, size_t queries, std::mt19937* random, bool extreme = false)
      : m(m_), blocks(blocks_), codes(blocks * 32 * m), packed(blocks * FastBlockBytes(m) + 1) {
    for (uint8_t& c : codes) c = static_cast<uint8_t>((*random)() % 16);
    for (size_t b = 0; b < blocks; ++b) {
      // One byte off, so that nothing relies on alignment.
      FastPack(codes.data() + b * 32 * m, 32, m, m, packed.data() + 1 + b * FastBlockBytes(m));
    }
    for (size_t q = 0; q < queries; ++q) {
      luts.emplace_back(FastBlockBytes(m));
      for (size_t i = 0; i < m * 16; ++i)
        luts[q][i] = extreme ? 255 : static_cast<uint8_t>((*random)());
    }
    for (const auto& lut : luts) at.push_back(lut.data());
  }
  uint32_t Sum(size_t q, size_t row) const {
    uint32_t sum = 0;
    for (size_t j = 0; j < m; ++j) sum += luts[q][16 * j + codes[row * m + j]];
    return sum;
  }
};

TEST(FastScan, EveryLevelGivesTheSumsOfTheTables) {
  std::mt19937 random(kSeed);
  for (const size_t m : {1, 2, 3, 4, 5, 8, 16, 31, 96, 255, 256}) {
    for (const bool extreme : {false, true}) {
      const Sample s(m, 3, 7, &random, extreme);
      for (const FastScan* level : Levels()) {
        SCOPED_TRACE(testing::Message() << level->level << " m " << m << " seed " << kSeed);
        for (const size_t queries : {1, 2, 4, 7}) {
          std::vector<uint16_t> out(queries * s.blocks * 32);
          level->sums16(s.at.data(), queries, s.packed.data() + 1, m, s.blocks, out.data());
          for (size_t q = 0; q < queries; ++q) {
            for (size_t r = 0; r < s.blocks * 32; ++r)
              ASSERT_EQ(out[q * s.blocks * 32 + r], s.Sum(q, r)) << "query " << q << " row " << r;
          }
        }
      }
    }
  }
}

TEST(FastScan, WideSumsHoldAnyNumberOfTables) {
  std::mt19937 random(kSeed);
  for (const size_t m : {1, 7, 256, 257, 258, 384, 1000}) {
    const Sample s(m, 2, 1, &random, m > 500);
    for (const FastScan* level : Levels()) {
      std::vector<uint32_t> out(64);
      level->sums32(s.at[0], s.packed.data() + 1, m, 2, out.data());
      for (size_t r = 0; r < 64; ++r)
        ASSERT_EQ(out[r], s.Sum(0, r)) << level->level << " m " << m << " seed " << kSeed;
    }
  }
}

TEST(FastScan, MasksNameTheRowsBelow) {
  std::mt19937 random(kSeed);
  std::vector<uint16_t> sums(96);
  std::vector<float> floats(96);
  for (size_t i = 0; i < 96; ++i) {
    sums[i] = static_cast<uint16_t>(random() % 3 == 0 ? 40000 : random());
    floats[i] = static_cast<float>(sums[i]);
  }
  floats[5] = std::numeric_limits<float>::quiet_NaN();
  for (const FastScan* level : Levels()) {
    for (const uint32_t bound : {0u, 1u, 300u, 32768u, 40000u, 40001u, 65535u}) {
      uint32_t masks[3], float_masks[3];
      level->below(sums.data(), 3, static_cast<uint16_t>(bound), masks);
      level->below_f32(floats.data(), 3, static_cast<float>(bound), float_masks);
      for (size_t i = 0; i < 96; ++i) {
        EXPECT_EQ((masks[i / 32] >> (i % 32) & 1) != 0, sums[i] < bound) << level->level;
        EXPECT_EQ((float_masks[i / 32] >> (i % 32) & 1) != 0, i != 5 && sums[i] < bound);
      }
    }
  }
}

TEST(FastScan, PackedCodesReadBackAndMissingRowsAreZero) {
  std::mt19937 random(kSeed);
  std::vector<uint8_t> codes(20 * 9);
  for (uint8_t& c : codes) c = static_cast<uint8_t>(random() % 16);
  std::vector<uint8_t> block(FastBlockBytes(7), 0xff);
  FastPack(codes.data(), 20, 9, 7, block.data());
  for (size_t r = 0; r < 32; ++r) {
    for (size_t j = 0; j < 8; ++j)
      EXPECT_EQ(FastCode(block.data(), r, j), r < 20 && j < 7 ? codes[r * 9 + j] : 0);
  }
}

TEST(FastScan, QuantisedTablesAreNearTheFloats) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  constexpr size_t kM = 33;
  std::vector<float> tables(kM * 16);
  for (float& v : tables) v = normal(random);
  std::vector<uint8_t> lut(FastBlockBytes(kM), 0xff);
  const FastScale s = FastQuantise(tables.data(), kM, lut.data());
  for (int round = 0; round < 100; ++round) {
    float exact = 0;
    uint32_t sum = 0;
    for (size_t j = 0; j < kM; ++j) {
      const size_t code = random() % 16;
      exact += tables[16 * j + code];
      sum += lut[16 * j + code];
    }
    EXPECT_NEAR(s.bias + s.scale * static_cast<float>(sum), exact, s.scale * kM / 2);
  }
  for (size_t i = 0; i < 16; ++i) EXPECT_EQ(lut[kM * 16 + i], 0);  // the table that pads
  std::fill(tables.begin(), tables.end(), 2.0f);
  const FastScale flat = FastQuantise(tables.data(), kM, lut.data());
  EXPECT_EQ(flat.scale, 0);
  EXPECT_FLOAT_EQ(flat.bias, 2.0f * kM);
}

TEST(FastScan, TablesOfSignsAreNearTheProducts) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  for (const size_t m : {1, 2, 7, 96}) {
    std::vector<float> v(4 * m);
    for (float& x : v) x = normal(random);
    for (const FastScan* level : Levels()) {
      std::vector<uint8_t> lut(FastBlockBytes(m), 0xff);
      const FastScale s = level->signs(v.data(), m, lut.data());
      for (int round = 0; round < 50; ++round) {
        float exact = 0;
        uint32_t sum = 0;
        for (size_t j = 0; j < m; ++j) {
          const size_t code = random() % 16;
          for (size_t i = 0; i < 4; ++i)
            exact += (code >> i & 1) != 0 ? v[4 * j + i] : -v[4 * j + i];
          sum += lut[16 * j + code];
        }
        EXPECT_NEAR(s.bias + s.scale * static_cast<float>(sum), exact,
                    s.scale * static_cast<float>(m) * 0.51f)
            << level->level << " m " << m << " seed " << kSeed;
      }
      if (m % 2 != 0) {
        EXPECT_EQ(lut[16 * m], 0);
      }
    }
  }
  std::vector<uint8_t> lut(32, 0xff);
  const float zero[4] = {};
  for (const FastScan* level : Levels()) {
    EXPECT_EQ(level->signs(zero, 1, lut.data()).scale, 0);
    EXPECT_EQ(lut[3], 0);
  }
}

TEST(FastScan, EdgesAreEstimatedAlike) {
  std::mt19937 random(kSeed);
  for (const size_t m : {2, 16, 96, 300}) {
    const Sample s(m, 1, 1, &random);
    std::vector<uint8_t> edges(FastEdgeBytes(m));
    std::memcpy(edges.data(), s.packed.data() + 1, FastBlockBytes(m));
    std::vector<float> addend(32), scale(32);
    for (size_t r = 0; r < 32; ++r) {
      const uint16_t a = FloatToBFloat16(static_cast<float>(random() % 1000));
      const uint16_t b = FloatToBFloat16(static_cast<float>(random() % 1000) / -100);
      addend[r] = BFloat16ToFloat(a);
      scale[r] = BFloat16ToFloat(b);
      std::memcpy(edges.data() + FastBlockBytes(m) + 2 * r, &a, 2);
      std::memcpy(edges.data() + FastBlockBytes(m) + 64 + 2 * r, &b, 2);
    }
    const FastEdgeTerms terms{3, 0.5f, 0.01f, -2};
    for (const FastScan* level : Levels()) {
      float out[32];
      const float bound = 100;
      const uint32_t mask = level->edges(terms, s.at[0], edges.data(), m, bound, out);
      for (size_t r = 0; r < 32; ++r) {
        const float expected =
            3 + 0.5f * addend[r] + scale[r] * (0.01f * static_cast<float>(s.Sum(0, r)) - 2);
        EXPECT_NEAR(out[r], expected, 1e-4f * (1 + std::abs(expected))) << level->level;
        EXPECT_EQ((mask >> r & 1) != 0, out[r] < bound);
      }
    }
  }
}

}  // namespace
}  // namespace elanus::simd
