// LocalCoordinator: the coordinator inside the process that holds the shards.
//
// One DDL after another: the new CollectionInfo goes to the catalog (durable), then to the view
// that requests read, then to the ShardDirectory. Reads (Find, List, ...) never wait for a DDL.
// A shard that refuses an update is logged and told again with the next DDL of its collection, and
// by the state it finds in the catalog when it is opened: the catalog is the wish.
// `updated` is the timestamp of the schema that clients cache; only changes of the schema move it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/status.h"
#include "coordinator/collection_view.h"
#include "coordinator/resource_group_table.h"
#include "coordinator/rules.h"
#include "meta/catalog.h"
#include "roles/coordinator.h"
#include "roles/oracle.h"
#include "roles/shard.h"

namespace elanus::coordinator {

struct CoordinatorOptions {
  int64_t databases_max = 64;       // beside `default`
  int64_t collections_max = 65536;  // in all
  int64_t collections_per_database_max = 65536;
  int64_t partitions_max = 1024;         // of a collection, with _default
  int64_t general_capacity_max = 65536;  // sum of partitions x shards over all collections
  int64_t resource_groups_max = 1024;    // with the default one
};

class LocalCoordinator final : public roles::Coordinator {
 public:
  // Loads every collection and finishes the drops that a stop cut off. What is passed in must
  // outlive the coordinator.
  static Result<std::unique_ptr<LocalCoordinator>> Open(meta::Catalog* catalog,
                                                        roles::Oracle* oracle,
                                                        roles::ShardDirectory* shards,
                                                        const CoordinatorOptions& options);

  roles::Oracle& oracle() override { return *oracle_; }
  Result<int64_t> AllocateIds(int64_t count) override;

  std::vector<std::string> Databases() override { return view_.Databases(); }
  bool HasDatabase(std::string_view database) override { return view_.HasDatabase(database); }
  Result<DatabaseInfo> FindDatabase(std::string_view database) override {
    return view_.FindDatabase(database);
  }
  Status CreateDatabase(std::string_view name, const Properties& properties) override;
  Status DropDatabase(std::string_view name) override;
  Status AlterDatabase(std::string_view name, const roles::PropertyChange& change) override;
  Result<CollectionPtr> Find(std::string_view database, std::string_view name) override {
    return view_.Find(database, name);
  }
  Result<CollectionPtr> FindById(CollectionId id) override { return view_.FindById(id); }
  Result<std::vector<CollectionPtr>> List(std::string_view database) override {
    return view_.List(database);
  }

  Result<CollectionPtr> CreateCollection(const roles::CreateCollectionRequest& request) override;
  Status DropCollection(std::string_view database, std::string_view name) override;

  Status AddField(std::string_view database, std::string_view collection, Field field) override;
  Status AddFunction(std::string_view database, std::string_view collection, Function function,
                     Field field, IndexInfo index) override;
  Status DropFunction(std::string_view database, std::string_view collection,
                      std::string_view function) override;
  Status DropField(std::string_view database, std::string_view collection, FieldId field) override;
  Status AlterCollection(std::string_view database, std::string_view collection,
                         const roles::PropertyChange& change) override;
  Status AlterField(std::string_view database, std::string_view collection, std::string_view field,
                    const roles::PropertyChange& change) override;
  Status AlterIndex(std::string_view database, std::string_view collection,
                    std::string_view index_name, const roles::PropertyChange& change) override;
  Status Rename(std::string_view database, std::string_view name, std::string_view new_database,
                std::string_view new_name) override;
  Status Truncate(std::string_view database, std::string_view collection) override;

  Status CreatePartition(std::string_view database, std::string_view collection,
                         std::string_view partition) override;
  Status DropPartition(std::string_view database, std::string_view collection,
                       std::string_view partition) override;

  Status CreateIndex(std::string_view database, std::string_view collection,
                     IndexInfo index) override;
  Status DropIndex(std::string_view database, std::string_view collection, std::string_view field,
                   std::string_view index_name) override;

  Status Load(std::string_view database, std::string_view collection,
              const std::vector<std::string>& partitions, int32_t replica_number,
              const std::vector<std::string>& load_fields,
              const std::vector<std::string>& resource_groups) override;
  Status Release(std::string_view database, std::string_view collection,
                 const std::vector<std::string>& partitions) override;

  std::vector<ResourceGroup> ResourceGroups() override;
  Status CreateResourceGroup(const ResourceGroup& group) override;
  Status UpdateResourceGroups(const std::vector<ResourceGroup>& groups) override;
  Status DropResourceGroup(std::string_view name) override;
  Status TransferNodes(std::string_view source, std::string_view target, int32_t nodes) override;
  Status TransferReplicas(std::string_view database, std::string_view collection,
                          std::string_view source, std::string_view target,
                          int64_t replicas) override;

  Status CreateAlias(std::string_view database, std::string_view collection,
                     std::string_view alias) override;
  Status AlterAlias(std::string_view database, std::string_view collection,
                    std::string_view alias) override;
  Status DropAlias(std::string_view database, std::string_view alias) override;
  Result<roles::AliasInfo> DescribeAlias(std::string_view database,
                                         std::string_view alias) override;
  Result<std::vector<roles::AliasInfo>> ListAliases(std::string_view database,
                                                    std::string_view collection) override;

 private:
  LocalCoordinator(meta::Catalog* catalog, roles::Oracle* oracle, roles::ShardDirectory* shards,
                   const CoordinatorOptions& options);

  Status LoadAll();
  // The shard is gone from the process, then from the catalog. What fails is done at the next
  // start.
  void CollectShard(ShardId shard);

  Status CheckLimits(const roles::CreateCollectionRequest& request) const;
  // `added` to the sum of partitions x shards.
  Status CheckCapacity(int64_t added) const;
  Result<CollectionInfo> NewCollection(const roles::CreateCollectionRequest& request);

  // The collection called `name` itself, not one with such an alias; null where there is none.
  CollectionPtr FindReal(std::string_view database, std::string_view name) const;
  // The collection with that alias; null where there is none.
  CollectionPtr FindByAlias(std::string_view database, std::string_view alias) const;

  // Runs `edit` over a copy of the collection and puts the copy in its place.
  Status Change(std::string_view database, std::string_view name,
                const std::function<Result<Edit>(CollectionInfo*)>& edit);
  // Puts `changes` into the view, and into the metrics.
  void Show(const std::vector<std::pair<CollectionPtr, CollectionPtr>>& changes);
  // The rest of a change: catalog, view, shard. `after` is `before` edited, with its old version.
  Status Publish(const CollectionPtr& before, CollectionInfo after);
  void TellShard(const CollectionPtr& collection);
  // Runs `edit` over a copy of the resource groups and puts the copy in their place.
  Status ChangeGroups(const std::function<Status(ResourceGroupTable*)>& edit);
  std::shared_ptr<const ResourceGroupTable> Groups();

  meta::Catalog* const catalog_;
  roles::Oracle* const oracle_;
  roles::ShardDirectory* const shards_;
  const CoordinatorOptions options_;

  std::mutex ddl_mutex_;  // one change at a time; guards writes to view_ and the set below
  CollectionView view_;
  std::unordered_set<CollectionId> untold_;  // their shard refused the newest version

  std::mutex groups_mutex_;  // guards the pointer; changes hold ddl_mutex_ as well
  std::shared_ptr<const ResourceGroupTable> groups_;
};

}  // namespace elanus::coordinator
