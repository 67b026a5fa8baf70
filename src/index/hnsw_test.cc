#include "index/hnsw.h"

#include <numeric>

#include <gmock/gmock.h>

#include "base/crc32c.h"
#include "index/hnsw_build.h"
#include "index/test_data.h"

namespace elanus::index {
namespace {

BuildSpec Spec(Metric metric, int m = 16, int ef = 100, const std::string& profile = "auto") {
  return {"HNSW",
          metric,
          {{"M", std::to_string(m)},
           {"efConstruction", std::to_string(ef)},
           {"graph_profile", profile}}};
}

constexpr const char* kProfiles[] = {"lean", "fast"};

struct Case {
  DataType type;
  Metric metric;
  double recall;
};
constexpr Case kCases[] = {{DataType::kFloatVector, Metric::kL2, 0.98},
                           {DataType::kFloatVector, Metric::kCosine, 0.98},
                           {DataType::kFloat16Vector, Metric::kIP, 0.95},
                           {DataType::kBFloat16Vector, Metric::kCosine, 0.98},
                           {DataType::kInt8Vector, Metric::kL2, 0.98},
                           {DataType::kInt8Vector, Metric::kCosine, 0.98},
                           {DataType::kBinaryVector, Metric::kHamming, 0.95},
                           {DataType::kBinaryVector, Metric::kJaccard, 0.95}};

// Every profile but where the type has only one form.
template <typename Fn>
void ForProfiles(DataType type, Fn fn) {
  if (type == DataType::kBinaryVector) return fn("auto");
  for (const char* profile : kProfiles) fn(profile);
}

void ExpectFinds(const Case& c, size_t dim, const std::string& profile) {
  SCOPED_TRACE(testing::Message() << NameOf(c.type) << " " << NameOf(c.metric) << " dim " << dim
                                  << " " << profile << " seed " << kTestSeed);
  const TestColumn column = TestColumn::Dense(c.type, 4000, dim, 40, kTestSeed);
  const TestColumn probes = TestColumn::Dense(c.type, 100, dim, 40, kTestSeed + 1);
  const std::string bytes = BuildBytes(column.view(), Spec(c.metric, 16, 100, profile));
  const auto index = MustOpen(bytes, column.view());
  SearchParams params;
  params.ef = 64;
  const Queries queries = probes.queries(0, 100);
  const auto truth = MustSearch(*MakeFlat(column.view(), c.metric), queries, 10);
  const auto hits = MustSearch(*index, queries, 10, params);
  for (const auto& h : hits) ExpectWellFormed(h, column.view());
  EXPECT_GE(Recall(truth, hits), c.recall);
  for (size_t q = 0; q < 100; ++q) {
    if (hits[q][0].row != truth[q][0].row) continue;
    EXPECT_EQ(hits[q][0].distance, truth[q][0].distance);  // exact, not estimated
  }
}

TEST(Hnsw, FindsTheNearestRowsOfEveryType) {
  for (const Case& c : kCases) {
    ForProfiles(c.type, [&](const char* profile) { ExpectFinds(c, 64, profile); });
  }
}

TEST(Hnsw, PadsDimensionsThatAreNoMultipleOf64) {
  for (const size_t dim : {72, 100, 200}) {
    ExpectFinds({DataType::kFloatVector, Metric::kL2, 0.97}, dim, "fast");
    ExpectFinds({DataType::kFloatVector, Metric::kCosine, 0.97}, dim, "lean");
  }
}

TEST(Hnsw, ReachesUnnormalisedRowsByInnerProduct) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 6000, 32, 40, kTestSeed, 20);
  const TestColumn probes = TestColumn::Dense(DataType::kFloatVector, 100, 32, 40, kTestSeed + 1);
  const auto truth = MustSearch(*MakeFlat(column.view(), Metric::kIP), probes.queries(0, 100), 10);
  for (const char* profile : kProfiles) {
    const std::string bytes = BuildBytes(column.view(), Spec(Metric::kIP, 16, 100, profile));
    const auto index = MustOpen(bytes, column.view());
    SearchParams params;
    params.ef = 128;
    EXPECT_GE(Recall(truth, MustSearch(*index, probes.queries(0, 100), 10, params)), 0.95)
        << profile << " seed " << kTestSeed;
  }
}

