// ORDER BY: rows by several columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "model/block.h"
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

// A row that enough others come before: what comes after it is of no use (the top-n of a stream).
class OrderBound {
 public:
  OrderBound(std::vector<OrderKey> keys, const std::vector<Column>& columns, uint32_t row);
  ~OrderBound();
  OrderBound(const OrderBound&) = delete;
  OrderBound& operator=(const OrderBound&) = delete;

  // Clears the bits of rows that come after the bound, among the `count` rows of a block; rows that
  // compare equal to it stay. `read` lends the rows' values of keys[i]; most calls ask only for
  // those of the first.
  void Prune(const std::function<Block(size_t key)>& read, size_t count, uint64_t* active) const;

 private:
  struct Row;

  const std::vector<OrderKey> keys_;
  const std::unique_ptr<const Row> row_;
};

}  // namespace elanus::query
