#include "index/sparse.h"

#include "index/blob.h"
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

// A row of BM25 written out.
double NaiveBm25(std::string_view query, std::string_view row, const Bm25& p) {
  double length = 0;
  for (size_t i = 0; i < SparseCount(row); ++i)
    length += static_cast<double>(SparseAt(row, i).value);
  double score = 0;
  for (size_t i = 0; i < SparseCount(query); ++i) {
    for (size_t j = 0; j < SparseCount(row); ++j) {
      if (SparseAt(query, i).index != SparseAt(row, j).index) continue;
      const auto tf = static_cast<double>(SparseAt(row, j).value);
      const auto k1 = static_cast<double>(p.k1), b = static_cast<double>(p.b);
      score += static_cast<double>(SparseAt(query, i).value) * tf * (k1 + 1) /
               (tf + k1 * (1 - b + b * length / static_cast<double>(p.avgdl)));
    }
  }
  return score;
}

TEST(Sparse, ScoresTermFrequenciesByBm25) {
  const TestColumn column = TestColumn::Sparse(20000, 800, 14, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), kSpec);
  const auto index = MustOpen(bytes, column.view());
  const auto flat = MakeFlat(column.view(), Metric::kIP);
  const Queries queries = column.queries(100, 10);
  for (const Bm25& bm25 : {Bm25{1.2f, 0.75f, 11.5f}, Bm25{0.0f, 0.0f, 1.0f}, Bm25{3.0f, 1.0f, 3}}) {
    SearchParams params;
    params.bm25 = bm25;
    const auto hits = MustSearch(*index, queries, 20, params);
    ExpectSame(MustSearch(*flat, queries, 20, params), hits);
    for (size_t q = 0; q < hits.size(); ++q) {
      for (const Hit& h : hits[q]) {
        EXPECT_NEAR(-h.distance,
                    NaiveBm25((*queries.sparse)[q], column.view().SparseRow(h.row), bm25), 1e-4);
      }
    }
  }
}

TEST(Sparse, IsExactWhateverTheMaskTheWindowAndK) {
  const TestColumn column = TestColumn::Sparse(20000, 2000, 20, kTestSeed + 1);
  const auto flat = MakeFlat(column.view(), Metric::kIP);
  const Queries queries = column.queries(777, 6);
  for (const char* window : {"1024", "5000", "65535"}) {
    BuildSpec spec = kSpec;
    spec.params = {{"sindi_window_size", window}};
    const std::string bytes = BuildBytes(column.view(), spec);
    const auto index = MustOpen(bytes, column.view());
    for (const double part : {1.0, 0.5, 0.01, 0.0005}) {
      const Bitmap bits = RandomBitmap(20000, part, kTestSeed);
      const BitmapMask mask(bits);
      const RowMask allowed = part < 1 ? mask.mask() : RowMask();
      for (const size_t k : {1, 10, 1000, 50000}) {
        SCOPED_TRACE(testing::Message()
                     << "window " << window << " allowed " << part << " k " << k);
        const auto truth = MustSearch(*flat, queries, k, {}, allowed);
        ExpectSame(truth, MustSearch(*index, queries, k, {}, allowed));
        if (truth[0].size() < 10) continue;
        // An open near end, and one that leaves out the best.
        for (const float near : {-std::numeric_limits<float>::infinity(), truth[0][3].distance}) {
          const Range range{near, truth[0].back().distance};
          ExpectSame(MustRange(*flat, queries, range, k, {}, allowed),
                     MustRange(*index, queries, range, k, {}, allowed));
        }
      }
    }
  }
}

TEST(Sparse, IsTheSameFileForAnyNumberOfThreads) {
  const TestColumn column = TestColumn::Sparse(70000, 500, 6, kTestSeed);
  EXPECT_EQ(BuildBytes(column.view(), kSpec, 1), BuildBytes(column.view(), kSpec, 3));
}

