#include "shard/selection.h"

namespace elanus::shard {

Result<RowSelection> RowSelection::Make(const Context& context, const SegmentView& view, const Schema& schema,
                                        Timestamp at, std::span<const PartitionId> partitions,
                                        const expr::Filter* filter) {
  RowSelection selection;
  selection.rows_ = view.rows;
  selection.live_ = view.live->At(at, view.rows);
  if (view.rows == 0) return selection;

  const bool filtered = filter != nullptr && !filter->always_true();
  const bool later_rows = at < view.segment->max_ts(view.rows);
  if (!filtered && !later_rows && partitions.empty()) return selection;

  Bitmap rows(view.rows, !filtered);
  if (filtered) {
    const auto source = view.segment->MakeSource(schema, view.rows, view.indexes.get());
    TRY(filter->Evaluate(context, *source, &rows));
  }
  if (!partitions.empty()) view.segment->MaskPartitions(partitions, view.rows, &rows);
  if (later_rows) view.segment->MaskInsertedAfter(at, view.rows, &rows);
  if (!selection.live_.all()) {
    const RowMask live = selection.live_.mask();
    for (size_t word = 0; word < rows.words().size(); ++word) rows.words()[word] &= live.Word(word);
  }
  selection.bitmap_ = std::move(rows);
  // The words stay where they are when the Bitmap moves.
  selection.mask_.emplace(*selection.bitmap_);
  return selection;
}

}  // namespace elanus::shard
