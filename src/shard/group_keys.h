// GroupKeys: numbers the groups that rows of a snapshot belong to, by the values of key columns.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "query/grouping.h"
#include "roles/shard.h"
#include "shard/fetch.h"
#include "shard/selection.h"
#include "shard/snapshot.h"

namespace elanus::shard {

class GroupKeys {
 public:
  static constexpr uint32_t kNone = ~0U;

  // The keys are of types that query::Grouping takes. The snapshot and `groups` outlive it.
  static Result<GroupKeys> Make(const Snapshot& snapshot, const roles::SearchGroups& groups);

  // The group of each place. The same values have the same number in every call.
  Result<std::vector<uint32_t>> Of(const std::vector<Place>& places);
  // Of each row of a segment; kNone for rows that are not selected.
  Result<std::vector<uint32_t>> OfSegment(const Context& context, const SegmentView& view,
                                          const RowSelection& rows);
  // Columns of the keys, a row for each group in the order of their numbers. Call once.
  std::vector<Column> Take() { return grouping_->Take(); }

 private:
  GroupKeys(const Snapshot& snapshot, const roles::SearchGroups& groups,
            std::vector<query::GroupKey> keys);
  // `columns`: of the fields, as they are.
  Status Add(std::vector<Column> columns);

  const Snapshot* snapshot_;
  const roles::SearchGroups* groups_;
  std::unique_ptr<query::Grouping> grouping_;
};

}  // namespace elanus::shard
