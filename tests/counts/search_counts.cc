// Fixed searches, one case for each index type, for counting their instructions.
//
//   search_counts make FOLDER         builds the indexes (at full speed)
//   valgrind --tool=callgrind --instr-atstart=no search_counts run FOLDER
//
// `run` writes one callgrind dump a case; its description is "CASE SEARCHES".
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <valgrind/callgrind.h>

#include "index/vector_index.h"

namespace elanus {
namespace {

constexpr size_t kRows = 6000;
constexpr size_t kDim = 96;
constexpr size_t kQueries = 40;
constexpr size_t kK = 10;

// Clustered vectors: float rows, their signs as bits, and sparse rows of some 20 values.
struct Data {
  std::vector<float> floats;
  std::vector<float> norms;
  std::vector<uint8_t> bits;
  std::string sparse;
  std::vector<uint64_t> ends;
  std::vector<std::string> sparse_queries;

  Data() {
    std::mt19937 random(20);
    const auto uniform = [&] { return static_cast<float>(random() >> 8) / 16777216.0f - 0.5f; };
    std::vector<float> centres(100 * kDim);
    for (float& c : centres) c = 4 * uniform();
    for (size_t r = 0; r < kRows + kQueries; ++r) {
      const size_t centre = random() % 100;
      for (size_t d = 0; d < kDim; ++d) {
        floats.push_back(centres[centre * kDim + d] + uniform() + uniform() + uniform());
      }
      const float* row = floats.data() + r * kDim;
      float squares = 0;
      for (size_t d = 0; d < kDim; d += 8) {
        uint8_t byte = 0;
        for (size_t b = 0; b < 8; ++b) {
          byte = static_cast<uint8_t>(byte | (row[d + b] > 0 ? 1 << b : 0));
          squares += row[d + b] * row[d + b];
        }
        bits.push_back(byte);
      }
      norms.push_back(1 / std::sqrt(squares));
      std::string pairs;
      for (uint32_t term = 0; term < 2000; term += 1 + static_cast<uint32_t>(random() % 200)) {
        const float weight = uniform() + 1;
        pairs.append(reinterpret_cast<const char*>(&term), 4);
        pairs.append(reinterpret_cast<const char*>(&weight), 4);
      }
      if (r < kRows) {
        sparse += pairs;
        ends.push_back(sparse.size());
      } else {
        sparse_queries.push_back(std::move(pairs));
      }
    }
  }
};

struct Case {
  const char* name;
  const char* type;
  Metric metric;
  Properties build;
  index::SearchParams search;
  size_t one_of = 1;  // rows allowed: one of so many
};

std::vector<Case> Cases() {
  index::SearchParams graph, lists, refined;
  graph.ef = 64;
  lists.nprobe = 8;
  refined.nprobe = 8;
  refined.refine_k = 4;
  refined.reorder_k = 100;
  const auto links = [](const char* profile) -> Properties {
    return {{"M", "16"}, {"efConstruction", "100"}, {"graph_profile", profile}};
  };
  const Properties fast = links("fast");
  const Properties lean = links("lean");
  const Properties nlist = {{"nlist", "64"}};
  return {
      {"flat-l2", "FLAT", Metric::kL2, {}, {}},
      {"flat-cosine-tenth", "FLAT", Metric::kCosine, {}, {}, 10},
      {"hnsw-small", "HNSW", Metric::kL2, {}, graph},
      {"hnsw-small-half", "HNSW", Metric::kL2, {}, graph, 2},
      {"hnsw-l2", "HNSW", Metric::kL2, fast, graph},
      {"hnsw-cosine", "HNSW", Metric::kCosine, fast, graph},
      {"hnsw-l2-half", "HNSW", Metric::kL2, fast, graph, 2},
      {"hnsw-l2-hundredth", "HNSW", Metric::kL2, fast, graph, 100},
      {"hnsw-sq", "HNSW_SQ", Metric::kL2, lean, graph},
      {"ivf-flat", "IVF_FLAT", Metric::kL2, nlist, lists},
      {"ivf-sq8", "IVF_SQ8", Metric::kL2, nlist, lists},
      {"ivf-pq", "IVF_PQ", Metric::kL2, {{"nlist", "64"}, {"m", "24"}, {"nbits", "4"}}, refined},
      {"ivf-rabitq", "IVF_RABITQ", Metric::kL2, nlist, refined},
      {"scann", "SCANN", Metric::kL2, nlist, refined},
      {"bin-flat", "BIN_FLAT", Metric::kHamming, {}, {}},
      {"bin-ivf-flat", "BIN_IVF_FLAT", Metric::kHamming, nlist, lists},
      {"sparse", "SPARSE_INVERTED_INDEX", Metric::kIP, {}, {}},
  };
}

index::VectorView ViewFor(const Data& data, const Case& c) {
  index::VectorView view;
  view.rows = kRows;
  view.dim = kDim;
  if (c.metric == Metric::kHamming) {
    view.type = DataType::kBinaryVector;
    view.data = reinterpret_cast<const std::byte*>(data.bits.data());
  } else if (std::string_view(c.type).starts_with("SPARSE")) {
    view.type = DataType::kSparseFloatVector;
    view.dim = 0;
    view.data = reinterpret_cast<const std::byte*>(data.sparse.data());
    view.ends = data.ends.data();
    return view;
  } else {
    view.type = DataType::kFloatVector;
    view.data = reinterpret_cast<const std::byte*>(data.floats.data());
    if (c.metric == Metric::kCosine) view.inverse_norms = data.norms.data();
  }
  view.stride = WidthOf(view.type, view.dim);
  return view;
}

// A type that this build does not have is no case.
bool Built(const Case& c, const index::VectorView& view) {
  Field field;
  field.name = "vector";
  field.type = view.type;
  field.dim = view.dim;
  return index::CheckBuildParams(field, c.type, c.metric, c.build).ok();
}

void Make(const Data& data, const std::string& folder) {
  const Context context;
  for (const Case& c : Cases()) {
    const index::VectorView view = ViewFor(data, c);
    if (!Built(c, view)) continue;
    std::ofstream file(folder + "/" + c.name, std::ios::binary);
    const Status built = index::Build(
        context, view, {c.type, c.metric, c.build}, 1, [](double) {},
        [&](std::string_view piece) -> Status {
          file.write(piece.data(), std::ssize(piece));
          return {};
        });
    if (!built.ok()) std::fprintf(stderr, "%s: %s\n", c.name, std::string(built.message()).c_str());
    CHECK(built.ok());
  }
}

void Run(const Data& data, const std::string& folder) {
  static std::deque<std::string> titles;  // callgrind reads them when the process ends
  const Context context;
  for (const Case& c : Cases()) {
    const index::VectorView view = ViewFor(data, c);
    if (!Built(c, view)) continue;
    std::ifstream file(folder + "/" + c.name, std::ios::binary);
    CHECK(file.good());
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    const auto opened = index::Open(bytes, view);
    CHECK(opened.ok());
    Bitmap bits(kRows);
    for (size_t r = 0; r < kRows; r += c.one_of) bits.Set(r);
    const BitmapMask mask(bits);
    const RowMask allowed = c.one_of > 1 ? mask.mask() : RowMask();
    std::vector<std::vector<Hit>> hits;
    const auto search = [&](size_t q) {
      const std::vector<std::string> sparse = {data.sparse_queries[q]};
      index::Queries queries{view.type, view.dim, 1, nullptr, nullptr};
      if (view.type == DataType::kSparseFloatVector) {
        queries.sparse = &sparse;
      } else {
        const void* from = view.type == DataType::kBinaryVector
                               ? static_cast<const void*>(data.bits.data())
                               : static_cast<const void*>(data.floats.data());
        queries.data = static_cast<const std::byte*>(from) + (kRows + q) * view.stride;
      }
      CHECK((*opened)->Search(context, queries, kK, c.search, allowed, &hits).ok());
      CHECK(hits[0].size() == kK);
    };
    const std::string& title =
        titles.emplace_back(std::string(c.name) + " " + std::to_string(kQueries - 1));
    search(0);  // what is allocated once
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
    for (size_t q = 1; q < kQueries; ++q) search(q);
    CALLGRIND_DUMP_STATS_AT(title.c_str());
    CALLGRIND_STOP_INSTRUMENTATION;
  }
}

}  // namespace
}  // namespace elanus

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: search_counts make|run FOLDER\n");
    return 2;
  }
  const elanus::Data data;
  if (std::strcmp(argv[1], "make") == 0) {
    elanus::Make(data, argv[2]);
  } else {
    elanus::Run(data, argv[2]);
  }
}
