// What LocalCoordinator changes of a collection that exists, beyond partitions and indexes.
#include <utility>

#include "coordinator/local_coordinator.h"

namespace elanus::coordinator {

Status LocalCoordinator::AddField(std::string_view database, std::string_view collection,
                                  Field field) {
  return Change(database, collection, [&](CollectionInfo* info) -> Result<Edit> {
    const Edit edit = TRY(AddFieldTo(info, std::move(field)));
    info->updated = oracle_->Next();
    return edit;
  });
}

Status LocalCoordinator::AddFunction(std::string_view database, std::string_view collection,
                                     Function function, Field field, IndexInfo index) {
  return Change(database, collection, [&](CollectionInfo* info) -> Result<Edit> {
    index.id = IndexId(TRY(catalog_->AllocateIds(1)));
    index.created = oracle_->Next();
    const Edit edit =
        TRY(AddFunctionTo(info, std::move(function), std::move(field), std::move(index)));
    info->updated = oracle_->Next();
    return edit;
  });
}

Status LocalCoordinator::DropFunction(std::string_view database, std::string_view collection,
                                      std::string_view function) {
  return Change(database, collection, [&](CollectionInfo* info) -> Result<Edit> {
    const Edit edit = TRY(RemoveFunction(info, function));
    info->updated = oracle_->Next();
    return edit;
  });
}

Status LocalCoordinator::DropField(std::string_view database, std::string_view collection,
                                   FieldId field) {
  return Change(database, collection, [&](CollectionInfo* info) -> Result<Edit> {
    const Edit edit = TRY(RemoveField(info, field));
    info->updated = oracle_->Next();
    return edit;
  });
}

Status LocalCoordinator::AlterCollection(std::string_view database, std::string_view collection,
                                         const roles::PropertyChange& change) {
  return Change(database, collection, [&](CollectionInfo* info) -> Result<Edit> {
    const Edit edit = TRY(ChangeProperties(info, change));
    info->updated = oracle_->Next();
    return edit;
  });
}

Status LocalCoordinator::AlterField(std::string_view database, std::string_view collection,
                                    std::string_view field, const roles::PropertyChange& change) {
  return Change(database, collection, [&](CollectionInfo* info) -> Result<Edit> {
    const Edit edit = TRY(ChangeField(info, field, change));
    info->updated = oracle_->Next();
    return edit;
  });
}

Status LocalCoordinator::AlterIndex(std::string_view database, std::string_view collection,
                                    std::string_view index_name,
                                    const roles::PropertyChange& change) {
  return Change(database, collection,
                [&](CollectionInfo* info) { return ChangeIndex(info, index_name, change); });
}

Status LocalCoordinator::Rename(std::string_view database, std::string_view name,
                                std::string_view new_database, std::string_view new_name) {
  const std::lock_guard lock(ddl_mutex_);
  const CollectionPtr before = TRY(view_.Find(database, name));
  if (before->name != name) {
    return Fail(Code::kParameterInvalid,
                "unsupported use an alias to rename collection, alias:" + std::string(name));
  }
  const DatabaseInfo target = TRY(view_.FindDatabase(new_database));
  if (target.name != before->database && !before->aliases.empty()) {
    return Fail(Code::kParameterInvalid,
                "fail to rename db name, must drop all aliases of this collection before rename");
  }
  if (const CollectionPtr other = view_.FindOrNull(target.name, new_name)) {
    if (other->name != new_name) {
      return FailWith(Code::kAliasCollectionNameConflict,
                      {{"database", target.name}, {"alias", new_name}});
    }
    return Fail(Code::kParameterInvalid, "duplicated new collection name " + target.name + ":" +
                                             std::string(new_name) +
                                             " with other collection name or alias");
  }
  CollectionInfo after = *before;
  after.database = target.name;
  after.name = new_name;
  return Publish(before, std::move(after));
}

// Partitions get new ids: the shard ends the rows of ids that are gone, and refuses writes that
// were on their way to them.
Status LocalCoordinator::Truncate(std::string_view database, std::string_view collection) {
  return Change(database, collection, [&](CollectionInfo* info) -> Result<Edit> {
    int64_t id = TRY(catalog_->AllocateIds(static_cast<int64_t>(info->partitions.size())));
    for (Partition& partition : info->partitions) partition.id = PartitionId(id++);
    return Edit::kChanged;
  });
}

}  // namespace elanus::coordinator
