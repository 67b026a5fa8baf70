#include "segment/column_stats.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace elanus::segment {
namespace {

constexpr size_t kStringMax = 256;

}  // namespace

template <typename T, typename As>
void StatsBuilder::AddNumber(std::string_view value, As* min, As* max) {
  T typed;
  std::memcpy(&typed, value.data(), sizeof typed);
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(typed)) return;  // matches no comparison
  }
  const auto number = static_cast<As>(typed);
  *min = any_ ? std::min(*min, number) : number;
  *max = any_ ? std::max(*max, number) : number;
  any_ = true;
}

void StatsBuilder::Add(std::string_view value) {
  switch (type_) {
    case DataType::kInt8:
      return AddNumber<int8_t>(value, &int_min_, &int_max_);
    case DataType::kInt16:
      return AddNumber<int16_t>(value, &int_min_, &int_max_);
    case DataType::kInt32:
      return AddNumber<int32_t>(value, &int_min_, &int_max_);
    case DataType::kInt64:
    case DataType::kTimestamptz:
      return AddNumber<int64_t>(value, &int_min_, &int_max_);
    case DataType::kFloat:
      return AddNumber<float>(value, &double_min_, &double_max_);
    case DataType::kDouble:
      return AddNumber<double>(value, &double_min_, &double_max_);
    case DataType::kVarChar:
      if (unknown_) return;
      if (value.size() > kStringMax) {
        unknown_ = true;
        return;
      }
      if (!any_ || value < string_min_) string_min_ = value;
      if (!any_ || string_max_ < value) string_max_ = value;
      any_ = true;
      return;
    case DataType::kNone:
    case DataType::kBool:
    case DataType::kString:
    case DataType::kArray:
    case DataType::kJson:
    case DataType::kGeometry:
    case DataType::kText:
    case DataType::kBinaryVector:
    case DataType::kFloatVector:
    case DataType::kFloat16Vector:
    case DataType::kBFloat16Vector:
    case DataType::kSparseFloatVector:
    case DataType::kInt8Vector:
    case DataType::kArrayOfVector:
    case DataType::kArrayOfStruct:
    case DataType::kStruct:
      return;
  }
}

ColumnStats StatsBuilder::Finish() const {
  ColumnStats stats;
  stats.nulls = nulls_;
  if (!any_ || unknown_) return stats;
  if (IsFloating(type_)) {
    stats.min = Value(double_min_);
    stats.max = Value(double_max_);
  } else if (type_ == DataType::kVarChar) {
    stats.min = Value(string_min_);
    stats.max = Value(string_max_);
  } else {
    stats.min = Value(int_min_);
    stats.max = Value(int_max_);
  }
  return stats;
}

}  // namespace elanus::segment
