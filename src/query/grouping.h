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
#include <optional>
#include <vector>

#include "base/status.h"
#include "model/block.h"
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

// Which rows of a block: the first `count`, or those at the `count` places.
struct BlockRows {
  size_t count = 0;
  const uint32_t* places = nullptr;

  // fn(i, place) for i < count.
  template <typename Fn>
  void ForEach(Fn fn) const {
    if (places == nullptr) {
      for (size_t i = 0; i < count; ++i) fn(i, i);
    } else {
      for (size_t i = 0; i < count; ++i) fn(i, size_t{places[i]});
    }
  }
};

class Grouping {
 public:
  // Without keys there is one group, also of no rows. kCount takes any type, kSum numbers, kMin and
  // kMax numbers, Timestamptz and VarChar.
  Grouping(std::vector<GroupKey> keys, std::vector<Aggregate> aggregates, size_t groups_max);
  ~Grouping();

  // `rows` of a block: what each key column has there, and what each aggregate takes (nothing where
  // it counts rows). Fails when there come to be more than groups_max groups, or a sum leaves
  // Int64.
  Status Add(const std::vector<Block>& keys, const std::vector<std::optional<Block>>& values,
             const BlockRows& rows);
  // All rows of columns, without aggregates.
  Status Add(const std::vector<const Column*>& keys, size_t rows);

  size_t groups() const { return groups_; }
  size_t memory_bytes() const;
  // The group of each row of the last call, numbered in the order they were found.
  const std::vector<uint32_t>& last_rows() const { return row_groups_; }
  // The columns of the keys, then those of the aggregates, a row for each group in the order they
  // were found: counts Int64; sums Int64 or Double; smallest and largest of the field's type. An
  // aggregate of no values is null. Call once.
  std::vector<Column> Take();

 private:
  // What the table knows of a group's keys: a single key of up to eight bytes itself, of other keys
  // a hash.
  struct Slot {
    uint64_t tag = 0;
    uint32_t group = 0;  // + 1; 0: free
  };

  Status FindGroups(const std::vector<Block>& keys, const BlockRows& rows);
  template <typename Same>
  Status Probe(const std::vector<Block>& keys, const BlockRows& rows, Same same);
  Status AddGroup(const std::vector<Block>& keys, size_t place);
  void Grow();
  size_t SlotOf(uint64_t tag) const { return (tag * 0x9e3779b97f4a7c15U) >> shift_; }

  const std::vector<GroupKey> keys_;
  std::vector<FieldId> aggregates_;  // their fields
  const size_t groups_max_;
  const bool tags_are_keys_;
  size_t groups_ = 0;
  std::vector<Column> key_values_;  // a row for each group
  std::vector<Slot> slots_;         // a power of two of them
  int shift_;                       // 64 less its exponent
  uint32_t null_group_ = 0;         // + 1; of a null key, where tags are keys
  std::vector<std::unique_ptr<AggregateState>> states_;
  // Of the block at hand.
  std::vector<uint64_t> row_tags_;
  std::vector<uint32_t> row_groups_;
};

}  // namespace elanus::query
