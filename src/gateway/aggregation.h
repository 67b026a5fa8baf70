// A search aggregation as clients send it, and as they get it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/buckets.h"

namespace elanus::gateway {

struct AggregationOrder {
  std::string key, direction;
  bool nulls_first = false;
};

struct AggregationTopHits {
  int64_t size = 0;
  std::vector<AggregationOrder> order;
};

struct AggregationSpec {
  struct Metric {
    std::string op, field;
  };
  using Order = AggregationOrder;
  using TopHits = AggregationTopHits;
  std::vector<std::string> fields;
  int64_t size = 0, search_size = 0;                    // 0: not given
  std::vector<std::pair<std::string, Metric>> metrics;  // by alias, ascending
  std::vector<Order> order;
  std::optional<TopHits> top_hits;
  std::shared_ptr<const AggregationSpec> sub;
};

struct AggregationAnswer {
  struct Level {
    std::vector<std::pair<int64_t, std::string>> keys;  // field ids and names
    std::vector<std::string> aliases;                   // of the metrics
  };
  std::vector<Level> levels;
  std::vector<std::vector<query::Bucket>> queries;  // their hits are rows of the answer
};

}  // namespace elanus::gateway