void ExpectKUnderEveryFilter(const std::string& profile) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 8000, 32, 50, kTestSeed);
  const TestColumn probes = TestColumn::Dense(DataType::kFloatVector, 50, 32, 50, kTestSeed + 1);
  const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2, 16, 100, profile));
  const auto index = MustOpen(bytes, column.view());
  const auto flat = MakeFlat(column.view(), Metric::kL2);
  const Queries queries = probes.queries(0, 50);
  for (const double part : {0.9, 0.5, 0.3, 0.1, 0.01, 0.002}) {
    SCOPED_TRACE(testing::Message() << "allowed " << part << " seed " << kTestSeed);
    const Bitmap bits = RandomBitmap(8000, part, kTestSeed);
    const BitmapMask mask(bits);
    SearchParams params;
    params.ef = 16;
    const auto truth = MustSearch(*flat, queries, 10, {}, mask.mask());
    const auto hits = MustSearch(*index, queries, 10, params, mask.mask());
    for (size_t q = 0; q < hits.size(); ++q) {
      EXPECT_EQ(hits[q].size(), std::min<size_t>(10, bits.Count()));
      ExpectWellFormed(hits[q], column.view(), mask.mask());
    }
    EXPECT_GE(Recall(truth, hits), 0.85);
  }
}

TEST(Hnsw, GivesKRowsUnderEveryFilter) {
  for (const char* profile : kProfiles) {
    SCOPED_TRACE(profile);
    ExpectKUnderEveryFilter(profile);
  }
}

TEST(Hnsw, GivesKRowsWhenAllTheAllowedAreFarAway) {
  for (const char* profile : kProfiles) {
    SCOPED_TRACE(profile);
    const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 8000, 16, 4, kTestSeed);
    const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2, 4, 40, profile));
    const auto index = MustOpen(bytes, column.view());
    const Queries query = column.queries(0, 1);
    const auto all = MustSearch(*MakeFlat(column.view(), Metric::kL2), query, 8000)[0];
    Bitmap bits(8000);
    for (size_t i = 4000; i < 8000; ++i) bits.Set(all[i].row);  // the far half
    const BitmapMask mask(bits);
    SearchParams params;
    params.ef = 100;
    const auto hits = MustSearch(*index, query, 100, params, mask.mask())[0];
    EXPECT_EQ(hits.size(), 100u);
    ExpectWellFormed(hits, column.view(), mask.mask());
  }
}

TEST(Hnsw, FindsTheNearestOfTheAllowedWhereverTheyLie) {
  // The allowed rows are near each other, and near the query or far from it.
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 8000, 32, 50, kTestSeed);
  const auto flat = MakeFlat(column.view(), Metric::kL2);
  const auto order = MustSearch(*flat, column.queries(0, 1), 8000)[0];
  for (const char* profile : kProfiles) {
    const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2, 16, 100, profile));
    const auto index = MustOpen(bytes, column.view());
    for (const size_t first : {0, 3000, 6000}) {
      SCOPED_TRACE(testing::Message() << profile << " from " << first << " seed " << kTestSeed);
      Bitmap bits(8000);
      for (size_t i = first; i < first + 2000; ++i) bits.Set(order[i].row);
      const BitmapMask mask(bits);
      SearchParams params;
      params.ef = 16;
      std::vector<std::vector<Hit>> truth, hits;
      for (size_t q = 0; q < 40; ++q) {
        const Queries query = column.queries(order[q * 20].row, 1);
        truth.push_back(MustSearch(*flat, query, 10, {}, mask.mask())[0]);
        hits.push_back(MustSearch(*index, query, 10, params, mask.mask())[0]);
        EXPECT_EQ(hits.back().size(), 10u);
        ExpectWellFormed(hits.back(), column.view(), mask.mask());
      }
      EXPECT_GE(Recall(truth, hits), 0.85);
    }
  }
}

