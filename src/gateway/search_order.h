// order_by_fields of a search: in what order the nearest hits are given.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "model/column.h"
#include "model/schema.h"
#include "query/order.h"

namespace elanus::gateway {

struct SearchOrder {
  struct Source {
    FieldId field;
    bool json = false;  // by what lies at `path` in a JSON field
    std::vector<std::string> path;
  };
  std::vector<query::OrderKey> keys;  // one for each source
  std::vector<Source> sources;

  bool empty() const { return keys.empty(); }
};

// "price:desc,meta[\"size\"]:asc:nulls_first"; empty where nothing is asked for. Nulls are last
// where the order ascends and first where it descends, unless it is said.
Result<SearchOrder> ParseSearchOrder(const Schema& schema, const Properties& params);

}  // namespace elanus::gateway
