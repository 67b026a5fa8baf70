#include "shard/selection.h"

#include "base/profile.h"
#include "shard/fetch.h"

namespace elanus::shard {

Result<RowSelection> RowSelection::Make(const Context& context, const SegmentView& view,
                                        const Schema& schema, const Wish& wish) {
  RowSelection selection;
  selection.rows_ = view.rows;
  selection.live_ = view.live->At(wish.at, view.rows);
  if (view.rows == 0) return selection;

  const bool filtered = wish.filter != nullptr && !wish.filter->always_true();
  const bool later_rows = wish.at < view.segment->max_ts(view.rows);
  if (!filtered && !later_rows && wish.partitions.empty() && wish.expiry.none()) return selection;

  Bitmap rows(view.rows, !filtered);
  if (filtered) {
    const Profile::Stage stage(context.profile(), "filter");
    TRY(CheckFields(*wish.filter, schema));
    const auto source = view.segment->MakeSource(schema, view.rows, view.indexes.get());
    TRY(wish.filter->Evaluate(context, *source, &rows));
  }
  if (!wish.partitions.empty()) view.segment->MaskPartitions(wish.partitions, view.rows, &rows);
  if (later_rows) view.segment->MaskInsertedAfter(wish.at, view.rows, &rows);
  if (!wish.expiry.none()) MaskExpired(*view.segment, schema, wish.expiry, view.rows, &rows);
  if (!selection.live_.all()) {
    const RowMask live = selection.live_.mask();
    for (size_t word = 0; word < rows.words().size(); ++word) rows.words()[word] &= live.Word(word);
  }
  TRY(view.segment->damage());
  selection.bitmap_ = std::move(rows);
  // The words stay where they are when the Bitmap moves.
  selection.mask_.emplace(*selection.bitmap_);
  return selection;
}

}  // namespace elanus::shard
