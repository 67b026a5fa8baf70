// Rows of 384 float dimensions with an Int64 key and a VarChar, in requests of 1,000 rows.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <random>

#include <benchmark/benchmark.h>

#include "io/posix/posix_file_system.h"
#include "segment/growing_segment.h"
#include "segment/sealed_segment.h"

namespace elanus::segment {
namespace {

constexpr int64_t kDim = 384;
constexpr size_t kBatchRows = 1000;
constexpr size_t kSegmentRows = 65 * kBatchRows;
const PartitionId kPartition(1);

Schema BenchSchema(bool with_text) {
  Schema schema;
  schema.fields.resize(with_text ? 3 : 2);
  schema.fields[0].id = FieldId(100);
  schema.fields[0].type = DataType::kInt64;
  schema.fields[0].primary = true;
  schema.fields[1].id = FieldId(101);
  schema.fields[1].type = DataType::kFloatVector;
  schema.fields[1].dim = kDim;
  if (with_text) {
    schema.fields[2].id = FieldId(102);
    schema.fields[2].type = DataType::kVarChar;
  }
  return schema;
}

Batch MakeBatch(const Schema& schema, int64_t first_key) {
  std::mt19937_64 random(static_cast<uint64_t>(first_key));
  std::normal_distribution<float> normal;
  Batch batch;
  batch.rows = kBatchRows;
  for (const Field& field : schema.fields) {
    Column& column = batch.columns.emplace_back(field.id, field.type, field.dim);
    for (size_t row = 0; row < kBatchRows; ++row) {
      if (field.type == DataType::kInt64)
        column.Append((first_key + static_cast<int64_t>(row)) * 7919 % 1'000'003);
      if (field.type == DataType::kVarChar)
        column.AppendString("a text of some thirty bytes " + std::to_string(row));
    }
    if (field.type == DataType::kFloatVector) {
      auto* values = reinterpret_cast<float*>(column.ResizeFixed(kBatchRows));
      for (size_t i = 0; i < kBatchRows * kDim; ++i) values[i] = normal(random);
    }
  }
  return batch;
}

std::vector<Batch> MakeBatches(const Schema& schema) {
  std::vector<Batch> batches;
  for (size_t first = 0; first < kSegmentRows; first += kBatchRows)
    batches.push_back(MakeBatch(schema, static_cast<int64_t>(first)));
  return batches;
}

std::shared_ptr<GrowingSegment> Grow(const Schema& schema, const std::vector<Batch>& batches,
                                     std::shared_ptr<BlockPool> pool) {
  auto segment = GrowingSegment::Make(schema, std::move(pool));
  for (size_t i = 0; i < kSegmentRows / kBatchRows; ++i) {
    segment->Append(batches[i % batches.size()], {&kPartition, 1}, 1 + i);
  }
  return segment;
}

void PerRow(benchmark::State& state, size_t rows) {
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * rows));
}

// Into recycled blocks, as a node in its stride does; the first round makes them. hot: the request
// was decoded just now, so its rows are still in the cache.
void BM_Append(benchmark::State& state) {
  const Schema schema = BenchSchema(state.range(0) != 0);
  const bool hot = state.range(1) != 0;
  const std::vector<Batch> batches =
      hot ? std::vector<Batch>{MakeBatch(schema, 0)} : MakeBatches(schema);
  const auto pool = std::make_shared<BlockPool>();
  Grow(schema, batches, pool);
  for (auto _ : state) benchmark::DoNotOptimize(Grow(schema, batches, pool));
  PerRow(state, kSegmentRows);
}
BENCHMARK(BM_Append)
    ->ArgNames({"text", "hot"})
    ->Args({0, 0})
    ->Args({0, 1})
    ->Args({1, 1})
    ->Unit(benchmark::kMillisecond);

void BM_FindKeysGrowing(benchmark::State& state) {
  const Schema schema = BenchSchema(false);
  const auto segment = Grow(schema, MakeBatches(schema), nullptr);
  const Batch wanted = MakeBatch(schema, 5000);
  size_t found = 0;
  for (auto _ : state)
    segment->FindKeys(wanted.columns[0], {&kPartition, 1}, [&](size_t, uint32_t) { ++found; });
  benchmark::DoNotOptimize(found);
  PerRow(state, kBatchRows);
}
BENCHMARK(BM_FindKeysGrowing);

