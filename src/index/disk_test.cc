#include "index/disk.h"

#include <cstdio>
#include <fstream>

#include <unistd.h>

#include "index/block_reader.h"
#include "index/test_data.h"

namespace elanus::index {
namespace {

BuildSpec Spec(Metric metric, Properties params = {}) { return {"DISKANN", metric, params}; }

// A file in the test's folder, gone with it.
class TestFile {
 public:
  explicit TestFile(std::string_view bytes)
      : path_(testing::TempDir() + "elanus_disk_" + std::to_string(::getpid())) {
    std::ofstream file(path_, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    EXPECT_TRUE(file.good());
  }
  ~TestFile() { std::remove(path_.c_str()); }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Case {
  DataType type;
  Metric metric;
};
constexpr Case kCases[] = {{DataType::kFloatVector, Metric::kL2},
                           {DataType::kFloatVector, Metric::kCosine},
                           {DataType::kFloat16Vector, Metric::kIP},
                           {DataType::kBFloat16Vector, Metric::kL2}};

TEST(DiskAnn, FindsTheNearestRowsOfEveryTypeExactly) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(testing::Message()
                 << NameOf(c.type) << " " << NameOf(c.metric) << " seed " << kTestSeed);
    const TestColumn column = TestColumn::Dense(c.type, 5000, 48, 40, kTestSeed);
    const TestColumn probes = TestColumn::Dense(c.type, 50, 48, 40, kTestSeed + 1);
    const std::string bytes = BuildBytes(column.view(), Spec(c.metric));
    const auto index = MustOpen(bytes, column.view());
    const Queries queries = probes.queries(0, 50);
    const auto truth = MustSearch(*MakeFlat(column.view(), c.metric), queries, 10);
    const auto hits = MustSearch(*index, queries, 10);
    for (const auto& h : hits) ExpectWellFormed(h, column.view());
    EXPECT_GE(Recall(truth, hits), 0.95);
    for (size_t q = 0; q < 50; ++q) {
      if (hits[q][0].row == truth[q][0].row) {
        EXPECT_EQ(hits[q][0].distance, truth[q][0].distance);
      }
    }
  }
}

TEST(DiskAnn, ReadsTheSameFromTheFileAsFromTheMapping) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 4000, 32, 30, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2));
  const TestFile file(bytes);
  const Blob blob = *Blob::Open(bytes);
  const auto mapped = OpenDisk(blob, column.view(), "");
  const auto direct = OpenDisk(blob, column.view(), file.path());
  ASSERT_TRUE(mapped.ok() && direct.ok()) << direct.status().message();
  EXPECT_EQ((*mapped)->way(), "mapping");
  EXPECT_NE((*direct)->way(), "mapping");
  const Queries queries = column.queries(17, 20);
  SearchParams params;
  for (const int64_t beamwidth : {1, 8, 128}) {
    params.beamwidth = beamwidth;
    EXPECT_EQ(MustSearch(**mapped, queries, 10, params).size(), 20u);
    const auto a = MustSearch(**mapped, queries, 10, params);
    const auto b = MustSearch(**direct, queries, 10, params);
    for (size_t q = 0; q < a.size(); ++q) {
      ASSERT_EQ(a[q].size(), b[q].size());
      for (size_t i = 0; i < a[q].size(); ++i) EXPECT_EQ(a[q][i].row, b[q][i].row);
    }
  }
  EXPECT_EQ((*direct)->stats().searches, 60u);
  EXPECT_GT((*direct)->stats().reads, 60u);
  EXPECT_EQ(OpenDisk(blob, column.view(), file.path() + ".no").status().code(), Code::kIoFailed);
}

TEST(DiskAnn, AFileCutShortFailsTheSearchAndNothingElse) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 4000, 32, 30, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2));
  const TestFile file(std::string_view(bytes).substr(0, 8192));
  const auto index = OpenDisk(*Blob::Open(bytes), column.view(), file.path());
  ASSERT_TRUE(index.ok());
  std::vector<std::vector<Hit>> hits;
  EXPECT_EQ((*index)->Search(Context(), column.queries(0, 1), 10, {}, {}, &hits).code(),
            Code::kIoFailed);
}

TEST(DiskAnn, KeepsToItsBudgets) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 2000, 64, 30, kTestSeed);
  const size_t raw = 2000 * 64 * 4;
  const auto memory = [&](Properties params) {
    const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2, std::move(params)));
    // The codebook does not grow with the rows.
    const auto index = MustOpen(bytes, column.view());
    const auto* disk = dynamic_cast<const DiskIndex*>(index.get());
    return disk->memory_bytes() + disk->code_bytes() - 64 * 256 * 4;
  };
  EXPECT_LE(memory({{"pq_code_budget_gb_ratio", "0.1"}}), raw / 10 + 1000);
  EXPECT_LE(memory({{"pq_code_budget_gb_ratio", "0.05"}, {"search_cache_budget_gb_ratio", "0.2"}}),
            raw / 4 + 1000);
  EXPECT_GE(memory({{"pq_code_budget_gb_ratio", "0.05"}, {"search_cache_budget_gb_ratio", "0.2"}}),
            raw / 6);
  EXPECT_LE(memory({{"pq_code_budget_gb", "0.00002"}}), 20000u + 1000);
}

