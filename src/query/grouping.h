// GROUP BY: rows fall into groups by the values of their key columns, and each group keeps counts,
// sums, smallest and largest values.
//
// A block of rows is hashed column by column, each row finds its group in an open-addressing table,
// and then every aggregate runs over the block in a loop of its own (as "vectorised" engines do:
// Boncz, Zukowski, Nes, MonetDB/X100, CIDR 2005, section 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "model/column.h"
#include "model/types.h"

namespace elanus::query {

class AggregateState;

enum class AggregateOp { kCount, kSum, kMin, kMax };

// Nulls do not take part. `field` none: rows are counted (kCount).
struct Aggregate {
  AggregateOp op = AggregateOp::kCount;
  FieldId field;
  DataType type = DataType::kNone;  // of the field
};

struct GroupKey {
  FieldId field;
  DataType type = DataType::kNone;
};

class Grouping {
 public:
  // Without keys there is one group, also of no rows. kCount takes any type, kSum numbers, kMin and
  // kMax numbers, Timestamptz and VarChar.
  Grouping(std::vector<GroupKey> keys, std::vector<Aggregate> aggregates, size_t groups_max);
  ~Grouping();

  // A block of `rows` rows: a column for each key, and one for each aggregate (null where it counts
  // rows). Fails when there come to be more than groups_max groups, or a sum leaves Int64.
  Status Add(const std::vector<const Column*>& keys, const std::vector<const Column*>& values,
             size_t rows);

  size_t groups() const { return groups_; }
  // The group of each row of the last block, numbered in the order they were found.
  const std::vector<uint32_t>& last_rows() const { return row_groups_; }
  // The columns of the keys, then those of the aggregates, a row for each group in the order they
  // were found: counts Int64; sums Int64 or Double; smallest and largest of the field's type. An
  // aggregate of no values is null. Call once.
  std::vector<Column> Take();

 private:
  Status FindGroups(const std::vector<const Column*>& keys, size_t rows);
  void Grow();

  const std::vector<GroupKey> keys_;
  std::vector<FieldId> aggregates_;  // their fields
  const size_t groups_max_;
  size_t groups_ = 0;
  std::vector<Column> key_values_;  // a row for each group
  std::vector<uint64_t> hashes_;    // of each group
  std::vector<uint32_t> slots_;     // group + 1; 0: free
  std::vector<std::unique_ptr<AggregateState>> states_;
  // Of the block at hand.
  std::vector<uint64_t> row_hashes_;
  std::vector<uint32_t> row_groups_;
};

}  // namespace elanus::query