// One query over a full growing segment: rows in one round cloud, the hardest there is, or about
// 1,000 centres; exactly or by codes.
void BM_SearchGrowing(benchmark::State& state) {
  const auto dim = static_cast<size_t>(state.range(0));
  const auto clusters = static_cast<size_t>(state.range(1));
  constexpr size_t kRows = 65536;
  Schema schema = BenchSchema(false);
  schema.fields[1].dim = static_cast<int64_t>(dim);
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> centres(clusters * dim);
  for (float& v : centres) v = normal(random);
  const auto fill = [&](float* row) {
    const float* centre = clusters == 0 ? nullptr : &centres[random() % clusters * dim];
    for (size_t d = 0; d < dim; ++d)
      row[d] = centre == nullptr ? normal(random) : centre[d] + 0.5f * normal(random);
  };
  const auto segment = GrowingSegment::Make(schema);
  if (state.range(2) != 0) segment->Code(FieldId(101), Metric::kCosine);
  double append_us = 0;
  for (size_t first = 0; first < kRows; first += 1024) {
    Batch batch;
    batch.rows = 1024;
    Column& keys = batch.columns.emplace_back(FieldId(100), DataType::kInt64);
    for (size_t i = 0; i < 1024; ++i) keys.Append(static_cast<int64_t>(first + i));
    Column& vectors =
        batch.columns.emplace_back(FieldId(101), DataType::kFloatVector, static_cast<int64_t>(dim));
    auto* values = reinterpret_cast<float*>(vectors.ResizeFixed(1024));
    for (size_t i = 0; i < 1024; ++i) fill(values + i * dim);
    const auto begin = std::chrono::steady_clock::now();
    segment->Append(batch, {&kPartition, 1}, 1);
    append_us +=
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
  }
  constexpr size_t kQueries = 64;
  std::vector<float> queries(kQueries * dim);
  for (size_t q = 0; q < kQueries; ++q) fill(&queries[q * dim]);
  VectorSearch search;
  search.field = FieldId(101);
  search.metric = Metric::kCosine;
  search.limit = 10;
  const auto find = [&](size_t q, std::vector<std::vector<Hit>>* hits) {
    search.queries = {DataType::kFloatVector, static_cast<int64_t>(dim), 1,
                      reinterpret_cast<const std::byte*>(&queries[q * dim]), nullptr};
    CHECK(segment->Search(Context(), search, kRows, RowMask(), nullptr, hits).ok());
  };
  std::vector<std::vector<Hit>> hits;
  size_t q = 0;
  for (auto _ : state) find(q++ % kQueries, &hits);
  size_t found = 0;
  for (q = 0; q < kQueries; ++q) {
    std::vector<std::vector<Hit>> exact;
    search.exact = false;
    find(q, &hits);
    search.exact = true;
    find(q, &exact);
    for (const Hit& hit : hits[0]) found += hit.distance <= exact[0].back().distance;
  }
  state.counters["recall"] = static_cast<double>(found) / (10.0 * kQueries);
  state.counters["append_us"] = append_us / kRows;
}
BENCHMARK(BM_SearchGrowing)
    ->ArgNames({"dim", "clusters", "codes"})
    ->ArgsProduct({{128, 384, 768, 1536}, {0, 1000}, {0, 1}})
    ->Unit(benchmark::kMicrosecond);

class SegmentFolder {
 public:
  SegmentFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "segment_bench.XXXXXX").string();
    CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~SegmentFolder() { std::filesystem::remove_all(path_); }
  std::string File(int64_t id) const { return path_ + "/" + std::to_string(id); }
  io::FileSystem* fs() const { return fs_.get(); }

  WrittenSegment Write(const Schema& schema, std::span<const MergeInput> inputs, int64_t id) const {
    auto written =
        WriteSegment(Context(), fs(), File(id), SegmentId(id), schema, inputs, {&kPartition, 1}, 0);
    CHECK(written.ok());
    return std::move(*written);
  }
  std::shared_ptr<SealedSegment> Open(const Schema& schema, const meta::SegmentMeta& meta) const {
    auto segment = SealedSegment::Open(fs(), File(meta.id.value), meta, schema);
    CHECK(segment.ok());
    return *segment;
  }

 private:
  std::string path_;
  std::unique_ptr<io::FileSystem> fs_ = io::NewPosixFileSystem();
};

