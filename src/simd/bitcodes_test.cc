#include "simd/bitcodes.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "simd/fastscan.h"

namespace elanus::simd {
namespace {

constexpr uint64_t kSeed = 20240613;

TEST(BitCodes, AreTheSameAtEveryLevel) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  for (const char* level : {"portable", "avx2", "avx512", "avx512vnni"}) {
    const BitCodes* codes = FindBitCodes(level);
    if (codes == nullptr) continue;
    SCOPED_TRACE(testing::Message() << level << " seed " << kSeed);
    for (const size_t n : {64, 128, 192, 832}) {
      std::vector<float> v(n + 1);
      for (float& x : v) x = normal(random);
      v[1] = 0.0f;
      v[2] = -0.0f;
      v[3] = 0.9f;  // the threshold itself is not large
      v[4] = -1e30f;
      const float* at = v.data() + 1;  // unaligned
      std::vector<uint8_t> signs(n / 8), seconds(n / 8);
      const BitSums sums = codes->encode(at, n, 0.9f, signs.data(), seconds.data());
      double all = 0;
      double large = 0;
      size_t count = 0;
      for (size_t i = 0; i < n; ++i) {
        const bool sign = (signs[i / 8] >> (i % 8) & 1) != 0;
        const bool second = (seconds[i / 8] >> (i % 8) & 1) != 0;
        const int level_of_value = (sign ? 2 : -2) + (second ? 1 : -1);
        EXPECT_EQ(sign, at[i] >= 0) << i;
        EXPECT_EQ(std::abs(level_of_value), std::abs(at[i]) > 0.9f ? 3 : 1) << i;
        EXPECT_EQ(level_of_value > 0, sign);
        all += std::abs(at[i]);
        if (std::abs(at[i]) > 0.9f) {
          large += std::abs(at[i]);
          ++count;
        }
      }
      EXPECT_NEAR(sums.all, all, 1e-5 * all);
      EXPECT_NEAR(sums.large, large, 1e-5 * all);
      EXPECT_EQ(sums.count, count);
    }
  }
}

TEST(BitCodes, SubtractScalesAndMeasures) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  for (const char* level : {"portable", "avx2", "avx512", "avx512vnni"}) {
    const BitCodes* codes = FindBitCodes(level);
    if (codes == nullptr) continue;
    SCOPED_TRACE(testing::Message() << level << " seed " << kSeed);
    std::vector<float> v(193), center(193);
    for (float& x : v) x = normal(random);
    for (float& x : center) x = normal(random);
    std::vector<float> got = v;
    const float square = codes->subtract(got.data() + 1, 0.5f, center.data() + 1, 192);
    double want = 0;
    for (size_t i = 1; i < v.size(); ++i) {
      EXPECT_EQ(got[i], 0.5f * v[i] - center[i]);
      want += static_cast<double>(got[i]) * static_cast<double>(got[i]);
    }
    EXPECT_EQ(got[0], v[0]);
    EXPECT_NEAR(square, want, 1e-5 * want);
  }
}

TEST(BitCodes, NibblesArePackedAsCodesAre) {
  std::mt19937 random(kSeed);
  for (const size_t m : {2, 16, 192}) {
    const size_t stride = m / 2 + 3;
    std::vector<uint8_t> rows(32 * stride), codes(32 * m);
    for (uint8_t& byte : rows) byte = static_cast<uint8_t>(random());
    for (size_t row = 0; row < 32; ++row) {
      for (size_t j = 0; j < m; ++j)
        codes[row * m + j] = static_cast<uint8_t>(rows[row * stride + j / 2] >> (j % 2 * 4) & 15);
    }
    std::vector<uint8_t> want(FastBlockBytes(m)), got(FastBlockBytes(m));
    FastPack(codes.data(), 32, m, m, want.data());
    FastPackNibbles(rows.data(), stride, m, got.data());
    EXPECT_EQ(got, want) << m;
  }
}

}  // namespace
}  // namespace elanus::simd
