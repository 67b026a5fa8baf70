// ScalarIndex: answers simple predicates on one scalar column of a sealed segment. Immutable,
// thread-safe. A packed R-tree serves Geometry (RTREE, AUTOINDEX); one sorted index serves every
// other declared type (INVERTED, BITMAP, STL_SORT, TRIE, AUTOINDEX).
#pragma once

#include <cstdint>
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

class ScalarIndex {
 public:
  virtual ~ScalarIndex() = default;
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
};

// Milvus's checks for an index declared on a scalar field.
Status CheckScalarIndexParams(const Field& field, const std::string& type,
                              const Properties& params);

Status BuildScalar(const ScalarView& column, const Sink& sink);
Result<std::unique_ptr<ScalarIndex>> OpenScalar(std::string_view bytes, const ScalarView& column);

}  // namespace elanus::index
