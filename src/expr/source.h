// Source: what the evaluator reads. Growing and sealed segments implement it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geo/envelope.h"
#include "model/bitmap.h"
#include "model/column.h"
#include "model/types.h"
#include "model/value.h"

namespace elanus::expr {

// Rows [first, first + count) of one column. Fixed types: packed at `fixed`, no copy. Others: one
// view a row in `strings` (VarChar bytes, binary JSON, Array encoding, WKB). `valid`: a byte a row,
// or null when there are no nulls.
struct Block {
  size_t first = 0;
  size_t count = 0;
  const std::byte* fixed = nullptr;
  const std::string_view* strings = nullptr;
  const uint8_t* valid = nullptr;

  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(fixed);
  }
};

// Room that a Source may use to make a Block; one per evaluating thread, reused.
struct BlockScratch {
  std::vector<std::string_view> strings;
  std::vector<uint8_t> valid;
  std::vector<std::byte> fixed;
};

// Of a column in memory.
inline Block BlockOf(const Column& column, size_t first, size_t count, BlockScratch* scratch) {
  Block block;
  block.first = first;
  block.count = count;
  if (column.fixed()) {
    block.fixed = column.Row(first);
  } else {
    scratch->strings.clear();
    for (size_t i = 0; i < count; ++i) scratch->strings.push_back(column.String(first + i));
    block.strings = scratch->strings.data();
  }
  if (column.nullable()) block.valid = column.valid() + first;
  return block;
}

// A predicate an index may answer.
struct IndexPredicate {
  enum class Kind {
    kIn,
    kRange,
    kPrefix,
    kNear,
    kWords,   // only by what `words` says
    kHasAny,  // an array that has one of `values`
    kHasAll
  };
  Kind kind;
  FieldId field;
  std::vector<Value> values;       // kIn, kHasAny, kHasAll; never empty in the last two
  std::optional<Value> low, high;  // kRange
  bool low_inclusive = false, high_inclusive = false;
  std::string prefix;  // kPrefix
  // With values, so that aggregates may leave them out.
  geo::Reach reach = {};                // kNear
  std::vector<std::string> path = {};   // inside JSON
  std::vector<std::string> words = {};  // each is in the text of every row that matches
};

// What an index has to say about a predicate.
struct IndexEstimate {
  size_t rows = 0;    // about how many it finds
  bool whole = true;  // they are those that match; false: all that match are among them
};

class Source {
 public:
  static constexpr size_t kBlockRows = 1024;

  virtual ~Source() = default;
  virtual size_t rows() const = 0;
  // `first` is a multiple of kBlockRows, or of 256 below the first 1,024 rows; count <= kBlockRows
  // and the run never crosses 256, 512, 1024 and then multiples of 1,024 (so growing chunks are
  // contiguous). A field that the segment lacks (added later) reads as its default or null.
  virtual Block Read(FieldId field, size_t first, size_t count, BlockScratch* scratch) const = 0;
  // As Read, for one who looks only at the rows whose bit in `active` is set: what `strings` has
  // for the others means nothing.
  virtual Block ReadActive(FieldId field, size_t first, size_t count, const uint64_t* /*active*/,
                           BlockScratch* scratch) const {
    return Read(field, first, count, scratch);
  }
  // Nothing if there is no index that answers the predicate.
  virtual std::optional<IndexEstimate> EstimateIndex(const IndexPredicate&) const {
    return std::nullopt;
  }
  // What it finds, rows() bits; after an estimate.
  virtual Bitmap AskIndex(const IndexPredicate&) const { return Bitmap(rows()); }
};

}  // namespace elanus::expr
