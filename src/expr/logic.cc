// AND, OR, NOT and the constants, in Kleene's logic on (yes, no) pairs of bits.
#include <algorithm>
#include <utility>

#include "expr/bits.h"

namespace elanus::expr {
namespace {

class Constant final : public Predicate {
 public:
  explicit Constant(bool value) : value_(value) {}
  void Evaluate(BlockReader* block, const BlockBits&, Truth* out) const override {
    for (size_t w = 0; w < block->words(); ++w) {
      const uint64_t rows = RowsOfWord(block->count(), w);
      out->yes[w] = value_ ? rows : 0;
      out->no[w] = value_ ? 0 : rows;
    }
  }
  double cost() const override { return 0; }
  std::optional<bool> constant() const override { return value_; }

 private:
  bool value_;
};

double TotalCost(const PredicateList& operands) {
  double total = 0;
  for (const PredicatePtr& operand : operands) total += operand->cost();
  return total;
}

void CheapestFirst(PredicateList* operands) {
  std::sort(operands->begin(), operands->end(),
            [](const PredicatePtr& a, const PredicatePtr& b) { return a->cost() < b->cost(); });
}

// Both connectives: for AND a row is settled once an operand says no, for OR once one says yes.
class Connective final : public Predicate {
 public:
  Connective(bool is_and, PredicateList operands)
      : is_and_(is_and), operands_(std::move(operands)), cost_(TotalCost(operands_)) {
    CheapestFirst(&operands_);
  }

  void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const override {
    operands_[0]->Evaluate(block, active, out);
    BlockBits open = active;
    Truth next;
    for (size_t i = 1; i < operands_.size(); ++i) {
      uint64_t any = 0;
      for (size_t w = 0; w < block->words(); ++w) {
        open[w] &= ~(is_and_ ? out->no[w] : out->yes[w]) & RowsOfWord(block->count(), w);
        any |= open[w];
      }
      if (any == 0) return;
      operands_[i]->Evaluate(block, open, &next);
      for (size_t w = 0; w < block->words(); ++w) {
        // What the operand says of rows that are settled already means nothing.
        const uint64_t yes = next.yes[w] & open[w];
        const uint64_t no = next.no[w] & open[w];
        out->yes[w] = is_and_ ? out->yes[w] & yes : out->yes[w] | yes;
        out->no[w] = is_and_ ? out->no[w] | no : out->no[w] & no;
      }
    }
  }
  double cost() const override { return cost_; }
  const PredicateList* conjuncts() const override { return is_and_ ? &operands_ : nullptr; }
  const PredicateList* disjuncts() const override { return is_and_ ? nullptr : &operands_; }

 private:
  bool is_and_;
  PredicateList operands_;
  double cost_;
};

class Not final : public Predicate {
 public:
  explicit Not(PredicatePtr operand) : operand_(std::move(operand)) {}
  void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const override {
    operand_->Evaluate(block, active, out);
    for (size_t w = 0; w < block->words(); ++w) std::swap(out->yes[w], out->no[w]);
  }
  double cost() const override { return operand_->cost(); }

 private:
  PredicatePtr operand_;
};

PredicatePtr Connect(bool is_and, PredicateList operands) {
  PredicateList kept;
  for (PredicatePtr& operand : operands) {
    const std::optional<bool> constant = operand->constant();
    if (!constant) {
      kept.push_back(std::move(operand));
    } else if (*constant != is_and) {
      return MakeConstant(!is_and);  // false and x, true or x
    }
  }
  if (kept.empty()) return MakeConstant(is_and);
  if (kept.size() == 1) return std::move(kept[0]);
  return std::make_unique<Connective>(is_and, std::move(kept));
}

}  // namespace

PredicatePtr MakeConstant(bool value) { return std::make_unique<Constant>(value); }
PredicatePtr MakeAnd(PredicateList operands) { return Connect(true, std::move(operands)); }
PredicatePtr MakeOr(PredicateList operands) { return Connect(false, std::move(operands)); }
PredicatePtr MakeNot(PredicatePtr operand) {
  if (const std::optional<bool> constant = operand->constant()) return MakeConstant(!*constant);
  return std::make_unique<Not>(std::move(operand));
}

}  // namespace elanus::expr
