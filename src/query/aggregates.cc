#include "query/aggregates.h"

#include <cmath>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace elanus::query {
namespace {

class Counts final : public AggregateState {
 public:
  Status Add(const Block* values, const uint32_t* groups, const BlockRows& rows,
             size_t count) override {
    counts_.resize(count);
    if (values == nullptr || values->valid == nullptr) {
      for (size_t i = 0; i < rows.count; ++i) ++counts_[groups[i]];
    } else {
      rows.ForEach(
          [&](size_t i, size_t place) { counts_[groups[i]] += values->IsNull(place) ? 0 : 1; });
    }
    return {};
  }
  Column Take(FieldId field) override {
    Column out(field, DataType::kInt64);
    out.AppendFixed(counts_.data(), counts_.size());
    return out;
  }
  size_t memory_bytes() const override { return counts_.capacity() * sizeof(int64_t); }

 private:
  std::vector<int64_t> counts_;
};

// A value for each group, or none yet.
template <typename T>
struct Slots {
  std::vector<T> values;
  std::vector<uint8_t> present;

  void Resize(size_t count) {
    values.resize(count);
    present.resize(count);
  }
  size_t memory_bytes() const { return values.capacity() * sizeof(T) + present.capacity(); }
};

// fn(group, place) for the rows that have a value.
template <typename Fn>
void ForEachValid(const Block& values, const uint32_t* groups, const BlockRows& rows, Fn fn) {
  if (values.valid == nullptr) {
    rows.ForEach([&](size_t i, size_t place) { fn(groups[i], place); });
  } else {
    rows.ForEach([&](size_t i, size_t place) {
      if (!values.IsNull(place)) fn(groups[i], place);
    });
  }
}

template <typename T>
Column FixedColumn(FieldId field, DataType type, const Slots<T>& slots) {
  Column out(field, type);
  out.MakeNullable();
  for (size_t group = 0; group < slots.values.size(); ++group) {
    if (slots.present[group] != 0) {
      out.Append(slots.values[group]);
    } else {
      out.AppendNull();
    }
  }
  return out;
}

// Sums of integers are exact; they fail where Int64 ends.
template <typename T>
class Sums final : public AggregateState {
  using Sum = std::conditional_t<std::is_floating_point_v<T>, double, int64_t>;

 public:
  Status Add(const Block* values, const uint32_t* groups, const BlockRows& rows,
             size_t count) override {
    sums_.Resize(count);
    if (rows.count == 0) return {};
    const T* typed = values->as<T>();
    Sum* sums = sums_.values.data();
    uint8_t* present = sums_.present.data();
    bool overflow = false;
    ForEachValid(*values, groups, rows, [&](uint32_t group, size_t place) {
      if constexpr (std::is_floating_point_v<T>) {
        sums[group] += typed[place];
      } else {
        overflow |= __builtin_add_overflow(sums[group], int64_t{typed[place]}, &sums[group]);
      }
      present[group] = 1;
    });
    if (!overflow) return {};
    return Fail(Code::kParameterInvalid, "the sum of a group is outside of Int64");
  }
  Column Take(FieldId field) override {
    return FixedColumn(field, std::is_floating_point_v<T> ? DataType::kDouble : DataType::kInt64,
                       sums_);
  }
  size_t memory_bytes() const override { return sums_.memory_bytes(); }

 private:
  Slots<Sum> sums_;
};

template <typename T, bool kSmallest>
class Extremes final : public AggregateState {
 public:
  explicit Extremes(DataType type) : type_(type) {}

  Status Add(const Block* values, const uint32_t* groups, const BlockRows& rows,
             size_t count) override {
    best_.Resize(count);
    if (rows.count == 0) return {};
    const T* typed = values->as<T>();
    T* bests = best_.values.data();
    uint8_t* present = best_.present.data();
    ForEachValid(*values, groups, rows, [&](uint32_t group, size_t place) {
      const T value = typed[place];
      if (present[group] == 0 ||
          (kSmallest ? Less(value, bests[group]) : Less(bests[group], value)))
        bests[group] = value;
      present[group] = 1;
    });
    return {};
  }
  Column Take(FieldId field) override { return FixedColumn(field, type_, best_); }
  size_t memory_bytes() const override { return best_.memory_bytes(); }

 private:
  static bool Less(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(a) || std::isnan(b)) return !std::isnan(a);  // NaN is above every number
    }
    return a < b;
  }

  const DataType type_;
  Slots<T> best_;
};

template <bool kSmallest>
class StringExtremes final : public AggregateState {
 public:
  Status Add(const Block* values, const uint32_t* groups, const BlockRows& rows,
             size_t count) override {
    best_.Resize(count);
    if (rows.count == 0) return {};
    ForEachValid(*values, groups, rows, [&](uint32_t group, size_t place) {
      const std::string_view text = values->strings[place];
      std::string& best = best_.values[group];
      uint8_t& present = best_.present[group];
      if (present == 0 || (kSmallest ? text < best : text > best)) {
        const size_t before = best.capacity();
        best = text;
        text_bytes_ += best.capacity() - before;
      }
      present = 1;
    });
    return {};
  }
  Column Take(FieldId field) override {
    Column out(field, DataType::kVarChar);
    out.MakeNullable();
    for (size_t group = 0; group < best_.values.size(); ++group) {
      if (best_.present[group] != 0) {
        out.AppendString(best_.values[group]);
      } else {
        out.AppendNull();
      }
    }
    return out;
  }
  size_t memory_bytes() const override { return best_.memory_bytes() + text_bytes_; }

 private:
  Slots<std::string> best_;
  size_t text_bytes_ = 0;
};

template <typename T>
std::unique_ptr<AggregateState> MakeNumeric(const Aggregate& aggregate) {
  switch (aggregate.op) {
    case AggregateOp::kSum:
      return std::make_unique<Sums<T>>();
    case AggregateOp::kMin:
      return std::make_unique<Extremes<T, true>>(aggregate.type);
    case AggregateOp::kMax:
      return std::make_unique<Extremes<T, false>>(aggregate.type);
    case AggregateOp::kCount:
      break;
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<AggregateState> MakeState(const Aggregate& aggregate) {
  if (aggregate.op == AggregateOp::kCount) return std::make_unique<Counts>();
  const DataType type = aggregate.type;
  if (type == DataType::kInt8) return MakeNumeric<int8_t>(aggregate);
  if (type == DataType::kInt16) return MakeNumeric<int16_t>(aggregate);
  if (type == DataType::kInt32) return MakeNumeric<int32_t>(aggregate);
  if (type == DataType::kInt64) return MakeNumeric<int64_t>(aggregate);
  if (type == DataType::kFloat) return MakeNumeric<float>(aggregate);
  if (type == DataType::kDouble) return MakeNumeric<double>(aggregate);
  CHECK(aggregate.op != AggregateOp::kSum);
  if (type == DataType::kTimestamptz) return MakeNumeric<int64_t>(aggregate);
  CHECK(type == DataType::kVarChar);
  if (aggregate.op == AggregateOp::kMin) return std::make_unique<StringExtremes<true>>();
  return std::make_unique<StringExtremes<false>>();
}

}  // namespace elanus::query
