// Groups of rows as an answer: group_by_fields and aggregates among the output fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "model/schema.h"
#include "query/order.h"
#include "roles/shard.h"

namespace elanus::gateway {

struct GroupPlan {
  // A column of the answer and what it is made of.
  struct Output {
    std::string name;  // as the client wrote it
    size_t column = 0;
    std::optional<size_t> count;  // of an average: `column` is the sum
  };
  roles::QueryRequest::Groups groups;
  std::vector<Output> outputs;
};

// The fields that rows are grouped by.
Result<std::vector<const Field*>> GroupFields(const Schema& schema,
                                              const std::vector<std::string>& names);

// `requested`: the output fields; each a field of `group_by` or an aggregate.
Result<GroupPlan> PlanGroups(const Schema& schema, const std::vector<const Field*>& group_by,
                             const std::vector<std::string>& requested, const Limits& limits);

// "ORDER BY can only reference GROUP BY columns".
Status CheckOrderOfGroups(const std::vector<std::string>& order_by,
                          const std::vector<const Field*>& group_by);

// Groups [offset, offset + limit) in the order asked, else in that of their keys, as columns.
std::vector<OutputColumn> GroupColumns(const Schema& schema, const GroupPlan& plan,
                                       std::vector<query::OrderKey> order, size_t offset,
                                       size_t limit, const Batch& groups);

}  // namespace elanus::gateway
