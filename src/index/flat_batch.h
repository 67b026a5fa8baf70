// Exact search for many queries at once: rows are rounded to bytes on the way, products of bytes by
// tiles (simd/tiles.h) give a lower end of each distance, and only rows whose lower end is within
// what a query has found so far are compared exactly. The lower end holds for certain (what
// rounding lost is measured; Cauchy and Schwarz do the rest), so nothing is missed.
#pragma once

#include <functional>
#include <vector>

#include "index/distance.h"
#include "index/vector_index.h"

namespace elanus::index {

// From so many queries on it is quicker than comparing each with every row.
inline constexpr size_t kBatchQueries = 12;

// The queries' side of a batch. Numeric columns.
class BatchOffers {
 public:
  virtual ~BatchOffers() = default;
  // Rows farther than this are of no use to the query.
  virtual float Bound(size_t query) const = 0;
  virtual void Offer(size_t query, float distance, uint32_t row) = 0;
};

// Offers every allowed, valid row to each query to which it may be of use, and perhaps others.
// Fails only with kCancelled / kTimeout.
Status ScanBatch(const Context& context, const RowDistance& exact, const Queries& queries,
                 const RowMask& allowed, BatchOffers* offers);

}  // namespace elanus::index
