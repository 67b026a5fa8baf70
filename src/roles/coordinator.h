// Coordinator: what collections exist and what is wished of them. Reads answer from memory.
// DDL is atomic and durable when it returns OK. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/schema.h"
#include "roles/oracle.h"

namespace elanus::roles {

using CollectionPtr = std::shared_ptr<const CollectionInfo>;

// A collection to create: everything but ids, versions and timestamps is filled in and was
// validated by the gateway. `partitions` holds the names beyond _default (partition-key mode).
struct CreateCollectionRequest {
  std::string database;
  std::string name;
  Schema schema;  // field ids unset
  int32_t shards_num = 1;
  ConsistencyLevel consistency = ConsistencyLevel::kBounded;
  Properties properties;
  std::vector<std::string> partitions;
};

struct AliasInfo {
  std::string alias;
  std::string collection;
};

class Coordinator {
 public:
  virtual ~Coordinator() = default;

  virtual Oracle& oracle() = 0;
  virtual Result<int64_t> AllocateIds(int64_t count) = 0;  // first of a block, for auto ids

  virtual std::vector<std::string> Databases() = 0;
  virtual bool HasDatabase(std::string_view database) = 0;
  // By name or alias. kDatabaseNotFound, kCollectionNotFound with Milvus's text.
  virtual Result<CollectionPtr> Find(std::string_view database, std::string_view name) = 0;
  virtual Result<CollectionPtr> FindById(CollectionId id) = 0;
  virtual Result<std::vector<CollectionPtr>> List(std::string_view database) = 0;  // by name

  virtual Result<CollectionPtr> CreateCollection(const CreateCollectionRequest& request) = 0;
  virtual Status DropCollection(std::string_view database, std::string_view name) = 0;

  virtual Status CreatePartition(std::string_view database, std::string_view collection, std::string_view partition) = 0;
  virtual Status DropPartition(std::string_view database, std::string_view collection, std::string_view partition) = 0;

  // Validated by the gateway; the coordinator holds it against the indexes that exist.
  virtual Status CreateIndex(std::string_view database, std::string_view collection, IndexInfo index) = 0;
  // By index name, or by field name when `index_name` is empty. Missing: success.
  virtual Status DropIndex(std::string_view database, std::string_view collection, std::string_view field,
                           std::string_view index_name) = 0;

  // Empty `partitions`: the whole collection.
  virtual Status Load(std::string_view database, std::string_view collection, const std::vector<std::string>& partitions,
                      int32_t replica_number, const std::vector<std::string>& load_fields) = 0;
  virtual Status Release(std::string_view database, std::string_view collection,
                         const std::vector<std::string>& partitions) = 0;

  virtual Status CreateAlias(std::string_view database, std::string_view collection, std::string_view alias) = 0;
  virtual Status AlterAlias(std::string_view database, std::string_view collection, std::string_view alias) = 0;
  virtual Status DropAlias(std::string_view database, std::string_view alias) = 0;
  virtual Result<AliasInfo> DescribeAlias(std::string_view database, std::string_view alias) = 0;
  // Of one collection, or of the database when `collection` is empty.
  virtual Result<std::vector<AliasInfo>> ListAliases(std::string_view database, std::string_view collection) = 0;
};

}  // namespace elanus::roles
