#include "simd/kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "simd/half.h"

namespace elanus::simd {
namespace {

constexpr uint64_t kSeed = 20240611;

std::vector<const Kernels*> Levels() {
  std::vector<const Kernels*> levels;
  for (const char* name : {"avx2", "avx512", "avx512vnni", "neon", "neondot"}) {
    if (const Kernels* k = Find(name); k != nullptr) levels.push_back(k);
  }
  return levels;
}

constexpr size_t kSizes[] = {1,  2,  3,  7,  8,   15,  16,  17,  31,  32,
                             33, 63, 64, 65, 100, 127, 128, 129, 384, 769};
constexpr size_t kRows = 13;

// Both ways through the rows, against the reference kernel.
void ExpectSame(const Kernel& got, const Kernel& want, const void* query,
                const std::vector<char>& rows, size_t stride, size_t size, double tolerance) {
  float expected[kRows];
  float actual[kRows];
  want.rows(query, rows.data(), stride, nullptr, kRows, size, expected);
  got.rows(query, rows.data(), stride, nullptr, kRows, size, actual);
  std::vector<uint32_t> ids(kRows);
  std::iota(ids.rbegin(), ids.rend(), 0u);
  float gathered[kRows];
  got.rows(query, rows.data(), stride, ids.data(), kRows, size, gathered);
  for (size_t i = 0; i < kRows; ++i) {
    EXPECT_NEAR(actual[i], expected[i], tolerance) << "size " << size << " row " << i;
    EXPECT_EQ(gathered[i], actual[kRows - 1 - i]) << "size " << size;
    EXPECT_EQ(got.row(query, rows.data() + i * stride, size), actual[i]);
  }
}

TEST(Kernels, FloatLevelsAgreeWithTheReference) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  const Kernels& want = *Find("portable");
  for (const Kernels* got : Levels()) {
    SCOPED_TRACE(testing::Message() << got->level << " seed " << kSeed);
    for (const size_t dim : kSizes) {
      std::vector<float> query(dim);
      for (float& v : query) v = normal(random);
      std::vector<char> f32(kRows * dim * 4), f16(kRows * dim * 2), bf16(kRows * dim * 2);
      for (size_t i = 0; i < kRows * dim; ++i) {
        const float v = normal(random);
        const uint16_t h = FloatToHalf(v), b = FloatToBFloat16(v);
        std::memcpy(f32.data() + i * 4, &v, 4);
        std::memcpy(f16.data() + i * 2, &h, 2);
        std::memcpy(bf16.data() + i * 2, &b, 2);
      }
      const double tolerance = 2e-6 * static_cast<double>(dim) + 1e-6;
      ExpectSame(got->f32_l2, want.f32_l2, query.data(), f32, dim * 4, dim, tolerance);
      ExpectSame(got->f32_ip, want.f32_ip, query.data(), f32, dim * 4, dim, tolerance);
      ExpectSame(got->f16_l2, want.f16_l2, query.data(), f16, dim * 2, dim, tolerance);
      ExpectSame(got->f16_ip, want.f16_ip, query.data(), f16, dim * 2, dim, tolerance);
      ExpectSame(got->bf16_l2, want.bf16_l2, query.data(), bf16, dim * 2, dim, tolerance);
      ExpectSame(got->bf16_ip, want.bf16_ip, query.data(), bf16, dim * 2, dim, tolerance);
    }
  }
}

TEST(Kernels, ByteLevelsAreExact) {
  std::mt19937 random(kSeed);
  const Kernels& want = *Find("portable");
  for (const Kernels* got : Levels()) {
    SCOPED_TRACE(testing::Message() << got->level << " seed " << kSeed);
    for (const size_t size : kSizes) {
      std::vector<char> query(size), rows(kRows * size);
      for (char& c : query) c = static_cast<char>(random());
      for (char& c : rows) c = static_cast<char>(random());
      std::fill_n(rows.begin(), size, static_cast<char>(-128));  // the extreme row
      ExpectSame(got->i8_l2, want.i8_l2, query.data(), rows, size, size, 0);
      ExpectSame(got->i8_ip, want.i8_ip, query.data(), rows, size, size, 0);
      ExpectSame(got->hamming, want.hamming, query.data(), rows, size, size, 0);
      ExpectSame(got->jaccard, want.jaccard, query.data(), rows, size, size, 0);
    }
  }
}

TEST(Kernels, CodesAgreeWithTheReference) {
  std::mt19937 random(kSeed);
  const Kernels& want = *Find("portable");
  for (const Kernels* got : Levels()) {
    SCOPED_TRACE(testing::Message() << got->level << " seed " << kSeed);
    for (const size_t dim : kSizes) {
      const size_t stride = CodeFactorsOffset(dim) + sizeof(CodeFactors);
      std::vector<int8_t> query(dim);
      for (int8_t& c : query) c = static_cast<int8_t>(random());
      std::vector<char> rows(kRows * stride);
      for (char& c : rows) c = static_cast<char>(random());
      for (size_t i = 0; i < kRows; ++i) {
        const CodeFactors f{0.5f, static_cast<float>(i), 2.0f, 0.0f};
        std::memcpy(rows.data() + i * stride + CodeFactorsOffset(dim), &f, sizeof f);
      }
      const CodeQuery q{
          query.data(), std::accumulate(query.begin(), query.end(), 0), 1.5f, 2.0f, -1.0f, 0.25f};
      float expected[kRows];
      float actual[kRows];
      std::vector<int8_t> flipped(dim);
      const auto* first = reinterpret_cast<const uint8_t*>(rows.data());
      const int32_t sum = got->flip(first, dim, flipped.data());
      EXPECT_EQ(sum, std::accumulate(flipped.begin(), flipped.end(), 0));
      for (size_t i = 0; i < dim; ++i) EXPECT_EQ(flipped[i], first[i] - 128);
      want.codes(q, rows.data(), stride, nullptr, kRows, dim, expected);
      got->codes(q, rows.data(), stride, nullptr, kRows, dim, actual);
      for (size_t i = 0; i < kRows; ++i)
        EXPECT_NEAR(actual[i], expected[i], std::abs(expected[i]) * 1e-6 + 1e-3);
    }
  }
}

TEST(Kernels, ScattersAddWhatTheReferenceAdds) {
  std::mt19937 random(kSeed);
  std::vector<uint16_t> ids(65536);
  std::iota(ids.begin(), ids.end(), uint16_t{0});
  std::shuffle(ids.begin(), ids.end(), random);
  std::vector<float> values(1000);
  std::vector<uint16_t> halves(1000);
  std::vector<float> norms(65536);
  for (float& v : values) v = static_cast<float>(random() % 1000) / 7;
  for (size_t i = 0; i < halves.size(); ++i) halves[i] = FloatToHalf(values[i]);
  for (float& v : norms) v = static_cast<float>(random() % 100 + 1) / 50;
  const Kernels& want = *Find("portable");
  for (const Kernels* got : Levels()) {
    for (const size_t n : {0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 1000}) {
      std::vector<float> expected(65536, 1.0f), actual(65536, 1.0f);
      const auto compare = [&](const char* what) {
        for (size_t i = 0; i < expected.size(); ++i)
          ASSERT_EQ(actual[i], expected[i]) << got->level << " " << what << " " << n;
      };
      want.scatter(0.3f, ids.data() + 1, values.data(), n, expected.data());
      got->scatter(0.3f, ids.data() + 1, values.data(), n, actual.data());
      compare("f32");
      want.scatter_half(0.7f, ids.data() + 3, halves.data(), n, expected.data());
      got->scatter_half(0.7f, ids.data() + 3, halves.data(), n, actual.data());
      compare("f16");
      want.scatter_bm25(2.2f, ids.data(), halves.data(), n, norms.data(), expected.data());
      got->scatter_bm25(2.2f, ids.data(), halves.data(), n, norms.data(), actual.data());
      compare("bm25");
    }
  }
}

TEST(Kernels, AtLeastMarksWhatTheReferenceMarks) {
  std::mt19937 random(kSeed);
  std::vector<float> values(4096);
  for (float& v : values) v = static_cast<float>(random() % 9);
  for (const Kernels* got : Levels()) {
    for (const size_t n : {64, 128, 4096}) {
      for (const float bound : {-1.0f, 0.0f, 0x1p-149f, 4.0f, 8.0f, 9.0f}) {
        std::vector<uint64_t> expected(n / 64), actual(n / 64, 7);
        const size_t count = Find("portable")->at_least(values.data(), n, bound, expected.data());
        EXPECT_EQ(got->at_least(values.data(), n, bound, actual.data()), count);
        EXPECT_EQ(actual, expected) << got->level << " seed " << kSeed;
      }
    }
  }
}

TEST(Kernels, ConversionsAreExact) {
  std::vector<uint16_t> bits(65536);
  std::iota(bits.begin(), bits.end(), uint16_t{0});
  std::vector<float> expected(bits.size()), actual(bits.size());
  for (const Kernels* got : Levels()) {
    for (const auto convert : {&Kernels::f16_to_f32, &Kernels::bf16_to_f32}) {
      (Find("portable")->*convert)(bits.data(), expected.data(), bits.size());
      (got->*convert)(bits.data(), actual.data(), bits.size());
      for (size_t i = 0; i < bits.size(); ++i) {
        if (std::isnan(expected[i])) continue;
        ASSERT_EQ(actual[i], expected[i]) << got->level << " " << i;
      }
    }
  }
}

TEST(Half, RoundTripsEveryFiniteValueAndRoundsToEven) {
  for (uint32_t h = 0; h < 65536; ++h) {
    const float v = HalfToFloat(static_cast<uint16_t>(h));
    if (std::isnan(v)) continue;
    ASSERT_EQ(FloatToHalf(v), h) << v;
    ASSERT_EQ(FloatToBFloat16(BFloat16ToFloat(static_cast<uint16_t>(h))), h) << h;
  }
  EXPECT_EQ(FloatToHalf(1.0f + 0x1p-11f), FloatToHalf(1.0f));  // half way: to even
  EXPECT_EQ(FloatToHalf(1.0f + 3 * 0x1p-11f), FloatToHalf(1.0f) + 2);
  EXPECT_EQ(FloatToHalf(65519.0f), 0x7bff);
  EXPECT_EQ(FloatToHalf(65520.0f), 0x7c00);
}

TEST(Kernels, ZeroBitsAreNoDistance) {
  const char zero[8] = {};
  EXPECT_EQ(Get().jaccard.row(zero, zero, 8), 0.0f);
}

}  // namespace
}  // namespace elanus::simd
