// RowSelection: which rows of one segment a read may return: live at T, inserted by T and not
// expired, of the asked partitions, passing the filter. Borrows nothing but the view it was made
// for.
#pragma once

#include <array>
#include <bit>
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
    // Rows that a filter names by their keys are found in a sealed segment by a search for these,
    // and there is no mask of them.
    bool by_key = false;
  };
  static Result<RowSelection> Make(const Context& context, const SegmentView& view,
                                   const Schema& schema, const Wish& wish);

  RowMask mask() const {
    CHECK(!listed_.has_value());
    return mask_.has_value() ? mask_->mask() : live_.mask();
  }
  size_t Count() const {
    if (listed_.has_value()) return listed_->size();
    return bitmap_.has_value() ? bitmap_->Count() : mask().Count(rows_);
  }
  bool None() const { return bitmap_.has_value() && bitmap_->None(); }

  // fn(row) ascending; stops when it returns false.
  template <typename Fn>
  void ForEach(Fn fn) const {
    if (listed_.has_value()) {
      for (const uint32_t row : *listed_) {
        if (!fn(row)) return;
      }
      return;
    }
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

  // fn(first row, count, words) -> Status for every run of `source` that has rows of the selection:
  // their bits in `words`, which fn may change.
  template <typename Fn>
  Status ForEachRun(const Context& context, const expr::Source& source, Fn fn) const {
    std::array<uint64_t, expr::Source::kBlockRows / 64> words{};
    size_t listed = 0;
    size_t runs = 0;
    for (size_t first = 0; first < rows_; first = source.RunEnd(first)) {
      const size_t count = source.RunEnd(first) - first;
      if (!ReadWords(first, count, words.data(), &listed)) continue;
      if (++runs % 64 == 0) TRY(context.Check());
      TRY(fn(first, count, words.data()));
    }
    return {};
  }

 private:
  // Those of [first, first + count); false: there are none. Listed rows before the `*listed`-th are
  // below `first`.
  bool ReadWords(size_t first, size_t count, uint64_t* words, size_t* listed) const;

  size_t rows_ = 0;
  segment::LiveTable::View live_;
  std::optional<Bitmap> bitmap_;                 // when more than liveness decides
  std::optional<BitmapMask> mask_;               // over bitmap_
  std::optional<std::vector<uint32_t>> listed_;  // instead of both; ascending
};

}  // namespace elanus::shard
