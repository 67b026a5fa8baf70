// LocalShard, query: rows by filter, in the order of their key or of other columns; or groups of
// them.
#include <algorithm>
#include <utility>

#include "query/grouping.h"
#include "query/order.h"
#include "shard/fetch.h"
#include "shard/local_shard.h"
#include "shard/selection.h"

namespace elanus::shard {
namespace {

constexpr size_t kBlockRows = 32768;

// Calls fn(number of the segment, its view, its rows) for every segment the request reads.
template <typename Fn>
Status ForEachSegment(const Context& context, const Snapshot& snapshot,
                      const roles::QueryRequest& request, const RowSelection::Wish& wish, Fn fn) {
  for (uint32_t i = 0; i < snapshot.segments.size(); ++i) {
    TRY(context.Check());
    const SegmentView& view = *snapshot.segments[i];
    if (view.rows == 0 || (request.ignore_growing && view.sealed == nullptr)) continue;
    TRY(fn(i, view, TRY(RowSelection::Make(context, view, snapshot.collection->schema, wish))));
  }
  return {};
}

// The places of all rows; with `wanted`, of enough rows to hold the first so many by key.
Result<std::vector<Place>> Select(const Context& context, const Snapshot& snapshot,
                                  const roles::QueryRequest& request,
                                  const RowSelection::Wish& wish, size_t wanted) {
  std::vector<Place> places;
  TRY(ForEachSegment(
      context, snapshot, request, wish,
      [&](uint32_t number, const SegmentView& view, const RowSelection& rows) -> Status {
        // Sealed rows ascend by key within a partition: the first `wanted` of each are enough.
        PartitionId partition;
        size_t taken = 0;
        rows.ForEach([&](uint32_t row) {
          if (view.sealed != nullptr && wanted != ~size_t{0}) {
            const PartitionId of_row = view.segment->PartitionOf(row);
            if (of_row != partition) {
              partition = of_row;
              taken = 0;
            }
            if (++taken > wanted) return true;
          }
          places.push_back({number, row});
          return true;
        });
        return {};
      }));
  return places;
}

// Ascending by key; of several rows with one key (in several partitions) the newest.
Result<std::vector<Place>> OnePerKey(const Snapshot& snapshot, const std::vector<Place>& places) {
  const Column keys = TRY(FetchColumn(snapshot, snapshot.collection->schema.primary(), places));
  std::vector<uint32_t> order(places.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<uint32_t>(i);
  for (const SegmentViewPtr& view : snapshot.segments) TRY(view->segment->damage());
  const auto inserted = [&](uint32_t i) {
    return snapshot.segments[places[i].view]->segment->InsertedAt(places[i].row);
  };
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const int c = CompareKeys(keys, a, b);
    return c != 0 ? c < 0 : inserted(a) > inserted(b);
  });
  std::vector<Place> chosen;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && CompareKeys(keys, order[i], order[i - 1]) == 0) continue;
    chosen.push_back(places[order[i]]);
  }
  return chosen;
}

// The first `wanted` of `places` by the columns of `order` and then by key. Holds the values of a
// block and of the best rows so far.
Result<std::vector<Place>> FirstByColumns(const Context& context, const Snapshot& snapshot,
                                          std::vector<query::OrderKey> order,
                                          const std::vector<Place>& places, size_t wanted) {
  const Schema& schema = snapshot.collection->schema;
  order.push_back({schema.primary().id});
  std::vector<const Field*> fields;
  for (const query::OrderKey& key : order) fields.push_back(TRY(FieldOf(schema, key.field)));
  std::vector<Place> best;
  for (size_t next = 0; next < places.size();) {
    TRY(context.Check());
    const size_t end = std::min(places.size(), next + std::max(kBlockRows, 2 * wanted));
    std::vector<Place> block = std::move(best);
    block.insert(block.end(), places.begin() + static_cast<ptrdiff_t>(next),
                 places.begin() + static_cast<ptrdiff_t>(end));
    next = end;
    std::vector<Column> columns;
    for (const Field* field : fields) columns.push_back(TRY(FetchColumn(snapshot, *field, block)));
    best.clear();
    for (const uint32_t i : query::FirstInOrder(order, columns, wanted)) best.push_back(block[i]);
  }
  return best;
}