TEST(DiskAnn, ReadsLessWithMoreCached) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 4000, 32, 30, kTestSeed);
  uint64_t reads[2];
  std::vector<std::vector<Hit>> hits[2];
  for (const int cached : {0, 1}) {
    const std::string bytes = BuildBytes(
        column.view(),
        Spec(Metric::kL2, {{"search_cache_budget_gb_ratio", cached != 0 ? "0.5" : "0"}}));
    const auto index = OpenDisk(*Blob::Open(bytes), column.view(), "");
    hits[cached] = MustSearch(**index, column.queries(0, 50), 5);
    reads[cached] = (*index)->stats().reads;
  }
  EXPECT_LT(reads[1], reads[0]);
  for (size_t q = 0; q < 50; ++q) EXPECT_EQ(hits[0][q][0].row, hits[1][q][0].row);
}

TEST(DiskAnn, GivesKRowsUnderEveryFilter) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 8000, 32, 50, kTestSeed);
  const TestColumn probes = TestColumn::Dense(DataType::kFloatVector, 30, 32, 50, kTestSeed + 1);
  const std::string bytes = BuildBytes(column.view(), Spec(Metric::kCosine));
  const auto index = MustOpen(bytes, column.view());
  const auto flat = MakeFlat(column.view(), Metric::kCosine);
  const Queries queries = probes.queries(0, 30);
  for (const double part : {0.9, 0.5, 0.3, 0.1, 0.01, 0.0005}) {
    SCOPED_TRACE(testing::Message() << "allowed " << part << " seed " << kTestSeed);
    const Bitmap bits = RandomBitmap(8000, part, kTestSeed);
    const BitmapMask mask(bits);
    const auto truth = MustSearch(*flat, queries, 10, {}, mask.mask());
    const auto hits = MustSearch(*index, queries, 10, {}, mask.mask());
    for (size_t q = 0; q < hits.size(); ++q) {
      EXPECT_EQ(hits[q].size(), std::min<size_t>(10, bits.Count()));
      ExpectWellFormed(hits[q], column.view(), mask.mask());
    }
    EXPECT_GE(Recall(truth, hits), 0.95);
  }
}

TEST(DiskAnn, RangeEqualsTheNaiveOneNearly) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 6000, 32, 40, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2));
  const auto index = MustOpen(bytes, column.view());
  const auto flat = MakeFlat(column.view(), Metric::kL2);
  size_t found = 0, all = 0;
  for (size_t q = 0; q < 15; ++q) {
    const Queries query = column.queries(q, 1);
    const auto nearest = MustSearch(*flat, query, 200)[0];
    const Range range{nearest[20].distance, nearest[150].distance};
    all += MustRange(*flat, query, range, 1000)[0].size();
    const auto hits = MustRange(*index, query, range, 1000)[0];
    for (const Hit& h : hits) EXPECT_TRUE(h.distance >= range.lower && h.distance < range.upper);
    ExpectWellFormed(hits, column.view());
    found += hits.size();
    EXPECT_TRUE(MustRange(*index, query, {-1, 0}, 100)[0].empty());
  }
  EXPECT_GE(static_cast<double>(found), 0.98 * static_cast<double>(all)) << "seed " << kTestSeed;
}

TEST(DiskAnn, RowsMayBeLargerThanAPage) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 200, 1500, 5, kTestSeed);
  const std::string bytes = BuildBytes(column.view(), Spec(Metric::kL2));
  const TestFile file(bytes);
  const auto index = OpenDisk(*Blob::Open(bytes), column.view(), file.path());
  ASSERT_TRUE(index.ok());
  const auto truth = MustSearch(*MakeFlat(column.view(), Metric::kL2), column.queries(0, 10), 5);
  EXPECT_GE(Recall(truth, MustSearch(**index, column.queries(0, 10), 5)), 0.95);
}

TEST(DiskAnn, IsTheSameFileForAnyNumberOfThreads) {
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, 2000, 24, 10, kTestSeed);
  EXPECT_EQ(BuildBytes(column.view(), Spec(Metric::kL2), 1),
            BuildBytes(column.view(), Spec(Metric::kL2), 3));
}

}  // namespace
}  // namespace elanus::index
