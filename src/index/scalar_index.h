// ScalarIndex: answers simple predicates on one scalar column of a sealed segment, or on a part of
// its values: what lies under a path of JSON, the elements of arrays. Immutable, thread-safe. A
// packed R-tree serves Geometry (RTREE, AUTOINDEX), postings of grams NGRAM; one sorted index
// serves every other declared type (INVERTED, BITMAP, STL_SORT, TRIE, AUTOINDEX).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "geo/envelope.h"
#include "index/vector_index.h"
#include "model/bitmap.h"
#include "model/schema.h"
#include "model/value.h"

namespace elanus::index {

// A scalar column, borrowed. Fixed types packed at `data`; VarChar and Geometry by u64 end offsets.
struct ScalarView {
  DataType type = DataType::kNone;
  size_t rows = 0;
  const std::byte* data = nullptr;
  const uint64_t* ends = nullptr;
  const uint8_t* valid = nullptr;
};

struct Bound {
  Value value;
  bool inclusive = false;
};

// Which values of a column's rows an index holds. A value of another type than `type` is not in it.
struct ScalarPart {
  std::vector<std::string> path = {};  // inside JSON, as JsonView::Walk takes it
  // The column's, an array's elements'; in JSON kBool, kDouble or kVarChar, or kJson for all of
  // those at all paths below.
  DataType type = DataType::kNone;
  bool elements = false;  // a row has each element of its array
  bool terms = false;     // a row has each term of its text
};

// Calls `term` for each term of a text.
using CutText =
    std::function<void(std::string_view text, const std::function<void(std::string_view)>& term)>;

// What is built for a declared index.
struct ScalarSpec {
  ScalarPart part;
  bool grams = false;  // NGRAM
  int64_t gram_min = 0, gram_max = 0;
  CutText cut = {};  // for part.terms
};

// `path`: of the index, if it is on JSON. None: for this declaration there is nothing to build, and
// filters read the column.
std::optional<ScalarSpec> ResolveScalarSpec(const Field& field, const IndexInfo& index,
                                            std::vector<std::string> path);

class ScalarIndex {
 public:
  virtual ~ScalarIndex() = default;
  const ScalarPart& part() const { return part_; }
  // The values are what the rows hold; false: numbers of JSON, some of which are rounded to double.
  bool exact() const { return exact_; }

  // Rows equal to one of `values`; nulls never match. Values have the column's kind (int64, double,
  // bool, string).
  virtual Bitmap In(const std::vector<Value>& values) const = 0;
  virtual Bitmap Range(const std::optional<Bound>& low, const std::optional<Bound>& high) const = 0;
  virtual Bitmap Prefix(std::string_view prefix) const = 0;  // VarChar
  // How many rows Range would match, in O(log rows).
  virtual size_t EstimateRange(const std::optional<Bound>& low,
                               const std::optional<Bound>& high) const = 0;
  // Geometry: rows whose envelopes meet the reach's box, if they are fewer than `enough` and the
  // reach holds for this column.
  virtual std::optional<Bitmap> Near(const geo::Reach&, size_t) const { return std::nullopt; }

  // An index of whole JSON documents: the index of this part of them, which borrows this one. None:
  // it does not hold the part. Such an index answers nothing else.
  virtual std::unique_ptr<ScalarIndex> Under(const ScalarPart&) const { return nullptr; }

  // Postings of grams answer by words alone, the others never.
  virtual bool gives_words() const { return false; }
  // About how many rows may hold each of `words`; none if the words are too
  // short to tell.
  virtual std::optional<size_t> EstimateWords(const std::vector<std::string>&) const {
    return std::nullopt;
  }
  // Rows among which are all that hold each of `words`; after an estimate.
  virtual Bitmap Words(const std::vector<std::string>&) const { return {}; }

 protected:
  ScalarIndex() = default;
  explicit ScalarIndex(ScalarPart part, bool exact = true)
      : part_(std::move(part)), exact_(exact) {}

 private:
  ScalarPart part_;
  bool exact_ = true;
};

// Milvus's checks for an index declared on a scalar field.
Status CheckScalarIndexParams(const Field& field, const std::string& type,
                              const Properties& params);

Status BuildScalar(const ScalarView& column, const ScalarSpec& spec, const Sink& sink);
// Of the column's values themselves.
Status BuildScalar(const ScalarView& column, const Sink& sink);
Result<std::unique_ptr<ScalarIndex>> OpenScalar(std::string_view bytes, const ScalarView& column);

}  // namespace elanus::index
