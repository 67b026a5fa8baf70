// What several requests share: the database meant, partitions by name, the loaded check.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "gateway/limits.h"
#include "model/schema.h"

namespace elanus::gateway {

inline std::string DatabaseOf(const std::string& database) {
  return database.empty() ? std::string(kDefaultDatabaseName) : database;
}

// 101 "collection not loaded[collection=ID]"
Status NotLoaded(const CollectionInfo& collection);

// The partitions a read covers: those named, else every loaded one (empty: all of them are). Fails
// for a collection or a named partition that is not loaded, and under a partition key for any name.
Result<std::vector<PartitionId>> ReadPartitions(const CollectionInfo& collection,
                                                const std::vector<std::string>& names,
                                                const Limits& limits);

// The time zone of a request: its own `timezone`, else the collection's, else UTC.
Result<std::string> TimeZoneOf(const CollectionInfo& collection, const Properties& params);

}  // namespace elanus::gateway
