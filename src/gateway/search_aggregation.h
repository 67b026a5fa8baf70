// search_aggregation: what a client sends, checked as Milvus does, and what a search has to find
// for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "gateway/aggregation.h"
#include "gateway/limits.h"
#include "gateway/search_groups.h"
#include "model/schema.h"
#include "query/buckets.h"

namespace elanus::gateway {

struct AggregationPlan {
  GroupingPlan groups;  // by the fields of all levels
  int64_t limit = 0;    // groups
  // Columns are places in `groups.fields`, or behind them in `extra`.
  std::vector<query::BucketLevel> levels;
  std::vector<FieldId> extra;  // fields of metrics and orders

  // With columns as they lie in the hits: place i is column columns[i].
  std::vector<query::BucketLevel> LevelsOver(const std::vector<size_t>& columns) const;
};

Result<AggregationPlan> PlanAggregation(const Schema& schema, const AggregationSpec& spec,
                                        int64_t queries, const Limits& limits);

}  // namespace elanus::gateway
