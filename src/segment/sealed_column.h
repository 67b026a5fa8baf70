// SealedColumn: the values of one field in a segment file, read in place. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "index/scalar_index.h"
#include "index/vector_index.h"
#include "segment/blooms.h"
#include "segment/segment_file.h"
#include "segment/zones.h"

namespace elanus::segment {

class SealedColumn {
 public:
  // kCorruption if the sections do not fit the number of rows.
  static Result<SealedColumn> Open(const SegmentFile& file, const ColumnFooter& column);

  FieldId field() const { return footer_->field; }
  DataType type() const { return footer_->type; }
  int64_t dim() const { return footer_->dim; }
  size_t width() const { return width_; }
  bool fixed() const { return width_ != 0; }
  const ColumnStats& stats() const { return footer_->stats; }

  // Rows may be read after a Check that covers them returned OK.
  Status Check(size_t first, size_t count) const;
  Status CheckAll() const;

  bool IsNull(size_t row) const { return valid_ != nullptr && valid()[row] == 0; }
  std::string_view Value(size_t row) const {
    if (fixed()) return {values_->as<char>() + row * width_, width_};
    const uint64_t begin = row == 0 ? 0 : ends()[row - 1];
    const uint64_t end = ends()[row];
    if (begin >= end || end > value_bytes())
      return {};  // empty; what is out of place, Check has refused
    return {values_->as<char>() + begin, end - begin};
  }
  // The bytes of row `row` on, fixed types only.
  const std::byte* Fixed(size_t row) const { return values_->data + row * width_; }
  // Asks the memory for a row that will be read soon.
  void Prefetch(size_t row) const {
    if (fixed()) {
      __builtin_prefetch(Fixed(row));
    } else if (ends_ != nullptr) {
      __builtin_prefetch(ends() + row);
    }
  }
  // The same for its bytes, somewhat later; variable types only.
  void PrefetchBytes(size_t row) const {
    if (!fixed() && ends_ != nullptr && values_ != nullptr) __builtin_prefetch(Value(row).data());
  }
  const uint8_t* valid() const { return valid_ == nullptr ? nullptr : valid_->as<uint8_t>(); }

  // One for each 1,024 rows; null if there are none, or they are damaged.
  const Zone* zones() const;
  // Empty if there are none, or they are damaged.
  Blooms blooms() const;

  // The whole column; its bytes may be read after CheckAll.
  index::VectorView Vectors() const;
  index::ScalarView Scalars() const;

 private:
  const uint64_t* ends() const { return ends_->as<uint64_t>(); }
  uint64_t value_bytes() const { return values_ == nullptr ? 0 : values_->size; }

  const SegmentFile* file_ = nullptr;
  const ColumnFooter* footer_ = nullptr;
  size_t rows_ = 0;
  size_t width_ = 0;
  const SegmentFile::Blocks* values_ = nullptr;  // null: every row is empty
  const SegmentFile::Blocks* ends_ = nullptr;
  const SegmentFile::Blocks* valid_ = nullptr;
  const SegmentFile::Blocks* norms_ = nullptr;
  const SegmentFile::Blocks* zones_ = nullptr;
  const SegmentFile::Blocks* blooms_ = nullptr;
};

}  // namespace elanus::segment
