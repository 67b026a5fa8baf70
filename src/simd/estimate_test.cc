#include "simd/estimate.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace elanus::simd {
namespace {

constexpr uint64_t kSeed = 20240612;

template <typename Sum>
void ExpectSame(EstimateKernel<Sum> got, EstimateKernel<Sum> want) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  for (const size_t n : {0, 1, 15, 16, 17, 32, 63, 320}) {
    std::vector<Sum> sums(n);
    std::vector<float> add(n), scale(n), error(n);
    for (size_t i = 0; i < n; ++i) {
      sums[i] = static_cast<Sum>(random());
      if constexpr (sizeof(Sum) == 4) sums[i] >>= 4;  // 2^24 sub-quantisers at most
      add[i] = normal(random);
      scale[i] = normal(random);
      error[i] = normal(random);
    }
    if (n > 0) sums[0] = static_cast<Sum>(65535);
    const EstimateTerms terms{0.5f, -2, 0.01f, 3, 1.9f};
    std::vector<float> e1(n + 1, 7), l1(n + 1, 7), e2(n + 1, 7), l2(n + 1, 7);
    const EstimateFactors factors{add.data(), scale.data(), error.data()};
    want(terms, sums.data(), factors, n, e1.data(), l1.data());
    got(terms, sums.data(), factors, n, e2.data(), l2.data());
    EXPECT_EQ(e1, e2) << n;
    EXPECT_EQ(l1, l2) << n;
    for (size_t i = 0; i < n; ++i) {
      const double sum = 0.01 * static_cast<double>(sums[i]) + 3;
      EXPECT_NEAR(e1[i], 0.5 - 2.0 * add[i] + static_cast<double>(scale[i]) * sum,
                  1e-5 * (10 + std::abs(sum)));
    }
  }
}

TEST(Estimates, AreTheSameAtEveryLevel) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  for (const char* level : {"portable", "avx2", "avx512", "avx512vnni"}) {
    const Estimates* got = FindEstimates(level);
    if (got == nullptr) continue;
    SCOPED_TRACE(level);
    ExpectSame(got->from16, FindEstimates("portable")->from16);
    ExpectSame(got->from32, FindEstimates("portable")->from32);
  }
}

}  // namespace
}  // namespace elanus::simd
