#include "segment/vector_codes.h"

#include <atomic>
#include <cmath>
#include <random>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "segment/growing_segment.h"
#include "segment/random_rows_testing.h"

namespace elanus::segment {
namespace {

const PartitionId kPartition(1);

Schema VectorSchema(DataType type, int64_t dim, bool nullable = false) {
  Schema schema;
  schema.fields.resize(2);
  schema.fields[0].id = FieldId(100);
  schema.fields[0].type = DataType::kInt64;
  schema.fields[0].primary = true;
  schema.fields[1].id = FieldId(101);
  schema.fields[1].type = type;
  schema.fields[1].dim = dim;
  schema.fields[1].nullable = nullable;
  return schema;
}

// A growing segment of float vectors, coded, and what an exact search of it finds.
class CodedSegment {
 public:
  CodedSegment(const Schema& schema, Metric metric, std::vector<float> values)
      : dim_(static_cast<size_t>(schema.fields[1].dim)),
        metric_(metric),
        values_(std::move(values)),
        segment_(GrowingSegment::Make(schema)) {
    segment_->Code(FieldId(101), metric);
    const size_t rows = values_.size() / dim_;
    for (size_t first = 0; first < rows; first += 1000) {
      Batch batch;
      batch.rows = std::min<size_t>(1000, rows - first);
      Column& keys = batch.columns.emplace_back(FieldId(100), DataType::kInt64);
      // Keys fall while rows rise.
      for (size_t i = 0; i < batch.rows; ++i) keys.Append(-static_cast<int64_t>(first + i));
      Column& vectors = batch.columns.emplace_back(FieldId(101), DataType::kFloatVector,
                                                   static_cast<int64_t>(dim_));
      vectors.AppendFixed(values_.data() + first * dim_, batch.rows);
      segment_->Append(batch, {&kPartition, 1}, 1 + first);
    }
  }

  const GrowingSegment& segment() const { return *segment_; }
  size_t rows() const { return segment_->rows(); }

  std::vector<std::vector<Hit>> Search(const std::vector<float>& queries, size_t limit, bool exact,
                                       size_t rows, const RowMask& allowed = RowMask()) const {
    VectorSearch search;
    search.field = FieldId(101);
    search.queries = {DataType::kFloatVector, static_cast<int64_t>(dim_), queries.size() / dim_,
                      reinterpret_cast<const std::byte*>(queries.data()), nullptr};
    search.metric = metric_;
    search.limit = limit;
    search.exact = exact;
    std::vector<std::vector<Hit>> hits;
    const Status status = segment_->Search(Context(), search, rows, allowed, nullptr, &hits);
    EXPECT_TRUE(status.ok()) << status.message();
    return hits;
  }

  // The share of the true nearest that a search finds; every hit's distance must be exact.
  double Recall(const std::vector<float>& queries, size_t limit, size_t rows,
                const RowMask& allowed = RowMask()) const {
    const auto want = Search(queries, limit, true, rows, allowed);
    const auto got = Search(queries, limit, false, rows, allowed);
    size_t found = 0;
    size_t all = 0;
    for (size_t q = 0; q < want.size(); ++q) {
      EXPECT_EQ(got[q].size(), want[q].size());
      for (const Hit& hit : got[q]) {
        EXPECT_TRUE(allowed.Test(hit.row));
        EXPECT_LT(hit.row, rows);
        found += hit.distance <= want[q].back().distance;
      }
      all += want[q].size();
    }
    return static_cast<double>(found) / static_cast<double>(all);
  }

