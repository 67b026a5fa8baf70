#include "simd/rotate.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "simd/kernels.h"

namespace elanus::simd {
namespace {

constexpr uint64_t kSeed = 7;

std::vector<float> Turn(const Rotation& rotation, const std::vector<float>& v) {
  std::vector<float> out(rotation.padded());
  rotation.Apply(v.data(), out.data());
  return out;
}

double Dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

TEST(Rotation, KeepsLengthsAndAngles) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  for (const size_t dim : {1, 2, 63, 64, 65, 100, 128, 200, 384, 768, 1000, 1536}) {
    const Rotation rotation(dim, kSeed);
    EXPECT_EQ(rotation.padded() % 64, 0u);
    EXPECT_LT(rotation.padded(), dim + 64);
    std::vector<float> a(dim), b(dim);
    for (float& v : a) v = normal(random);
    for (float& v : b) v = normal(random);
    const auto ra = Turn(rotation, a), rb = Turn(rotation, b);
    EXPECT_NEAR(Dot(ra, ra) / Dot(a, a), 1, 1e-5) << dim;
    EXPECT_NEAR(Dot(ra, rb), Dot(a, b), 1e-4 * std::sqrt(Dot(a, a) * Dot(b, b))) << dim;
  }
}

TEST(Rotation, IsOrthogonal) {
  for (const size_t dim : {64, 192}) {
    const Rotation rotation(dim, kSeed);
    std::vector<std::vector<float>> columns;
    for (size_t i = 0; i < dim; ++i) {
      std::vector<float> unit(dim);
      unit[i] = 1;
      columns.push_back(Turn(rotation, unit));
    }
    for (size_t i = 0; i < dim; ++i) {
      for (size_t j = 0; j <= i; ++j)
        ASSERT_NEAR(Dot(columns[i], columns[j]), i == j ? 1 : 0, 1e-5);
    }
  }
}

TEST(Rotation, SpreadsOneCoordinateOverAll) {
  for (const size_t dim : {64, 128, 192, 320, 384, 768, 960, 1536}) {
    const Rotation rotation(dim, kSeed);
    for (const size_t i : {size_t{0}, dim / 2, dim - 1}) {
      std::vector<float> unit(dim);
      unit[i] = 1;
      for (const float v : Turn(rotation, unit))
        EXPECT_LT(std::abs(v), 6 / std::sqrt(static_cast<float>(dim))) << dim << " " << i;
    }
  }
}

TEST(Rotation, ASeedGivesOneRotationAndAnotherSeedAnother) {
  std::vector<float> v(96, 1.0f);
  EXPECT_EQ(Turn(Rotation(96, 1), v), Turn(Rotation(96, 1), v));
  EXPECT_NE(Turn(Rotation(96, 1), v), Turn(Rotation(96, 2), v));
  std::vector<float> in_place(v);
  in_place.resize(128);
  Rotation(96, 1).Apply(in_place.data(), in_place.data());
  EXPECT_EQ(in_place, Turn(Rotation(96, 1), v));
}

TEST(Hadamard, LevelsAgreeToTheBit) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  for (const char* level : {"avx2", "avx512", "avx512vnni"}) {
    const HadamardKernel kernel = FindHadamard(level);
    if (kernel == nullptr) continue;
    for (size_t n = 1; n <= 4096; n *= 2) {
      std::vector<float> expected(n);
      for (float& v : expected) v = normal(random);
      std::vector<float> actual = expected;
      FindHadamard("portable")(expected.data(), n);
      kernel(actual.data(), n);
      EXPECT_EQ(actual, expected) << level << " " << n << " seed " << kSeed;
    }
  }
}

}  // namespace
}  // namespace elanus::simd
