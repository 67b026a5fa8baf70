#include "index/ivf_codes.h"

#include <algorithm>
#include <cmath>

#include "index/pq.h"
#include "index/test_data.h"

namespace elanus::index {
namespace {

BuildSpec Spec(std::string type, Metric metric, int nlist = 64) {
  BuildSpec spec{std::move(type), metric, {{"nlist", std::to_string(nlist)}}};
  if (spec.type == "IVF_PQ") spec.params.emplace_back("m", "16");
  return spec;
}

struct Case {
  const char* index;
  DataType type;
  Metric metric;
};
constexpr Case kCases[] = {{"IVF_PQ", DataType::kFloatVector, Metric::kL2},
                           {"IVF_PQ", DataType::kFloat16Vector, Metric::kIP},
                           {"SCANN", DataType::kFloatVector, Metric::kCosine},
                           {"SCANN", DataType::kBFloat16Vector, Metric::kL2},
                           {"IVF_RABITQ", DataType::kFloatVector, Metric::kL2},
                           {"IVF_RABITQ", DataType::kFloat16Vector, Metric::kCosine},
                           {"IVF_RABITQ", DataType::kBFloat16Vector, Metric::kIP}};

TEST(IvfCodes, FindWhatAnExactSearchFindsTheBetterTheMoreListsAreProbed) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(testing::Message() << c.index << " " << NameOf(c.type) << " " << NameOf(c.metric)
                                    << " seed " << kTestSeed);
    TestColumn column = TestColumn::Dense(c.type, 3000, 64, 30, kTestSeed, 1.3f);
    column.MakeNull(11);
    const TestColumn probes = TestColumn::Dense(c.type, 50, 64, 30, kTestSeed + 1, 1.3f);
    const std::string bytes = BuildBytes(column.view(), Spec(c.index, c.metric));
    ASSERT_TRUE(Verify(bytes).ok());
    const auto index = MustOpen(bytes, column.view());
    EXPECT_EQ(index->type(), c.index);
    const Queries queries = probes.queries(0, 50);
    const auto truth = MustSearch(*MakeFlat(column.view(), c.metric), queries, 10);
    double last = 0;
    for (const int nprobe : {1, 4, 8, 64}) {
      SearchParams params;
      params.nprobe = nprobe;
      const auto hits = MustSearch(*index, queries, 10, params);
      for (const auto& h : hits) {
        ASSERT_EQ(h.size(), 10u);
        ExpectWellFormed(h, column.view());
      }
      const double recall = Recall(truth, hits);
      EXPECT_GE(recall, last - 0.005) << nprobe;
      last = recall;
      // Distances are the exact ones.
      for (size_t q = 0; q < 50; ++q) {
        for (const Hit& h : hits[q]) {
          const double naive = NaiveDistance(column.view(), c.metric, queries.Row(q), h.row);
          ASSERT_NEAR(h.distance, naive, 1e-4 * (1 + std::abs(naive)));
        }
      }
      EXPECT_GE(recall, nprobe >= 8 ? 0.85 : 0.3);
    }
    EXPECT_GE(last, 0.985);
  }
}

