// Speed of the sparse index over a set in the CSR files of the big-ann benchmarks: i64 rows,
// columns, entries; i64 starts[rows + 1]; i32 terms; f32 values.
//
//   index_bench sparse BASE.csr QUERIES.csr [key=value...]
//     queries=1000 k=10 drop=0 mask=1.0 threads=2
//   anything else is a build parameter
//
// Hits are compared with an exact sum in doubles, by score, so that ties count. One thread
// searches, one query a call; the best of three rounds is printed, in CPU time.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <time.h>

#include "index/bench_runs.h"
#include "index/sparse_row.h"
#include "index/vector_index.h"
#include "simd/kernels.h"

namespace elanus::index {
namespace {

struct Csr {
  std::vector<uint64_t> ends;  // in bytes
  std::string bytes;

  static Csr Load(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    CHECK(file.good());
    int64_t head[3];
    file.read(reinterpret_cast<char*>(head), sizeof head);
    std::vector<int64_t> starts(static_cast<size_t>(head[0]) + 1);
    std::vector<int32_t> terms(static_cast<size_t>(head[2]));
    std::vector<float> values(terms.size());
    file.read(reinterpret_cast<char*>(starts.data()),
              static_cast<std::streamsize>(starts.size() * 8));
    file.read(reinterpret_cast<char*>(terms.data()),
              static_cast<std::streamsize>(terms.size() * 4));
    file.read(reinterpret_cast<char*>(values.data()),
              static_cast<std::streamsize>(values.size() * 4));
    CHECK(file.good());
    Csr csr;
    csr.bytes.resize(terms.size() * sizeof(SparseTerm));
    for (size_t i = 0; i < terms.size(); ++i) {
      const SparseTerm t{static_cast<uint32_t>(terms[i]), values[i]};
      std::memcpy(csr.bytes.data() + i * sizeof t, &t, sizeof t);
    }
    for (size_t r = 1; r < starts.size(); ++r)
      csr.ends.push_back(static_cast<uint64_t>(starts[r]) * sizeof(SparseTerm));
    return csr;
  }
  std::string_view Row(size_t r) const {
    const uint64_t begin = r == 0 ? 0 : ends[r - 1];
    return std::string_view(bytes).substr(begin, ends[r] - begin);
  }
};

double CpuSeconds() {
  timespec t;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// The k-th best score of a query, in doubles.
std::vector<double> Bounds(const Csr& base, const Csr& queries, size_t count, size_t k,
                           const RowMask& allowed) {
  std::map<uint32_t, std::vector<std::pair<uint32_t, float>>> postings;
  for (size_t q = 0; q < count; ++q) {
    for (size_t i = 0; i < SparseCount(queries.Row(q)); ++i)
      postings[SparseAt(queries.Row(q), i).index];
  }
  for (size_t r = 0; r < base.ends.size(); ++r) {
    const std::string_view row = base.Row(r);
    for (size_t i = 0; i < SparseCount(row); ++i) {
      const SparseTerm t = SparseAt(row, i);
      if (const auto list = postings.find(t.index); list != postings.end())
        list->second.emplace_back(static_cast<uint32_t>(r), t.value);
    }
  }
  std::vector<double> bounds;
  std::vector<double> sums(base.ends.size());
  for (size_t q = 0; q < count; ++q) {
    std::fill(sums.begin(), sums.end(), 0);
    const std::string_view row = queries.Row(q);
    for (size_t i = 0; i < SparseCount(row); ++i) {
      const SparseTerm t = SparseAt(row, i);
      for (const auto& [r, value] : postings[t.index])
        sums[r] += static_cast<double>(t.value) * static_cast<double>(value);
    }
    std::vector<double> best;
    for (size_t r = 0; r < sums.size(); ++r) {
      if (sums[r] > 0 && allowed.Test(r)) best.push_back(sums[r]);
    }
    const size_t at = std::min(k, best.size());
    if (at == 0) {
      bounds.push_back(0);
      continue;
    }
    std::nth_element(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(at - 1), best.end(),
                     std::greater<>());
    bounds.push_back(best[at - 1]);
  }
  return bounds;
}

}  // namespace

int RunSparse(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: index_bench sparse BASE.csr QUERIES.csr [key=value...]\n");
    return 2;
  }
  std::map<std::string, std::string> options = {
      {"queries", "1000"}, {"k", "10"}, {"drop", "0"}, {"mask", "1.0"}, {"threads", "2"}};
  BuildSpec spec{"SPARSE_INVERTED_INDEX", Metric::kIP, {}};
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
  const Csr base = Csr::Load(argv[2]);
  const Csr queries = Csr::Load(argv[3]);
  const size_t count = std::min<size_t>(std::stoul(options["queries"]), queries.ends.size());
  const size_t k = std::stoul(options["k"]);

  VectorView view;
  view.type = DataType::kSparseFloatVector;
  view.rows = base.ends.size();
  view.data = reinterpret_cast<const std::byte*>(base.bytes.data());
  view.ends = base.ends.data();

  const Context context;
  std::string bytes;
  const auto start = std::chrono::steady_clock::now();
  const Status built = Build(context, view, spec, std::stoi(options["threads"]), nullptr,
                             [&](std::string_view piece) -> Status {
                               bytes.append(piece);
                               return {};
                             });
  if (!built.ok()) {
    std::fprintf(stderr, "%s\n", built.message().c_str());
    return 1;
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  std::printf(
      "# %zu rows, %zu entries, simd %s: built in %.1f s, file %.1f MB, raw %.1f MB\n", view.rows,
      base.bytes.size() / sizeof(SparseTerm), std::string(simd::Get().level).c_str(), spent.count(),
      static_cast<double>(bytes.size()) / 1e6, static_cast<double>(base.bytes.size()) / 1e6);
  auto opened = Open(bytes, view);
  CHECK(opened.ok());

  const double part = std::stod(options["mask"]);
  Bitmap bits(view.rows, true);
  std::mt19937 random(1);
  if (part < 1) {
    for (size_t r = 0; r < view.rows; ++r)
      bits.Assign(r, static_cast<double>(random()) < part * 4294967296.0);
  }
  const BitmapMask mask(bits);
  const RowMask allowed = part < 1 ? mask.mask() : RowMask();
  const std::vector<double> bounds = Bounds(base, queries, count, k, allowed);

  SearchParams params;
  params.drop_ratio_search = std::stod(options["drop"]);
  std::vector<std::string> query(1);
  std::vector<std::vector<Hit>> hits;
  double best = 1e30;
  size_t right = 0;
  for (int round = 0; round < 3; ++round) {
    right = 0;
    double cpu = 0;
    for (size_t q = 0; q < count; ++q) {
      query[0] = queries.Row(q);
      const Queries one{view.type, 0, 1, nullptr, &query};
      const double from = CpuSeconds();
      CHECK((*opened)->Search(context, one, k, params, allowed, &hits).ok());
      cpu += CpuSeconds() - from;
      for (const Hit& h : hits[0])
        right += static_cast<double>(-h.distance) >= bounds[q] * (1 - 1e-5) ? 1 : 0;
    }
    best = std::min(best, cpu);
  }
  std::printf("recall %.4f, %.0f QPS, %.1f us\n",
              static_cast<double>(right) / static_cast<double>(count * k),
              static_cast<double>(count) / best, best / static_cast<double>(count) * 1e6);
  return 0;
}

}  // namespace elanus::index
