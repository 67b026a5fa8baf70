// A bound filter: a tree of predicates over the columns of one schema. Immutable, thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "expr/source.h"

namespace elanus::expr {

inline constexpr size_t kBlockWords = Source::kBlockRows / 64;
using BlockBits = std::array<uint64_t, kBlockWords>;

// What is known of the rows of one block; a row in neither set is UNKNOWN.
struct Truth {
  BlockBits yes;
  BlockBits no;
};

// What a predicate reads of each row: a field, or what lies under a path of a JSON one, as a value
// of `type` where the source has a column of these.
struct ColumnSlot {
  FieldId field;
  std::vector<std::string> path = {};
  DataType type = DataType::kNone;

  friend bool operator==(const ColumnSlot&, const ColumnSlot&) = default;
};

// One run of rows under evaluation. Columns are read when first asked for, by the slot that the
// binder gave to them.
class BlockReader {
 public:
  BlockReader(const Source& source, const std::vector<ColumnSlot>& columns)
      : source_(source), slots_(columns.size()) {
    for (size_t i = 0; i < columns.size(); ++i) {
      const ColumnSlot& column = columns[i];
      slots_[i].field = column.path.empty()
                            ? std::optional(column.field)
                            : source.FindPath(column.field, column.path, column.type);
    }
  }

  // Of the run only the rows set in `active` are looked at; rows may be taken out of it meanwhile.
  void Start(size_t first, size_t count, const BlockBits* active) {
    first_ = first;
    count_ = count;
    active_ = active;
    ++epoch_;
  }
  size_t count() const { return count_; }
  size_t words() const { return (count_ + 63) / 64; }
  // A slot of a path may have no column in this source.
  bool Has(size_t slot) const { return slots_[slot].field.has_value(); }
  const Block& Column(size_t slot) {
    Slot& s = slots_[slot];
    if (s.epoch != epoch_) {
      s.block = source_.ReadActive(*s.field, first_, count_, active_->data(), &s.scratch);
      s.epoch = epoch_;
    }
    return s.block;
  }

 private:
  struct Slot {
    std::optional<FieldId> field;
    Block block;
    BlockScratch scratch;
    uint64_t epoch = 0;
  };
  const Source& source_;
  std::vector<Slot> slots_;
  size_t first_ = 0;
  size_t count_ = 0;
  const BlockBits* active_ = nullptr;
  uint64_t epoch_ = 0;
};

class Predicate {
 public:
  virtual ~Predicate() = default;

  // Decides the rows whose bit in `active` is set; the others' bits in `out` mean nothing, but yes
  // and no are always disjoint. Words past the block's rows are left alone.
  virtual void Evaluate(BlockReader* block, const BlockBits& active, Truth* out) const = 0;

  // Nanoseconds a row, roughly; a conjunction evaluates the cheap ones first.
  virtual double cost() const = 0;

  // The same question for an index, which answers with the rows where it is TRUE.
  const std::optional<IndexPredicate>& index() const { return index_; }
  void SetIndex(IndexPredicate index) { index_ = std::move(index); }

  // Where it stands in the filter's text; end 0: nowhere.
  struct Place {
    size_t begin = 0, end = 0;
  };
  Place place() const { return place_; }
  void SetPlace(Place place) { place_ = place; }

  // The operands, if this is a conjunction.
  virtual const std::vector<std::unique_ptr<Predicate>>* conjuncts() const { return nullptr; }
  // The same of a disjunction.
  virtual const std::vector<std::unique_ptr<Predicate>>* disjuncts() const { return nullptr; }
  // The answer, if it is the same for all rows.
  virtual std::optional<bool> constant() const { return std::nullopt; }

 private:
  std::optional<IndexPredicate> index_;
  Place place_;
};

using PredicatePtr = std::unique_ptr<Predicate>;
using PredicateList = std::vector<PredicatePtr>;

PredicatePtr MakeConstant(bool value);
PredicatePtr MakeAnd(PredicateList operands);
PredicatePtr MakeOr(PredicateList operands);
PredicatePtr MakeNot(PredicatePtr operand);

}  // namespace elanus::expr
