// The postings of a sparse column: each term's rows and values, in windows of rows whose sums fit
// the fast caches. Values are half precision rounded up (float where one does not fit), so that
// sums of them are upper bounds; the exact score is the column's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "index/array.h"
#include "index/blob.h"
#include "index/vector_index.h"
#include "index/workers.h"
#include "simd/half.h"

namespace elanus::index {

// A term's postings in one window: they begin where the run before ends.
struct SparseRun {
  uint32_t end;     // of the postings
  uint16_t window;  // ascending within a term
  uint16_t max;     // the largest value, bfloat16 rounded up

  float Max() const { return simd::BFloat16ToFloat(max); }
};
static_assert(sizeof(SparseRun) == 8);

// The sections of the file, borrowed from it.
struct SparsePostings {
  uint32_t window_rows = 0;  // a multiple of 64, at most 65,536
  bool halves = true;        // values are half precision, else float
  // The column holds negative values, whose sums have no useful bounds: there are no postings and
  // rows are compared one by one.
  bool negative = false;
  std::span<const uint32_t> terms;     // ascending
  std::span<const uint32_t> run_ends;  // of each term, in runs
  std::span<const SparseRun> runs;
  std::span<const uint16_t> ids;  // rows from the window's first, ascending within a run
  const void* values = nullptr;
  const float* lengths = nullptr;  // the sum of a row's values

  static Result<SparsePostings> Of(const Blob& blob);

  // A term's runs; none when no row has it. Safe for any bytes.
  std::span<const SparseRun> RunsOf(uint32_t term) const;
  // Where a run's postings begin.
  uint32_t BeginOf(const SparseRun& run) const { return &run == runs.data() ? 0 : (&run)[-1].end; }
};

// Inverts a column and writes the index file.
Status WriteSparsePostings(const Context& context, const VectorView& vectors, Metric metric,
                           uint32_t window_rows, Workers* workers, const Progress& progress,
                           const Sink& sink);

}  // namespace elanus::index