void Search(benchmark::State& state, const Segment& segment) {
  const Batch queries = MakeBatch(BenchSchema(false), 77);
  VectorSearch search;
  search.field = FieldId(101);
  search.queries = {DataType::kFloatVector, kDim, static_cast<size_t>(state.range(0)),
                    queries.columns[1].data(), nullptr};
  search.metric = Metric::kCosine;
  search.limit = 10;
  std::vector<std::vector<Hit>> hits;
  for (auto _ : state)
    CHECK(segment.Search(Context(), search, kSegmentRows, RowMask(), nullptr, &hits).ok());
  state.SetBytesProcessed(
      static_cast<int64_t>(state.iterations() * kSegmentRows * kDim * sizeof(float)));
}

void BM_ExactScanGrowing(benchmark::State& state) {
  const Schema schema = BenchSchema(false);
  Search(state, *Grow(schema, MakeBatches(schema), nullptr));
}
BENCHMARK(BM_ExactScanGrowing)->ArgName("queries")->Arg(1)->Arg(10)->Unit(benchmark::kMillisecond);

void BM_ExactScanSealed(benchmark::State& state) {
  const Schema schema = BenchSchema(false);
  const SegmentFolder folder;
  const MergeInput input{Grow(schema, MakeBatches(schema), nullptr), kSegmentRows, nullptr};
  Search(state, *folder.Open(schema, folder.Write(schema, {&input, 1}, 1).meta));
}
BENCHMARK(BM_ExactScanSealed)->ArgName("queries")->Arg(1)->Arg(10)->Unit(benchmark::kMillisecond);

void BM_Flush(benchmark::State& state) {
  const Schema schema = BenchSchema(true);
  const SegmentFolder folder;
  const MergeInput input{Grow(schema, MakeBatches(schema), nullptr), kSegmentRows, nullptr};
  uint64_t bytes = 0;
  for (auto _ : state) bytes += folder.Write(schema, {&input, 1}, 1).meta.bytes;
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(BM_Flush)->Unit(benchmark::kMillisecond);

void BM_MergeFour(benchmark::State& state) {
  const Schema schema = BenchSchema(true);
  const SegmentFolder folder;
  std::vector<MergeInput> inputs;
  for (int64_t id = 1; id <= 4; ++id) {
    const MergeInput input{Grow(schema, MakeBatches(schema), nullptr), kSegmentRows, nullptr};
    inputs.push_back(
        {folder.Open(schema, folder.Write(schema, {&input, 1}, id).meta), kSegmentRows, nullptr});
  }
  uint64_t bytes = 0;
  for (auto _ : state) bytes += folder.Write(schema, inputs, 9).meta.bytes;
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(BM_MergeFour)->Unit(benchmark::kMillisecond);

void BM_FindKeysSealed(benchmark::State& state) {
  const Schema schema = BenchSchema(false);
  const SegmentFolder folder;
  const MergeInput input{Grow(schema, MakeBatches(schema), nullptr), kSegmentRows, nullptr};
  const auto segment = folder.Open(schema, folder.Write(schema, {&input, 1}, 1).meta);
  const Batch wanted = MakeBatch(schema, 5000);
  size_t found = 0;
  for (auto _ : state)
    segment->FindKeys(wanted.columns[0], {&kPartition, 1}, [&](size_t, uint32_t) { ++found; });
  benchmark::DoNotOptimize(found);
  PerRow(state, kBatchRows);
}
BENCHMARK(BM_FindKeysSealed);

// k random rows of 10M end at once; the tail holds those of the last 100 calls.
void BM_LiveTableEnd(benchmark::State& state) {
  std::mt19937_64 random(1);
  LiveTable::Ptr table = LiveTable::AllLive();
  Timestamp ts = 1;
  std::vector<uint32_t> rows(10'000'000);
  std::iota(rows.begin(), rows.end(), 0);
  std::shuffle(rows.begin(), rows.end(), random);
  size_t at = 0;
  const auto count = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    if (at + count > rows.size()) {
      table = LiveTable::AllLive();
      at = 0;
    }
    ++ts;
    table =
        table->End(std::span<const uint32_t>(rows).subspan(at, count), ts, ts < 100 ? 0 : ts - 100);
    at += count;
  }
}
BENCHMARK(BM_LiveTableEnd)
    ->ArgName("rows")
    ->Arg(1)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace elanus::segment