TEST(IvfCodes, KeepTheirParametersAndTheRecallTheyMeasured) {
  for (const char* type : {"SCANN", "IVF_SQ8"}) {
    TestColumn column = TestColumn::Dense(DataType::kFloatVector, 3000, 32, 3, kTestSeed);
    column.MakeNull(9);
    BuildSpec spec = Spec(type, Metric::kL2, 40);
    spec.params.emplace_back("nprobe", "3");
    const std::string bytes = BuildBytes(column.view(), spec);
    const auto index = MustOpen(bytes, column.view());
    EXPECT_EQ(*FindProperty(index->description(), "nlist"), "40");
    EXPECT_EQ(*FindProperty(index->description(), "nprobe"), "3");
    const double told = std::stod(*FindProperty(index->description(), "recall"));
    EXPECT_GT(told, 0.3);
    EXPECT_LT(told, 1.0);
    // What a user would measure; rows are near rows of the column as the samples are.
    const TestColumn probes = TestColumn::Dense(DataType::kFloatVector, 300, 32, 3, kTestSeed + 1);
    const auto truth =
        MustSearch(*MakeFlat(column.view(), Metric::kL2), probes.queries(0, 300), 10);
    EXPECT_NEAR(told, Recall(truth, MustSearch(*index, probes.queries(0, 300), 10)), 0.06);
  }
  const TestColumn bits = TestColumn::Dense(DataType::kBinaryVector, 2000, 64, 20, kTestSeed);
  const std::string bytes = BuildBytes(bits.view(), {"BIN_IVF_FLAT", Metric::kHamming, {}});
  EXPECT_NE(FindProperty(MustOpen(bytes, bits.view())->description(), "recall"), nullptr);
}

TEST(IvfCodes, OneQueryFindsWhatItFindsAmongMany) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 5000, 32, 30, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), Spec("IVF_RABITQ", Metric::kL2));
  const auto index = MustOpen(bytes, column.view());
  const auto truth = MustSearch(*MakeFlat(column.view(), Metric::kL2), column.queries(0, 300), 10);
  const auto many = MustSearch(*index, column.queries(0, 300), 10);
  std::vector<std::vector<Hit>> single;
  for (size_t q = 0; q < 300; ++q)
    single.push_back(MustSearch(*index, column.queries(q, 1), 10)[0]);
  EXPECT_NEAR(Recall(truth, many), Recall(truth, single), 0.002);
  EXPECT_GE(Recall(truth, many), 0.85);
}

TEST(IvfCodes, ReorderingMoreFindsMore) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 6000, 64, 10, kTestSeed);
  const TestColumn probes = TestColumn::Dense(DataType::kFloatVector, 50, 64, 10, kTestSeed + 1);
  const auto truth = MustSearch(*MakeFlat(column.view(), Metric::kL2), probes.queries(0, 50), 10);
  for (const char* type : {"SCANN", "IVF_RABITQ"}) {
    const std::string bytes = BuildBytes(column.view(), Spec(type, Metric::kL2));
    const auto index = MustOpen(bytes, column.view());
    double last = 0;
    for (const int reorder : {10, 40, 400, 6000}) {
      SearchParams params;
      params.nprobe = 64;
      if (type == std::string_view("SCANN")) {
        params.reorder_k = reorder;
      } else {
        params.refine_k = reorder / 10;
      }
      if (type != std::string_view("SCANN") && reorder == 10) continue;
      const double recall = Recall(truth, MustSearch(*index, probes.queries(0, 50), 10, params));
      EXPECT_GE(recall, last) << type << " " << reorder;
      last = recall;
    }
    EXPECT_EQ(last, 1.0) << type;
  }
}

TEST(IvfCodes, GivesKRowsUnderEveryFilter) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 10000, 32, 30, kTestSeed);
  for (const char* type : {"SCANN", "IVF_RABITQ"}) {
    const std::string bytes = BuildBytes(column.view(), Spec(type, Metric::kL2));
    const auto index = MustOpen(bytes, column.view());
    const auto flat = MakeFlat(column.view(), Metric::kL2);
    for (const double part : {0.5, 0.1, 0.01, 0.001}) {
      const Bitmap bits = RandomBitmap(10000, part, kTestSeed);
      const BitmapMask mask(bits);
      SearchParams params;
      params.nprobe = 16;
      const auto truth = MustSearch(*flat, column.queries(0, 20), 20, {}, mask.mask());
      const auto hits = MustSearch(*index, column.queries(0, 20), 20, params, mask.mask());
      for (const auto& h : hits) {
        EXPECT_EQ(h.size(), std::min<size_t>(20, bits.Count())) << part;
        ExpectWellFormed(h, column.view(), mask.mask());
      }
      EXPECT_GE(Recall(truth, hits), 0.9) << part;
    }
    // The far half only: the lists near a query have no row to give.
    const auto all = MustSearch(*flat, column.queries(0, 1), 10000)[0];
    Bitmap far(10000);
    for (size_t i = 9000; i < all.size(); ++i) far.Set(all[i].row);
    const BitmapMask mask(far);
    SearchParams params;
    params.nprobe = 4;
    EXPECT_EQ(MustSearch(*index, column.queries(0, 1), 20, params, mask.mask())[0].size(), 20u);
  }
}

