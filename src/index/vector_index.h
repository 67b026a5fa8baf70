// VectorIndex: finds near rows of one vector column of one sealed segment.
//
// An index holds graph, lists or codes; the raw vectors stay in the segment's column, which the
// caller lends at Build and at Open and keeps alive as long as the index. Immutable after Build;
// all methods are const and thread-safe. Rows are segment rows, so hits need no translation.
// Null rows of a nullable column are never returned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "model/bitmap.h"
#include "model/hits.h"
#include "model/schema.h"
#include "model/types.h"

namespace elanus::index {

// A vector column, borrowed. Dense: row r at data + r * stride. Sparse: row r is
// data[ends[r-1], ends[r]) (u64 end offsets), pairs of (uint32 index, float32 value).
struct VectorView {
  DataType type = DataType::kNone;
  int64_t dim = 0;
  size_t rows = 0;
  const std::byte* data = nullptr;
  size_t stride = 0;
  const uint64_t* ends = nullptr;        // sparse only
  const uint8_t* valid = nullptr;        // a byte a row; null: no nulls
  const float* inverse_norms = nullptr;  // COSINE, dense: 1/|v| a row (0 for a zero vector)

  const std::byte* Row(size_t row) const { return data + row * stride; }
  std::string_view SparseRow(size_t row) const {
    const uint64_t begin = row == 0 ? 0 : ends[row - 1];
    return {reinterpret_cast<const char*>(data) + begin, static_cast<size_t>(ends[row] - begin)};
  }
};

// The query vectors of one request, in the column's own type. Dense: packed rows of WidthOf bytes.
// Sparse: one byte string each.
struct Queries {
  DataType type = DataType::kNone;
  int64_t dim = 0;
  size_t count = 0;
  const std::byte* data = nullptr;  // dense
  const std::vector<std::string>* sparse = nullptr;

  const std::byte* Row(size_t i) const { return data + i * WidthOf(type, dim); }
};

// How BM25 weighs term frequencies; avgdl is the mean length of the rows searched.
struct Bm25 {
  float k1 = 1.2f;
  float b = 0.75f;
  float avgdl = 1;
};

// Search parameters as numbers; CheckSearchParams made them. Absent: the index's default.
struct SearchParams {
  std::optional<int64_t> ef, nprobe, search_list, reorder_k;
  double drop_ratio_search = 0;
  double refine_k =
      1;  // candidates compared exactly, as a multiple of k; 1: the index's own choice
  std::optional<int64_t> max_empty_lists;  // a range search's "max_empty_result_buckets"
  int64_t rbq_bits_query = 0;              // 0: the index's own choice
  std::optional<int64_t> beamwidth;        // DISKANN: reads in flight
  // Sparse: rows are term frequencies to be scored by BM25; the queries' values are weights (idf).
  std::optional<Bm25> bm25;
};

// Distances are "smaller is nearer" (model/hits.h), so IP and COSINE limits are negated scores.
// Keeps distances d with lower <= d < upper when the metric is a distance; for IP and COSINE the
// closed end is the near one as well (radius < score <= range_filter).
struct Range {
  float lower = -std::numeric_limits<float>::infinity();  // range_filter: the near end, inclusive
  float upper = std::numeric_limits<float>::infinity();   // radius: the far end, exclusive
};

class VectorIndex {
 public:
  virtual ~VectorIndex() = default;

  // hits[q] = up to k nearest allowed rows, nearest first, ties by row. If at least k rows are
  // allowed, k are returned. Fails only with kCancelled / kTimeout (polls `context`).
  virtual Status Search(const Context& context, const Queries& queries, size_t k,
                        const SearchParams& params, const RowMask& allowed,
                        std::vector<std::vector<Hit>>* hits) const = 0;
  // As Search, but only rows within `range`; at most `limit` a query, the nearest.
  virtual Status RangeSearch(const Context& context, const Queries& queries, const Range& range,
                             size_t limit, const SearchParams& params, const RowMask& allowed,
                             std::vector<std::vector<Hit>>* hits) const = 0;

  // Sparse: in how many rows each of `terms` is, and what all rows' values sum up to. False: this
  // index cannot say.
  virtual bool CountTerms(std::span<const uint32_t> /*terms*/, std::span<uint64_t> /*rows*/,
                          double* /*length*/) const {
    return false;
  }

  virtual std::string_view type() const = 0;  // what was built: "HNSW", "FLAT", ...
  virtual size_t memory_bytes() const = 0;    // anonymous memory held

  // What the file says of its making: effective parameters, and as "recall" what the index found of
  // the 10 nearest of 1,000 sampled rows. Empty for what has no file, or does not measure itself.
  const Properties& description() const { return description_; }
  // Before the index is shared.
  void set_description(Properties description) { description_ = std::move(description); }

 private:
  Properties description_;
};

// What to build, with the effective parameters.
struct BuildSpec {
  std::string type;  // a registered name; AUTOINDEX is resolved by ResolveSpec
  Metric metric = Metric::kNone;
  Properties params;
};

// Checks an index declaration on a vector field (compat.md section 8): type legal for the field's
// data type, metric legal, parameter ranges; Milvus's codes and texts. Types that Milvus knows and
// this build does not have: a clear kIndexNotSupported error that names what is built.
Status CheckBuildParams(const Field& field, const std::string& type, Metric metric,
                        const Properties& params);

// Milvus's search parameters (a flat map of JSON scalars) checked for the index type: "ef(1) should
// be larger than k(10)", "Type conflict in json: ...", "Out of range in json: ...".
Result<SearchParams> CheckSearchParams(const std::string& type, const Field& field, int64_t k,
                                       const std::vector<std::pair<std::string, Value>>& params);

// The default metric of a vector type: COSINE, HAMMING (binary), IP (sparse).
Metric DefaultMetric(DataType type);

// AUTOINDEX and aliases become a built type with its parameters.
BuildSpec ResolveSpec(const Field& field, const IndexInfo& info);

// Progress in [0, 1]; called now and then from a building thread.
using Progress = std::function<void(double)>;

// Builds in memory and gives the bytes of the index file through `sink` (called with consecutive
// pieces). Uses up to `threads` threads. Deterministic for equal input and parameters.
using Sink = std::function<Status(std::string_view piece)>;
Status Build(const Context& context, const VectorView& vectors, const BuildSpec& spec, int threads,
             const Progress& progress, const Sink& sink);

// Opens index bytes (mapped; they outlive the index): checks magic, version and header checksum,
// O(1).
// `path`: a file of the operating system that holds the same bytes from its beginning, for types
// that read past the page cache (DISKANN); empty: what they need is read through the mapping.
Result<std::unique_ptr<VectorIndex>> Open(std::string_view bytes, const VectorView& vectors,
                                          const std::string& path = {});

// Reads all of an index file and compares its checksums; kCorruption names the section. Open()
// checks the header only: damage behind it gives wrong hits but no crash.
Status Verify(std::string_view bytes);

// The exact search over a column, no build and no file: small segments, and the truth for tests.
std::unique_ptr<VectorIndex> MakeFlat(const VectorView& vectors, Metric metric);

}  // namespace elanus::index
