// Leaves over columns of fixed width: loops over packed values, without branches on them.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "expr/bits.h"
#include "expr/int_set.h"
#include "expr/leaves.h"

namespace elanus::expr {

int64_t Apply(ArithOp op, int64_t a, int64_t b) {
  const auto wide_a = static_cast<uint64_t>(a);
  const auto wide_b = static_cast<uint64_t>(b);
  switch (op) {
    case ArithOp::kAdd:
      return static_cast<int64_t>(wide_a + wide_b);
    case ArithOp::kSubtract:
      return static_cast<int64_t>(wide_a - wide_b);
    case ArithOp::kMultiply:
      return static_cast<int64_t>(wide_a * wide_b);
    case ArithOp::kDivide:
      return b == -1 ? static_cast<int64_t>(0 - wide_a) : a / b;
    case ArithOp::kModulo:
      return b == -1 ? 0 : a % b;
    case ArithOp::kBitAnd:
      return a & b;
    case ArithOp::kBitOr:
      return a | b;
    case ArithOp::kBitXor:
      return a ^ b;
  }
  return 0;
}

double Apply(ArithOp op, double a, double b) {
  switch (op) {
    case ArithOp::kAdd:
      return a + b;
    case ArithOp::kSubtract:
      return a - b;
    case ArithOp::kMultiply:
      return a * b;
    case ArithOp::kDivide:
      return a / b;
    case ArithOp::kModulo:
      return std::fmod(a, b);
    case ArithOp::kBitAnd:
    case ArithOp::kBitOr:
    case ArithOp::kBitXor:
      break;  // integers only, by the binder
  }
  return std::numeric_limits<double>::quiet_NaN();
}

namespace {

// fn(T{}) for the C++ type of a column of fixed width.
template <typename Fn>
auto Dispatch(DataType type, Fn fn) {
  if (type == DataType::kBool) return fn(uint8_t{});
  if (type == DataType::kInt8) return fn(int8_t{});
  if (type == DataType::kInt16) return fn(int16_t{});
  if (type == DataType::kInt32) return fn(int32_t{});
  if (type == DataType::kFloat) return fn(float{});
  if (type == DataType::kDouble) return fn(double{});
  CHECK(type == DataType::kInt64 || type == DataType::kTimestamptz);
  return fn(int64_t{});
}

template <typename T>
class FixedPredicate : public Predicate {
 public:
  FixedPredicate(size_t slot, double cost) : slot_(slot), cost_(cost) {}
  void Evaluate(BlockReader* block, const BlockBits&, Truth* out) const final {
    const Block& column = block->Column(slot_);
    Fill(column.as<T>(), column.count, out->yes.data());
    Settle(column, out);
  }
  double cost() const final { return cost_; }

 protected:
  virtual void Fill(const T* values, size_t count, uint64_t* yes) const = 0;

 private:
  size_t slot_;
  double cost_;
};

// low <= x <= high, or not that. Every comparison of integers is one of these.
template <typename T>
class IntRange final : public FixedPredicate<T> {
 public:
  IntRange(size_t slot, T low, T high, bool negated)
      : FixedPredicate<T>(slot, 0.3), low_(low), high_(high), flip_(negated ? 1 : 0) {}

 protected:
  void Fill(const T* values, size_t count, uint64_t* yes) const override {
    const T low = low_;
    const T high = high_;
    const uint8_t flip = flip_;
    FillBits(count, yes, [=](size_t i) -> uint8_t {
      return static_cast<uint8_t>((values[i] >= low) & (values[i] <= high)) ^ flip;
    });
  }

 private:
  T low_, high_;
  uint8_t flip_;
};

// low..high in int64, either end perhaps outside of T. An empty range holds nothing (but not null).
template <typename T>
PredicatePtr MakeIntRange(size_t slot, int64_t low, int64_t high, bool negated) {
  low = std::max<int64_t>(low, std::numeric_limits<T>::min());
  high = std::min<int64_t>(high, std::numeric_limits<T>::max());
  if (low > high) {  // [max, min] holds nothing either
    low = int64_t{std::numeric_limits<T>::max()};
    high = int64_t{std::numeric_limits<T>::min()};
  }
  return std::make_unique<IntRange<T>>(slot, static_cast<T>(low), static_cast<T>(high), negated);
}

struct IntEnds {
  int64_t low = std::numeric_limits<int64_t>::min();
  int64_t high = std::numeric_limits<int64_t>::max();
  bool none = false;

