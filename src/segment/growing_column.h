// GrowingColumn: the values of one field in a growing segment. One writer appends rows; readers
// read rows that were published to them (growing_segment.h).
//
// Fixed types lie packed in each chunk. Others are 16-byte views, short values inside the view,
// long ones in byte blocks. Sparse vectors also lie packed, in pages that never span chunks, so
// that an exact search reads them as a column.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "expr/source.h"
#include "index/vector_index.h"
#include "model/column.h"
#include "model/schema.h"
#include "segment/chunked_array.h"
#include "segment/missing_field.h"
#include "segment/norms.h"
#include "segment/term_counts.h"
#include "segment/vector_codes.h"
#include "segment/vector_part.h"

namespace elanus::segment {

class GrowingColumn {
 public:
  // Rows [0, rows) get what the field reads as where it is missing.
  GrowingColumn(const Field& field, size_t rows, BlockArena* arena);

  FieldId field() const { return field_; }
  DataType type() const { return type_; }
  int64_t dim() const { return dim_; }
  bool fixed() const { return width_ != 0; }

  // The writer's. Both add rows [first, first + count); returns the bytes of the values.
  uint64_t Append(const Column& column, size_t first);
  uint64_t AppendMissing(size_t first, size_t count);
  // The vectors are coded for searches by this metric, with the rows of the next append; nothing if
  // they are already, or codes would not serve.
  void Code(Metric metric);

  // Readers'.
  bool IsNull(size_t row) const;
  std::string_view Value(size_t row) const;  // bytes in place, stable; fixed types: width() bytes
  // [first, first + count) lies in one chunk.
  expr::Block Read(size_t first, size_t count, expr::BlockScratch* scratch) const;
  std::vector<VectorPart> Vectors(size_t rows) const;
  // Sparse vectors.
  const TermCounts& terms() const { return terms_; }
  const VectorCodes* codes() const { return codes_.load(std::memory_order_acquire); }

 private:
  struct View {
    uint32_t size;
    char head[4];  // of a long value, or the first bytes of a short one
    union {
      char tail[8];
      const char* data;
    };
  };
  static_assert(sizeof(View) == 16);
  struct Page {  // of sparse rows, from `first` up to the next page
    const std::byte* data;
    uint64_t first;
  };
  static constexpr size_t kInlineMax = 12;

  bool sparse() const { return type_ == DataType::kSparseFloatVector; }
  std::string_view Text(const View& view) const {
    if (view.size > kInlineMax || sparse()) return {view.data, view.size};
    return {view.head, view.size};
  }
  void AppendFixed(const std::byte* values, size_t first, size_t count);
  void AppendText(std::string_view value, size_t row);
  std::byte* Room(size_t bytes, bool new_page, size_t row);
  void SetValid(const uint8_t* valid, bool value, size_t first, size_t count);

  const FieldId field_;
  const DataType type_;
  const int64_t dim_;
  const size_t width_;
  std::optional<InverseNorms> norms_;  // of types that have them; the writer's
  const MissingValue missing_;
  BlockArena* const arena_;

  ChunkedArray values_;         // fixed: values; others: Views
  ChunkedArray valid_;          // a byte a row; no chunk: no nulls in it
  ChunkedArray inverse_norms_;  // float
  ChunkedArray ends_;           // sparse: uint64, offset in its page behind the row
  ChunkedArray pages_;          // sparse: Page
  std::atomic<size_t> page_count_{0};

  TermCounts terms_;

  std::unique_ptr<VectorCodes> own_codes_;
  std::atomic<VectorCodes*> codes_{nullptr};

  // Where the next long value goes.
  std::byte* block_ = nullptr;
  size_t block_used_ = 0, block_size_ = 0;
  size_t next_block_size_ = 4096;
};

}  // namespace elanus::segment
