// Collections, partitions and aliases: request checks, then the coordinator.
#include <algorithm>
#include <string>

#include "expr/parsed_filters.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/names.h"
#include "gateway/request.h"
#include "gateway/schema_check.h"
#include "gateway/search_cursors.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

constexpr size_t kParsedFilters = 1024;

}  // namespace

Gateway::Gateway(roles::Coordinator* coordinator, roles::ShardDirectory* shards,
                 std::shared_ptr<const Limits> limits)
    : coordinator_(coordinator),
      shards_(shards),
      limits_(std::move(limits)),
      cursors_(std::make_unique<SearchCursors>(static_cast<size_t>(limits_->search_iterators_max),
                                               limits_->search_iterator_idle_s * 1000)),
      parsed_(std::make_unique<expr::ParsedFilters>(kParsedFilters)) {}

Gateway::~Gateway() = default;

Status Gateway::Create(const Context& context, const CreateCollection& request) {
  TRY(context.Check());
  roles::CreateCollectionRequest checked = TRY(CheckCreateCollection(request, *limits_));
  checked.database = DatabaseOf(request.database);
  TRY(coordinator_->CreateCollection(checked));
  return {};
}

Status Gateway::DropCollection(const Context& context, const std::string& database,
                               const std::string& name) {
  TRY(context.Check());
  TRY(CheckCollectionName(name, *limits_));
  return coordinator_->DropCollection(DatabaseOf(database), name);
}

Result<roles::CollectionPtr> Gateway::Find(const std::string& database, const std::string& name) {
  return coordinator_->Find(DatabaseOf(database), name);
}

Result<roles::CollectionPtr> Gateway::FindNamed(const std::string& database,
                                                const std::string& name) {
  TRY(CheckCollectionName(name, *limits_));
  return Find(database, name);
}

Result<roles::ShardStats> Gateway::Stats(const std::string& database, const std::string& name) {
  TRY(CheckCollectionName(name, *limits_));
  const roles::CollectionPtr collection = TRY(Find(database, name));
  const roles::ShardPtr shard = TRY(shards_->Open(collection));
  return shard->Stats();
}

Result<bool> Gateway::HasPartition(const std::string& database, const std::string& collection,
                                   const std::string& partition) {
  TRY(CheckCollectionName(collection, *limits_));
  TRY(CheckPartitionName(partition, PartitionNameUse::kDeclare, *limits_));
  return TRY(Find(database, collection))->FindPartition(partition) != nullptr;
}

Status Gateway::CreatePartition(const std::string& database, const std::string& collection,
                                const std::string& partition) {
  TRY(CheckCollectionName(collection, *limits_));
  const roles::CollectionPtr info = TRY(Find(database, collection));
  if (info->schema.partition_key() != nullptr) {
    return Invalid("disable create partition if partition key mode is used");
  }
  TRY(CheckPartitionName(partition, PartitionNameUse::kDeclare, *limits_));
  return coordinator_->CreatePartition(DatabaseOf(database), collection, partition);
}

Status Gateway::DropPartition(const std::string& database, const std::string& collection,
                              const std::string& partition) {
  TRY(CheckCollectionName(collection, *limits_));
  const roles::CollectionPtr info = TRY(Find(database, collection));
  if (info->schema.partition_key() != nullptr) {
    return Invalid("disable drop partition if partition key mode is used");
  }
  TRY(CheckPartitionName(partition, PartitionNameUse::kDeclare, *limits_));
  const Partition* found = info->FindPartition(partition);
  if (found == nullptr) return {};
  if (info->loaded && found->loaded) {
    return Invalid("partition cannot be dropped, partition is loaded, please release it first");
  }
  return coordinator_->DropPartition(DatabaseOf(database), collection, partition);
}

Status Gateway::CreateAlias(const std::string& database, const std::string& collection,
                            const std::string& alias) {
  TRY(CheckAliasName(alias, *limits_));
  TRY(CheckCollectionName(collection, *limits_));
  return coordinator_->CreateAlias(DatabaseOf(database), collection, alias);
}

Status Gateway::AlterAlias(const std::string& database, const std::string& collection,
                           const std::string& alias) {
  TRY(CheckAliasName(alias, *limits_));
  TRY(CheckCollectionName(collection, *limits_));
  return coordinator_->AlterAlias(DatabaseOf(database), collection, alias);
}

Status Gateway::DropAlias(const std::string& database, const std::string& alias) {
  TRY(CheckAliasName(alias, *limits_));
  return coordinator_->DropAlias(DatabaseOf(database), alias);
}

Result<roles::FlushResult> Gateway::Flush(const Context& context, const std::string& database,
                                          const std::string& collection) {
  TRY(CheckCollectionName(collection, *limits_));
  const roles::CollectionPtr info = TRY(Find(database, collection));
  const roles::ShardPtr shard = TRY(shards_->Open(info));
  return shard->Flush(context);
}

Result<Compaction> Gateway::Compact(const std::string& database, const std::string& collection,
                                    CollectionId id, roles::CompactionRequest request) {
  request.collection =
      collection.empty() ? TRY(coordinator_->FindById(id)) : TRY(Find(database, collection));
  return shards_->Compact(request);
}

Result<Timestamp> Gateway::FlushAll(const Context& context, const std::string& database) {
  const std::vector<std::string> databases =
      database.empty() ? coordinator_->Databases() : std::vector<std::string>{database};
  Timestamp flushed = coordinator_->oracle().Next();
  for (const std::string& name : databases) {
    for (const roles::CollectionPtr& info : TRY(coordinator_->List(name))) {
      const roles::ShardPtr shard = TRY(shards_->Open(info));
      flushed = std::max(flushed, TRY(shard->Flush(context)).timestamp);
    }
  }
  return flushed;
}

}  // namespace elanus::gateway
