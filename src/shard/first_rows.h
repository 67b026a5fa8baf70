// FirstRows: the rows of a snapshot that come first in an order of columns, while they stream by.
// Holds the places of a block and of the best so far; a row that comes after these is dropped at a
// glance at its columns.
#pragma once

#include <memory>
#include <vector>

#include "query/order.h"
#include "shard/fetch.h"
#include "shard/selection.h"
#include "shard/snapshot.h"

namespace elanus::shard {

class FirstRows {
 public:
  // Of rows that compare equal by `order` the one with the lesser primary key is first. The
  // snapshot outlives it.
  static Result<FirstRows> Make(const Snapshot& snapshot, std::vector<query::OrderKey> order,
                                size_t wanted);

  // The rows of the snapshot's segment `number`.
  Status Add(const Context& context, uint32_t number, const RowSelection& rows);
  Status Add(const Context& context, const std::vector<Place>& places);

  // In order. Call once.
  Result<std::vector<Place>> Take();

 private:
  FirstRows(const Snapshot& snapshot, std::vector<query::OrderKey> order,
            std::vector<const Field*> fields, size_t wanted);
  Status AddPlace(Place place);
  Status Sort();

  const Snapshot* snapshot_;
  std::vector<query::OrderKey> order_;  // and the key
  std::vector<const Field*> fields_;    // of order_
  size_t wanted_;
  std::vector<Place> places_;
  std::unique_ptr<query::OrderBound> bound_;  // once there are `wanted_` rows
};

}  // namespace elanus::shard
