#include <vector>

#include <benchmark/benchmark.h>

#include "simd/rotate.h"

namespace elanus::simd {
namespace {

void Rotate(benchmark::State& state) {
  const Rotation rotation(static_cast<size_t>(state.range(0)), 1);
  std::vector<float> in(rotation.dim(), 1.0f), out(rotation.padded());
  for (auto _ : state) {
    rotation.Apply(in.data(), out.data());
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}
BENCHMARK(Rotate)->Arg(128)->Arg(384)->Arg(768)->Arg(1536);

}  // namespace
}  // namespace elanus::simd