 private:
  const size_t dim_;
  const Metric metric_;
  const std::vector<float> values_;
  std::shared_ptr<GrowingSegment> segment_;
};

// Rows about `clusters` centres, all far from the origin; 0: one round cloud about it.
std::vector<float> Rows(size_t rows, size_t dim, size_t clusters, uint64_t seed) {
  std::mt19937_64 random(7);  // the same centres for rows and queries
  std::normal_distribution<float> normal;
  std::vector<float> centres(clusters * dim);
  for (float& v : centres) v = 2 + normal(random);
  random.seed(seed);
  std::vector<float> values(rows * dim);
  for (size_t row = 0; row < rows; ++row) {
    const size_t centre = clusters == 0 ? 0 : random() % clusters;
    for (size_t d = 0; d < dim; ++d) {
      values[row * dim + d] =
          clusters == 0 ? normal(random) : centres[centre * dim + d] + 0.5f * normal(random);
    }
  }
  return values;
}

TEST(VectorCodes, FindNearlyAllOfTheNearest) {
  double nearest = 0;
  double cases = 0;
  for (const Metric metric : {Metric::kL2, Metric::kIP, Metric::kCosine}) {
    for (const size_t clusters : {size_t{0}, size_t{50}}) {
      for (const size_t dim : {size_t{100}, size_t{384}, size_t{1100}}) {
        const size_t rows = dim > 1000 ? 1600 : 4010;
        SCOPED_TRACE(testing::Message()
                     << NameOf(metric) << " dim " << dim << " clusters " << clusters);
        const CodedSegment coded(VectorSchema(DataType::kFloatVector, static_cast<int64_t>(dim)),
                                 metric, Rows(rows, dim, clusters, 1));
        EXPECT_GE(coded.Recall(Rows(30, dim, clusters, 2), 10, rows), 0.99);
        nearest += coded.Recall(Rows(40, dim, clusters, 3), 1, 1500);  // as a reader of then
        ++cases;
      }
    }
  }
  EXPECT_GE(nearest / cases, 0.99);
}

TEST(VectorCodes, RowsThatAreNotAllowedAreNotFound) {
  const size_t dim = 128;
  const CodedSegment coded(VectorSchema(DataType::kFloatVector, dim), Metric::kL2,
                           Rows(5000, dim, 20, 1));
  Bitmap allowed(5000);
  for (const size_t step : {2, 7, 100}) {
    for (size_t row = 0; row < 5000; ++row) allowed.Assign(row, row % step == 1);
    const BitmapMask mask(allowed);
    EXPECT_GE(coded.Recall(Rows(20, dim, 20, 2), 10, 5000, mask.mask()), 0.99) << step;
  }
}

TEST(VectorCodes, EqualRowsComeByKey) {
  const size_t dim = 64;
  std::vector<float> values = Rows(4000, dim, 0, 1);
  for (size_t row = 100; row < 4000; row += 3)  // most are one vector
    std::copy_n(values.begin(), dim, values.begin() + static_cast<ptrdiff_t>(row * dim));
  const std::vector<float> query(values.begin(), values.begin() + dim);
  for (const Metric metric : {Metric::kL2, Metric::kIP, Metric::kCosine}) {
    const CodedSegment coded(VectorSchema(DataType::kFloatVector, dim), metric, values);
    const auto want = coded.Search(query, 50, true, 4000);
    const auto got = coded.Search(query, 50, false, 4000);
    ASSERT_EQ(got[0].size(), 50U);
    for (size_t i = 0; i < 50; ++i) {
      EXPECT_EQ(got[0][i].row, want[0][i].row) << i;
      EXPECT_EQ(got[0][i].row, 3997 - 3 * i) << "keys fall while rows rise";
    }
  }
}

// Zero vectors, one huge vector, queries beyond float arithmetic: answers stay exact.
TEST(VectorCodes, ExtremesAreComparedExactly) {
  const size_t dim = 64;
  for (const Metric metric : {Metric::kL2, Metric::kIP, Metric::kCosine}) {
    SCOPED_TRACE(NameOf(metric));
    std::vector<float> values = Rows(3000, dim, 0, 1);
    std::fill_n(values.begin() + 1500 * dim, 100 * dim, 0.0f);
    std::fill_n(values.begin() + 2000 * dim, dim, 1e18f);
    std::fill_n(values.begin() + 2500 * dim, dim, 1e30f);
    const CodedSegment coded(VectorSchema(DataType::kFloatVector, dim), metric, values);
    std::vector<float> queries = Rows(4, dim, 0, 2);
    std::fill_n(queries.begin(), dim, 0.0f);
    std::fill_n(queries.begin() + dim, dim, 1e18f);
    std::fill_n(queries.begin() + 2 * dim, dim, 1e25f);
    const auto want = coded.Search(queries, 5, true, 3000);
    const auto got = coded.Search(queries, 5, false, 3000);
    for (size_t q = 0; q < 4; ++q) {
      ASSERT_EQ(got[q].size(), want[q].size());
      for (size_t i = 0; i < got[q].size(); ++i) EXPECT_EQ(got[q][i].row, want[q][i].row) << q;
    }
  }
}

TEST(VectorCodes, HalfFloatsAndNullsAreServed) {
  Random random(5);
  for (const DataType type : {DataType::kFloat16Vector, DataType::kBFloat16Vector}) {
    const Schema schema = VectorSchema(type, 72, true);
    const auto segment = GrowingSegment::Make(schema);
    segment->Code(FieldId(101), Metric::kL2);
    for (int i = 0; i < 5; ++i)
      segment->Append(RandomBatch(schema, 500, &random), {&kPartition, 1}, 10);
    const Batch queries = RandomBatch(VectorSchema(type, 72), 10, &random);
    VectorSearch search;
    search.field = FieldId(101);
    search.queries = {type, 72, 10, queries.columns[1].data(), nullptr};
    search.metric = Metric::kL2;
    search.limit = 10;
    std::vector<std::vector<Hit>> got, want;
    ASSERT_TRUE(segment->Search(Context(), search, 2500, RowMask(), nullptr, &got).ok());
    search.exact = true;
    ASSERT_TRUE(segment->Search(Context(), search, 2500, RowMask(), nullptr, &want).ok());
    size_t same = 0;
    for (size_t q = 0; q < 10; ++q) {
      ASSERT_EQ(got[q].size(), 10U);
      for (size_t i = 0; i < 10; ++i) same += got[q][i].distance <= want[q][9].distance;
    }
    EXPECT_GE(same, 98U);
  }
}

// Codes may come to a segment that has rows; those are coded with the next append.
TEST(VectorCodes, ReadersSearchWhileRowsAreCoded) {
  const size_t dim = 64;
  const Schema schema = VectorSchema(DataType::kFloatVector, dim);
  const auto segment = GrowingSegment::Make(schema);
  Random random(3);
  segment->Append(RandomBatch(schema, 2000, &random), {&kPartition, 1}, 10);
  std::atomic<bool> done{false};
  std::atomic<size_t> searches{0};
  std::thread reader([&] {
    const std::vector<float> query = Rows(1, dim, 0, 9);
    VectorSearch search;
    search.field = FieldId(101);
    search.queries = {DataType::kFloatVector, dim, 1,
                      reinterpret_cast<const std::byte*>(query.data()), nullptr};
    search.metric = Metric::kL2;
    search.limit = 5;
    std::vector<std::vector<Hit>> hits;
    do {
      const size_t rows = segment->rows();
      CHECK(segment->Search(Context(), search, rows, RowMask(), nullptr, &hits).ok());
      CHECK(hits[0].size() == 5 && hits[0][4].row < rows);
      ++searches;
    } while (!done);
  });
  segment->Code(FieldId(101), Metric::kL2);
  for (int i = 0; i < 40; ++i)
    segment->Append(RandomBatch(schema, 90, &random), {&kPartition, 1}, 11);
  done = true;
  reader.join();
  EXPECT_GT(searches, 0U);
}

}  // namespace
}  // namespace elanus::segment
