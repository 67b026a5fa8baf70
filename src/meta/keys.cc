#include "meta/keys.h"

#include <charconv>

#include "meta/record.h"

namespace elanus::meta::keys {
namespace {

constexpr size_t kDigits = 16;

std::string Hex(int64_t id) {
  std::string hex(kDigits, '0');
  auto rest = static_cast<uint64_t>(id);
  for (size_t i = kDigits; i-- > 0; rest >>= 4) hex[i] = "0123456789abcdef"[rest & 15];
  return hex;
}

}  // namespace

std::string OfDatabase(std::string_view name) { return std::string(kDatabases).append(name); }
std::string OfResourceGroup(std::string_view name) {
  return std::string(kResourceGroups).append(name);
}
std::string OfUser(std::string_view name) { return std::string(kUsers).append(name); }
std::string OfRole(std::string_view name) { return std::string(kRoles).append(name); }
std::string OfPrivilegeGroup(std::string_view name) {
  return std::string(kPrivilegeGroups).append(name);
}
std::string OfCollection(CollectionId id) { return std::string(kCollections) + Hex(id.value); }
std::string OfTombstone(ShardId shard) { return std::string(kTombstones) + Hex(shard.value); }
std::string OfHead(ShardId shard) { return std::string(kHeads) + Hex(shard.value); }
std::string OfCompaction(int64_t id) { return std::string(kCompactions) + Hex(id); }
std::string SegmentsOf(ShardId shard) { return std::string(kSegments) + Hex(shard.value) + '/'; }
std::string OfSegment(ShardId shard, SegmentId segment) {
  return SegmentsOf(shard) + Hex(segment.value);
}

Result<int64_t> IdOf(std::string_view key) {
  const std::string_view digits = key.substr(key.rfind('/') + 1);
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id, 16);
  if (digits.size() != kDigits || error != std::errc() || end != digits.data() + digits.size()) {
    return CorruptValue(key, "no id in the key");
  }
  return static_cast<int64_t>(id);
}

}  // namespace elanus::meta::keys
