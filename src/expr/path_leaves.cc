// Leaves that look at one value a row under a path: in JSON, or an element of an array. Types
// differ from row to row, so each row is read into a Scalar and tested; what has another type is
// unknown.
#include <utility>

#include "expr/bits.h"
#include "expr/leaves.h"
#include "expr/scalar.h"

namespace elanus::expr {
namespace {

// Cursor: made from a ScalarReader or a path, Read(block, row) -> what test takes.
// test(that) -> Tri
template <typename Cursor, typename Path, typename Test>
class PathPredicate final : public Predicate {
 public:
  PathPredicate(size_t slot, Path path, double cost, Test test)
      : slot_(slot), path_(std::move(path)), cost_(cost), test_(std::move(test)) {}
  void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const override {
    const Block& column = block->Column(slot_);
    Clear(block->words(), out);
    Cursor cursor(path_);
    ForActive(column.count, active, [&](size_t row) {
      if (column.valid != nullptr && column.valid[row] == 0) return;
      const Tri answer = test_(cursor.Read(column, row));
      if (answer != Tri::kUnknown) SetBit(answer == Tri::kYes ? &out->yes : &out->no, row);
    });
  }
  double cost() const override { return cost_; }

 private:
  size_t slot_;
  Path path_;
  double cost_;
  Test test_;
};

// test(const Scalar&) -> Tri
template <typename Test>
PredicatePtr MakePath(size_t slot, const ColumnRef& column, double cost, Test test) {
  return std::make_unique<PathPredicate<ScalarCursor, ScalarReader, Test>>(
      slot, ScalarReader(column), cost, std::move(test));
}

class JsonCursor {
 public:
  explicit JsonCursor(const std::vector<std::string>& path) : path_(path) {}
  JsonView Read(const Block& column, size_t row) { return path_.Find(column.strings[row]); }

 private:
  JsonPath path_;
};

// The same for a JSON column, without a Scalar: test(const JsonView&) -> Tri.
template <typename Test>
PredicatePtr MakeJson(size_t slot, const ColumnRef& column, double cost, Test test) {
  return std::make_unique<PathPredicate<JsonCursor, std::vector<std::string>, Test>>(
      slot, column.path, cost, std::move(test));
}

class PathExists final : public Predicate {
 public:
  PathExists(size_t slot, const ColumnRef& column, bool negated)
      : slot_(slot), path_(column.path), negated_(negated) {}
  void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const override {
    const Block& column = block->Column(slot_);
    Clear(block->words(), out);
    JsonPath path(path_);
    ForActive(column.count, active, [&](size_t row) {
      const bool valid = column.valid == nullptr || column.valid[row] != 0;
      const bool exists = valid && HoldsSomething(path.Find(column.strings[row]), 0);
      SetBit(exists != negated_ ? &out->yes : &out->no, row);
    });
  }
  double cost() const override { return 60; }

 private:
  static bool HoldsSomething(const JsonView& json, int depth) {
    if (!json.exists() || json.is_null() || depth > kJsonDepthMax) return false;
    if (json.is_array()) {
      for (size_t i = 0; i < json.size(); ++i) {
        if (HoldsSomething(json.At(i), depth + 1)) return true;
      }
      return false;
    }
    if (json.is_object()) {
      bool something = false;
      json.ForEachMember([&](std::string_view, const JsonView& value) {
        something = HoldsSomething(value, depth + 1);
        return !something;
      });
      return something;
    }
    return true;
  }

  size_t slot_;
  std::vector<std::string> path_;
  bool negated_;
};

class WithColumn final : public Predicate {
 public:
  WithColumn(size_t slot, PredicatePtr typed, PredicatePtr general)
      : slot_(slot), typed_(std::move(typed)), general_(std::move(general)) {}
  void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const override {
    (block->Has(slot_) ? typed_ : general_)->Evaluate(block, active, out);
  }
  double cost() const override { return general_->cost(); }

