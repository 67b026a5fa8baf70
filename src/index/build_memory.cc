#include "index/build_memory.h"

#include <algorithm>

#include "index/codes.h"
#include "index/disk_layout.h"
#include "index/hnsw.h"
#include "index/params.h"
#include "simd/fastscan.h"
#include "simd/rotate.h"

namespace elanus::index {
namespace {

// What any build takes however few rows there are: buffers, models, what the threads have.
constexpr uint64_t kAnyBytes = 1 << 20;
constexpr uint64_t kThreadBytes = 1 << 19;

// The rows of a graph while it is built: links of the base layer and of those above, the order of
// insertion, the search for what cannot be reached.
uint64_t GraphBytes(uint64_t rows, uint64_t m, uint64_t degree) {
  return rows * (4 * degree + 8 + 32) + rows / m * 4 * m;
}

uint64_t Codes(uint64_t rows, uint64_t dim) {
  return rows * CodeStride(simd::Rotation::PaddedDim(dim));
}

uint64_t HnswBytes(const BuildSpec& spec, const ColumnSize& column) {
  const auto m =
      static_cast<uint64_t>(std::clamp<int64_t>(IntParam(spec.params, "M", 30), 2, 2048));
  // The fast form has whole blocks of neighbours.
  const uint64_t blocks = std::max<uint64_t>(1, (2 * m + 16) / simd::kFastRows);
  const uint64_t degree = std::max(2 * m, blocks * simd::kFastRows);
  if (column.type == DataType::kBinaryVector) return GraphBytes(column.rows, m, degree);
  const auto dim = static_cast<uint64_t>(column.dim);
  const std::string* profile = FindProperty(spec.params, "graph_profile");
  if (profile != nullptr && *profile == "lean")
    return Codes(column.rows, dim) + GraphBytes(column.rows, m, 2 * m);
  // The links once more while the free places are filled, and rows of the file a piece at a time.
  const uint64_t piece =
      std::min<uint64_t>(column.rows, 4096) *
      (blocks * simd::FastEdgeBytes(simd::Rotation::PaddedDim(dim) / 4) + 4 * degree + 2 * dim);
  return Codes(column.rows, dim) + GraphBytes(column.rows, m, degree) + column.rows * 4 * degree +
         piece;
}

uint64_t ClusterBytes(const BuildSpec& spec, const ColumnSize& column) {
  constexpr uint64_t kSampled = 256;  // rows for each centre
  const auto nlist =
      static_cast<uint64_t>(std::clamp<int64_t>(IntParam(spec.params, "nlist", 128), 1, 65536));
  const auto dim = static_cast<uint64_t>(column.dim);
  const uint64_t sample = std::min(column.rows, std::max<uint64_t>(kSampled * nlist, 1024));
  // Centres as floats, as sums and as panels; owners and rows of lists.
  return nlist * dim * 16 + nlist * 256 + sample * (dim + 16) + column.rows * 12;
}

uint64_t IvfCodesBytes(const BuildSpec& spec, const ColumnSize& column) {
  constexpr uint64_t kTrainRows = 16384;
  const auto nlist =
      static_cast<uint64_t>(std::clamp<int64_t>(IntParam(spec.params, "nlist", 128), 1, 65536));
  const uint64_t padded = simd::Rotation::PaddedDim(static_cast<size_t>(column.dim));
  const uint64_t rows = column.rows + std::min(nlist, column.rows) * simd::kFastRows;
  // At most two bits a dimension, three floats and the number of a row.
  const uint64_t train =
      spec.type == "IVF_RABITQ" ? 0 : std::min(column.rows, kTrainRows) * padded * 4;
  return ClusterBytes(spec, column) + rows * (padded / 4 + 16) + train;
}

uint64_t DiskBytes(const BuildSpec& spec, const ColumnSize& column) {
  const auto degree = static_cast<uint64_t>(
      std::clamp<int64_t>(IntParam(spec.params, "max_degree", 48), 1, 2048) + 1);
  const auto dim = static_cast<uint64_t>(column.dim);
  const uint64_t graph = GraphBytes(column.rows, (degree + 1) / 2, degree);
  const DiskLayout layout = DiskLayout::Of(WidthOf(column.type, column.dim), degree);
  const uint64_t blocks = layout.Blocks(column.rows) * layout.block;
  // The sample that codes are trained on, in a list that doubles.
  const uint64_t train = std::min<uint64_t>(column.rows, 2 * 16384) * dim * 4 * 3;
  return graph + std::max({Codes(column.rows, dim), train, blocks + column.rows * (dim + 16)});
}

uint64_t VectorBytes(const BuildSpec& spec, const ColumnSize& column) {
  if (spec.type.starts_with("HNSW")) return HnswBytes(spec, column);
  if (spec.type == "DISKANN") return DiskBytes(spec, column);
  if (spec.type == "IVF_PQ" || spec.type == "SCANN" || spec.type == "IVF_RABITQ")
    return IvfCodesBytes(spec, column);
  if (column.type == DataType::kSparseFloatVector) {
    // Eight bytes an entry in the column: their ids, values and counts in the postings, and a table
    // of terms.
    return column.bytes * 5 / 2 + (4 << 20) + column.rows * 8;
  }
  const auto dim = static_cast<uint64_t>(column.dim);
  return ClusterBytes(spec, column) + (column.type == DataType::kBinaryVector
                                           ? column.rows * (dim / 8)
                                           : Codes(column.rows, dim));
}

}  // namespace

uint64_t BuildMemory(const BuildSpec& spec, const ColumnSize& column, int threads) {
  if (spec.type == "FLAT" || spec.type == "BIN_FLAT") return 0;
  return VectorBytes(spec, column) + kAnyBytes +
         static_cast<uint64_t>(std::max(threads, 1)) * kThreadBytes;
}

uint64_t WideRowBytes(const BuildSpec& spec, const VectorView& vectors) {
  return FastRowBytes(vectors, spec);
}

BuildSpec Leanest(BuildSpec spec) {
  return spec.type.starts_with("HNSW") ? LeanSpec(std::move(spec)) : spec;
}

uint64_t BuildMemory(const ScalarSpec& spec, const ColumnSize& column) {
  if (spec.grams) {
    // Each byte of a text begins a gram of each length: a posting of a byte or two, in lists that
    // double; most come again in the same row, which costs nothing.
    const auto lengths =
        static_cast<uint64_t>(std::max<int64_t>(1, spec.gram_max - spec.gram_min + 1));
    return kAnyBytes + column.bytes * lengths * 4 + column.rows * 16;
  }
  // A term of five bytes or so is a posting of eight, in a list that doubles; and its own text.
  if (spec.part.terms) return kAnyBytes + column.bytes * 6 + column.rows * 16;
  // Pairs of value and row, sorted, and the parts of the file that they become; texts in a string
  // that doubles.
  const uint64_t values = spec.part.elements || !spec.part.path.empty() ? column.bytes / 4 : 0;
  return kAnyBytes + (column.rows + values) * 64 + column.bytes * 3;
}

}  // namespace elanus::index
