// What an acknowledged frame costs: `wal_bench`, in the folder TMPDIR names.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "io/posix/posix_file_system.h"
#include "wal/file/file_log.h"

namespace elanus::wal {
namespace {

// Arguments: record bytes, direct or not, recycled files or new ones.
void AppendFrames(benchmark::State& state) {
  std::string dir = std::filesystem::temp_directory_path() / "elanus_wal_XXXXXX";
  CHECK(::mkdtemp(dir.data()) != nullptr);
  const auto fs = io::NewPosixFileSystem();
  const bool recycled = state.range(2) != 0;
  auto opened =
      FileLog::Open(*fs, dir, {.spare_files_max = recycled ? 4 : 0, .direct = state.range(1) != 0});
  CHECK(opened.ok());
  auto log = std::move(opened).take();
  const std::string record(static_cast<size_t>(state.range(0)), 'x');
  const std::vector<std::string_view> records = {record};
  if (recycled) {  // three files that were written before
    const std::string large(1 << 20, 'x');
    for (int i = 0; i < 200; ++i) CHECK(log->Append(std::vector<std::string_view>{large}).ok());
    CHECK(log->Truncate(log->next()).ok());
  }
  for (auto _ : state) {
    CHECK(log->Append(records).ok());
    if (log->bytes() > (128 << 20)) CHECK(log->Truncate(log->next()).ok());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
  log.reset();
  std::filesystem::remove_all(dir);
}
BENCHMARK(AppendFrames)
    ->ArgNames({"bytes", "direct", "recycled"})
    ->ArgsProduct({{200, 4 << 10, 64 << 10, 1 << 20, 8 << 20}, {0, 1}, {0, 1}})
    ->UseRealTime()
    ->MinTime(0.3);

}  // namespace
}  // namespace elanus::wal
