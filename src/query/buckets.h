// Search aggregation: the hits of a search in buckets by the values of columns, and each bucket's
// hits in buckets of their own (compat.md, 4.2 and 5.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/value.h"
#include "query/hits.h"

namespace elanus::query {

struct BucketMetric {
  enum class Op { kCount, kSum, kMin, kMax, kAverage };
  enum class Of { kColumn, kScore, kHit };  // kHit: counts alone
  Op op = Op::kCount;
  Of of = Of::kHit;
  size_t column = 0;  // kColumn: an output column
};

struct BucketOrder {
  enum class By { kCount, kKey, kMetric };
  By by = By::kCount;
  size_t metric = 0;
  bool descending = true;
};

struct BucketHitOrder {
  std::optional<size_t> column;  // nothing: the score
  bool descending = true;
  bool nulls_first = false;
};

struct BucketLevel {
  std::vector<size_t> keys;  // output columns
  size_t size = 1;           // buckets that stay
  std::vector<BucketMetric> metrics;
  std::vector<BucketOrder> order;  // equal buckets: the one with the nearer hit first
  struct TopHits {
    size_t size = 1;
    std::vector<BucketHitOrder> order;  // equal hits: the nearer first
  };
  std::optional<TopHits> top_hits;
};

// Values are null, bool, int64, double or string.
struct Bucket {
  std::vector<Value> key;
  int64_t count = 0;
  std::vector<Value> metrics;  // null: of nothing, but for counts
  std::vector<uint32_t> hits;  // rows of the HitLists
  std::vector<Bucket> buckets;
};

// Of each query. `hits` come best first; at least one level. Sums of integers wrap.
std::vector<std::vector<Bucket>> BucketsOf(const HitLists& hits,
                                           const std::vector<BucketLevel>& levels);

// A value of a column of Bool, numbers, Timestamptz or bytes; null where the row is.
Value ValueAt(const Column& column, size_t row);

}  // namespace elanus::query
