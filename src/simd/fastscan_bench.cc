// FastScan over codes in the cache and in memory, per level: bytes of codes read a second.
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "simd/fastscan.h"

namespace elanus::simd {
namespace {

void Scan(benchmark::State& state, const FastScan* level, size_t m, size_t bytes, size_t queries) {
  const size_t blocks = bytes / FastBlockBytes(m);
  std::mt19937_64 random(1);
  std::vector<uint8_t> codes(blocks * FastBlockBytes(m));
  for (uint8_t& c : codes) c = static_cast<uint8_t>(random());
  std::vector<uint8_t> lut(queries * FastBlockBytes(m));
  for (uint8_t& c : lut) c = static_cast<uint8_t>(random());
  std::vector<const uint8_t*> luts;
  for (size_t q = 0; q < queries; ++q) luts.push_back(lut.data() + q * FastBlockBytes(m));
  constexpr size_t kPiece = 16;
  std::vector<uint16_t> sums(queries * kPiece * 32);
  std::vector<uint32_t> masks(queries * kPiece);
  for (auto _ : state) {
    for (size_t b = 0; b + kPiece <= blocks; b += kPiece) {
      level->sums16(luts.data(), queries, codes.data() + b * FastBlockBytes(m), m, kPiece,
                    sums.data());
      level->below(sums.data(), queries * kPiece, 1000, masks.data());
      benchmark::DoNotOptimize(masks.data());
    }
  }
  const auto all = static_cast<double>(state.iterations()) * static_cast<double>(blocks);
  state.counters["code_bytes"] =
      benchmark::Counter(all * static_cast<double>(FastBlockBytes(m)), benchmark::Counter::kIsRate);
  state.counters["rows"] =
      benchmark::Counter(all * static_cast<double>(queries) * 32, benchmark::Counter::kIsRate);
}

void Signs(benchmark::State& state) {
  const std::vector<float> v(static_cast<size_t>(state.range(0)), 0.5f);
  std::vector<uint8_t> lut(v.size() * 4);
  for (auto _ : state) {
    benchmark::DoNotOptimize(GetFastScan().signs(v.data(), v.size() / 4, lut.data()));
  }
}
BENCHMARK(Signs)->Arg(128)->Arg(384)->Arg(768);

const bool kRegistered = [] {
  for (const char* name : {"portable", "avx2", "avx512"}) {
    const FastScan* level = FindFastScan(name);
    if (level == nullptr) continue;
    for (const size_t m : {32, 96, 192}) {
      for (const size_t kib : {256, 131072}) {
        for (const size_t queries : {1, 4}) {
          const std::string label = std::string("FastScan/") + name + "/m" + std::to_string(m) +
                                    (kib < 1024 ? "/cache" : "/memory") + "/nq" +
                                    std::to_string(queries);
          benchmark::RegisterBenchmark(label.c_str(), [=](benchmark::State& state) {
            Scan(state, level, m, kib << 10, queries);
          })->MinTime(0.1);
        }
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace elanus::simd
