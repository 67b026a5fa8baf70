// VectorCodes: two bits a dimension of the vectors of a growing segment, so that a search reads a
// sixteenth or an eighth of the column and compares exactly only what may be among the nearest.
//
// A vector less the mean of the first rows is rotated at random and quantised (simd/bitcodes.h);
// its inner product with the rotated query is then known up to a normal error of known deviation
// (Gao and Long, "RaBitQ", SIGMOD 2024, section 3.2). Rows whose lower bound of the distance is
// above the worst of the k nearest so far are left out: by the first bit, then by both. The bounds
// are 3 and 2.6 deviations wide, so a true neighbour is missed less than once in 200.
//
// Rows are coded in blocks of 32 as soon as a block is full and there are kRowsMin rows; the rows
// behind are the caller's to search. One writer; readers read the rows that were published to them.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "model/bitmap.h"
#include "model/hits.h"
#include "segment/chunked_array.h"
#include "segment/vector_part.h"
#include "simd/rotate.h"

namespace elanus::segment {

class VectorCodes {
 public:
  static constexpr size_t kRowsMin = 1024;

  // Whether codes beat a scan of the column. Float types of 64 dimensions and more.
  static bool Serves(DataType type, int64_t dim);

  VectorCodes(int64_t dim, Metric metric, BlockArena* arena);

  Metric metric() const { return metric_; }

  // The writer's: codes what is not coded yet of the first `rows` rows, which `parts` cover.
  bool Due(size_t rows) const;
  void CatchUp(std::span<const VectorPart> parts, size_t rows);

  // Rows that are coded, a multiple of 32.
  size_t rows() const { return rows_.load(std::memory_order_acquire); }
  // Offers the nearest allowed of the first `rows` (a multiple of 32, at most rows()) to `top`, by
  // exact distance; what `top` holds already narrows the search. False: the query is beyond what
  // floats can estimate, nothing was offered.
  Result<bool> Search(const Context& context, const std::byte* query,
                      std::span<const VectorPart> parts, size_t rows, const RowMask& allowed,
                      TopK* top) const;

 private:
  struct Probe;  // a query made ready

  bool Train(std::span<const VectorPart> parts);
  bool EncodeBlock(const VectorPart& part, size_t first);
  bool MakeProbe(const float* query, Probe* probe) const;
  struct Bounds;  // what is found out about a few blocks
  // Which rows of the blocks from row `first` on may be nearer than `bound`.
  void Scan(const Probe& probe, size_t first, size_t blocks, float bound, Bounds* found) const;

  const size_t dim_, padded_;
  const size_t codes_;  // of four dimensions each
  const Metric metric_;
  const simd::Rotation rotation_;

  std::vector<float> center_;  // rotated; set before the first rows are published
  float center_norm_ = 0;
  bool stopped_ = false;  // the writer's: a row is beyond what floats can estimate
  std::vector<float> row_;
  std::vector<uint8_t> sign_rows_, second_rows_;

  ChunkedArray signs_, seconds_;  // a block of 32 rows: FastBlockBytes(codes_)
  // Floats. |r|^2 of the residual r; then for the first bit and for both: what turns a sum into
  // <r, q>, and its deviation over |q|.
  ChunkedArray squares_, sign_scales_, sign_errors_, scales_, errors_;
  std::atomic<size_t> rows_{0};
};

}  // namespace elanus::segment
