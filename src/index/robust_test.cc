// Every index type under the data and the damage that break indexes: all widths, hardly any rows,
// rows all alike, zeros, copies, norms far apart, sorted orders, rotten bytes.
#include <numeric>

#include "index/blob.h"
#include "index/test_data.h"

namespace elanus::index {
namespace {

// What is built here, with parameters for small columns. A type that is added is added here.
std::vector<BuildSpec> DenseSpecs(Metric metric, size_t dim) {
  std::vector<BuildSpec> specs = {
      {"FLAT", metric, {}},
      {"HNSW", metric, {{"M", "12"}, {"efConstruction", "80"}}},
      {"IVF_FLAT", metric, {{"nlist", "16"}, {"nprobe", "16"}}},
      {"IVF_SQ8", metric, {{"nlist", "16"}, {"nprobe", "16"}}},
      {"IVF_PQ",
       metric,
       {{"nlist", "16"}, {"nprobe", "16"}, {"m", std::to_string(dim % 2 == 0 ? dim / 2 : dim)}}},
      {"SCANN", metric, {{"nlist", "16"}, {"nprobe", "16"}}},
      {"IVF_RABITQ", metric, {{"nlist", "16"}, {"nprobe", "16"}, {"refine", "true"}}},
      {"DISKANN",
       metric,
       {{"max_degree", "24"}, {"pq_code_budget_gb_ratio", dim < 1000 ? "0.125" : "0.01"}}},
  };
  return specs;
}

std::vector<BuildSpec> SpecsOf(DataType type, Metric metric, size_t dim) {
  if (type == DataType::kBinaryVector) {
    return {{"BIN_FLAT", metric, {}},
            {"HNSW", metric, {{"M", "12"}, {"efConstruction", "80"}}},
            {"BIN_IVF_FLAT", metric, {{"nlist", "16"}, {"nprobe", "16"}}}};
  }
  if (type == DataType::kInt8Vector)
    return {{"HNSW", metric, {{"M", "12"}, {"efConstruction", "80"}}}};
  if (type == DataType::kSparseFloatVector) return {{"SPARSE_INVERTED_INDEX", Metric::kIP, {}}};
  return DenseSpecs(metric, dim);
}

SearchParams Effort() {
  SearchParams params;
  params.ef = params.search_list = 150;
  params.nprobe = 16;
  return params;
}

// Builds, opens and searches; k rows or all there are, well formed, and nearly the right ones.
void ExpectRight(const TestColumn& column, const BuildSpec& spec, const Queries& queries, size_t k,
                 double recall = 0.95) {
  SCOPED_TRACE(testing::Message() << spec.type << " " << NameOf(spec.metric) << " of "
                                  << NameOf(column.view().type) << ", " << column.view().rows
                                  << " rows of dim " << column.view().dim << ", k " << k
                                  << ", seed " << kTestSeed);
  const std::string bytes = BuildBytes(column.view(), spec);
  ASSERT_TRUE(Verify(bytes).ok());
  const auto index = MustOpen(bytes, column.view());
  ASSERT_NE(index, nullptr);
  const auto truth = MustSearch(*MakeFlat(column.view(), spec.metric), queries, k);
  const auto hits = MustSearch(*index, queries, k, Effort());
  ASSERT_EQ(hits.size(), truth.size());
  for (size_t q = 0; q < hits.size(); ++q) {
    EXPECT_EQ(hits[q].size(), truth[q].size());
    ExpectWellFormed(hits[q], column.view());
  }
  EXPECT_GE(Recall(truth, hits), recall);
}

constexpr DataType kTypes[] = {DataType::kFloatVector, DataType::kFloat16Vector,
                               DataType::kBFloat16Vector, DataType::kInt8Vector,
                               DataType::kBinaryVector};

Metric MetricOf(DataType type) {
  return type == DataType::kBinaryVector ? Metric::kHamming : Metric::kL2;
}

TEST(Robust, EveryWidthFromTwoTo32768) {
  for (const size_t dim : {2, 3, 7, 8, 31, 33, 1000, 32768}) {
    const size_t rows = dim > 1000 ? 20 : 200;
    for (const DataType type : kTypes) {
      if (type == DataType::kBinaryVector && dim % 8 != 0) continue;
      const TestColumn column = TestColumn::Dense(type, rows, dim, 5, kTestSeed);
      for (const BuildSpec& spec :
           SpecsOf(type, MetricOf(type), static_cast<size_t>(column.view().dim)))
        ExpectRight(column, spec, column.queries(0, 3), 5);
    }
  }
}

TEST(Robust, NoRowsOneRowAndFewerThanK) {
  for (const size_t rows : {0, 1, 2, 9}) {
    for (const DataType type : kTypes) {
      const TestColumn column = TestColumn::Dense(type, rows, 16, 3, kTestSeed);
      const TestColumn probe = TestColumn::Dense(type, 2, 16, 3, kTestSeed + 1);
      for (const BuildSpec& spec :
           SpecsOf(type, MetricOf(type), static_cast<size_t>(column.view().dim))) {
        for (const size_t k : {1, 10, 16384})
          ExpectRight(column, spec, probe.queries(0, 2), k, 1.0);
      }
    }
    const TestColumn column = TestColumn::Sparse(rows, 20, 5, kTestSeed);
    const TestColumn probe = TestColumn::Sparse(2, 20, 5, kTestSeed + 1);
    ExpectRight(column, SpecsOf(DataType::kSparseFloatVector, Metric::kIP, 0)[0],
                probe.queries(0, 2), 10, 1.0);
  }
}

TEST(Robust, AllRowsEqualGiveTheFirstK) {
  for (const DataType type : kTypes) {
    TestColumn column = TestColumn::Dense(type, 800, 24, 3, kTestSeed);
    for (size_t r = 1; r < 800; ++r) column.CopyRow(0, r);
    for (const BuildSpec& spec :
         SpecsOf(type, MetricOf(type), static_cast<size_t>(column.view().dim)))
      ExpectRight(column, spec, column.queries(0, 1), 20, 1.0);
  }
}

TEST(Robust, ZeroVectorsHaveNoDirectionAndNoCrash) {
  for (const DataType type : kTypes) {
    const bool binary = type == DataType::kBinaryVector;
    for (const Metric metric :
         binary ? std::vector<Metric>{Metric::kHamming, Metric::kJaccard}
                : std::vector<Metric>{Metric::kL2, Metric::kIP, Metric::kCosine}) {
      const TestColumn zeros = TestColumn::Zeros(type, 400, 16);
      const TestColumn probe = TestColumn::Dense(type, 1, 16, 3, kTestSeed);
      for (const BuildSpec& spec : SpecsOf(type, metric, 16)) {
        ExpectRight(zeros, spec, zeros.queries(0, 1), 10, 1.0);
        ExpectRight(zeros, spec, probe.queries(0, 1), 10, 1.0);
      }
    }
  }
}

TEST(Robust, NinePartsOfTenAreCopies) {
  for (const DataType type : kTypes) {
    TestColumn column = TestColumn::Dense(type, 3000, 32, 20, kTestSeed);
    for (size_t r = 0; r < 3000; ++r) {
      if (r % 10 != 0) column.CopyRow(r % 100 / 10 * 10, r);
    }
    for (const BuildSpec& spec :
         SpecsOf(type, MetricOf(type), static_cast<size_t>(column.view().dim)))
      ExpectRight(column, spec, column.queries(500, 20), 10);
  }
}

TEST(Robust, InnerProductOfNormsFarApart) {
  const TestColumn column =
      TestColumn::Dense(DataType::kFloatVector, 4000, 24, 30, kTestSeed, 1000);
  const TestColumn probes = TestColumn::Dense(DataType::kFloatVector, 30, 24, 30, kTestSeed + 1);
  for (const BuildSpec& spec : DenseSpecs(Metric::kIP, 24))
    ExpectRight(column, spec, probes.queries(0, 30), 10);
}

TEST(Robust, RowsInSortedOrder) {
  for (const bool descending : {false, true}) {
    TestColumn column = TestColumn::Dense(DataType::kFloatVector, 4000, 16, 40, kTestSeed);
    column.SortRows(descending);
    const TestColumn probes = TestColumn::Dense(DataType::kFloatVector, 30, 16, 40, kTestSeed + 1);
    for (const BuildSpec& spec : DenseSpecs(Metric::kL2, 16))
      ExpectRight(column, spec, probes.queries(0, 30), 10);
  }
}

// Each section with bytes flipped in turn: Verify names it, and a search of the damaged file ends
// with rows of the column, or the file does not open.
TEST(Robust, DamageInEverySectionIsNamedAndReadsNothingOutside) {
  std::mt19937_64 random(kTestSeed);
  const auto damage = [&](const TestColumn& column, const BuildSpec& spec) {
    const std::string bytes = BuildBytes(column.view(), spec);
    const auto blob = Blob::Open(bytes);
    ASSERT_TRUE(blob.ok());
    for (size_t section = 0; section < blob->sections(); ++section) {
      const std::string_view whole = blob->Section(section);
      if (whole.empty()) continue;
      SCOPED_TRACE(testing::Message() << spec.type << " of " << NameOf(column.view().type)
                                      << ", section " << section << ", seed " << kTestSeed);
      const auto at = static_cast<size_t>(whole.data() - bytes.data());
      for (const size_t flips : {size_t{1}, whole.size() / 8 + 1, whole.size()}) {
        std::string damaged = bytes;
        if (flips == 1) {
          damaged[at + random() % whole.size()] ^= 0x40;
        } else {
          for (size_t i = 0; i < flips; ++i)
            damaged[at + random() % whole.size()] = static_cast<char>(random());
        }
        const Status verified = Verify(damaged);
        EXPECT_EQ(verified.code(), Code::kCorruption);
        EXPECT_NE(verified.message().find("section " + std::to_string(section)), std::string::npos)
            << verified.message();
        const auto opened = Open(damaged, column.view());
        if (!opened.ok()) {
          EXPECT_EQ(opened.status().code(), Code::kCorruption);
          continue;
        }
        const Bitmap bits = RandomBitmap(column.view().rows, 0.5, kTestSeed);
        const BitmapMask mask(bits);
        for (const RowMask& allowed : {RowMask(), mask.mask()}) {
          for (const auto& hits :
               MustSearch(**opened, column.queries(0, 5), 10, Effort(), allowed)) {
            for (const Hit& h : hits) {
              EXPECT_LT(h.row, column.view().rows);
              EXPECT_TRUE(allowed.Test(h.row));
            }
          }
        }
      }
    }
  };
  for (const DataType type : {DataType::kFloatVector, DataType::kBinaryVector}) {
    const TestColumn column = TestColumn::Dense(type, 2500, 32, 10, kTestSeed);
    for (const BuildSpec& spec :
         SpecsOf(type, MetricOf(type), static_cast<size_t>(column.view().dim)))
      damage(column, spec);
  }
  damage(TestColumn::Sparse(2500, 200, 8, kTestSeed),
         SpecsOf(DataType::kSparseFloatVector, Metric::kIP, 0)[0]);
}

}  // namespace
}  // namespace elanus::index
