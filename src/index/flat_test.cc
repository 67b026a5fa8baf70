#include "index/flat.h"

#include <array>

#include "index/test_data.h"

namespace elanus::index {
namespace {

struct Case {
  DataType type;
  Metric metric;
};
constexpr Case kCases[] = {
    {DataType::kFloatVector, Metric::kL2},       {DataType::kFloatVector, Metric::kIP},
    {DataType::kFloatVector, Metric::kCosine},   {DataType::kFloat16Vector, Metric::kL2},
    {DataType::kFloat16Vector, Metric::kCosine}, {DataType::kBFloat16Vector, Metric::kIP},
    {DataType::kBFloat16Vector, Metric::kL2},    {DataType::kInt8Vector, Metric::kL2},
    {DataType::kInt8Vector, Metric::kIP},        {DataType::kInt8Vector, Metric::kCosine},
    {DataType::kBinaryVector, Metric::kHamming}, {DataType::kBinaryVector, Metric::kJaccard}};

TEST(Flat, EqualsTheNaiveSearchForEveryTypeAndMetric) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(testing::Message() << NameOf(c.type) << " " << NameOf(c.metric));
    TestColumn column = TestColumn::Dense(c.type, 1000, 72, 10, kTestSeed, 3);
    column.MakeNull(7);
    const VectorView& v = column.view();
    const auto index = MakeFlat(v, c.metric);
    const Bitmap bits = RandomBitmap(v.rows, 0.4, kTestSeed);
    const BitmapMask mask(bits);
    for (const RowMask& allowed : {RowMask(), mask.mask()}) {
      const Queries queries = column.queries(3, 4);
      const auto hits = MustSearch(*index, queries, 20, {}, allowed);
      for (size_t q = 0; q < queries.count; ++q) {
        std::vector<double> naive;
        for (size_t r = 0; r < v.rows; ++r) {
          if (allowed.Test(r) && v.valid[r] != 0)
            naive.push_back(NaiveDistance(v, c.metric, queries.Row(q), r));
        }
        std::sort(naive.begin(), naive.end());
        ASSERT_EQ(hits[q].size(), 20u);
        ExpectWellFormed(hits[q], v, allowed);
        for (size_t i = 0; i < 20; ++i) {
          EXPECT_NEAR(hits[q][i].distance, naive[i], 1e-5 * (1 + std::abs(naive[i])));
        }
      }
    }
  }
}

TEST(Flat, RangeKeepsTheNearEndAndDropsTheFarEnd) {
  const TestColumn column = TestColumn::Dense(DataType::kInt8Vector, 500, 16, 5, kTestSeed);
  const auto index = MakeFlat(column.view(), Metric::kL2);
  const Queries query = column.queries(0, 1);
  const auto all = MustSearch(*index, query, 500)[0];
  const float lower = all[10].distance, upper = all[100].distance;
  const auto hits = MustRange(*index, query, {lower, upper}, 1000)[0];
  std::vector<Hit> expected;
  for (const Hit& h : all) {
    if (h.distance >= lower && h.distance < upper) expected.push_back(h);
  }
  ASSERT_EQ(hits.size(), expected.size());
  for (size_t i = 0; i < hits.size(); ++i) EXPECT_EQ(hits[i].row, expected[i].row);
  EXPECT_EQ(MustRange(*index, query, {lower, upper}, 5)[0].size(), 5u);
}