  void AtLeast(int64_t value, bool inclusive) {
    if (!inclusive && value == std::numeric_limits<int64_t>::max()) none = true;
    low = std::max(low, inclusive || none ? value : value + 1);
  }
  void AtMost(int64_t value, bool inclusive) {
    if (!inclusive && value == std::numeric_limits<int64_t>::min()) none = true;
    high = std::min(high, inclusive || none ? value : value - 1);
  }
};

template <typename T>
PredicatePtr MakeIntRange(size_t slot, const IntEnds& ends, bool negated) {
  return ends.none ? MakeIntRange<T>(slot, 1, 0, negated)
                   : MakeIntRange<T>(slot, ends.low, ends.high, negated);
}

template <typename T>
class FloatCompare final : public FixedPredicate<T> {
 public:
  FloatCompare(size_t slot, CompareOp op, T value)
      : FixedPredicate<T>(slot, 0.4), op_(op), value_(value) {}

 protected:
  void Fill(const T* values, size_t count, uint64_t* yes) const override {
    const T v = value_;
    switch (op_) {
      case CompareOp::kEqual:
        return FillBits(count, yes, [=](size_t i) -> uint8_t { return values[i] == v; });
      case CompareOp::kNotEqual:
        return FillBits(count, yes, [=](size_t i) -> uint8_t { return values[i] != v; });
      case CompareOp::kLess:
        return FillBits(count, yes, [=](size_t i) -> uint8_t { return values[i] < v; });
      case CompareOp::kLessEqual:
        return FillBits(count, yes, [=](size_t i) -> uint8_t { return values[i] <= v; });
      case CompareOp::kGreater:
        return FillBits(count, yes, [=](size_t i) -> uint8_t { return values[i] > v; });
      case CompareOp::kGreaterEqual:
        return FillBits(count, yes, [=](size_t i) -> uint8_t { return values[i] >= v; });
    }
  }

 private:
  CompareOp op_;
  T value_;
};

// The integer that stands for a value in an IntSet; both zeros are one.
template <typename T>
int64_t SetKey(T value) {
  if constexpr (std::is_same_v<T, float>) {
    return value == 0 ? 0 : std::bit_cast<int32_t>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return value == 0 ? 0 : std::bit_cast<int64_t>(value);
  } else {
    return value;
  }
}

template <typename T>
class FixedIn final : public FixedPredicate<T> {
 public:
  FixedIn(size_t slot, std::vector<int64_t> keys)
      : FixedPredicate<T>(slot, 2), set_(std::move(keys)) {}

 protected:
  void Fill(const T* values, size_t count, uint64_t* yes) const override {
    FillBits(count, yes, [&](size_t i) -> uint8_t {
      if constexpr (std::is_floating_point_v<T>) {
        return static_cast<uint8_t>(set_.Contains(SetKey(values[i])) & (values[i] == values[i]));
      } else {
        return set_.Contains(SetKey(values[i]));
      }
    });
  }

