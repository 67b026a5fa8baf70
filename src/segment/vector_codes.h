// VectorCodes: the vectors of a growing segment in two bits a dimension (index/bit_coder.h), so
// that a search need not read the column.
//
// The centre is the mean of the first rows. Rows are coded in blocks of 32 as soon as a block is
// full and there are kRowsMin rows; the rows behind are the caller's to search. One writer; readers
// read the rows that were published to them.
#pragma once

#include <atomic>
#include <span>

#include "base/context.h"
#include "base/status.h"
#include "index/bit_coder.h"
#include "model/bitmap.h"
#include "model/hits.h"
#include "segment/chunked_array.h"
#include "segment/vector_part.h"

namespace elanus::segment {

class VectorCodes {
 public:
  static constexpr size_t kRowsMin = 1024;

  VectorCodes(int64_t dim, Metric metric, BlockArena* arena);

  Metric metric() const { return coder_.metric(); }

  // The writer's: codes what is not coded yet of the first `rows` rows, which `parts` cover.
  bool Due(size_t rows) const;
  void CatchUp(std::span<const VectorPart> parts, size_t rows);

  // Rows that are coded, a multiple of 32.
  size_t rows() const { return rows_.load(std::memory_order_acquire); }
  // As BitCoder::Search over the first `rows` (a multiple of 32, at most rows()).
  Result<bool> Search(const Context& context, const std::byte* query,
                      std::span<const VectorPart> parts, size_t rows, const RowMask& allowed,
                      TopK* top) const;

 private:
  bool Train(std::span<const VectorPart> parts);
  void Put(size_t first, const index::BitBlock& block);

  index::BitCoder coder_;  // its centre is set before the first rows are published
  bool stopped_ = false;   // the writer's: a row is beyond what floats can estimate

  ChunkedArray signs_, seconds_;  // a row: its share of a block's plane
  ChunkedArray squares_, sign_scales_, sign_errors_, scales_, errors_;
  std::atomic<size_t> rows_{0};
};

}  // namespace elanus::segment
