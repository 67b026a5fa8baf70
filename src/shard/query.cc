// LocalShard, query: rows by filter, in the order of their key or of other columns; or groups of
// them.
#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "query/grouping.h"
#include "shard/fetch.h"
#include "shard/first_rows.h"
#include "shard/local_shard.h"
#include "shard/request_memory.h"
#include "shard/selection.h"

namespace elanus::shard {
namespace {

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
                                  const RowSelection::Wish& wish, size_t wanted,
                                  RequestMemory* memory) {
  // A place, its key, and where both are in order.
  constexpr uint64_t kPlaceBytes = 2 * sizeof(Place) + 16 + sizeof(uint32_t);
  std::vector<Place> places;
  TRY(ForEachSegment(
      context, snapshot, request, wish,
      [&](uint32_t number, const SegmentView& view, const RowSelection& rows) -> Status {
        // Sealed rows ascend by key within a partition: the first `wanted` of each are enough.
        size_t most = rows.Count();
        if (view.sealed != nullptr && wanted != ~size_t{0}) {
          most = std::min(most, wanted * snapshot.collection->partitions.size());
        }
        TRY(memory->Set((places.size() + most) * kPlaceBytes));
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
  for (const Place& place : places) TRY(snapshot.segments[place.view]->segment->damage());
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

// All rows, or the first `wanted`, ascending by key.
Result<std::vector<Place>> FirstByKey(const Context& context, const Snapshot& snapshot,
                                      const roles::QueryRequest& request,
                                      const RowSelection::Wish& wish, size_t wanted,
                                      RequestMemory* memory) {
  return OnePerKey(snapshot, TRY(Select(context, snapshot, request, wish, wanted, memory)));
}

// The first `wanted` rows by the columns of the request's order, and then by key.
Result<std::vector<Place>> FirstByColumns(const Context& context, const Snapshot& snapshot,
                                          const roles::QueryRequest& request,
                                          const RowSelection::Wish& wish, size_t wanted,
                                          RequestMemory* memory) {
  FirstRows first = TRY(FirstRows::Make(snapshot, request.order, wanted));
  const bool keys_may_repeat =
      snapshot.collection->partitions.size() > 1 && wish.partitions.size() != 1;
  if (keys_may_repeat) {
    const std::vector<Place> places =
        TRY(FirstByKey(context, snapshot, request, wish, ~size_t{0}, memory));
    TRY(first.Add(context, places));
  } else {
    TRY(ForEachSegment(context, snapshot, request, wish,
                       [&](uint32_t number, const SegmentView&, const RowSelection& rows) {
                         return first.Add(context, number, rows);
                       }));
  }
  return first.Take();
}

// The rows of a run as a Grouping takes them. `places` is room for them.
query::BlockRows ChosenRows(const uint64_t* words, size_t count, std::vector<uint32_t>* places) {
  places->clear();
  for (size_t word = 0; word * 64 < count; ++word) {
    for (uint64_t bits = words[word]; bits != 0; bits &= bits - 1) {
      places->push_back(
          static_cast<uint32_t>(word * 64 + static_cast<size_t>(std::countr_zero(bits))));
    }
  }
  if (places->size() == count) return {count};
  return {places->size(), places->data()};
}

Result<Batch> GroupsOf(const Context& context, const Snapshot& snapshot,
                       const roles::QueryRequest& request, const RowSelection::Wish& wish,
                       RequestMemory* memory) {
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
  for (const FieldId id : ids) TRY(FieldOf(schema, id));

  query::Grouping grouping(groups.keys, groups.aggregates, groups.max);
  std::vector<BlockScratch> scratch(ids.size());
  std::vector<Block> blocks(ids.size());
  std::vector<Block> key_blocks(keys.size());
  std::vector<std::optional<Block>> value_blocks(values.size());
  std::vector<uint32_t> places;
  TRY(ForEachSegment(
      context, snapshot, request, wish,
      [&](uint32_t, const SegmentView& view, const RowSelection& rows) -> Status {
        const auto source = view.segment->MakeSource(schema, view.rows, nullptr);
        TRY(rows.ForEachRun(
            context, *source, [&](size_t first, size_t count, const uint64_t* words) -> Status {
              for (size_t i = 0; i < ids.size(); ++i)
                blocks[i] = source->ReadActive(ids[i], first, count, words, &scratch[i]);
              for (size_t i = 0; i < keys.size(); ++i) key_blocks[i] = blocks[keys[i]];
              for (size_t i = 0; i < values.size(); ++i) {
                if (values[i].has_value()) value_blocks[i] = blocks[*values[i]];
              }
              TRY(grouping.Add(key_blocks, value_blocks, ChosenRows(words, count, &places)));
              return memory->Set(grouping.memory_bytes());
            }));
        return view.segment->damage();
      }));
  Batch batch;
  batch.columns = grouping.Take();
  batch.rows = grouping.groups();
  return batch;
}

// Adds the output columns of the rows; fails where they are more bytes than may be sent.
Status FetchOutput(const Snapshot& snapshot, const roles::QueryRequest& request,
                   const std::vector<Place>& chosen, RequestMemory* memory, Batch* rows) {
  rows->rows = chosen.size();
  size_t bytes = 0;
  for (const FieldId id : request.output) {
    const Field* field = TRY(FieldOf(snapshot.collection->schema, id));
    if (request.bytes_max != 0 &&
        bytes + chosen.size() * WidthOf(field->type, field->dim) > request.bytes_max) {
      bytes = request.bytes_max + 1;
    } else {
      // Here, and once more as a message.
      TRY(memory->Set(2 * (bytes + chosen.size() * WidthOf(field->type, field->dim))));
      rows->columns.push_back(TRY(FetchColumn(snapshot, *field, chosen)));
      bytes += rows->columns.back().bytes();
      TRY(memory->Set(2 * bytes));
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
  auto found = QueryRows(context, request);
  if (found.ok()) return found;
  return NoteDamage(found.status(), *slot_.Get()->collection);
}

Result<roles::QueryResult> LocalShard::QueryRows(const Context& context,
                                                 const roles::QueryRequest& request) {
  const auto [pinned, at] = TRY(Pin(request.at));
  const Snapshot& snapshot = *pinned;
  const RowSelection::Wish wish{at, ExpiryAt(*snapshot.collection, env_->oracle->Now()),
                                Ascending(request.partitions), request.filter.get(), true};
  RequestMemory memory(env_->budget, "query");
  roles::QueryResult result;
  if (request.groups.has_value()) {
    result.rows = TRY(GroupsOf(context, snapshot, request, wish, &memory));
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
  std::vector<Place> places = TRY(
      request.order.empty() ? FirstByKey(context, snapshot, request, wish, wanted, &memory)
                            : FirstByColumns(context, snapshot, request, wish, wanted, &memory));
  places.resize(std::min(places.size(), wanted));
  places.erase(places.begin(),
               places.begin() + static_cast<ptrdiff_t>(std::min(offset, places.size())));
  TRY(FetchOutput(snapshot, request, places, &memory, &result.rows));
  return result;
}

}  // namespace elanus::shard