 private:
  size_t slot_;
  PredicatePtr typed_, general_;
};

class ColumnsCompare final : public Predicate {
 public:
  ColumnsCompare(size_t left_slot, const ColumnRef& left, CompareOp op, size_t right_slot,
                 const ColumnRef& right)
      : left_slot_(left_slot), right_slot_(right_slot), left_(left), right_(right), op_(op) {}
  void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const override {
    const Block& left = block->Column(left_slot_);
    const Block& right = block->Column(right_slot_);
    Clear(block->words(), out);
    ScalarCursor left_cursor(left_);
    ScalarCursor right_cursor(right_);
    ForActive(block->count(), active, [&](size_t row) {
      if ((left.valid != nullptr && left.valid[row] == 0) ||
          (right.valid != nullptr && right.valid[row] == 0))
        return;
      const Tri answer = Test(left_cursor.Read(left, row), right_cursor.Read(right, row));
      if (answer != Tri::kUnknown) SetBit(answer == Tri::kYes ? &out->yes : &out->no, row);
    });
  }
  double cost() const override { return 15; }

 private:
  Tri Test(const Scalar& a, const Scalar& b) const {
    if (a.is_number() && b.is_number()) return OrderTest(op_, CompareScalars(a, b));
    if (a.kind == Scalar::Kind::kString && b.kind == Scalar::Kind::kString)
      return ToTri(Compare(op_, a.text, b.text));
    if (a.kind == Scalar::Kind::kBool && b.kind == Scalar::Kind::kBool)
      return ToTri(Compare(op_, a.integer, b.integer));
    return Tri::kUnknown;
  }

  size_t left_slot_, right_slot_;
  ScalarReader left_, right_;
  CompareOp op_;
};

Tri TestCompare(CompareOp op, const Scalar& scalar, const Value& value) {
  const bool equality = op == CompareOp::kEqual || op == CompareOp::kNotEqual;
  if (value.is_number())
    return scalar.is_number() ? OrderTest(op, CompareScalar(scalar, value)) : Tri::kUnknown;
  if (value.is_string()) {
    if (scalar.kind != Scalar::Kind::kString) return Tri::kUnknown;
    return ToTri(Compare<std::string_view>(op, scalar.text, value.as_string()));
  }
  if (value.is_bool() && equality && scalar.kind == Scalar::Kind::kBool) {
    return ToTri(Compare<int64_t>(op, scalar.integer, value.as_bool()));
  }
  if (value.is_array() && equality && scalar.json.is_array()) {
    return ToTri(JsonEquals(scalar.json, value) == (op == CompareOp::kEqual));
  }
  return Tri::kUnknown;
}

// An element that an array may hold; a string is compared as it is encoded.
class JsonElement {
 public:
  explicit JsonElement(const Value& value)
      : value_(value), encoded_(value.is_string() ? EncodeJsonString(value.as_string()) : "") {}
  bool IsIn(const JsonView& array) const {
    for (size_t i = 0; i < array.size(); ++i) {
      if (encoded_.empty() ? JsonEquals(array.At(i), value_)
                           : array.BytesAt(i).starts_with(encoded_)) {
        return true;
      }
    }
    return false;
  }

