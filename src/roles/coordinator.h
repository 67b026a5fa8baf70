// Coordinator: what collections exist and what is wished of them. Reads answer from memory.
// DDL is atomic and durable when it returns OK. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/database.h"
#include "model/resource_group.h"
#include "model/schema.h"
#include "roles/oracle.h"

namespace elanus::roles {

using CollectionPtr = std::shared_ptr<const CollectionInfo>;

// A collection to create: everything but ids, versions and timestamps is filled in and was
// validated by the gateway. `partitions`: those the rows are spread over under a partition key, the
// only ones then; empty: _default.
struct CreateCollectionRequest {
  std::string database;
  std::string name;
  Schema schema;  // field ids unset
  int32_t shards_num = 1;
  ConsistencyLevel consistency = ConsistencyLevel::kBounded;
  Properties properties;
  std::vector<std::string> partitions;
};

// Properties to set, or keys to take away.
struct PropertyChange {
  Properties set;
  std::vector<std::string> removed;
};

struct AliasInfo {
  std::string alias;
  std::string collection;
};

class Coordinator {
 public:
  virtual ~Coordinator() = default;

  virtual Oracle& oracle() = 0;
  // First of a block of auto ids never given before. They lie far above the keys that users count
  // up by themselves, so that an upsert of such a key never replaces a row with an auto id.
  virtual Result<int64_t> AllocateIds(int64_t count) = 0;

  virtual std::vector<std::string> Databases() = 0;
  virtual bool HasDatabase(std::string_view database) = 0;
  virtual Result<DatabaseInfo> FindDatabase(std::string_view database) = 0;  // kDatabaseNotFound
  virtual Status CreateDatabase(std::string_view name, const Properties& properties) = 0;
  // An empty one, not the default. Missing: success.
  virtual Status DropDatabase(std::string_view name) = 0;
  virtual Status AlterDatabase(std::string_view name, const PropertyChange& change) = 0;
  // By name or alias. kDatabaseNotFound, kCollectionNotFound with Milvus's text.
  virtual Result<CollectionPtr> Find(std::string_view database, std::string_view name) = 0;
  virtual Result<CollectionPtr> FindById(CollectionId id) = 0;
  virtual Result<std::vector<CollectionPtr>> List(std::string_view database) = 0;  // by name

  virtual Result<CollectionPtr> CreateCollection(const CreateCollectionRequest& request) = 0;
  virtual Status DropCollection(std::string_view database, std::string_view name) = 0;

  // Validated by the gateway; the id is set here. Rows that are there read the field's default or
  // null. The dynamic field may be added too.
  virtual Status AddField(std::string_view database, std::string_view collection, Field field) = 0;
  // A function with the field that it makes and that field's index, at once. Rows that are there
  // get the field as they are rewritten.
  virtual Status AddFunction(std::string_view database, std::string_view collection,
                             Function function, Field field, IndexInfo index) = 0;
  // The function and the fields that it makes.
  virtual Status DropFunction(std::string_view database, std::string_view collection,
                              std::string_view function) = 0;
  // The field is gone for every request that comes later, and its indexes with it. A field added
  // under the same name is another one: it holds nothing of this. The dynamic field may go too.
  virtual Status DropField(std::string_view database, std::string_view collection,
                           FieldId field) = 0;
  // Collection properties; "collection.description" is the schema's.
  virtual Status AlterCollection(std::string_view database, std::string_view collection,
                                 const PropertyChange& change) = 0;
  // Type parameters of a field; "field.description" is the field's.
  virtual Status AlterField(std::string_view database, std::string_view collection,
                            std::string_view field, const PropertyChange& change) = 0;
  // Parameters of an index.
  virtual Status AlterIndex(std::string_view database, std::string_view collection,
                            std::string_view index_name, const PropertyChange& change) = 0;
  // Into `new_database`, which may be the same.
  virtual Status Rename(std::string_view database, std::string_view name,
                        std::string_view new_database, std::string_view new_name) = 0;
  // Every row ends; partitions, indexes and what is loaded stay.
  virtual Status Truncate(std::string_view database, std::string_view collection) = 0;

  virtual Status CreatePartition(std::string_view database, std::string_view collection,
                                 std::string_view partition) = 0;
  virtual Status DropPartition(std::string_view database, std::string_view collection,
                               std::string_view partition) = 0;

  // Validated by the gateway; the coordinator holds it against the indexes that exist.
  virtual Status CreateIndex(std::string_view database, std::string_view collection,
                             IndexInfo index) = 0;
  // By index name, or by field name when `index_name` is empty. Missing: success.
  virtual Status DropIndex(std::string_view database, std::string_view collection,
                           std::string_view field, std::string_view index_name) = 0;

  // Empty `partitions`: the whole collection. Empty `resource_groups`: the default one, or where it
  // is loaded already.
  virtual Status Load(std::string_view database, std::string_view collection,
                      const std::vector<std::string>& partitions, int32_t replica_number,
                      const std::vector<std::string>& load_fields,
                      const std::vector<std::string>& resource_groups) = 0;
  virtual Status Release(std::string_view database, std::string_view collection,
                         const std::vector<std::string>& partitions) = 0;

  // By name, as of one moment; the default group is always there.
  virtual std::vector<ResourceGroup> ResourceGroups() = 0;
  // The same again is success.
  virtual Status CreateResourceGroup(const ResourceGroup& group) = 0;
  // All of them, or none.
  virtual Status UpdateResourceGroups(const std::vector<ResourceGroup>& groups) = 0;
  // Missing: success.
  virtual Status DropResourceGroup(std::string_view name) = 0;
  virtual Status TransferNodes(std::string_view source, std::string_view target, int32_t nodes) = 0;
  // Replicas of a loaded collection.
  virtual Status TransferReplicas(std::string_view database, std::string_view collection,
                                  std::string_view source, std::string_view target,
                                  int64_t replicas) = 0;

  virtual Status CreateAlias(std::string_view database, std::string_view collection,
                             std::string_view alias) = 0;
  virtual Status AlterAlias(std::string_view database, std::string_view collection,
                            std::string_view alias) = 0;
  virtual Status DropAlias(std::string_view database, std::string_view alias) = 0;
  virtual Result<AliasInfo> DescribeAlias(std::string_view database, std::string_view alias) = 0;
  // Of one collection, or of the database when `collection` is empty.
  virtual Result<std::vector<AliasInfo>> ListAliases(std::string_view database,
                                                     std::string_view collection) = 0;
};

}  // namespace elanus::roles