TEST(Hnsw, HalfTheRowsDeletedLosesNoRecall) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 8000, 96, 1, kTestSeed);
  const TestColumn probes = TestColumn::Dense(DataType::kFloatVector, 100, 96, 1, kTestSeed + 1);
  const auto flat = MakeFlat(column.view(), Metric::kL2);
  const Queries queries = probes.queries(0, 100);
  const Bitmap bits = RandomBitmap(8000, 0.5, kTestSeed);
  const BitmapMask mask(bits);
  for (const char* profile : kProfiles) {
    const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2, 16, 100, profile));
    const auto index = MustOpen(bytes, column.view());
    for (const int64_t ef : {40, 80}) {
      SearchParams params;
      params.ef = ef;
      const double before =
          Recall(MustSearch(*flat, queries, 10), MustSearch(*index, queries, 10, params));
      const double after = Recall(MustSearch(*flat, queries, 10, {}, mask.mask()),
                                  MustSearch(*index, queries, 10, params, mask.mask()));
      EXPECT_GE(after, before - 0.02) << profile << " ef " << ef << " seed " << kTestSeed;
    }
  }
}

TEST(Hnsw, NeverReturnsNullRowsAndServesColumnsOfThem) {
  for (const char* profile : kProfiles) {
    SCOPED_TRACE(profile);
    TestColumn column = TestColumn::Dense(DataType::kFloatVector, 3000, 16, 10, kTestSeed);
    column.MakeNull(3);
    const std::string bytes = BuildBytes(column.view(), Spec(Metric::kCosine, 16, 100, profile));
    const auto index = MustOpen(bytes, column.view());
    const auto truth =
        MustSearch(*MakeFlat(column.view(), Metric::kCosine), column.queries(1, 20), 50);
    const auto hits = MustSearch(*index, column.queries(1, 20), 50);
    for (const auto& h : hits) {
      EXPECT_EQ(h.size(), 50u);
      ExpectWellFormed(h, column.view());
    }
    EXPECT_GE(Recall(truth, hits), 0.95);
    column.MakeNull(1);
    const std::string none = BuildBytes(column.view(), Spec(Metric::kCosine, 16, 100, profile));
    EXPECT_TRUE(MustSearch(*MustOpen(none, column.view()), column.queries(1, 1), 5)[0].empty());
  }
}

TEST(Hnsw, RangeEqualsTheNaiveOneNearly) {
  for (const char* profile : kProfiles) {
    SCOPED_TRACE(profile);
    const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 6000, 32, 40, kTestSeed);
    const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2, 16, 100, profile));
    const auto index = MustOpen(bytes, column.view());
    const auto flat = MakeFlat(column.view(), Metric::kL2);
    size_t found = 0, all = 0;
    for (size_t q = 0; q < 20; ++q) {
      const Queries query = column.queries(q, 1);
      const auto nearest = MustSearch(*flat, query, 200)[0];
      const Range range{nearest[20].distance, nearest[150].distance};
      const auto truth = MustRange(*flat, query, range, 1000)[0];
      const auto hits = MustRange(*index, query, range, 1000)[0];
      for (const Hit& h : hits) EXPECT_TRUE(h.distance >= range.lower && h.distance < range.upper);
      ExpectWellFormed(hits, column.view());
      found += hits.size();
      all += truth.size();
      EXPECT_TRUE(MustRange(*index, query, {-1, 0}, 100)[0].empty());
    }
    EXPECT_GE(static_cast<double>(found), 0.95 * static_cast<double>(all)) << "seed " << kTestSeed;
  }
}

TEST(Hnsw, IsTheSameFileForAnyNumberOfThreads) {
  for (const char* profile : kProfiles) {
    SCOPED_TRACE(profile);
    const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 2500, 24, 10, kTestSeed);
    EXPECT_EQ(BuildBytes(column.view(), Spec(Metric::kL2, 16, 100, profile), 1),
              BuildBytes(column.view(), Spec(Metric::kL2, 16, 100, profile), 4));
  }
}

