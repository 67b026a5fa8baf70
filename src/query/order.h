// ORDER BY: rows by several columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/column.h"
#include "model/types.h"

namespace elanus::query {

struct OrderKey {
  FieldId field;
  bool ascending = true;
  bool nulls_first = false;
};

// The first `wanted` rows in the order of `keys`; rows that compare equal keep their order.
// columns[i] has the values of keys[i]: Bool, integers, Float, Double, Timestamptz, VarChar or
// JSON, all of the same number of rows, at least one column. NaN is above every number. JSON
// numbers, strings and booleans compare among their like, anything else as the texts of both.
// O(rows + wanted log wanted) comparisons, most of them of one integer.
std::vector<uint32_t> FirstInOrder(const std::vector<OrderKey>& keys,
                                   const std::vector<Column>& columns, size_t wanted);

}  // namespace elanus::query