 private:
  IntSet set_;
};

// A block's values as one type, whatever the column's.
template <typename Out>
void Load(const Block& column, DataType type, Out* out) {
  Dispatch(type, [&](auto zero) {
    const auto* values = column.as<decltype(zero)>();
    // NOLINTNEXTLINE(bugprone-signed-char-misuse): an int8_t is a number here
    for (size_t i = 0; i < column.count; ++i) out[i] = static_cast<Out>(values[i]);
    return 0;
  });
}

template <typename T, typename Right>
void CompareInto(CompareOp op, const T* a, size_t count, Right b, uint64_t* yes) {
  switch (op) {
    case CompareOp::kEqual:
      return FillBits(count, yes, [=](size_t i) -> uint8_t { return a[i] == b(i); });
    case CompareOp::kNotEqual:
      return FillBits(count, yes, [=](size_t i) -> uint8_t { return a[i] != b(i); });
    case CompareOp::kLess:
      return FillBits(count, yes, [=](size_t i) -> uint8_t { return a[i] < b(i); });
    case CompareOp::kLessEqual:
      return FillBits(count, yes, [=](size_t i) -> uint8_t { return a[i] <= b(i); });
    case CompareOp::kGreater:
      return FillBits(count, yes, [=](size_t i) -> uint8_t { return a[i] > b(i); });
    case CompareOp::kGreaterEqual:
      return FillBits(count, yes, [=](size_t i) -> uint8_t { return a[i] >= b(i); });
  }
}

template <typename T>
class FixedArith final : public Predicate {
 public:
  FixedArith(size_t slot, DataType type, ArithOp op, T operand, CompareOp cmp, T value)
      : slot_(slot), type_(type), op_(op), operand_(operand), cmp_(cmp), value_(value) {}
  void Evaluate(BlockReader* block, const BlockBits&, Truth* out) const override {
    const Block& column = block->Column(slot_);
    T values[Source::kBlockRows];
    Load(column, type_, values);
    for (size_t i = 0; i < column.count; ++i) values[i] = Apply(op_, values[i], operand_);
    const T value = value_;
    CompareInto(cmp_, values, column.count, [=](size_t) { return value; }, out->yes.data());
    Settle(column, out);
  }
  double cost() const override { return 2; }

 private:
  size_t slot_;
  DataType type_;
  ArithOp op_;
  T operand_;
  CompareOp cmp_;
  T value_;
};

class TimestamptzArith final : public Predicate {
 public:
  TimestamptzArith(size_t slot, const Interval& interval, int sign, CompareOp cmp, int64_t micros)
      : slot_(slot), interval_(interval), sign_(sign), cmp_(cmp), micros_(micros) {}
  void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const override {
    const Block& column = block->Column(slot_);
    Clear(block->words(), out);
    ForActive(column.count, active, [&](size_t row) {
      if (Compare(cmp_, AddInterval(column.as<int64_t>()[row], interval_, sign_), micros_))
        SetBit(&out->yes, row);
    });
    Settle(column, out);
  }
  double cost() const override { return 15; }

 private:
  size_t slot_;
  Interval interval_;
  int sign_;
  CompareOp cmp_;
  int64_t micros_;
};

class FixedColumnsCompare final : public Predicate {
 public:
  FixedColumnsCompare(size_t left_slot, DataType left, CompareOp op, size_t right_slot,
                      DataType right)
      : left_slot_(left_slot), right_slot_(right_slot), left_(left), right_(right), op_(op) {}
  void Evaluate(BlockReader* block, const BlockBits&, Truth* out) const override {
    if (IsFloating(left_) || IsFloating(right_)) {
      EvaluateAs<double>(block, out);
    } else {
      EvaluateAs<int64_t>(block, out);
    }
  }
  double cost() const override { return 2; }

 private:
  template <typename T>
  void EvaluateAs(BlockReader* block, Truth* out) const {
    T a[Source::kBlockRows];
    T b[Source::kBlockRows];
    const Block& left = block->Column(left_slot_);
    Load(left, left_, a);
    const Block& right = block->Column(right_slot_);
    Load(right, right_, b);
    const T* values = b;
    CompareInto(op_, a, block->count(), [=](size_t i) { return values[i]; }, out->yes.data());
    Settle(left, out);
    const BlockBits valid = ValidBits(right);
    for (size_t w = 0; w < block->words(); ++w) {
      out->yes[w] &= valid[w];
      out->no[w] &= valid[w];
    }
  }

  size_t left_slot_, right_slot_;
  DataType left_, right_;
  CompareOp op_;
};

class NullTest final : public Predicate {
 public:
  NullTest(size_t slot, bool negated) : slot_(slot), negated_(negated) {}
  void Evaluate(BlockReader* block, const BlockBits&, Truth* out) const override {
    const BlockBits valid = ValidBits(block->Column(slot_));
    for (size_t w = 0; w < block->words(); ++w) {
      const uint64_t rows = RowsOfWord(block->count(), w);
      out->yes[w] = (negated_ ? valid[w] : ~valid[w]) & rows;
      out->no[w] = ~out->yes[w] & rows;
    }
  }
  double cost() const override { return 0.3; }