TEST(IvfCodes, RangeOverAllListsFindsNearlyAllOfTheBall) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(testing::Message() << c.index << " " << NameOf(c.metric));
    const TestColumn column = TestColumn::Dense(c.type, 3000, 32, 30, kTestSeed);
    const std::string bytes = BuildBytes(column.view(), Spec(c.index, c.metric, 16));
    const auto index = MustOpen(bytes, column.view());
    const auto flat = MakeFlat(column.view(), c.metric);
    SearchParams params;
    params.nprobe = 16;
    size_t found = 0;
    size_t all = 0;
    for (size_t q = 0; q < 10; ++q) {
      const auto nearest = MustSearch(*flat, column.queries(q, 1), 300)[0];
      const Range range{nearest[20].distance, nearest[150].distance};
      const auto truth = MustRange(*flat, column.queries(q, 1), range, 1000)[0];
      const auto hits = MustRange(*index, column.queries(q, 1), range, 1000, params)[0];
      ExpectWellFormed(hits, column.view());
      for (const Hit& h : hits) EXPECT_TRUE(h.distance >= range.lower && h.distance < range.upper);
      found += hits.size();
      all += truth.size();
    }
    EXPECT_GE(static_cast<double>(found), 0.98 * static_cast<double>(all));
  }
}

TEST(IvfCodes, TakesRowsOfEveryKind) {
  for (const char* type : {"IVF_PQ", "SCANN", "IVF_RABITQ"}) {
    SCOPED_TRACE(type);
    // Fewer rows than lists, none at all; whatever the threads.
    const TestColumn few = TestColumn::Dense(DataType::kFloatVector, 30, 16, 3, kTestSeed);
    const std::string bytes = BuildBytes(few.view(), Spec(type, Metric::kL2, 1024), 1);
    EXPECT_EQ(bytes, BuildBytes(few.view(), Spec(type, Metric::kL2, 1024), 4));
    EXPECT_EQ(MustSearch(*MustOpen(bytes, few.view()), few.queries(0, 1), 40)[0].size(), 30u);
    const TestColumn none = TestColumn::Dense(DataType::kFloatVector, 0, 16, 3, kTestSeed);
    const std::string nothing = BuildBytes(none.view(), Spec(type, Metric::kL2));
    EXPECT_TRUE(MustSearch(*MustOpen(nothing, none.view()), few.queries(0, 1), 5)[0].empty());

    // All rows equal; all rows zero.
    for (const Metric metric : {Metric::kL2, Metric::kIP, Metric::kCosine}) {
      TestColumn equal = TestColumn::Dense(DataType::kFloatVector, 600, 16, 3, kTestSeed);
      for (size_t r = 1; r < 600; ++r) equal.CopyRow(0, r);
      std::string same = BuildBytes(equal.view(), Spec(type, metric));
      EXPECT_EQ(MustSearch(*MustOpen(same, equal.view()), equal.queries(0, 1), 550)[0].size(),
                550u);
      std::vector<float> zeros(600 * 16), norms(600);
      VectorView view = equal.view();
      view.data = reinterpret_cast<const std::byte*>(zeros.data());
      view.inverse_norms = norms.data();
      same = BuildBytes(view, Spec(type, metric));
      EXPECT_EQ(MustSearch(*MustOpen(same, view), few.queries(0, 1), 20)[0].size(), 20u);
    }
    // 2 dimensions, odd ones, and so many that a sum needs 32 bits.
    for (const size_t dim : {2, 7, 100, 8200}) {
      if (dim == 8200 && type != std::string_view("IVF_RABITQ")) continue;
      const size_t rows = dim == 8200 ? 600 : 2000;
      const TestColumn column = TestColumn::Dense(DataType::kFloatVector, rows, dim, 5, kTestSeed);
      BuildSpec spec = Spec(type, Metric::kL2, 8);
      if (type == std::string_view("IVF_PQ")) spec.params.back().second = "1";
      const std::string file = BuildBytes(column.view(), spec);
      const auto index = MustOpen(file, column.view());
      SearchParams params;
      params.nprobe = 8;
      const auto truth =
          MustSearch(*MakeFlat(column.view(), Metric::kL2), column.queries(0, 10), 10);
      EXPECT_GE(Recall(truth, MustSearch(*index, column.queries(0, 10), 10, params)), 0.97) << dim;
    }
  }
}

