// What one aggregate keeps for every group. Private to the module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/status.h"
#include "model/column.h"
#include "query/grouping.h"

namespace elanus::query {

class AggregateState {
 public:
  virtual ~AggregateState() = default;
  // The i-th of `rows` belongs to group groups[i] < count; `values` is null where rows are counted.
  virtual Status Add(const Block* values, const uint32_t* groups, const BlockRows& rows,
                     size_t count) = 0;
  // A row for each group.
  virtual Column Take(FieldId field) = 0;
  virtual size_t memory_bytes() const = 0;
};

// CHECKs that the operation takes the type.
std::unique_ptr<AggregateState> MakeState(const Aggregate& aggregate);

}  // namespace elanus::query
