// The catalog's keys (docs/formats/catalog.md). Ids are 16 hex digits, so keys sort as ids do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/types.h"

namespace elanus::meta::keys {

inline constexpr std::string_view kFormat = "format";
inline constexpr std::string_view kNextId = "id/next";
inline constexpr std::string_view kTimestampLimit = "tso/limit";
inline constexpr std::string_view kDatabases = "database/";
inline constexpr std::string_view kCollections = "collection/";
inline constexpr std::string_view kTombstones = "tombstone/";
inline constexpr std::string_view kHeads = "head/";
inline constexpr std::string_view kSegments = "segment/";
inline constexpr std::string_view kCompactions = "compaction/";
inline constexpr std::string_view kUsers = "user/";
inline constexpr std::string_view kResourceGroups = "resource-group/";
inline constexpr std::string_view kRoles = "role/";
inline constexpr std::string_view kPrivilegeGroups = "privilege-group/";

std::string OfDatabase(std::string_view name);
std::string OfResourceGroup(std::string_view name);
std::string OfUser(std::string_view name);
std::string OfRole(std::string_view name);
std::string OfPrivilegeGroup(std::string_view name);
std::string OfCollection(CollectionId id);
std::string OfTombstone(ShardId shard);
std::string OfHead(ShardId shard);
std::string OfCompaction(int64_t id);
std::string SegmentsOf(ShardId shard);  // a prefix
std::string OfSegment(ShardId shard, SegmentId segment);

// The id that ends a key; kCorruption when there is none.
Result<int64_t> IdOf(std::string_view key);

}  // namespace elanus::meta::keys
