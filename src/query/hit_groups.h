// Hits by group: of each group the best hits, side by side.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "query/hits.h"
#include "query/order.h"

namespace elanus::query {

// What stands for a group where groups are put in order.
enum class GroupScore { kMax, kSum, kAverage };

struct HitGrouping {
  size_t first_key = 0;    // output columns from here on are what hits are grouped by
  size_t size = 1;         // hits of a group
  bool descending = true;  // larger scores are better
  // By the sum or average of the hits that stay, or the best of them; ties: the larger group, then
  // the key of its first hit. Nothing: in the order in which the groups are met.
  std::optional<GroupScore> score;
};

// Groups [offset, offset + limit) of each query, each hit beside those of its group and best first.
// `hits` come best first.
HitLists PageGroups(const HitLists& hits, const HitGrouping& grouping, size_t offset, size_t limit);

// The hits of each query in the order of `columns` (a row for each hit); with `grouping` whole
// groups, which must lie side by side, by their first hit. Hits that are equal keep their order.
HitLists Reorder(const HitLists& hits, const std::vector<OrderKey>& keys,
                 const std::vector<Column>& columns, const std::optional<HitGrouping>& grouping);

}  // namespace elanus::query