 private:
  Value value_;
  std::string encoded_;
};

}  // namespace

PredicatePtr MakePathCompare(size_t slot, const ColumnRef& column, CompareOp op,
                             const Value& value) {
  if (column.type() == DataType::kJson && value.is_int()) {
    return MakeJson(slot, column, 20, [op, value, number = value.as_int()](const JsonView& json) {
      if (json.type() == JsonType::kInt) return ToTri(Compare(op, json.int64(), number));
      return json.is_number() ? TestCompare(op, ScalarOf(json), value) : Tri::kUnknown;
    });
  }
  if (column.type() == DataType::kJson && value.is_string()) {
    return MakeJson(slot, column, 20, [op, text = value.as_string()](const JsonView& json) {
      if (!json.is_string()) return Tri::kUnknown;
      return ToTri(Compare<std::string_view>(op, json.string(), text));
    });
  }
  return MakePath(slot, column, 30,
                  [op, value](const Scalar& scalar) { return TestCompare(op, scalar, value); });
}

PredicatePtr MakePathRange(size_t slot, const ColumnRef& column, const Bounds& bounds) {
  return MakePath(slot, column, 65, [bounds](const Scalar& scalar) {
    Tri answer = Tri::kYes;
    if (bounds.low) {
      answer = TestCompare(bounds.low_inclusive ? CompareOp::kGreaterEqual : CompareOp::kGreater,
                           scalar, *bounds.low);
    }
    if (!bounds.high || answer == Tri::kNo) return answer;
    const Tri high = TestCompare(bounds.high_inclusive ? CompareOp::kLessEqual : CompareOp::kLess,
                                 scalar, *bounds.high);
    return high == Tri::kYes ? answer : high;
  });
}

PredicatePtr MakePathIn(size_t slot, const ColumnRef& column, const Value::Array& values) {
  return MakePath(slot, column, 70,
                  [set = ScalarSet(values)](const Scalar& scalar) { return set.Contains(scalar); });
}

PredicatePtr MakePathLike(size_t slot, const ColumnRef& column, LikePattern pattern) {
  return MakePath(slot, column, 75, [p = std::move(pattern)](const Scalar& scalar) {
    return scalar.kind == Scalar::Kind::kString ? ToTri(p.Matches(scalar.text)) : Tri::kUnknown;
  });
}

PredicatePtr MakePathRegex(size_t slot, const ColumnRef& column, Regex regex) {
  return MakePath(slot, column, 200, [r = std::move(regex)](const Scalar& scalar) {
    return scalar.kind == Scalar::Kind::kString ? ToTri(r.Matches(scalar.text)) : Tri::kUnknown;
  });
}

PredicatePtr MakePathArith(size_t slot, const ColumnRef& column, ArithOp op, const Value& operand,
                           CompareOp cmp, const Value& value) {
  return MakePath(slot, column, 65, [op, operand, cmp, value](const Scalar& scalar) {
    if (!scalar.is_number()) return Tri::kUnknown;
    if (scalar.kind == Scalar::Kind::kInt && operand.is_int() && value.is_int()) {
      return ToTri(Compare(cmp, Apply(op, scalar.integer, operand.as_int()), value.as_int()));
    }
    if (op == ArithOp::kBitAnd || op == ArithOp::kBitOr || op == ArithOp::kBitXor)
      return Tri::kUnknown;
    return ToTri(Compare(cmp, Apply(op, scalar.number(), operand.as_double()), value.as_double()));
  });
}

PredicatePtr MakeWithColumn(size_t slot, PredicatePtr typed, PredicatePtr general) {
  return std::make_unique<WithColumn>(slot, std::move(typed), std::move(general));
}

PredicatePtr MakePathExists(size_t slot, const ColumnRef& column, bool negated) {
  return std::make_unique<PathExists>(slot, column, negated);
}

PredicatePtr MakeColumnsCompare(size_t left_slot, const ColumnRef& left, CompareOp op,
                                size_t right_slot, const ColumnRef& right) {
  return std::make_unique<ColumnsCompare>(left_slot, left, op, right_slot, right);
}

PredicatePtr MakeContains(size_t slot, const ColumnRef& column, ContainsOp op,
                          const Value::Array& values) {
  const bool any = op != ContainsOp::kAll;
  if (column.type() == DataType::kJson) {
    std::vector<JsonElement> elements(values.begin(), values.end());
    return MakeJson(slot, column, 40, [any, elements = std::move(elements)](const JsonView& json) {
      if (!json.is_array()) return Tri::kUnknown;
      for (const JsonElement& element : elements) {
        if (element.IsIn(json) == any) return ToTri(any);
      }
      return ToTri(!any);
    });
  }
  return MakePath(slot, column, 20, [any, values](const Scalar& scalar) {
    for (const Value& value : values) {
      bool found = false;
      for (size_t i = 0; i < scalar.array.size() && !found; ++i)
        found = ElementEquals(scalar.array, i, value);
      if (found == any) return ToTri(any);
    }
    return ToTri(!any);
  });
}

PredicatePtr MakeLength(size_t slot, const ColumnRef& column, CompareOp op, int64_t value) {
  const bool json = column.type() == DataType::kJson;
  return MakePath(slot, column, json ? 60 : 10, [json, op, value](const Scalar& scalar) {
    if (json && !scalar.json.is_array()) return Tri::kUnknown;
    return ToTri(
        Compare(op, static_cast<int64_t>(json ? scalar.json.size() : scalar.array.size()), value));
  });
}

PredicatePtr MakeArrayEquals(size_t slot, const ColumnRef& column, const Value::Array& values,
                             bool negated) {
  return MakePath(slot, column, 20, [values, negated](const Scalar& scalar) {
    bool equal = scalar.array.size() == values.size();
    for (size_t i = 0; i < values.size() && equal; ++i)
      equal = ElementEquals(scalar.array, i, values[i]);
    return ToTri(equal != negated);
  });
}

}  // namespace elanus::expr
