// order_by_fields: "price:desc,rating:asc:nulls_first".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/schema.h"
#include "query/order.h"

namespace elanus::gateway {

// The parts of a comma list that are not blank.
std::vector<std::string> SplitList(std::string_view text);

// Nulls are last where the order ascends and first where it descends, unless it is said.
Result<std::vector<query::OrderKey>> ParseOrderBy(const Schema& schema,
                                                  const std::vector<std::string>& items);

}  // namespace elanus::gateway
