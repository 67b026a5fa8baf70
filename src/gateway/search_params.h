// The parameters of one search, parsed and checked in Milvus's order and words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/search_groups.h"
#include "gateway/search_order.h"
#include "index/vector_index.h"
#include "model/schema.h"
#include "query/hit_groups.h"

namespace elanus::gateway {

// A page of a search iterator of version 2.
struct IteratorPage {
  std::string token;           // empty: the first page
  std::optional<float> bound;  // the score of the last hit before it
};

struct SearchPlan {
  const Field* field = nullptr;  // of the collection's schema
  const IndexInfo* index = nullptr;
  int64_t limit = 0;  // hits to answer, without the offset; with `groups`: groups
  int64_t offset = 0;
  int round_decimal = -1;
  bool ignore_growing = false;
  bool iterator = false;
  std::optional<IteratorPage> page;  // its size is `limit`
  Metric metric = Metric::kNone;
  index::SearchParams params;
  std::optional<index::Range> range;
  std::optional<GroupingPlan> groups;
  SearchOrder order;
};

// Limit, offset and rounding of a hybrid search, which its sub-searches fall back on.
struct RankPlan {
  int64_t limit = 0;
  int64_t offset = 0;
  int round_decimal = -1;
  std::optional<GroupingPlan> groups;
  query::GroupScore group_score = query::GroupScore::kMax;
};

// `rank`: the hybrid search this one belongs to, or null.
Result<SearchPlan> PlanSearch(const CollectionInfo& collection, const Properties& params,
                              const RankPlan* rank, const Limits& limits);
Result<RankPlan> PlanRank(const CollectionInfo& collection, const Properties& params,
                          const Limits& limits);

Result<bool> IgnoreGrowing(const Properties& params);
Status CheckQueryCount(int64_t count, const Limits& limits);
// "(offset+limit) should be in range ..." for queries and hybrid searches.
Status CheckResultWindow(const CollectionInfo& collection, int64_t offset, int64_t limit,
                         const Limits& limits);

}  // namespace elanus::gateway
