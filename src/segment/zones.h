// Zones: for each 1,024 rows of a column its least and its greatest value, by which a filter passes
// over blocks that hold nothing it looks for ("small materialized aggregates": Moerkotte, VLDB
// 1998). Values are kept as ordered integers (base/ordered.h), strings by their first eight bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "expr/source.h"
#include "model/types.h"

namespace elanus::segment {

inline constexpr size_t kZoneRows = 1024;

struct Zone {
  uint64_t min = ~uint64_t{0}, max = 0;  // so: no values
};

// Integers, Timestamptz, floats and VarChar.
bool HasZones(DataType type);

class ZoneBuilder {
 public:
  explicit ZoneBuilder(DataType type) : type_(type) {}
  // The value of row `row`, ascending; rows in between are null. As a Column has it.
  void Add(size_t row, std::string_view value);
  // Of `rows` rows in all; empty if the type has no zones, or one zone would be all.
  std::vector<Zone> Take(size_t rows) &&;

 private:
  const DataType type_;
  std::vector<Zone> zones_;
};

// Which blocks of a column may hold a row that matches; null: the predicate is none that zones
// decide. The constants are of the column's kind. `zones` are lent.
std::unique_ptr<expr::BlockTest> MakeZoneTest(const expr::IndexPredicate& predicate, DataType type,
                                              const Zone* zones);

}  // namespace elanus::segment
