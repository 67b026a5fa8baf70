// Spatial tests over Geometry columns, which hold WKB.
#include <utility>

#include "expr/bits.h"
#include "expr/leaves.h"
#include "geo/spatial.h"

namespace elanus::expr {
namespace {

class SpatialPredicate final : public Predicate {
 public:
  SpatialPredicate(size_t slot, double cost, std::unique_ptr<const geo::SpatialTest> test)
      : slot_(slot), cost_(cost), test_(std::move(test)) {}
  void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const override {
    const Block& column = block->Column(slot_);
    Clear(block->words(), out);
    const geo::SpatialTest::Session session(*test_);
    ForActive(column.count, active, [&](size_t row) {
      if (column.valid != nullptr && column.valid[row] == 0) return;
      SetBit(session.Matches(column.strings[row]) ? &out->yes : &out->no, row);
    });
  }
  double cost() const override { return cost_; }

 private:
  size_t slot_;
  double cost_;
  std::unique_ptr<const geo::SpatialTest> test_;
};

}  // namespace

PredicatePtr MakeSpatial(size_t slot, geo::SpatialOp op,
                         std::unique_ptr<const geo::SpatialTest> test) {
  // Envelopes and distances decide most rows; validity is looked for in every one.
  const double cost = op == geo::SpatialOp::kIsValid ? 2000 : 200;
  return std::make_unique<SpatialPredicate>(slot, cost, std::move(test));
}

}  // namespace elanus::expr
