#include "index/sparse.h"

#include "index/test_data.h"

namespace elanus::index {
namespace {

const BuildSpec kSpec{"SPARSE_INVERTED_INDEX", Metric::kIP, {}};

void ExpectSame(const std::vector<std::vector<Hit>>& want,
                const std::vector<std::vector<Hit>>& got) {
  ASSERT_EQ(want.size(), got.size());
  for (size_t q = 0; q < want.size(); ++q) {
    ASSERT_EQ(want[q].size(), got[q].size()) << q;
    for (size_t i = 0; i < want[q].size(); ++i) {
      EXPECT_EQ(want[q][i].row, got[q][i].row);
      EXPECT_EQ(want[q][i].distance, got[q][i].distance);
    }
  }
}

TEST(Sparse, EqualsTheFlatSearchOverSeveralWindows) {
  TestColumn column =
      TestColumn::Sparse(70000, 2000, 12, kTestSeed);  // one full window and a short one
  column.MakeNull(13);
  const std::string bytes = BuildBytes(column.view(), kSpec);
  const auto index = MustOpen(bytes, column.view());
  const auto flat = MakeFlat(column.view(), Metric::kIP);
  const Queries queries = column.queries(65530, 12);
  const Bitmap bits = RandomBitmap(70000, 0.05, kTestSeed);
  const BitmapMask mask(bits);
  for (const RowMask& allowed : {RowMask(), mask.mask()}) {
    const auto truth = MustSearch(*flat, queries, 15, {}, allowed);
    ExpectSame(truth, MustSearch(*index, queries, 15, {}, allowed));
    const Range range{truth[0][2].distance, truth[0][10].distance};
    ExpectSame(MustRange(*flat, queries, range, 100, {}, allowed),
               MustRange(*index, queries, range, 100, {}, allowed));
  }
}

TEST(Sparse, DropsTheSmallestTermsOfTheQueryOnly) {
  const TestColumn column = TestColumn::Sparse(3000, 300, 20, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), kSpec);
  const auto index = MustOpen(bytes, column.view());
  SearchParams params;
  params.drop_ratio_search = 0.4;
  const auto flat = MakeFlat(column.view(), Metric::kIP);
  ExpectSame(MustSearch(*flat, column.queries(0, 10), 10, params),
             MustSearch(*index, column.queries(0, 10), 10, params));
  EXPECT_GE(Recall(MustSearch(*flat, column.queries(0, 10), 10),
                   MustSearch(*index, column.queries(0, 10), 10, params)),
            0.5);
}

TEST(Sparse, RowsThatShareNoTermAreNoHits) {
  const TestColumn column = TestColumn::Sparse(100, 50, 5, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), kSpec);
  const auto index = MustOpen(bytes, column.view());
  const SparseTerm unknown{4000000000u, 1.0f};
  const std::vector<std::string> queries = {std::string(reinterpret_cast<const char*>(&unknown), 8),
                                            std::string()};
  for (const auto& h :
       MustSearch(*index, {DataType::kSparseFloatVector, 0, 2, nullptr, &queries}, 10))
    EXPECT_TRUE(h.empty());
}

TEST(Sparse, HasNegativeScoresToo) {
  const TestColumn column = TestColumn::Sparse(50, 20, 5, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), kSpec);
  std::vector<std::string> queries = {std::string(column.view().SparseRow(3))};
  for (size_t i = 0; i < queries[0].size(); i += 8) {
    const float minus = -1;
    std::memcpy(queries[0].data() + i + 4, &minus, 4);
  }
  const Queries query{DataType::kSparseFloatVector, 0, 1, nullptr, &queries};
  const auto hits = MustSearch(*MustOpen(bytes, column.view()), query, 50);
  ExpectSame(MustSearch(*MakeFlat(column.view(), Metric::kIP), query, 50), hits);
  EXPECT_GT(hits[0].front().distance, 0.0f);
}

}  // namespace
}  // namespace elanus::index