TEST(Flat, ManyQueriesAtOnceFindWhatEachFindsAlone) {
  for (const DataType type : {DataType::kFloatVector, DataType::kFloat16Vector,
                              DataType::kBFloat16Vector, DataType::kInt8Vector}) {
    for (const Metric metric : {Metric::kL2, Metric::kIP, Metric::kCosine}) {
      for (const float stretch : {1.0f, 50.0f}) {
        SCOPED_TRACE(testing::Message() << NameOf(type) << " " << NameOf(metric) << " " << stretch
                                        << " seed " << kTestSeed);
        TestColumn column = TestColumn::Dense(type, 1500, 37, 20, kTestSeed, stretch);
        column.MakeNull(7);
        for (size_t r = 100; r < 120; ++r) column.CopyRow(50, r);
        const Bitmap bits = RandomBitmap(1500, 0.6, kTestSeed);
        const BitmapMask half(bits);
        const auto flat = MakeFlat(column.view(), metric);
        for (const RowMask& allowed : {RowMask(), half.mask()}) {
          const auto many = MustSearch(*flat, column.queries(40, 60), 15, {}, allowed);
          for (size_t q = 0; q < 60; ++q) {
            const auto alone = MustSearch(*flat, column.queries(40 + q, 1), 15, {}, allowed)[0];
            ASSERT_EQ(many[q].size(), alone.size());
            for (size_t i = 0; i < alone.size(); ++i) {
              EXPECT_EQ(many[q][i].row, alone[i].row);
              EXPECT_EQ(many[q][i].distance, alone[i].distance);
            }
          }
        }
        const auto near = MustSearch(*flat, column.queries(0, 1), 200)[0];
        const Range range{near[20].distance, near[150].distance};
        const auto ranges = MustRange(*flat, column.queries(0, 20), range, 30);
        for (size_t q = 0; q < 20; ++q) {
          const auto alone = MustRange(*flat, column.queries(q, 1), range, 30)[0];
          ASSERT_EQ(ranges[q].size(), alone.size());
          for (size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(ranges[q][i].row, alone[i].row);
        }
      }
    }
  }
}

TEST(Flat, ManyQueriesStandEnormousVectors) {
  std::mt19937 random(kTestSeed);
  std::normal_distribution<float> normal;
  std::vector<float> rows(200 * 16);
  for (float& v : rows) v = normal(random);
  for (size_t d = 0; d < 16; ++d) rows[5 * 16 + d] = 3e18f, rows[150 * 16 + d] = -1e17f;
  const VectorView view{DataType::kFloatVector,
                        16,
                        200,
                        reinterpret_cast<std::byte*>(rows.data()),
                        64,
                        nullptr,
                        nullptr,
                        nullptr};
  for (const Metric metric : {Metric::kL2, Metric::kIP}) {
    const auto flat = MakeFlat(view, metric);
    const auto many = MustSearch(*flat, {view.type, 16, 200, view.data, nullptr}, 10);
    for (size_t q = 0; q < 200; ++q) {
      const auto alone = MustSearch(*flat, {view.type, 16, 1, view.Row(q), nullptr}, 10)[0];
      for (size_t i = 0; i < 10; ++i) EXPECT_EQ(many[q][i].row, alone[i].row) << q;
    }
  }
}

TEST(Flat, AZeroVectorHasCosineScoreZero) {
  float rows[] = {1, 0, 0, 0, 0, 2};
  float norms[] = {1, 0, 0.5f};
  const VectorView view{
      DataType::kFloatVector, 2, 3, reinterpret_cast<std::byte*>(rows), 8, nullptr, nullptr, norms};
  const auto index = MakeFlat(view, Metric::kCosine);
  const auto hits = MustSearch(*index, {DataType::kFloatVector, 2, 3, view.data, nullptr}, 3);
  EXPECT_EQ(hits[0][0].row, 0u);
  EXPECT_EQ(ScoreOf(Metric::kCosine, hits[0][0].distance), 1.0f);
  for (const Hit& h : hits[1]) EXPECT_EQ(h.distance, 0.0f);
}

// Twelve bytes: one word and a rest.
TEST(Flat, AStructureMetricFindsTheRowsThatMatchAndNoOthers) {
  constexpr size_t kBytes = 12;
  std::array<uint8_t, 5 * kBytes> rows = {};
  const auto set = [&rows](size_t row, size_t byte, uint8_t bits) {
    rows[row * kBytes + byte] = bits;
  };
  set(0, 0, 0x0f), set(0, 11, 0x01);
  set(1, 0, 0x0f);
  set(2, 0, 0xff), set(2, 11, 0x03);
  set(3, 11, 0x01);  // row 4 has no bits
  const VectorView view{DataType::kBinaryVector,
                        kBytes * 8,
                        5,
                        reinterpret_cast<const std::byte*>(rows.data()),
                        kBytes,
                        nullptr,
                        nullptr,
                        nullptr};
  const Queries query{DataType::kBinaryVector, kBytes * 8, 1, view.data, nullptr};
  const auto found = [&](Metric metric, size_t k, const Range* range) {
    const auto index = MakeFlat(view, metric);
    const auto hits =
        range == nullptr ? MustSearch(*index, query, k)[0] : MustRange(*index, query, *range, k)[0];
    std::vector<uint32_t> ids;
    for (const Hit& hit : hits) {
      EXPECT_EQ(hit.distance, 0.0f);
      ids.push_back(hit.row);
    }
    return ids;
  };
  EXPECT_EQ(found(Metric::kSubstructure, 5, nullptr), (std::vector<uint32_t>{0, 2}));
  EXPECT_EQ(found(Metric::kSuperstructure, 5, nullptr), (std::vector<uint32_t>{0, 1, 3, 4}));
  EXPECT_EQ(found(Metric::kSuperstructure, 2, nullptr), (std::vector<uint32_t>{0, 1}));
  const Range wide{0, 10}, beyond{0.5f, 10};
  EXPECT_EQ(found(Metric::kSubstructure, 5, &wide), (std::vector<uint32_t>{0, 2}));
  EXPECT_EQ(found(Metric::kSubstructure, 5, &beyond), std::vector<uint32_t>{});
}

TEST(Flat, StopsWhenTheRequestIsCancelled) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 100, 8, 2, kTestSeed);
  Context context;
  context.Cancel();
  std::vector<std::vector<Hit>> hits;
  EXPECT_EQ(MakeFlat(column.view(), Metric::kL2)
                ->Search(context, column.queries(0, 1), 5, {}, {}, &hits)
                .code(),
            Code::kCancelled);
}

TEST(Flat, BreaksTiesByRow) {
  TestColumn column = TestColumn::Dense(DataType::kFloatVector, 300, 8, 2, kTestSeed);
  for (size_t r = 100; r < 200; ++r) column.CopyRow(5, r);
  const auto hits = MustSearch(*MakeFlat(column.view(), Metric::kL2), column.queries(5, 1), 4)[0];
  EXPECT_EQ(hits[0].row, 5u);
  EXPECT_EQ(hits[1].row, 100u);
  EXPECT_EQ(hits[3].row, 102u);
}

}  // namespace
}  // namespace elanus::index
