// Exact search over a column that lies in parts.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "model/bitmap.h"
#include "model/hits.h"
#include "segment/segment.h"
#include "segment/vector_part.h"

namespace elanus::segment {

// Parts ascend. hits[q]: the nearest allowed rows over all parts, by segment row.
Status SearchExactly(const Context& context, const VectorSearch& search,
                     std::span<const VectorPart> parts, const RowMask& allowed,
                     std::vector<std::vector<Hit>>* hits);

// Searches an index, or what stands in for it, with what `search` asks.
Status SearchIndex(const Context& context, const VectorSearch& search,
                   const index::VectorIndex& index, const RowMask& allowed,
                   std::vector<std::vector<Hit>>* hits);

// Rows of a segment by primary key.
class KeyOrder {
 public:
  virtual ~KeyOrder() = default;
  // The keys of these rows can be read.
  virtual Status Check(std::span<const Hit> hits) const = 0;
  virtual bool Less(uint32_t a, uint32_t b) const = 0;
};

// What `find` answers, with rows at equal distance in the order of their keys, at the limit too.
// `find` breaks ties by row and returns as many hits as it is asked for, if there are.
using FindNearest = std::function<Status(const VectorSearch&, std::vector<std::vector<Hit>>*)>;
Status SearchByKey(const VectorSearch& search, const KeyOrder& keys, const FindNearest& find,
                   std::vector<std::vector<Hit>>* hits);

// kParameterInvalid unless the queries are of the column's type and dimension.
Status CheckQueries(const VectorSearch& search, DataType type, int64_t dim);

// Rows [begin, begin + rows) of a mask as a mask of their own. Borrows the mask's chunks.
class MaskSlice {
 public:
  MaskSlice(const RowMask& mask, size_t begin, size_t rows);
  MaskSlice(const MaskSlice&) = delete;
  MaskSlice& operator=(const MaskSlice&) = delete;
  const RowMask& mask() const { return slice_; }

 private:
  const uint64_t* pointer_ = nullptr;
  Bitmap copy_;
  std::vector<const uint64_t*> pointers_;
  RowMask slice_;
};

}  // namespace elanus::segment
