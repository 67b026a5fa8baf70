// What every request pays: checksum, hash, a count, a task handed to a thread.
#include <latch>
#include <string>

#include <benchmark/benchmark.h>

#include "base/crc32c.h"
#include "base/hash.h"
#include "base/metrics.h"
#include "base/thread_pool.h"

namespace elanus {
namespace {

void BM_Crc32c(benchmark::State& state) {
  const std::string bytes(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(Crc32c(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Crc32c)->Arg(64)->Arg(1 << 10)->Arg(64 << 10);

void BM_Crc32cByTable(benchmark::State& state) {
  const std::string bytes(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    benchmark::DoNotOptimize(internal::Crc32cByTable(bytes.data(), bytes.size()));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Crc32cByTable)->Arg(64 << 10);

void BM_HashBytes(benchmark::State& state) {
  const std::string bytes(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(HashBytes(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_HashBytes)->Arg(8)->Arg(24)->Arg(100)->Arg(4 << 10);

void BM_CounterAdd(benchmark::State& state) {
  MetricFamily<Counter> family("bench_counter", "", {"name"});
  Counter& counter = family.With({"Search"});
  for (auto _ : state) counter.Add();
}
BENCHMARK(BM_CounterAdd);

void BM_CounterLookUp(benchmark::State& state) {
  MetricFamily<Counter> family("bench_lookup", "", {"name", "status"});
  for (auto _ : state) family.With({"Search", "success"}).Add();
}
BENCHMARK(BM_CounterLookUp);

void BM_HistogramObserve(benchmark::State& state) {
  MetricFamily<Histogram> family("bench_histogram", "");
  Histogram& histogram = family.With({});
  double ms = 0;
  for (auto _ : state) histogram.Observe(ms = ms < 100 ? ms + 0.7 : 0);
}
BENCHMARK(BM_HistogramObserve);

void BM_ThreadPoolRoundTrip(benchmark::State& state) {
  ThreadPool pool("bench", 1, 16);
  for (auto _ : state) {
    std::latch done(1);
    if (!pool.Submit([&done] { done.count_down(); })) state.SkipWithError("refused");
    done.wait();
  }
}
BENCHMARK(BM_ThreadPoolRoundTrip)->UseRealTime();

}  // namespace
}  // namespace elanus
