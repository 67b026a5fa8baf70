#include "index/bit_scan.h"

#include <cmath>
#include <limits>

#include "index/bit_coder.h"
#include "index/distance.h"
#include "index/test_data.h"

namespace elanus::index {
namespace {

BuildSpec Spec(Metric metric, const std::string& profile = "auto") {
  return {"HNSW", metric, {{"M", "8"}, {"efConstruction", "40"}, {"graph_profile", profile}}};
}

// The kind of the file, as its header has it.
uint32_t KindOf(const std::string& bytes) {
  uint32_t kind;
  std::memcpy(&kind, bytes.data() + 12, sizeof kind);
  return kind;
}

bool IsScan(const std::string& bytes) {
  return KindOf(bytes) == static_cast<uint32_t>(BlobKind::kBitScan);
}

TEST(RowMean, LeavesNullsOut) {
  TestColumn column = TestColumn::Dense(DataType::kFloatVector, 3, 2, 1, kTestSeed);
  column.MakeNull(2);  // rows 0 and 2
  const VectorView& view = column.view();
  RowMean mean(view.dim, Metric::kL2);
  mean.Add(view, view.rows);
  std::vector<float> row(2);
  ReadFloats(view, 1, row.data());
  EXPECT_EQ(mean.Take(), row);
  EXPECT_EQ(RowMean(2, Metric::kL2).Take(), std::vector<float>(2));
}

TEST(BitScan, StandsInForAGraphOfFewFloatRows) {
  const auto built = [](DataType type, size_t rows, size_t dim, const std::string& profile) {
    const Metric metric = type == DataType::kBinaryVector ? Metric::kHamming : Metric::kL2;
    return BuildBytes(TestColumn::Dense(type, rows, dim, 4, kTestSeed).view(),
                      Spec(metric, profile));
  };
  EXPECT_TRUE(IsScan(built(DataType::kFloatVector, 500, 64, "auto")));
  EXPECT_TRUE(IsScan(built(DataType::kBFloat16Vector, 500, 64, "auto")));
  EXPECT_FALSE(IsScan(built(DataType::kFloatVector, 500, 64, "fast")));
  EXPECT_FALSE(IsScan(built(DataType::kFloatVector, 500, 64, "lean")));
  EXPECT_FALSE(IsScan(built(DataType::kFloatVector, 500, 32, "auto")));
  EXPECT_FALSE(IsScan(built(DataType::kInt8Vector, 500, 64, "auto")));
  EXPECT_FALSE(IsScan(built(DataType::kBinaryVector, 500, 64, "auto")));
  VectorView view;
  view.type = DataType::kFloatVector;
  view.dim = 768;
  view.rows = 2000;
  EXPECT_TRUE(SuitsBitScan(view));
  view.rows = 20'000;
  EXPECT_FALSE(SuitsBitScan(view));
}

TEST(BitScan, FindsNearlyAllOfTheNearestFilteredOrNot) {
  for (const DataType type :
       {DataType::kFloatVector, DataType::kFloat16Vector, DataType::kBFloat16Vector}) {
    for (const Metric metric : {Metric::kL2, Metric::kIP, Metric::kCosine}) {
      for (const size_t dim : {64, 100}) {
        SCOPED_TRACE(testing::Message() << NameOf(type) << " " << NameOf(metric) << " dim " << dim
                                        << " seed " << kTestSeed);
        const size_t rows = 3001;  // the last block is not full
        const TestColumn column = TestColumn::Dense(type, rows, dim, 20, kTestSeed);
        const TestColumn probes = TestColumn::Dense(type, 50, dim, 20, kTestSeed + 1);
        const std::string bytes = BuildBytes(column.view(), Spec(metric));
        ASSERT_TRUE(IsScan(bytes));
        const auto index = MustOpen(bytes, column.view());
        const auto flat = MakeFlat(column.view(), metric);
        const Queries queries = probes.queries(0, 50);
        for (const double part : {1.0, 0.5, 0.1, 0.01}) {
          const Bitmap bits = RandomBitmap(rows, part, kTestSeed);
          const BitmapMask mask(bits);
          const RowMask allowed = part < 1 ? mask.mask() : RowMask();
          const auto truth = MustSearch(*flat, queries, 10, {}, allowed);
          for (const int64_t ef : {10, 100}) {
            SearchParams params;
            params.ef = ef;
            const auto hits = MustSearch(*index, queries, 10, params, allowed);
            for (const auto& h : hits) ExpectWellFormed(h, column.view(), allowed);
            EXPECT_GE(Recall(truth, hits), ef < 100 ? 0.97 : 0.99) << part << " ef " << ef;
          }
        }
        EXPECT_EQ(MustSearch(*index, queries, 2000, {})[0].size(), 2000u);
      }
    }
  }
}

TEST(BitScan, RangesAreExact) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 2000, 64, 5, kTestSeed);
  const auto index = MustOpen(BuildBytes(column.view(), Spec(Metric::kL2)), column.view());
  const auto flat = MakeFlat(column.view(), Metric::kL2);
  const Queries query = column.queries(0, 1);
  const float far = MustSearch(*flat, query, 300)[0].back().distance;
  EXPECT_EQ(MustRange(*index, query, {0, far}, 1000)[0].size(),
            MustRange(*flat, query, {0, far}, 1000)[0].size());
}

TEST(BitScan, RowsBeyondWhatFloatsCanEstimateGetAGraph) {
  std::vector<float> values(64 * 100, 1.0f);
  for (size_t i = 0; i < values.size(); i += 7) values[i] = 1e19f;
  VectorView view;
  view.type = DataType::kFloatVector;
  view.dim = 64;
  view.rows = 100;
  view.stride = 64 * sizeof(float);
  view.data = reinterpret_cast<const std::byte*>(values.data());
  EXPECT_FALSE(IsScan(BuildBytes(view, Spec(Metric::kL2))));
}

TEST(BitScan, TheFileIsLaidOutAsDocumented) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 100, 64, 4, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2));
  const auto blob = Blob::Open(bytes);
  ASSERT_TRUE(blob.ok());
  ASSERT_EQ(blob->sections(), 4u);
  EXPECT_EQ(blob->Section(0).size(), 64 * sizeof(float));
  EXPECT_EQ(blob->Section(1).size(), 4 * 32 * 64 / 8u);
  EXPECT_EQ(blob->Section(2).size(), 4 * 32 * 64 / 8u);
  EXPECT_EQ(blob->Section(3).size(), 5 * 4 * 32 * sizeof(float));
}

TEST(BitScan, DamageIsFoundByVerifyAndDoesNotCrashASearch) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 1000, 64, 2, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), Spec(Metric::kCosine));
  EXPECT_TRUE(Verify(bytes).ok());
  std::mt19937_64 random(kTestSeed);
  for (int round = 0; round < 20; ++round) {
    const std::string damaged = Damaged(bytes, 200, &random);
    EXPECT_EQ(Verify(damaged).code(), Code::kCorruption);
    const auto opened = Open(damaged, column.view());
    if (opened.ok()) MustSearch(*opened.value(), column.queries(0, 20), 10);
  }
}

}  // namespace
}  // namespace elanus::index