TEST(Hnsw, EveryRowCanBeReachedEvenAmongCopies) {
  TestColumn column = TestColumn::Dense(DataType::kFloatVector, 4000, 16, 3, kTestSeed);
  for (size_t r = 1000; r < 2500; ++r) column.CopyRow(r % 3, r);
  Workers workers(2);
  CodeModel model = TrainCodes(column.view(), Metric::kL2, &workers);
  Array<uint8_t> codes(4000 * CodeStride(model.width()));
  EncodeRows(column.view(), nullptr, 4000, &workers, &model, &codes);
  BuiltGraph graph;
  const Context context;
  const GraphParams params{4, 40};
  ASSERT_TRUE(BuildGraph(context, Space::OfCodes(codes.data(), model.dim), 4000, nullptr, params,
                         &workers, nullptr, &graph)
                  .ok());
  const Graph view = graph.View();
  std::vector<bool> reached(4000);
  std::vector<uint32_t> queue = {view.entry_row};
  reached[view.entry_row] = true;
  for (size_t at = 0; at < queue.size(); ++at) {
    const uint32_t* links = view.layers[0].Links(queue[at]);
    for (size_t i = 0; i < view.layers[0].degree && links[i] != Graph::kNone; ++i) {
      if (reached[links[i]]) continue;
      reached[links[i]] = true;
      queue.push_back(links[i]);
    }
  }
  EXPECT_EQ(queue.size(), 4000u);
}

TEST(Hnsw, RowsSortedByClusterReachTheSameRecall) {
  // Rows come sorted by key, which often means by cluster; inserted in that order the graph would
  // fall apart into the clusters.
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 5000, 32, 100, kTestSeed);
  const TestColumn probes = TestColumn::Dense(DataType::kFloatVector, 100, 32, 100, kTestSeed + 1);
  const TestColumn sorted = column.SortedByNearestOf(100);
  for (const char* profile : kProfiles) {
    double recalls[2];
    for (const bool in_order : {false, true}) {
      const VectorView& view = in_order ? sorted.view() : column.view();
      const std::string bytes = BuildBytes(view, Spec(Metric::kL2, 16, 100, profile));
      SearchParams params;
      params.ef = 40;
      const auto truth = MustSearch(*MakeFlat(view, Metric::kL2), probes.queries(0, 100), 10);
      const auto hits = MustSearch(*MustOpen(bytes, view), probes.queries(0, 100), 10, params);
      recalls[in_order] = Recall(truth, hits);
    }
    EXPECT_GE(recalls[1], recalls[0] - 0.01) << profile << " seed " << kTestSeed;
    EXPECT_GE(recalls[1], 0.95) << profile << " seed " << kTestSeed;
  }
}

TEST(Hnsw, MoreEffortFindsNoLess) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 3000, 96, 1, kTestSeed);
  const TestColumn probes = TestColumn::Dense(DataType::kFloatVector, 100, 96, 1, kTestSeed + 1);
  const auto truth = MustSearch(*MakeFlat(column.view(), Metric::kL2), probes.queries(0, 100), 10);
  for (const char* profile : kProfiles) {
    const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2, 16, 100, profile));
    const auto index = MustOpen(bytes, column.view());
    double before = 0;
    for (const int64_t ef : {10, 20, 40, 80, 160, 320, 1000}) {
      SearchParams params;
      params.ef = ef;
      const double recall = Recall(truth, MustSearch(*index, probes.queries(0, 100), 10, params));
      EXPECT_GE(recall, before) << profile << " ef " << ef << " seed " << kTestSeed;
      before = recall;
    }
    EXPECT_GE(before, 0.99) << profile << " seed " << kTestSeed;
  }
}

TEST(Hnsw, BuildsTinyAndEmptyColumns) {
  for (const char* profile : kProfiles) {
    SCOPED_TRACE(profile);
    for (const size_t rows : {0, 1, 2, 5, 40}) {
      const TestColumn column = TestColumn::Dense(DataType::kFloatVector, rows, 8, 2, kTestSeed);
      const std::string bytes = BuildBytes(column.view(), Spec(Metric::kCosine, 2, 1, profile));
      const auto index = MustOpen(bytes, column.view());
      const TestColumn probe = TestColumn::Dense(DataType::kFloatVector, 1, 8, 2, kTestSeed);
      EXPECT_EQ(MustSearch(*index, probe.queries(0, 1), 10)[0].size(), std::min<size_t>(rows, 10));
    }
  }
}

