// Source: what the evaluator reads. Growing and sealed segments implement it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geo/envelope.h"
#include "model/bitmap.h"
#include "model/block.h"
#include "model/types.h"
#include "model/value.h"

namespace elanus::expr {

using elanus::Block;
using elanus::BlockScratch;

// A predicate an index may answer.
struct IndexPredicate {
  enum class Kind {
    kIn,
    kRange,
    kPrefix,
    kNear,
    kWords,   // only by what `words` says
    kHasAny,  // an array that has one of `values`
    kHasAll,
    kTerms  // a text that has `least` of `values` among its terms
  };
  Kind kind;
  FieldId field;
  std::vector<Value> values;       // kIn, kHas.., kTerms; never empty but in the first
  std::optional<Value> low, high;  // kRange
  bool low_inclusive = false, high_inclusive = false;
  std::string prefix;  // kPrefix
  // With values, so that aggregates may leave them out.
  geo::Reach reach = {};                // kNear
  std::vector<std::string> path = {};   // inside JSON
  std::vector<std::string> words = {};  // each is in the text of every row that matches
  size_t least = 1;                     // kTerms; a value that stands twice counts twice
  bool exact = true;                    // false: not all rows that it says match
};

// What an index has to say about a predicate.
struct IndexEstimate {
  size_t rows = 0;    // about how many it finds
  bool whole = true;  // they are those that match; false: all that match are among them
};

// Which blocks of a source may hold a row that matches a predicate.
class BlockTest {
 public:
  virtual ~BlockTest() = default;
  // The block whose first row is `first`. May be wrongly true.
  virtual bool MayMatch(size_t first) const = 0;
};

class Source {
 public:
  static constexpr size_t kBlockRows = 1024;

  virtual ~Source() = default;
  virtual size_t rows() const = 0;
  // Where the run that begins at `first` ends: 256 rows to 512, one run of 512, then 1,024 (so
  // growing chunks are contiguous).
  size_t RunEnd(size_t first) const {
    const size_t end = first < 512 ? first + 256 : first < 1024 ? 1024 : first + kBlockRows;
    return std::min(end, rows());
  }
  // `first` is where a run begins, count no more than the run has. A field that the segment lacks
  // (added later) reads as its default or null.
  virtual Block Read(FieldId field, size_t first, size_t count, BlockScratch* scratch) const = 0;
  // As Read, for one who looks only at the rows whose bit in `active` is set: what `strings` has
  // for the others means nothing.
  virtual Block ReadActive(FieldId field, size_t first, size_t count, const uint64_t* /*active*/,
                           BlockScratch* scratch) const {
    return Read(field, first, count, scratch);
  }
  // The column that has what lies under a path of a JSON field, if there is one: kBool, kDouble or
  // kVarChar, null in rows with nothing there or a value of another kind. Read it as a field's.
  virtual std::optional<FieldId> FindPath(FieldId, const std::vector<std::string>&,
                                          DataType) const {
    return std::nullopt;
  }
  // None: nothing is known of the blocks. Lives no longer than the source.
  virtual std::unique_ptr<BlockTest> TestBlocks(const IndexPredicate&) const { return nullptr; }
  // Nothing if there is no index that answers the predicate.
  virtual std::optional<IndexEstimate> EstimateIndex(const IndexPredicate&) const {
    return std::nullopt;
  }
  // What it finds, rows() bits; after an estimate.
  virtual Bitmap AskIndex(const IndexPredicate&) const { return Bitmap(rows()); }
};

}  // namespace elanus::expr
