#include "shard/fetch.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace elanus::shard {

Result<const Field*> FieldOf(const Schema& schema, FieldId id) {
  const Field* field = schema.Find(id);
  if (field != nullptr) return field;
  return Fail(Code::kFieldNotFound, "field " + std::to_string(id.value) + " not exist");
}

Status CheckFields(const expr::Filter& filter, const Schema& schema) {
  for (const FieldId id : filter.fields()) TRY(FieldOf(schema, id));
  return {};
}

Result<Column> FetchColumn(const Snapshot& snapshot, const Field& field,
                           const std::vector<Place>& places) {
  Column out(field.id, field.type, field.dim);
  // Runs of one segment are fetched as they stand; when segments alternate, each is fetched once
  // and the rows are dealt out.
  bool one_segment = true;
  for (const Place& place : places) one_segment = one_segment && place.view == places.front().view;
  std::vector<uint32_t> rows;
  if (one_segment) {
    if (places.empty()) return out;
    rows.reserve(places.size());
    for (const Place& place : places) rows.push_back(place.row);
    TRY(snapshot.segments[places.front().view]->segment->Fetch(field, rows, &out));
    return out;
  }
  std::map<uint32_t, std::pair<std::vector<uint32_t>, Column>> parts;
  std::vector<size_t> position(places.size());
  for (size_t i = 0; i < places.size(); ++i) {
    auto& [part_rows, column] = parts.try_emplace(places[i].view).first->second;
    position[i] = part_rows.size();
    part_rows.push_back(places[i].row);
  }
  for (auto& [view, part] : parts) {
    part.second = Column(field.id, field.type, field.dim);
    TRY(snapshot.segments[view]->segment->Fetch(field, part.first, &part.second));
  }
  out.Reserve(places.size());
  if (std::any_of(parts.begin(), parts.end(),
                  [](const auto& part) { return part.second.second.nullable(); })) {
    out.MakeNullable();
  }
  for (size_t i = 0; i < places.size(); ++i)
    out.AppendFrom(parts[places[i].view].second, position[i]);
  return out;
}

int CompareKeys(const Column& keys, size_t a, size_t b) {
  if (keys.fixed()) {
    const int64_t x = keys.as<int64_t>()[a];
    const int64_t y = keys.as<int64_t>()[b];
    return x < y ? -1 : static_cast<int>(x > y);
  }
  return keys.String(a).compare(keys.String(b));
}

std::vector<PartitionId> Ascending(std::vector<PartitionId> partitions) {
  std::sort(partitions.begin(), partitions.end());
  return partitions;
}

std::vector<PartitionId> PartitionsOf(const CollectionInfo& collection) {
  std::vector<PartitionId> partitions;
  for (const Partition& partition : collection.partitions) partitions.push_back(partition.id);
  return Ascending(std::move(partitions));
}

}  // namespace elanus::shard
