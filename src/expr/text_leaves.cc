// Leaves over the terms of VarChar columns.
#include <utility>

#include "expr/bits.h"
#include "expr/leaves.h"

namespace elanus::expr {
namespace {

class TextPredicate final : public Predicate {
 public:
  TextPredicate(size_t slot, std::unique_ptr<const text::Matcher> matcher)
      : slot_(slot), matcher_(std::move(matcher)) {}
  void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const override {
    const Block& column = block->Column(slot_);
    const BlockBits valid = ValidBits(column);
    Clear(block->words(), out);
    text::TokenList list;
    ForActive(column.count, active, [&](size_t row) {
      if ((valid[row / 64] >> (row % 64) & 1) == 0) return;
      if (matcher_->Matches(column.strings[row], &list)) SetBit(&out->yes, row);
    });
    Settle(column, out);
  }
  double cost() const override { return 2000; }

 private:
  const size_t slot_;
  const std::unique_ptr<const text::Matcher> matcher_;
};

}  // namespace

PredicatePtr MakeTextMatch(size_t slot, std::unique_ptr<const text::Matcher> matcher) {
  return std::make_unique<TextPredicate>(slot, std::move(matcher));
}

}  // namespace elanus::expr
