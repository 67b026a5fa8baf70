// Build time, and recall and speed by search effort, of one index type over a real or generated
// set.
//
//   index_bench sparse ...               see sparse_bench.cc
//   index_bench FILE.npy|FILE.fvecs [TYPE=HNSW] [METRIC=L2] [key=value...]
//     queries=1000   rows taken from the end of the file as queries
//     rows=0         use only so many base rows (0: all)
//     threads=2      for the build
//     column=f32     f32 | f16 | bf16: how the column is stored
//     efs=16,32,...  search effort: ef of graphs, nprobe of lists
//     mask=1.0       part of the rows allowed
//     k=10
//     file=          where the index is written and opened from as a file; needed for DISKANN's
//     reads beamwidth=8
//   anything else is a build parameter (M=16 efConstruction=200 nlist=1024)
//
// .npy: float16 or float32, rows x dim. Recall is by distance, so ties count. One thread searches,
// one query a call; the best of three rounds is printed, in CPU time.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <numeric>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <time.h>

#include "index/bench_runs.h"
#include "index/disk.h"
#include "index/distance.h"
#include "index/vector_index.h"
#include "simd/half.h"
#include "simd/kernels.h"

namespace elanus::index {
namespace {

struct Set {
  size_t rows = 0, dim = 0;
  std::vector<float> values;
};

Set Load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  CHECK(file.good());
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  Set set;
  if (path.ends_with(".npy")) {
    uint16_t header = 0;
    std::memcpy(&header, bytes.data() + 8, 2);
    const std::string text = bytes.substr(10, header);
    const bool half = text.find("'<f2'") != std::string::npos;
    const size_t shape = text.find("'shape': (") + 10;
    std::sscanf(text.c_str() + shape, "%zu, %zu", &set.rows, &set.dim);
    set.values.resize(set.rows * set.dim);
    const char* data = bytes.data() + 10 + header;
    if (half) {
      simd::Get().f16_to_f32(data, set.values.data(), set.values.size());
    } else {
      std::memcpy(set.values.data(), data, set.values.size() * 4);
    }
  } else {
    int32_t dim = 0;
    std::memcpy(&dim, bytes.data(), 4);
    set.dim = static_cast<size_t>(dim);
    set.rows = bytes.size() / (4 + set.dim * 4);
    set.values.resize(set.rows * set.dim);
    for (size_t r = 0; r < set.rows; ++r) {
      std::memcpy(set.values.data() + r * set.dim, bytes.data() + r * (4 + set.dim * 4) + 4,
                  set.dim * 4);
    }
  }
  return set;
}

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Of this thread: what other work on the machine takes does not count.
double CpuSeconds() {
  timespec t;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double ProcessCpuSeconds() {
  timespec t;
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

size_t AnonymousKb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::strtoull(line.c_str() + 8, nullptr, 10);
  }
  return 0;
}

int Run(int argc, char** argv) {
  std::map<std::string, std::string> options = {
      {"queries", "1000"}, {"rows", "0"},      {"threads", "2"},
      {"column", "f32"},   {"mask", "1.0"},    {"k", "10"},
      {"file", ""},        {"beamwidth", "8"}, {"efs", "10,16,24,32,48,64,96,128,192,256,400"}};
  const std::string path = argv[1];
  BuildSpec spec{argc > 2 ? argv[2] : "HNSW", Metric::kL2, {}};
  if (argc > 3) {
    const auto metric = MetricFromName(argv[3]);
    CHECK(metric.ok());
    spec.metric = *metric;
  }
  for (int i = 4; i < argc; ++i) {
    const std::string option = argv[i];
    const size_t equals = option.find('=');
    CHECK(equals != std::string::npos);
    const std::string key = option.substr(0, equals);
    if (options.count(key) > 0) {
      options[key] = option.substr(equals + 1);
    } else {
      spec.params.emplace_back(key, option.substr(equals + 1));
    }
  }
  Set set = Load(path);
  const size_t queries = std::stoul(options["queries"]);
  const size_t k = std::stoul(options["k"]);
  size_t rows = set.rows - queries;
  if (const size_t asked = std::stoul(options["rows"]); asked > 0) rows = std::min(rows, asked);

  DataType type = DataType::kFloatVector;
  std::vector<char> column(set.values.size() * (options["column"] == "f32" ? 4 : 2));
  if (options["column"] == "f32") {
    std::memcpy(column.data(), set.values.data(), column.size());
  } else {
    type = options["column"] == "f16" ? DataType::kFloat16Vector : DataType::kBFloat16Vector;
    for (size_t i = 0; i < set.values.size(); ++i) {
      const uint16_t v = type == DataType::kFloat16Vector ? simd::FloatToHalf(set.values[i])
                                                          : simd::FloatToBFloat16(set.values[i]);
      std::memcpy(column.data() + i * 2, &v, 2);
    }
  }
  const size_t width = WidthOf(type, static_cast<int64_t>(set.dim));
  VectorView view;
  view.type = type;
  view.dim = static_cast<int64_t>(set.dim);
  view.rows = rows;
  view.data = reinterpret_cast<const std::byte*>(column.data());
  view.stride = width;
  std::vector<float> norms = InverseNorms(view);
  view.inverse_norms = norms.data();
  set.values = {};

  const Context context;
  std::string bytes;
  const int threads = std::stoi(options["threads"]);
  const size_t before_kb = AnonymousKb();
  std::atomic<size_t> peak_kb{0};
  const double start = Seconds();
  const double cpu_start = ProcessCpuSeconds();
  size_t written = 0;
  const Status built = Build(
      context, view, spec, threads,
      [&](double) { peak_kb = std::max(peak_kb.load(), AnonymousKb()); },
      [&](std::string_view piece) -> Status {
        peak_kb = std::max(peak_kb.load(), AnonymousKb() - written / 1024);
        bytes.append(piece);
        written += piece.size();
        return {};
      });
  if (!built.ok()) {
    std::fprintf(stderr, "%s\n", built.message().c_str());
    return 1;
  }
  std::printf(
      "# %s %zu x %zu %s %s, simd %s: built in %.1f s (%.1f s of CPU) by %d threads, file %.1f MB, "
      "anonymous peak +%.1f MB, raw %.1f MB\n",
      path.c_str(), rows, set.dim, options["column"].c_str(), spec.type.c_str(),
      std::string(simd::Get().level).c_str(), Seconds() - start, ProcessCpuSeconds() - cpu_start,
      threads, static_cast<double>(bytes.size()) / 1e6,
      static_cast<double>(peak_kb > before_kb ? peak_kb - before_kb : 0) / 1e3,
      static_cast<double>(rows * width) / 1e6);
  if (!options["file"].empty()) {
    std::ofstream file(options["file"], std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    CHECK(file.good());
  }
  auto opened = Open(bytes, view, options["file"]);
  CHECK(opened.ok());

  Bitmap bits(rows, true);
  const double part = std::stod(options["mask"]);
  std::mt19937 random(1);
  if (part < 1) {
    for (size_t r = 0; r < rows; ++r)
      bits.Assign(r, static_cast<double>(random()) < part * 4294967296.0);
  }
  const BitmapMask mask(bits);
  const RowMask allowed = part < 1 ? mask.mask() : RowMask();

  const auto query = [&](size_t q) {
    return Queries{type, view.dim, 1, view.data + (set.rows - queries + q) * width, nullptr};
  };
  std::vector<std::vector<Hit>> truth, hits;
  const auto flat = MakeFlat(view, spec.metric);
  const double flat_start = Seconds();
  CHECK(flat->Search(context, {type, view.dim, queries, query(0).data, nullptr}, k, {}, allowed,
                     &truth)
            .ok());
  std::printf("# flat, %zu queries in one call: %.0f QPS\n", queries,
              static_cast<double>(queries) / (Seconds() - flat_start));

  const auto* disk = dynamic_cast<const DiskIndex*>(opened->get());
  if (disk != nullptr) {
    const auto held = static_cast<double>(disk->memory_bytes() + disk->code_bytes());
    std::printf("# blocks by %s; %.1f MB in memory, %.1f %% of the raw vectors\n",
                disk->way().c_str(), held / 1e6, 100.0 * held / static_cast<double>(rows * width));
  }
  std::printf("%8s %8s %9s %9s\n", "effort", "recall", "QPS", "us");
  std::stringstream efs(options["efs"]);
  for (std::string text; std::getline(efs, text, ',');) {
    SearchParams params;
    params.ef = params.nprobe = std::stol(text);
    params.search_list = std::max<int64_t>(std::stol(text), static_cast<int64_t>(k));
    params.beamwidth = std::stol(options["beamwidth"]);
    const DiskStats before = disk != nullptr ? disk->stats() : DiskStats{};
    std::vector<double> walls;
    double best = 1e30;
    size_t right = 0;
    for (int round = 0; round < 3; ++round) {
      right = 0;
      double spent = 0;
      for (size_t q = 0; q < queries; ++q) {
        const double from = CpuSeconds();
        const double wall_from = Seconds();
        CHECK((*opened)->Search(context, query(q), k, params, allowed, &hits).ok());
        spent += CpuSeconds() - from;
        walls.push_back(Seconds() - wall_from);
        if (truth[q].empty()) continue;
        const float bound = truth[q].back().distance + std::abs(truth[q].back().distance) * 1e-6f;
        for (const Hit& h : hits[0]) right += h.distance <= bound ? 1 : 0;
      }
      best = std::min(best, spent);
    }
    std::printf("%8s %8.4f %9.0f %9.1f\n", text.c_str(),
                static_cast<double>(right) / static_cast<double>(queries * k),
                static_cast<double>(queries) / best, best / static_cast<double>(queries) * 1e6);
    if (disk != nullptr) {
      const DiskStats after = disk->stats();
      const auto searches = static_cast<double>(after.searches - before.searches);
      std::sort(walls.begin(), walls.end());
      std::printf("%8s wall p50 %.0f us, p99 %.0f us; %.1f reads in %.1f rounds a query\n", "",
                  walls[walls.size() / 2] * 1e6, walls[walls.size() * 99 / 100] * 1e6,
                  static_cast<double>(after.reads - before.reads) / searches,
                  static_cast<double>(after.rounds - before.rounds) / searches);
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace elanus::index

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: index_bench FILE.npy|FILE.fvecs [TYPE] [METRIC] [key=value...]\n");
    return 2;
  }
  if (std::string_view(argv[1]) == "sparse") return elanus::index::RunSparse(argc, argv);
  return elanus::index::Run(argc, argv);
}