 private:
  size_t slot_;
  bool negated_;
};

}  // namespace

PredicatePtr MakeFixedCompare(size_t slot, DataType type, CompareOp op, const Value& value) {
  return Dispatch(type, [&](auto zero) -> PredicatePtr {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>) {
      return std::make_unique<FloatCompare<T>>(slot, op, static_cast<T>(value.as_double()));
    } else {
      const int64_t v = value.is_bool() ? int64_t{value.as_bool()} : value.as_int();
      IntEnds ends;
      if (op == CompareOp::kEqual || op == CompareOp::kNotEqual) {
        ends.low = ends.high = v;
      } else if (op == CompareOp::kLess || op == CompareOp::kLessEqual) {
        ends.AtMost(v, op == CompareOp::kLessEqual);
      } else {
        ends.AtLeast(v, op == CompareOp::kGreaterEqual);
      }
      return MakeIntRange<T>(slot, ends, op == CompareOp::kNotEqual);
    }
  });
}

PredicatePtr MakeFixedRange(size_t slot, DataType type, const Bounds& bounds) {
  if (IsFloating(type)) {
    PredicateList ends;
    if (bounds.low) {
      ends.push_back(MakeFixedCompare(
          slot, type, bounds.low_inclusive ? CompareOp::kGreaterEqual : CompareOp::kGreater,
          *bounds.low));
    }
    if (bounds.high) {
      ends.push_back(MakeFixedCompare(
          slot, type, bounds.high_inclusive ? CompareOp::kLessEqual : CompareOp::kLess,
          *bounds.high));
    }
    return MakeAnd(std::move(ends));
  }
  return Dispatch(type, [&](auto zero) -> PredicatePtr {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>) {
      return nullptr;  // above
    } else {
      IntEnds ends;
      if (bounds.low) ends.AtLeast(bounds.low->as_int(), bounds.low_inclusive);
      if (bounds.high) ends.AtMost(bounds.high->as_int(), bounds.high_inclusive);
      return MakeIntRange<T>(slot, ends, false);
    }
  });
}

PredicatePtr MakeFixedIn(size_t slot, DataType type, const Value::Array& values) {
  return Dispatch(type, [&](auto zero) -> PredicatePtr {
    using T = decltype(zero);
    std::vector<int64_t> keys;
    for (const Value& value : values) {
      if constexpr (std::is_floating_point_v<T>) {
        const auto v = static_cast<T>(value.as_double());
        if (v == v) keys.push_back(SetKey(v));
      } else {
        const int64_t v = value.is_bool() ? int64_t{value.as_bool()} : value.as_int();
        if (v == static_cast<T>(v)) keys.push_back(v);
      }
    }
    return std::make_unique<FixedIn<T>>(slot, std::move(keys));
  });
}

PredicatePtr MakeFixedArith(size_t slot, DataType type, ArithOp op, const Value& operand,
                            CompareOp cmp, const Value& value) {
  if (IsFloating(type) || operand.is_double() || value.is_double()) {
    return std::make_unique<FixedArith<double>>(slot, type, op, operand.as_double(), cmp,
                                                value.as_double());
  }
  return std::make_unique<FixedArith<int64_t>>(slot, type, op, operand.as_int(), cmp,
                                               value.as_int());
}

PredicatePtr MakeTimestamptzArith(size_t slot, const Interval& interval, int sign, CompareOp cmp,
                                  int64_t micros) {
  return std::make_unique<TimestamptzArith>(slot, interval, sign, cmp, micros);
}

PredicatePtr MakeFixedColumnsCompare(size_t left_slot, DataType left, CompareOp op,
                                     size_t right_slot, DataType right) {
  return std::make_unique<FixedColumnsCompare>(left_slot, left, op, right_slot, right);
}

PredicatePtr MakeNullTest(size_t slot, bool negated) {
  return std::make_unique<NullTest>(slot, negated);
}

}  // namespace elanus::expr
