#include "segment/zones.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "base/ordered.h"

namespace elanus::segment {
namespace {

using expr::IndexPredicate;

template <typename T>
uint64_t OrderedOf(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  if constexpr (std::is_floating_point_v<T>) {
    return OrderedBits(double{value});
  } else {
    return OrderedBits(int64_t{value});
  }
}

uint64_t OrderedOf(DataType type, std::string_view bytes) {
  if (type == DataType::kInt8) return OrderedOf<int8_t>(bytes);
  if (type == DataType::kInt16) return OrderedOf<int16_t>(bytes);
  if (type == DataType::kInt32) return OrderedOf<int32_t>(bytes);
  if (type == DataType::kFloat) return OrderedOf<float>(bytes);
  if (type == DataType::kDouble) return OrderedOf<double>(bytes);
  if (type == DataType::kVarChar) return OrderedPrefix(bytes);
  return OrderedOf<int64_t>(bytes);
}

// Of a constant; nothing if it is of another kind than the column. A constant that is compared with
// a Float column may be taken as a float or as a double: `up` says which way to err.
std::optional<uint64_t> OrderedOf(DataType type, const Value& value, bool up) {
  if (type == DataType::kVarChar) {
    if (!value.is_string()) return std::nullopt;
    return OrderedPrefix(value.as_string());
  }
  if (IsFloating(type)) {
    if (!value.is_number()) return std::nullopt;
    const double number = value.as_double();
    if (type == DataType::kDouble || std::isnan(number)) return OrderedBits(number);
    const auto rounded = static_cast<double>(static_cast<float>(number));
    return OrderedBits(up ? std::max(number, rounded) : std::min(number, rounded));
  }
  if (!value.is_int()) return std::nullopt;
  return OrderedBits(value.as_int());
}

class RangeTest final : public expr::BlockTest {
 public:
  RangeTest(const Zone* zones, uint64_t low, uint64_t high)
      : zones_(zones), low_(low), high_(high) {}
  bool MayMatch(size_t first) const override {
    const Zone& zone = zones_[first / kZoneRows];
    return zone.min <= high_ && low_ <= zone.max;
  }

 private:
  const Zone* zones_;
  uint64_t low_, high_;
};

class InTest final : public expr::BlockTest {
 public:
  InTest(const Zone* zones, std::vector<std::pair<uint64_t, uint64_t>> ranges)
      : zones_(zones), ranges_(std::move(ranges)) {
    std::sort(ranges_.begin(), ranges_.end());
  }
  bool MayMatch(size_t first) const override {
    const Zone& zone = zones_[first / kZoneRows];
    const auto found =
        std::lower_bound(ranges_.begin(), ranges_.end(), zone.min,
                         [](const auto& range, uint64_t min) { return range.second < min; });
    return found != ranges_.end() && found->first <= zone.max;
  }

 private:
  const Zone* zones_;
  std::vector<std::pair<uint64_t, uint64_t>> ranges_;  // one a value, mostly of one number
};

}  // namespace

bool HasZones(DataType type) {
  return IsInteger(type) || IsFloating(type) || type == DataType::kTimestamptz ||
         type == DataType::kVarChar;
}

void ZoneBuilder::Add(size_t row, std::string_view value) {
  if (!HasZones(type_)) return;
  zones_.resize(row / kZoneRows + 1);
  Zone& zone = zones_.back();
  const uint64_t ordered = OrderedOf(type_, value);
  if (IsFloating(type_) && ordered == ~uint64_t{0}) return;  // NaN matches no comparison
  zone.min = std::min(zone.min, ordered);
  zone.max = std::max(zone.max, ordered);
}

std::vector<Zone> ZoneBuilder::Take(size_t rows) && {
  if (!HasZones(type_) || rows <= kZoneRows) return {};
  zones_.resize((rows + kZoneRows - 1) / kZoneRows);
  return std::move(zones_);
}

std::unique_ptr<expr::BlockTest> MakeZoneTest(const IndexPredicate& predicate, DataType type,
                                              const Zone* zones) {
  if (predicate.kind == IndexPredicate::Kind::kIn) {
    std::vector<std::pair<uint64_t, uint64_t>> ranges;
    for (const Value& value : predicate.values) {
      const auto low = OrderedOf(type, value, false);
      const auto high = OrderedOf(type, value, true);
      if (!low || !high) return nullptr;
      ranges.emplace_back(*low, *high);
    }
    return std::make_unique<InTest>(zones, std::move(ranges));
  }
  if (predicate.kind == IndexPredicate::Kind::kRange) {
    const auto low = predicate.low ? OrderedOf(type, *predicate.low, false) : uint64_t{0};
    const auto high = predicate.high ? OrderedOf(type, *predicate.high, true) : ~uint64_t{0};
    if (!low || !high) return nullptr;
    return std::make_unique<RangeTest>(zones, *low, *high);
  }
  if (predicate.kind == IndexPredicate::Kind::kPrefix && type == DataType::kVarChar) {
    std::string last = predicate.prefix.substr(0, 8);
    last.resize(8, '\xff');
    return std::make_unique<RangeTest>(zones, OrderedPrefix(predicate.prefix), OrderedPrefix(last));
  }
  return nullptr;
}

}  // namespace elanus::segment
