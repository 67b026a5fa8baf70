#include "shard/first_rows.h"

#include <algorithm>
#include <utility>

namespace elanus::shard {
namespace {

constexpr size_t kPlacesAtLeast = 8192;

}  // namespace

Result<FirstRows> FirstRows::Make(const Snapshot& snapshot, std::vector<query::OrderKey> order,
                                  size_t wanted) {
  const Schema& schema = snapshot.collection->schema;
  order.push_back({schema.primary().id});
  std::vector<const Field*> fields;
  for (const query::OrderKey& key : order) fields.push_back(TRY(FieldOf(schema, key.field)));
  return FirstRows(snapshot, std::move(order), std::move(fields), wanted);
}

FirstRows::FirstRows(const Snapshot& snapshot, std::vector<query::OrderKey> order,
                     std::vector<const Field*> fields, size_t wanted)
    : snapshot_(&snapshot), order_(std::move(order)), fields_(std::move(fields)), wanted_(wanted) {}

Status FirstRows::Add(const Context& context, uint32_t number, const RowSelection& rows) {
  const SegmentView& view = *snapshot_->segments[number];
  const auto source =
      view.segment->MakeSource(snapshot_->collection->schema, view.rows, view.indexes.get());
  std::vector<BlockScratch> scratch(order_.size());
  TRY(rows.ForEachRun(context, *source, [&](size_t first, size_t count, uint64_t* words) -> Status {
    if (bound_ != nullptr) {
      bound_->Prune(
          [&](size_t key) {
            return source->ReadActive(order_[key].field, first, count, words, &scratch[key]);
          },
          count, words);
    }
    for (size_t word = 0; word * 64 < count; ++word) {
      for (uint64_t bits = words[word]; bits != 0; bits &= bits - 1) {
        const size_t row = first + word * 64 + static_cast<size_t>(std::countr_zero(bits));
        TRY(AddPlace({number, static_cast<uint32_t>(row)}));
      }
    }
    return {};
  }));
  return view.segment->damage();
}

Status FirstRows::Add(const Context& context, const std::vector<Place>& places) {
  for (size_t i = 0; i < places.size(); ++i) {
    if (i % kPlacesAtLeast == 0) TRY(context.Check());
    TRY(AddPlace(places[i]));
  }
  return {};
}

Status FirstRows::AddPlace(Place place) {
  if (wanted_ == 0) return {};
  places_.push_back(place);
  // Twice as many as are kept: then a row is sorted a few times at most.
  const bool many = places_.size() >= kPlacesAtLeast && places_.size() / 2 >= wanted_;
  return many ? Sort() : Status();
}

Status FirstRows::Sort() {
  std::vector<Column> columns;
  for (const Field* field : fields_) {
    columns.push_back(TRY(FetchColumn(*snapshot_, *field, places_)));
  }
  const std::vector<uint32_t> first = query::FirstInOrder(order_, columns, wanted_);
  std::vector<Place> kept;
  kept.reserve(first.size());
  for (const uint32_t i : first) kept.push_back(places_[i]);
  places_ = std::move(kept);
  if (places_.size() == wanted_)
    bound_ = std::make_unique<query::OrderBound>(order_, columns, first.back());
  return {};
}

Result<std::vector<Place>> FirstRows::Take() {
  if (!places_.empty()) TRY(Sort());
  return std::move(places_);
}

}  // namespace elanus::shard
