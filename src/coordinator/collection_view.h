// CollectionView: every collection of the catalog in memory, by name, alias and id.
// Thread-safe. A look-up takes a shared lock, copies one pointer and allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/status.h"
#include "model/database.h"
#include "model/schema.h"
#include "roles/coordinator.h"

namespace elanus::coordinator {

using roles::CollectionPtr;

// As clients read them; an empty `database` stands for the default one.
Status DatabaseNotFound(std::string_view database);
Status CollectionNotFound(std::string_view database, std::string_view name);

class CollectionView {
 public:
  // New, or in place of the one of that name, whose collections stay.
  void PutDatabase(DatabaseInfo database);
  void RemoveDatabase(std::string_view name);
  bool HasDatabase(std::string_view name) const;
  Result<DatabaseInfo> FindDatabase(std::string_view name) const;  // kDatabaseNotFound
  std::vector<std::string> Databases() const;                      // by name

  // `name` may be an alias.
  Result<CollectionPtr> Find(std::string_view database, std::string_view name) const;
  // Null where there is none.
  CollectionPtr FindOrNull(std::string_view database, std::string_view name) const;
  Result<CollectionPtr> FindById(CollectionId id) const;
  // Without aliases; kDatabaseNotFound.
  Result<std::vector<CollectionPtr>> List(std::string_view database) const;  // by name

  size_t size() const;  // collections of all databases
  size_t size(std::string_view database) const;
  // Sum of partitions x shards over all collections.
  int64_t general_capacity() const;
  int64_t partitions() const;  // of all collections

  // Puts `after` in the place of `before` (either may be null), with its aliases; readers see all
  // changes or none, so an alias moves without a moment of being nowhere. Databases must be there.
  void Replace(const std::vector<std::pair<CollectionPtr, CollectionPtr>>& changes);

 private:
  struct Database {
    DatabaseInfo info;
    std::unordered_map<std::string, CollectionPtr, StringHash, std::equal_to<>>
        names;  // and aliases
    size_t collections = 0;
  };

  const Database* Get(std::string_view name) const;
  void Remove(const CollectionInfo& info);
  void Insert(const CollectionPtr& info);

  mutable std::shared_mutex mutex_;  // guards all below
  std::map<std::string, Database, std::less<>> databases_;
  std::unordered_map<CollectionId, CollectionPtr> ids_;
  int64_t general_capacity_ = 0;
  int64_t partitions_ = 0;
};

}  // namespace elanus::coordinator
