// RowSelection: which rows of one segment a read may return: live at T, inserted by T and not
// expired, of the asked partitions, passing the filter. Borrows nothing but the view it was made
// for.
#pragma once

#include <optional>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "expr/filter.h"
#include "model/bitmap.h"
#include "model/schema.h"
#include "shard/expiry.h"
#include "shard/snapshot.h"

namespace elanus::shard {

class RowSelection {
 public:
  struct Wish {
    Timestamp at = 0;                      // what was there at this moment
    Expiry expiry;                         // which rows have expired
    std::vector<PartitionId> partitions;   // sorted; empty: all
    const expr::Filter* filter = nullptr;  // may be null
  };
  static Result<RowSelection> Make(const Context& context, const SegmentView& view,
                                   const Schema& schema, const Wish& wish);

  RowMask mask() const { return mask_.has_value() ? mask_->mask() : live_.mask(); }
  size_t Count() const { return bitmap_.has_value() ? bitmap_->Count() : mask().Count(rows_); }
  bool None() const { return bitmap_.has_value() && bitmap_->None(); }

  // fn(row) ascending; stops when it returns false.
  template <typename Fn>
  void ForEach(Fn fn) const {
    const RowMask rows = mask();
    for (size_t word = 0; word * 64 < rows_; ++word) {
      uint64_t bits = rows.Word(word);
      if ((word + 1) * 64 > rows_) bits &= (1ULL << (rows_ % 64)) - 1;
      for (; bits != 0; bits &= bits - 1) {
        if (!fn(static_cast<uint32_t>(word * 64 + static_cast<size_t>(std::countr_zero(bits)))))
          return;
      }
    }
  }

 private:
  size_t rows_ = 0;
  segment::LiveTable::View live_;
  std::optional<Bitmap> bitmap_;    // when more than liveness decides
  std::optional<BitmapMask> mask_;  // over bitmap_
};

}  // namespace elanus::shard