// Values from far below to far above what half precision holds, and one row that ties with others.
TEST(Sparse, IsExactForValuesOfAnySize) {
  for (const float largest : {1e-30f, 1e-6f, 1.0f, 60000.0f, 1e9f, 1e30f}) {
    SCOPED_TRACE(largest);
    TestColumn column = TestColumn::Sparse(3000, 60, 8, kTestSeed);
    column.ScaleValues(largest / 2);
    const std::string bytes = BuildBytes(column.view(), kSpec);
    const auto index = MustOpen(bytes, column.view());
    const auto flat = MakeFlat(column.view(), Metric::kIP);
    const TestColumn probes = TestColumn::Sparse(10, 60, 8, kTestSeed + 1);
    ExpectSame(MustSearch(*flat, probes.queries(0, 10), 30),
               MustSearch(*index, probes.queries(0, 10), 30));
  }
}

TEST(Sparse, ReadsNothingOutsideADamagedFile) {
  const TestColumn column = TestColumn::Sparse(20000, 300, 8, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), kSpec);
  std::mt19937_64 random(kTestSeed);
  for (int round = 0; round < 30; ++round) {
    const std::string damaged = Damaged(bytes, 3000, &random);
    EXPECT_EQ(Verify(damaged).code(), Code::kCorruption);
    const auto index = MustOpen(damaged, column.view());
    SearchParams params;
    if (round % 2 == 1) params.bm25 = Bm25{1.2f, 0.75f, 8};
    for (const auto& hits : MustSearch(*index, column.queries(0, 10), 10, params))
      ExpectWellFormed(hits, column.view());
  }
}

TEST(Sparse, ADamagedFileLeavesNothingBehindForTheNextSearch) {
  const TestColumn column = TestColumn::Sparse(20000, 300, 8, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), kSpec);
  std::string damaged = bytes;
  const Blob blob = Blob::Open(damaged).take();
  constexpr size_t kIdsSection = 3;
  const std::string_view ids = blob.Section(kIdsSection);
  ASSERT_GT(ids.size(), 20000u);
  for (size_t i = 0; i < ids.size(); i += 2) {  // beyond the rows of the last window, 3,616
    damaged[static_cast<size_t>(ids.data() - damaged.data()) + i] = 0x10;
    damaged[static_cast<size_t>(ids.data() - damaged.data()) + i + 1] = 0x27;
  }
  MustSearch(*MustOpen(damaged, column.view()), column.queries(0, 10), 1);
  ExpectSame(MustSearch(*MakeFlat(column.view(), Metric::kIP), column.queries(0, 10), 1),
             MustSearch(*MustOpen(bytes, column.view()), column.queries(0, 10), 1));
}

TEST(Sparse, CountsTheRowsOfATermAndAllValues) {
  TestColumn column = TestColumn::Sparse(70000, 800, 14, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), {"SPARSE_INVERTED_INDEX", Metric::kBm25, {}});
  const auto index = MustOpen(bytes, column.view());
  std::map<uint32_t, uint64_t> with;
  double length = 0;
  for (size_t row = 0; row < column.view().rows; ++row) {
    const std::string_view one = column.view().SparseRow(row);
    for (size_t i = 0; i < SparseCount(one); ++i) {
      ++with[SparseAt(one, i).index];
      length += static_cast<double>(SparseAt(one, i).value);
    }
  }
  std::vector<uint32_t> terms = {4000000000u};
  for (const auto& [term, rows] : with) terms.push_back(term);
  std::vector<uint64_t> counted(terms.size(), 7);
  double counted_length = 0;
  ASSERT_TRUE(index->CountTerms(terms, counted, &counted_length));
  EXPECT_EQ(counted[0], 0u);
  for (size_t i = 1; i < terms.size(); ++i) EXPECT_EQ(counted[i], with[terms[i]]) << terms[i];
  EXPECT_NEAR(counted_length, length, 1e-6 * length);
  EXPECT_FALSE(MakeFlat(column.view(), Metric::kBm25)->CountTerms(terms, counted, &counted_length));
}

}  // namespace
}  // namespace elanus::index
