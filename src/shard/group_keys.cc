#include "shard/group_keys.h"

#include <limits>
#include <string>
#include <utility>

namespace elanus::shard {
namespace {

constexpr size_t kBlockRows = 32768;

}  // namespace

Result<GroupKeys> GroupKeys::Make(const Snapshot& snapshot, const roles::SearchGroups& groups) {
  std::vector<query::GroupKey> keys;
  for (const roles::SearchGroups::Key& key : groups.keys) {
    const Field* field = TRY(FieldOf(snapshot.collection->schema, key.field));
    DataType type = field->type;
    if (key.json) type = key.cast.type == DataType::kNone ? DataType::kVarChar : key.cast.type;
    keys.push_back({key.field, type});
  }
  return GroupKeys(snapshot, groups, std::move(keys));
}

GroupKeys::GroupKeys(const Snapshot& snapshot, const roles::SearchGroups& groups,
                     std::vector<query::GroupKey> keys)
    : snapshot_(&snapshot),
      groups_(&groups),
      grouping_(std::make_unique<query::Grouping>(std::move(keys), std::vector<query::Aggregate>(),
                                                  std::numeric_limits<uint32_t>::max() - 1)) {}

Status GroupKeys::Add(std::vector<Column> columns) {
  std::vector<const Column*> keys;
  for (size_t i = 0; i < columns.size(); ++i) {
    const roles::SearchGroups::Key& key = groups_->keys[i];
    if (key.json) columns[i] = TRY(query::JsonGroupKeys(columns[i], key.path, key.cast));
    keys.push_back(&columns[i]);
  }
  return grouping_->Add(keys, columns.front().rows());
}

Result<std::vector<uint32_t>> GroupKeys::Of(const std::vector<Place>& places) {
  std::vector<Column> columns;
  for (const roles::SearchGroups::Key& key : groups_->keys) {
    const Field* field = snapshot_->collection->schema.Find(key.field);
    columns.push_back(TRY(FetchColumn(*snapshot_, *field, places)));
  }
  TRY(Add(std::move(columns)));
  return grouping_->last_rows();
}

Result<std::vector<uint32_t>> GroupKeys::OfSegment(const Context& context, const SegmentView& view,
                                                   const RowSelection& rows) {
  std::vector<uint32_t> groups(view.rows, kNone);
  std::vector<uint32_t> block;
  const auto add = [&]() -> Status {
    TRY(context.Check());
    std::vector<Column> columns;
    for (const roles::SearchGroups::Key& key : groups_->keys) {
      const Field* field = snapshot_->collection->schema.Find(key.field);
      columns.emplace_back(field->id, field->type, field->dim);
      TRY(view.segment->Fetch(*field, block, &columns.back()));
    }
    TRY(Add(std::move(columns)));
    for (size_t i = 0; i < block.size(); ++i) groups[block[i]] = grouping_->last_rows()[i];
    block.clear();
    return {};
  };
  Status status;
  rows.ForEach([&](uint32_t row) {
    block.push_back(row);
    if (block.size() == kBlockRows) status = add();
    return status.ok();
  });
  TRY(std::move(status));
  if (!block.empty()) TRY(add());
  return groups;
}

}  // namespace elanus::shard