TEST(IvfCodes, DamageGivesWrongHitsAndNothingElse) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 3000, 32, 10, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), Spec("SCANN", Metric::kL2));
  std::mt19937_64 random(kTestSeed);
  for (int round = 0; round < 50; ++round) {
    std::string damaged = bytes;
    const size_t from = 4096 + random() % (bytes.size() - 4096);
    for (size_t i = from; i < std::min(bytes.size(), from + 200); ++i)
      damaged[i] = static_cast<char>(random());
    const auto index = MustOpen(damaged, column.view());
    SearchParams params;
    params.nprobe = 64;
    for (const auto& hits : MustSearch(*index, column.queries(0, 5), 10, params)) {
      // A row may come twice where the list of rows is damaged.
      EXPECT_TRUE(std::is_sorted(hits.begin(), hits.end()));
      for (const Hit& hit : hits) EXPECT_LT(hit.row, 3000u);
    }
  }
}

TEST(Codebook, DecodesToTheNearestCentroid) {
  std::mt19937 random(kTestSeed);
  std::normal_distribution<float> normal;
  constexpr size_t kDim = 10, kCount = 2000;
  std::vector<float> sample(kCount * kDim);
  for (float& v : sample) v = normal(random);
  Workers workers(2);
  const Codebook book = Codebook::Train(sample.data(), kCount, kDim, 3, &workers);
  std::vector<float> decoded(kDim), tables(3 * 16);
  std::vector<uint8_t> codes(3);
  double lost = 0, all = 0;
  for (size_t i = 0; i < kCount; ++i) {
    const float* v = sample.data() + i * kDim;
    book.Encode(v, codes.data());
    book.Decode(codes.data(), decoded.data());
    book.Tables(v, tables.data());
    float product = 0, sum = 0;
    for (size_t j = 0; j < 3; ++j) sum += tables[16 * j + codes[j]];
    for (size_t d = 0; d < kDim; ++d) {
      product += v[d] * decoded[d];
      lost += static_cast<double>((v[d] - decoded[d]) * (v[d] - decoded[d]));
      all += static_cast<double>(v[d] * v[d]);
    }
    EXPECT_NEAR(product, sum, 1e-4);
  }
  EXPECT_LT(lost, 0.5 * all);  // 1.2 bits a dimension of noise: about 0.25 at best
  const Codebook same = Codebook::FromValues(kDim, 3, book.values());
  std::vector<uint8_t> again(3);
  same.Encode(sample.data(), again.data());
  book.Encode(sample.data(), codes.data());
  EXPECT_EQ(again, codes);
}

TEST(Codebook, SignsAreTheSigns) {
  const Codebook book = Codebook::Signs(8);
  const float v[] = {1, -2, 3, -4, -5, 6, -7, 8};
  uint8_t codes[2];
  float decoded[8];
  book.Encode(v, codes);
  book.Decode(codes, decoded);
  for (size_t d = 0; d < 8; ++d) EXPECT_EQ(decoded[d], v[d] > 0 ? 1 : -1);
}

}  // namespace
}  // namespace elanus::index
