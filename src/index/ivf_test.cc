#include "index/ivf.h"

#include "index/kmeans.h"
#include "index/test_data.h"

namespace elanus::index {
namespace {

BuildSpec Spec(std::string type, Metric metric, int nlist = 64) {
  return {std::move(type), metric, {{"nlist", std::to_string(nlist)}}};
}

struct Case {
  const char* index;
  DataType type;
  Metric metric;
};
constexpr Case kCases[] = {{"IVF_FLAT", DataType::kFloatVector, Metric::kL2},
                           {"IVF_FLAT", DataType::kFloat16Vector, Metric::kCosine},
                           {"IVF_SQ8", DataType::kFloatVector, Metric::kIP},
                           {"IVF_SQ8", DataType::kBFloat16Vector, Metric::kL2},
                           {"BIN_IVF_FLAT", DataType::kBinaryVector, Metric::kHamming},
                           {"BIN_IVF_FLAT", DataType::kBinaryVector, Metric::kJaccard}};

TEST(Ivf, IsExactWhenAllListsAreProbedAndCloseWithFew) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(testing::Message() << c.index << " " << NameOf(c.type) << " " << NameOf(c.metric)
                                    << " seed " << kTestSeed);
    TestColumn column = TestColumn::Dense(c.type, 6000, 64, 40, kTestSeed);
    column.MakeNull(11);
    const TestColumn probes = TestColumn::Dense(c.type, 50, 64, 40, kTestSeed + 1);
    const std::string bytes = BuildBytes(column.view(), Spec(c.index, c.metric));
    const auto index = MustOpen(bytes, column.view());
    EXPECT_EQ(index->type(), c.index);
    const Queries queries = probes.queries(0, 50);
    const auto truth = MustSearch(*MakeFlat(column.view(), c.metric), queries, 10);
    SearchParams params;
    params.nprobe = 64;
    const auto all = MustSearch(*index, queries, 10, params);
    for (const auto& h : all) ExpectWellFormed(h, column.view());
    EXPECT_EQ(Recall(truth, all), 1.0);
    params.nprobe = 8;
    EXPECT_GE(Recall(truth, MustSearch(*index, queries, 10, params)), 0.85);
  }
}

TEST(Ivf, GivesKRowsUnderEveryFilter) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 5000, 32, 30, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), Spec("IVF_FLAT", Metric::kL2));
  const auto index = MustOpen(bytes, column.view());
  for (const double part : {0.5, 0.1, 0.01, 0.001}) {
    const Bitmap bits = RandomBitmap(5000, part, kTestSeed);
    const BitmapMask mask(bits);
    SearchParams params;
    params.nprobe = 1;
    for (const auto& h : MustSearch(*index, column.queries(0, 20), 20, params, mask.mask())) {
      EXPECT_EQ(h.size(), std::min<size_t>(20, bits.Count())) << part;
      ExpectWellFormed(h, column.view(), mask.mask());
    }
  }
}

TEST(Ivf, RangeOverAllListsEqualsTheNaiveOne) {
  for (const Case& c : {kCases[0], kCases[1], kCases[4]}) {
    const TestColumn column = TestColumn::Dense(c.type, 3000, 32, 30, kTestSeed);
    const std::string bytes = BuildBytes(column.view(), Spec(c.index, c.metric));
    const auto index = MustOpen(bytes, column.view());
    const auto flat = MakeFlat(column.view(), c.metric);
    SearchParams params;
    params.nprobe = 64;
    for (size_t q = 0; q < 10; ++q) {
      const auto nearest = MustSearch(*flat, column.queries(q, 1), 300)[0];
      const Range range{nearest[20].distance, nearest[150].distance};
      const auto truth = MustRange(*flat, column.queries(q, 1), range, 100)[0];
      const auto hits = MustRange(*index, column.queries(q, 1), range, 100, params)[0];
      ASSERT_EQ(hits.size(), truth.size());
      for (size_t i = 0; i < hits.size(); ++i) EXPECT_EQ(hits[i].row, truth[i].row);
    }
  }
}

TEST(Ivf, HasNoMoreListsThanRowsAndIsDeterministic) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 30, 8, 3, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), Spec("IVF_FLAT", Metric::kL2, 1024), 1);
  EXPECT_EQ(bytes, BuildBytes(column.view(), Spec("IVF_FLAT", Metric::kL2, 1024), 4));
  EXPECT_EQ(MustSearch(*MustOpen(bytes, column.view()), column.queries(0, 1), 30)[0].size(), 30u);
  const TestColumn empty = TestColumn::Dense(DataType::kFloatVector, 0, 8, 3, kTestSeed);
  const std::string nothing = BuildBytes(empty.view(), Spec("IVF_SQ8", Metric::kL2));
  EXPECT_TRUE(MustSearch(*MustOpen(nothing, empty.view()), column.queries(0, 1), 5)[0].empty());
}

TEST(KMeans, LeavesNoCentreWithoutRows) {
  TestColumn column = TestColumn::Dense(DataType::kFloatVector, 4000, 16, 8, kTestSeed);
  Workers workers(2);
  const Context context;
  Centres centres;
  std::vector<uint32_t> owner;
  ASSERT_TRUE(
      ClusterRows(context, column.view(), Metric::kL2, 32, &workers, &centres, &owner).ok());
  std::vector<size_t> sizes(32);
  for (const uint32_t c : owner) ++sizes[c];
  EXPECT_GT(*std::min_element(sizes.begin(), sizes.end()), 0u);
}

}  // namespace
}  // namespace elanus::index
