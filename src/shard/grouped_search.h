// A search by groups over a snapshot: the nearest `limit` groups, of each its nearest rows.
//
// First every segment is asked for some nearest rows. What it did not give lies beyond its last
// hit, so rows nearer than the last hit of every segment are sure to be met in their order. Where
// that does not make enough groups, or (strict) does not fill them, the segments are asked again:
// for more rows, then for rows outside of the groups already met, then for rows of the groups that
// are not full.
#pragma once

#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "roles/shard.h"
#include "segment/segment.h"
#include "shard/fetch.h"
#include "shard/selection.h"
#include "shard/snapshot.h"

namespace elanus::shard {

struct GroupedHits {
  struct Hit {
    float distance = 0;
    Place place{};
    uint32_t group = 0;
  };
  std::vector<std::vector<Hit>> queries;  // nearest first, ties by key
  std::vector<Column> groups;             // of the keys, a row for each group
  int64_t rows_searched = 0;
};

Result<GroupedHits> SearchGroups(const Context& context, const Snapshot& snapshot,
                                 const roles::SearchRequest& request,
                                 const RowSelection::Wish& wish,
                                 const segment::VectorSearch& search);

}  // namespace elanus::shard
