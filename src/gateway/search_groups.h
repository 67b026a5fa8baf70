// group_by_field and what belongs to it: by what a search groups its hits.
#pragma once

#include <optional>
#include <vector>

#include "base/status.h"
#include "gateway/limits.h"
#include "model/schema.h"
#include "roles/shard.h"

namespace elanus::gateway {

struct GroupingPlan {
  roles::SearchGroups groups;
  std::vector<Field> fields;  // of the answer's columns: the keys' names and types
  bool singular = false;      // asked for with group_by_field alone, and answered so
};

// Nothing: the search is not grouped. group_size is checked all the same.
Result<std::optional<GroupingPlan>> ParseSearchGroups(const Schema& schema,
                                                      const Properties& params,
                                                      const Limits& limits);

// "unsupported data type FLOAT for group by operator". Milvus says so only where there are rows.
Status CheckGroupTypes(const Schema& schema, const GroupingPlan& plan);

}  // namespace elanus::gateway
