// What a commit and an open of the catalog's store cost on a real disk.
#include <cstdlib>
#include <filesystem>

#include <benchmark/benchmark.h>

#include "io/posix/posix_file_system.h"
#include "meta/rocksdb/rocks_meta_store.h"

namespace elanus::meta {
namespace {

// In the folder of ELANUS_BENCH_DIR, or the system's for temporary files.
struct Folder {
  Folder() {
    const char* dir = std::getenv("ELANUS_BENCH_DIR");
    std::string name = std::string(dir == nullptr ? "/tmp" : dir) + "/elanus_meta_XXXXXX";
    CHECK(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
  std::unique_ptr<io::FileSystem> fs = io::NewPosixFileSystem();
};

void BM_Commit(benchmark::State& state) {
  const Folder folder;
  const auto store = RocksMetaStore::Open(folder.fs.get(), folder.path).take();
  const std::string value(static_cast<size_t>(state.range(0)), 'x');
  int64_t number = 0;
  for (auto _ : state) {
    const std::string key = "collection/" + std::to_string(number++);
    CHECK(store->Commit({{{key, std::nullopt}}, {{key, value}}, {}}).ok());
  }
}
BENCHMARK(BM_Commit)->Arg(100)->Arg(1200)->Unit(benchmark::kMicrosecond)->UseRealTime();

// After kill -9, with so many commits in the log.
void BM_Open(benchmark::State& state) {
  const Folder folder;
  for (auto _ : state) {
    state.PauseTiming();
    {
      auto store = RocksMetaStore::Open(folder.fs.get(), folder.path).take();
      for (int64_t i = 0; i < state.range(0); ++i)
        CHECK(store->Commit({{}, {{std::to_string(i), std::string(1000, 'x')}}, {}}).ok());
    }
    state.ResumeTiming();
    benchmark::DoNotOptimize(RocksMetaStore::Open(folder.fs.get(), folder.path).take());
  }
}
BENCHMARK(BM_Open)->Arg(0)->Arg(100)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace elanus::meta