TEST(Hnsw, StopsBuildingWhenCancelled) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 500, 8, 2, kTestSeed);
  Context context;
  context.Cancel();
  EXPECT_EQ(Build(context, column.view(), Spec(Metric::kL2), 1, nullptr,
                  [](std::string_view) -> Status { return {}; })
                .code(),
            Code::kCancelled);
}

TEST(Hnsw, RefusesAnUnknownProfile) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 10, 8, 2, kTestSeed);
  const Status built = Build(Context(), column.view(), Spec(Metric::kL2, 4, 10, "quick"), 1,
                             nullptr, [](std::string_view) -> Status { return {}; });
  EXPECT_EQ(built.code(), Code::kParameterInvalid);
  EXPECT_THAT(std::string(built.message()), testing::HasSubstr("quick"));
}

TEST(Hnsw, RefusesADamagedHeaderAndAnotherColumnsFile) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 500, 8, 2, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2));
  for (const size_t at : {0, 9, 40, 60, 200, 4000}) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_EQ(Open(damaged, column.view()).status().code(), Code::kCorruption) << at;
  }
  EXPECT_EQ(Open(bytes.substr(0, 4095), column.view()).status().code(), Code::kCorruption);
  EXPECT_EQ(Open(bytes.substr(0, bytes.size() - 1), column.view()).status().code(),
            Code::kCorruption);
  const TestColumn other = TestColumn::Dense(DataType::kFloatVector, 501, 8, 2, kTestSeed);
  EXPECT_EQ(Open(bytes, other.view()).status().code(), Code::kCorruption);
}

TEST(Hnsw, RefusesAFileOfAnotherVersionAndNamesIt) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 50, 8, 2, kTestSeed);
  std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2));
  ASSERT_EQ(bytes[8], 3);
  for (const char version : {2, 4}) {
    bytes[8] = version;
    const uint32_t crc = Crc32c(std::string_view(bytes).substr(0, 4092));
    std::memcpy(bytes.data() + 4092, &crc, sizeof crc);
    const Status opened = Open(bytes, column.view()).status();
    EXPECT_EQ(opened.code(), Code::kUnexpected);
    EXPECT_EQ(opened.message(), version == 2
                                    ? "index file: version 2 is older than this build's 3"
                                    : "index file: version 4 is newer than this build's 3");
  }
}

TEST(Hnsw, WritesTheGoldenFile) {
  // The bytes of a version never change. A new layout takes a new version and a new sum.
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 300, 64, 4, kTestSeed);
  const std::string lean = BuildBytes(column.view(), Spec(Metric::kL2, 8, 40, "lean"));
  const std::string fast = BuildBytes(column.view(), Spec(Metric::kL2, 8, 40, "fast"));
  EXPECT_EQ(Crc32c(lean), 533064910u);
  EXPECT_EQ(Crc32c(fast), 2830280332u);
}

TEST(Hnsw, DamageBehindTheHeaderIsFoundByVerifyAndDoesNotCrashASearch) {
  for (const char* profile : kProfiles) {
    SCOPED_TRACE(profile);
    const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 2000, 8, 2, kTestSeed);
    const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2, 4, 20, profile));
    EXPECT_TRUE(Verify(bytes).ok());
    std::mt19937_64 random(kTestSeed);
    for (int round = 0; round < 20; ++round) {
      const std::string damaged = Damaged(bytes, 200, &random);
      EXPECT_EQ(Verify(damaged).code(), Code::kCorruption);
      const auto opened = Open(damaged, column.view());
      if (!opened.ok()) continue;  // the few slots checked at open
      SearchParams params;
      params.ef = 32;
      MustSearch(*opened.value(), column.queries(0, 20), 10, params);
    }
  }
}

}  // namespace
}  // namespace elanus::index