Result<Batch> GroupsOf(const Context& context, const Snapshot& snapshot,
                       const roles::QueryRequest& request, const RowSelection::Wish& wish) {
  const roles::QueryRequest::Groups& groups = *request.groups;
  const Schema& schema = snapshot.collection->schema;
  std::vector<FieldId> ids;  // of every column that is read
  const auto number_of = [&ids](FieldId id) {
    const auto found = std::find(ids.begin(), ids.end(), id);
    if (found != ids.end()) return static_cast<size_t>(found - ids.begin());
    ids.push_back(id);
    return ids.size() - 1;
  };
  std::vector<size_t> keys;
  std::vector<std::optional<size_t>> values;  // nothing: rows are counted
  for (const query::GroupKey& key : groups.keys) keys.push_back(number_of(key.field));
  for (const query::Aggregate& aggregate : groups.aggregates) {
    const bool counts_rows = aggregate.type == DataType::kNone;
    values.push_back(counts_rows ? std::nullopt : std::optional(number_of(aggregate.field)));
  }
  std::vector<const Field*> fields;
  for (const FieldId id : ids) fields.push_back(TRY(FieldOf(schema, id)));

  query::Grouping grouping(groups.keys, groups.aggregates, groups.max);
  const auto add = [&](const SegmentView& view, const std::vector<uint32_t>& rows) -> Status {
    TRY(context.Check());
    std::vector<Column> columns;
    for (const Field* field : fields) {
      columns.emplace_back(field->id, field->type, field->dim);
      TRY(view.segment->Fetch(*field, rows, &columns.back()));
    }
    std::vector<const Column*> key_columns;
    std::vector<const Column*> value_columns;
    for (const size_t number : keys) key_columns.push_back(&columns[number]);
    for (const auto& number : values) {
      value_columns.push_back(number.has_value() ? &columns[*number] : nullptr);
    }
    return grouping.Add(key_columns, value_columns, rows.size());
  };
  TRY(ForEachSegment(context, snapshot, request, wish,
                     [&](uint32_t, const SegmentView& view, const RowSelection& rows) -> Status {
                       std::vector<uint32_t> block;
                       Status status;
                       rows.ForEach([&](uint32_t row) {
                         block.push_back(row);
                         if (block.size() < kBlockRows) return true;
                         status = add(view, block);
                         block.clear();
                         return status.ok();
                       });
                       TRY(status);
                       return block.empty() ? Status() : add(view, block);
                     }));
  Batch batch;
  batch.columns = grouping.Take();
  batch.rows = grouping.groups();
  return batch;
}

// Adds the output columns of the rows; fails where they are more bytes than may be sent.
Status FetchOutput(const Snapshot& snapshot, const roles::QueryRequest& request,
                   const std::vector<Place>& chosen, Batch* rows) {
  rows->rows = chosen.size();
  size_t bytes = 0;
  for (const FieldId id : request.output) {
    const Field* field = TRY(FieldOf(snapshot.collection->schema, id));
    if (request.bytes_max != 0 &&
        bytes + chosen.size() * WidthOf(field->type, field->dim) > request.bytes_max) {
      bytes = request.bytes_max + 1;
    } else {
      rows->columns.push_back(TRY(FetchColumn(snapshot, *field, chosen)));
      bytes += rows->columns.back().bytes();
    }
    if (request.bytes_max != 0 && bytes > request.bytes_max) {
      return Fail(Code::kParameterTooLarge, "query results exceed the maxOutputSize limit of " +
                                                std::to_string(request.bytes_max) + " bytes");
    }
  }
  return {};
}

}  // namespace

Result<roles::QueryResult> LocalShard::Query(const Context& context,
                                             const roles::QueryRequest& request) {
  TRY(context.Check());
  Learn(request.collection);
  const auto [pinned, at] = TRY(Pin(request.at));
  const Snapshot& snapshot = *pinned;
  const RowSelection::Wish wish{at, ExpiryAt(*snapshot.collection, env_->oracle->Now()),
                                Ascending(request.partitions), request.filter.get()};
  roles::QueryResult result;
  if (request.groups.has_value()) {
    result.rows = TRY(GroupsOf(context, snapshot, request, wish));
    return result;
  }
  if (request.count_only) {
    TRY(ForEachSegment(context, snapshot, request, wish,
                       [&](uint32_t, const SegmentView&, const RowSelection& rows) -> Status {
                         result.count += static_cast<int64_t>(rows.Count());
                         return {};
                       }));
    return result;
  }
  const auto offset = static_cast<size_t>(request.offset);
  const size_t wanted =
      request.limit < 0 ? ~size_t{0} : static_cast<size_t>(request.limit) + offset;
  const bool by_columns = !request.order.empty();
  std::vector<Place> places =
      TRY(Select(context, snapshot, request, wish, by_columns ? ~size_t{0} : wanted));
  const bool may_repeat = snapshot.collection->partitions.size() > 1;
  if (!by_columns || may_repeat) places = TRY(OnePerKey(snapshot, places));
  if (by_columns) {
    places = TRY(
        FirstByColumns(context, snapshot, request.order, places, std::min(wanted, places.size())));
  }
  places.resize(std::min(places.size(), wanted));
  places.erase(places.begin(),
               places.begin() + static_cast<ptrdiff_t>(std::min(offset, places.size())));
  TRY(FetchOutput(snapshot, request, places, &result.rows));
  return result;
}

}  // namespace elanus::shard
