#include "coordinator/collection_view.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace elanus::coordinator {
namespace {

std::string_view OrDefault(std::string_view database) {
  return database.empty() ? kDefaultDatabaseName : database;
}

int64_t CapacityOf(const CollectionInfo& info) {
  return static_cast<int64_t>(info.partitions.size()) * info.shards_num;
}

}  // namespace

Status DatabaseNotFound(std::string_view database) {
  return FailWith(Code::kDatabaseNotFound, {{"database", OrDefault(database)}});
}

Status CollectionNotFound(std::string_view database, std::string_view name) {
  return FailWith(Code::kCollectionNotFound,
                  {{"database", OrDefault(database)}, {"collection", name}});
}

void CollectionView::PutDatabase(DatabaseInfo database) {
  const std::unique_lock lock(mutex_);
  Database& place = databases_[database.name];
  place.info = std::move(database);
}

void CollectionView::RemoveDatabase(std::string_view name) {
  const std::unique_lock lock(mutex_);
  const auto found = databases_.find(name);
  if (found != databases_.end()) databases_.erase(found);
}

Result<DatabaseInfo> CollectionView::FindDatabase(std::string_view name) const {
  {
    const std::shared_lock lock(mutex_);
    if (const Database* found = Get(name); found != nullptr) return found->info;
  }
  return DatabaseNotFound(name);
}

bool CollectionView::HasDatabase(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  return Get(name) != nullptr;
}

std::vector<std::string> CollectionView::Databases() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, database] : databases_) names.push_back(name);
  return names;
}

Result<CollectionPtr> CollectionView::Find(std::string_view database, std::string_view name) const {
  {
    const std::shared_lock lock(mutex_);
    const Database* found = Get(database);
    if (found == nullptr) return DatabaseNotFound(database);
    const auto it = found->names.find(name);
    if (it != found->names.end()) return it->second;
  }
  return CollectionNotFound(database, name);
}

CollectionPtr CollectionView::FindOrNull(std::string_view database, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const Database* found = Get(database);
  if (found == nullptr) return nullptr;
  const auto it = found->names.find(name);
  return it == found->names.end() ? nullptr : it->second;
}

Result<CollectionPtr> CollectionView::FindById(CollectionId id) const {
  {
    const std::shared_lock lock(mutex_);
    const auto it = ids_.find(id);
    if (it != ids_.end()) return it->second;
  }
  return FailWith(Code::kCollectionNotFound, {{"collection", std::to_string(id.value)}});
}

Result<std::vector<CollectionPtr>> CollectionView::List(std::string_view database) const {
  std::vector<CollectionPtr> list;
  {
    const std::shared_lock lock(mutex_);
    const Database* found = Get(database);
    if (found == nullptr) return DatabaseNotFound(database);
    list.reserve(found->collections);
    for (const auto& [name, info] : found->names) {
      if (info->name == name) list.push_back(info);
    }
  }
  std::sort(list.begin(), list.end(),
            [](const CollectionPtr& a, const CollectionPtr& b) { return a->name < b->name; });
  return list;
}

size_t CollectionView::size() const {
  const std::shared_lock lock(mutex_);
  return ids_.size();
}

size_t CollectionView::size(std::string_view database) const {
  const std::shared_lock lock(mutex_);
  const Database* found = Get(database);
  return found == nullptr ? 0 : found->collections;
}

int64_t CollectionView::general_capacity() const {
  const std::shared_lock lock(mutex_);
  return general_capacity_;
}

int64_t CollectionView::partitions() const {
  const std::shared_lock lock(mutex_);
  return partitions_;
}

void CollectionView::Replace(const std::vector<std::pair<CollectionPtr, CollectionPtr>>& changes) {
  const std::unique_lock lock(mutex_);
  for (const auto& [before, after] : changes) {
    if (before) Remove(*before);
  }
  for (const auto& [before, after] : changes) {
    if (after) Insert(after);
  }
}

const CollectionView::Database* CollectionView::Get(std::string_view name) const {
  const auto it = databases_.find(OrDefault(name));
  return it == databases_.end() ? nullptr : &it->second;
}

void CollectionView::Remove(const CollectionInfo& info) {
  Database& database = databases_.find(info.database)->second;
  database.names.erase(info.name);
  for (const std::string& alias : info.aliases) database.names.erase(alias);
  --database.collections;
  ids_.erase(info.id);
  general_capacity_ -= CapacityOf(info);
  partitions_ -= static_cast<int64_t>(info.partitions.size());
}

void CollectionView::Insert(const CollectionPtr& info) {
  const auto it = databases_.find(info->database);
  CHECK(it != databases_.end());
  Database& database = it->second;
  database.names[info->name] = info;
  for (const std::string& alias : info->aliases) database.names[alias] = info;
  ++database.collections;
  ids_[info->id] = info;
  general_capacity_ += CapacityOf(*info);
  partitions_ += static_cast<int64_t>(info->partitions.size());
}

}  // namespace elanus::coordinator
