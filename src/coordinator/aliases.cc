// The aliases of LocalCoordinator.
#include <algorithm>
#include <utility>

#include "coordinator/local_coordinator.h"

namespace elanus::coordinator {
namespace {

std::string_view OrDefault(std::string_view database) {
  return database.empty() ? kDefaultDatabaseName : database;
}

Status AliasNotFound(std::string_view database, std::string_view alias) {
  return FailWith(Code::kAliasNotFound, {{"database", OrDefault(database)}, {"alias", alias}});
}

Status NameConflict(std::string_view database, std::string_view alias) {
  return FailWith(Code::kAliasCollectionNameConflict,
                  {{"database", OrDefault(database)}, {"alias", alias}});
}

// Milvus leaves the database out where an alias is altered or listed.
Status CollectionNotFoundByName(std::string_view name) {
  return FailWith(Code::kCollectionNotFound, {{"collection", name}});
}

}  // namespace

CollectionPtr LocalCoordinator::FindReal(std::string_view database, std::string_view name) const {
  CollectionPtr found = view_.FindOrNull(database, name);
  return found && found->name == name ? found : nullptr;
}

CollectionPtr LocalCoordinator::FindByAlias(std::string_view database,
                                            std::string_view alias) const {
  CollectionPtr found = view_.FindOrNull(database, alias);
  return found && found->name != alias ? found : nullptr;
}

Status LocalCoordinator::CreateAlias(std::string_view database, std::string_view collection,
                                     std::string_view alias) {
  const std::lock_guard lock(ddl_mutex_);
  if (!view_.HasDatabase(database)) return DatabaseNotFound(database);
  if (FindReal(database, alias)) return NameConflict(database, alias);
  const CollectionPtr target = FindReal(database, collection);
  if (!target) return CollectionNotFound(database, collection);
  if (const CollectionPtr holder = FindByAlias(database, alias)) {
    if (holder == target) return Status();
    return FailWith(Code::kAliasAlreadyExist,
                    std::string(alias) + " is alias to another collection: " + holder->name,
                    {{"database", target->database}, {"alias", alias}});
  }
  CollectionInfo after = *target;
  after.aliases.emplace_back(alias);
  return Publish(target, std::move(after));
}

Status LocalCoordinator::AlterAlias(std::string_view database, std::string_view collection,
                                    std::string_view alias) {
  const std::lock_guard lock(ddl_mutex_);
  if (!view_.HasDatabase(database)) return DatabaseNotFound(database);
  if (FindReal(database, alias)) return NameConflict(database, alias);
  const CollectionPtr target = FindReal(database, collection);
  if (!target) return CollectionNotFoundByName(collection);
  const CollectionPtr holder = FindByAlias(database, alias);
  if (!holder) return AliasNotFound(database, alias);
  if (holder == target) return Status();

  CollectionInfo without = *holder;
  std::erase(without.aliases, alias);
  ++without.version;
  CollectionInfo with = *target;
  with.aliases.emplace_back(alias);
  ++with.version;
  TRY(catalog_->PutCollections({without, with}));
  const auto holder_after = std::make_shared<const CollectionInfo>(std::move(without));
  const auto target_after = std::make_shared<const CollectionInfo>(std::move(with));
  Show({{holder, holder_after}, {target, target_after}});
  TellShard(holder_after);
  TellShard(target_after);
  return Status();
}

Status LocalCoordinator::DropAlias(std::string_view database, std::string_view alias) {
  const std::lock_guard lock(ddl_mutex_);
  if (!view_.HasDatabase(database)) return DatabaseNotFound(database);
  const CollectionPtr holder = FindByAlias(database, alias);
  if (!holder) return Status();
  CollectionInfo after = *holder;
  std::erase(after.aliases, alias);
  return Publish(holder, std::move(after));
}

Result<roles::AliasInfo> LocalCoordinator::DescribeAlias(std::string_view database,
                                                         std::string_view alias) {
  if (!view_.HasDatabase(database)) return DatabaseNotFound(database);
  const CollectionPtr holder = FindByAlias(database, alias);
  if (!holder) return AliasNotFound(database, alias);
  return roles::AliasInfo{std::string(alias), holder->name};
}

Result<std::vector<roles::AliasInfo>> LocalCoordinator::ListAliases(std::string_view database,
                                                                    std::string_view collection) {
  std::vector<CollectionPtr> collections = TRY(view_.List(database));
  if (!collection.empty()) {
    const CollectionPtr found = FindReal(database, collection);
    if (!found) return CollectionNotFoundByName(collection);
    collections = {found};
  }
  std::vector<roles::AliasInfo> aliases;
  for (const CollectionPtr& info : collections) {
    for (const std::string& alias : info->aliases) aliases.push_back({alias, info->name});
  }
  std::sort(aliases.begin(), aliases.end(),
            [](const auto& a, const auto& b) { return a.alias < b.alias; });
  return aliases;
}

}  // namespace elanus::coordinator
