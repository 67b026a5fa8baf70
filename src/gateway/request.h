// What several requests share: the database meant, partitions by name, the loaded check.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "expr/filter.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "model/schema.h"
#include "roles/oracle.h"

namespace elanus::gateway {

inline std::string DatabaseOf(const std::string& database) {
  return database.empty() ? std::string(kDefaultDatabaseName) : database;
}

// 101 "collection not loaded[collection=ID]"
Status NotLoaded(const CollectionInfo& collection);

// The partitions that a read names. Under a partition key none may be named.
Result<std::vector<PartitionId>> NamedPartitions(const CollectionInfo& collection,
                                                 const std::vector<std::string>& names,
                                                 const Limits& limits);

// What a read covers: the partitions named, else every loaded one (empty: all of them are). Fails
// for a collection or a named partition that is not loaded.
Result<std::vector<PartitionId>> LoadedPartitions(const CollectionInfo& collection,
                                                  std::vector<PartitionId> named);

// The time zone of a request: its own `timezone`, else the collection's, else UTC.
Result<std::string> TimeZoneOf(const CollectionInfo& collection, const Properties& params);

// The rows with these keys, whatever order; a key that does not exist is left out.
Result<roles::QueryRequest> QueryByKeys(const roles::CollectionPtr& collection, const Column& keys,
                                        Timestamp at, std::vector<FieldId> output);

// The filter of a read; with `above`, of its rows those with a larger key.
Result<std::shared_ptr<const expr::Filter>> CompileFilter(expr::ParsedFilters* parsed,
                                                          const Schema& schema,
                                                          const ReadOptions& request,
                                                          const std::string& timezone,
                                                          const std::optional<Value>& above = {});

// The instant a read sees. Every read is strongly consistent; a guarantee that lies ahead is waited
// for by the shard, and an iterator's later pages read the snapshot of its first.
struct ReadTime {
  Timestamp at = 0;       // for the shard; 0: now
  Timestamp session = 0;  // for the client
};
ReadTime ReadTimeOf(Timestamp guarantee, bool iterator, roles::Oracle* oracle);

}  // namespace elanus::gateway
