#include "shard/selection.h"

#include <algorithm>

#include "base/profile.h"
#include "shard/fetch.h"

namespace elanus::shard {
namespace {

// The rows of a sealed segment that hold one of the filter's keys.
std::vector<uint32_t> RowsByKey(const SegmentView& view, const Schema& schema,
                                const RowSelection::Wish& wish, const RowMask& live) {
  const Column keys =
      segment::KeyColumn(schema.primary().id, schema.primary().type, *wish.filter->primary_keys());
  const bool later_rows = wish.at < view.segment->max_ts(view.rows);
  std::vector<uint32_t> rows;
  view.segment->FindKeys(keys, {}, [&](size_t, uint32_t row) {
    if (live.Test(row) && (!later_rows || view.segment->InsertedAt(row) <= wish.at) &&
        (wish.partitions.empty() ||
         std::binary_search(wish.partitions.begin(), wish.partitions.end(),
                            view.segment->PartitionOf(row))) &&
        (wish.expiry.none() || !HasExpired(*view.segment, wish.expiry, row)))
      rows.push_back(row);
  });
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

}  // namespace

Result<RowSelection> RowSelection::Make(const Context& context, const SegmentView& view,
                                        const Schema& schema, const Wish& wish) {
  RowSelection selection;
  selection.rows_ = view.rows;
  selection.live_ = view.live->At(wish.at, view.rows);
  if (view.rows == 0) return selection;
  if (Status damage = view.segment->damage(); !damage.ok()) {
    Bitmap wanted(view.rows, true);
    if (!wish.partitions.empty()) view.segment->MaskPartitions(wish.partitions, view.rows, &wanted);
    if (!wanted.None()) return damage;
    selection.bitmap_ = std::move(wanted);
    selection.mask_.emplace(*selection.bitmap_);
    return selection;
  }

  const bool filtered = wish.filter != nullptr && !wish.filter->always_true();
  const bool later_rows = wish.at < view.segment->max_ts(view.rows);
  if (!filtered && !later_rows && wish.partitions.empty() && wish.expiry.none()) return selection;

  if (filtered) TRY(CheckFields(*wish.filter, schema));
  if (filtered && wish.by_key && view.sealed != nullptr && wish.filter->primary_keys() != nullptr) {
    const Profile::Stage stage(context.profile(), "keys");
    selection.listed_ = RowsByKey(view, schema, wish, selection.live_.mask());
    TRY(view.segment->damage());
    return selection;
  }
  Bitmap rows(view.rows, !filtered);
  if (filtered) {
    const Profile::Stage stage(context.profile(), "filter");
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

bool RowSelection::ReadWords(size_t first, size_t count, uint64_t* words, size_t* listed) const {
  const size_t last = (count + 63) / 64;
  if (listed_.has_value()) {
    std::fill_n(words, last, 0);
    const size_t before = *listed;
    for (; *listed < listed_->size() && (*listed_)[*listed] < first + count; ++*listed) {
      const size_t row = (*listed_)[*listed] - first;
      words[row / 64] |= uint64_t{1} << row % 64;
    }
    return *listed != before;
  }
  const RowMask rows = mask();
  uint64_t any = 0;
  for (size_t word = 0; word < last; ++word) {
    words[word] = rows.Word(first / 64 + word);
    if (word * 64 + 64 > count) words[word] &= (uint64_t{1} << count % 64) - 1;
    any |= words[word];
  }
  return any != 0;
}

}  // namespace elanus::shard
