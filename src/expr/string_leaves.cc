// Leaves over VarChar columns.
#include <unordered_set>
#include <utility>

#include "base/hash.h"
#include "expr/bits.h"
#include "expr/leaves.h"

namespace elanus::expr {
namespace {

template <typename Test>
class StringPredicate final : public Predicate {
 public:
  StringPredicate(size_t slot, double cost, Test test)
      : slot_(slot), cost_(cost), test_(std::move(test)) {}
  void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const override {
    const Block& column = block->Column(slot_);
    Clear(block->words(), out);
    ForActive(column.count, active, [&](size_t row) {
      if (test_(column.strings[row])) SetBit(&out->yes, row);
    });
    Settle(column, out);
  }
  double cost() const override { return cost_; }

 private:
  size_t slot_;
  double cost_;
  Test test_;
};

template <typename Test>
PredicatePtr MakeString(size_t slot, double cost, Test test) {
  return std::make_unique<StringPredicate<Test>>(slot, cost, std::move(test));
}

using StringSet = std::unordered_set<std::string, StringHash, std::equal_to<>>;

class ColumnStartsWith final : public Predicate {
 public:
  ColumnStartsWith(size_t slot, size_t prefix_slot) : slot_(slot), prefix_slot_(prefix_slot) {}
  void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const override {
    const Block& column = block->Column(slot_);
    const Block& prefix = block->Column(prefix_slot_);
    Clear(block->words(), out);
    ForActive(column.count, active, [&](size_t row) {
      if (column.strings[row].starts_with(prefix.strings[row])) SetBit(&out->yes, row);
    });
    Settle(column, out);
    const BlockBits valid = ValidBits(prefix);
    for (size_t w = 0; w < block->words(); ++w) {
      out->yes[w] &= valid[w];
      out->no[w] &= valid[w];
    }
  }
  double cost() const override { return 6; }

 private:
  size_t slot_, prefix_slot_;
};

}  // namespace

PredicatePtr MakeStringCompare(size_t slot, CompareOp op, std::string value) {
  if (op == CompareOp::kEqual) {
    return MakeString(slot, 3, [v = std::move(value)](std::string_view text) { return text == v; });
  }
  return MakeString(slot, 4, [op, v = std::move(value)](std::string_view text) {
    return Compare<std::string_view>(op, text, v);
  });
}

PredicatePtr MakeStringRange(size_t slot, const Bounds& bounds) {
  return MakeString(slot, 6, [bounds](std::string_view text) {
    if (bounds.low) {
      const int order = text.compare(bounds.low->as_string());
      if (order < 0 || (order == 0 && !bounds.low_inclusive)) return false;
    }
    if (bounds.high) {
      const int order = text.compare(bounds.high->as_string());
      if (order > 0 || (order == 0 && !bounds.high_inclusive)) return false;
    }
    return true;
  });
}

PredicatePtr MakeStringIn(size_t slot, const Value::Array& values) {
  StringSet set;
  for (const Value& value : values) set.insert(value.as_string());
  return MakeString(
      slot, 10, [s = std::move(set)](std::string_view text) { return s.find(text) != s.end(); });
}

PredicatePtr MakeStringLike(size_t slot, LikePattern pattern) {
  const double cost = pattern.kind() == LikePattern::Kind::kGeneral ? 40
                      : pattern.kind() == LikePattern::Kind::kInner ? 15
                                                                    : 4;
  return MakeString(slot, cost,
                    [p = std::move(pattern)](std::string_view text) { return p.Matches(text); });
}

PredicatePtr MakeTextMatch(size_t slot, std::unique_ptr<const text::Matcher> matcher) {
  return MakeString(slot, 2000, [m = std::move(matcher)](std::string_view text) {
    thread_local text::TokenList list;  // room, reused from row to row
    return m->Matches(text, &list);
  });
}

PredicatePtr MakeStringRegex(size_t slot, Regex regex) {
  return MakeString(slot, 150,
                    [r = std::move(regex)](std::string_view text) { return r.Matches(text); });
}

PredicatePtr MakeColumnStartsWith(size_t slot, size_t prefix_slot) {
  return std::make_unique<ColumnStartsWith>(slot, prefix_slot);
}

}  // namespace elanus::expr
