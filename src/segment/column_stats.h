// What a segment's footer says of a column's values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "segment/segment_format.h"

namespace elanus::segment {

class StatsBuilder {
 public:
  explicit StatsBuilder(DataType type) : type_(type) {}

  void AddNull() { ++nulls_; }
  void Add(std::string_view value);  // as a Column has it
  ColumnStats Finish() const;

 private:
  template <typename T, typename As>
  void AddNumber(std::string_view value, As* min, As* max);

  const DataType type_;
  uint64_t nulls_ = 0;
  bool any_ = false;
  bool unknown_ = false;  // a string is too long to keep
  int64_t int_min_ = 0, int_max_ = 0;
  double double_min_ = 0, double_max_ = 0;
  std::string string_min_, string_max_;
};

}  // namespace elanus::segment
