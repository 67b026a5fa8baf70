// The privileges there are, and the groups of them that are built in (compatibility spec, section
// 9).
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/access.h"

namespace elanus::access {

// What a privilege is granted on, in grants that name no object type.
enum class Level : uint8_t { kCluster, kDatabase, kCollection };
enum class Tier : uint8_t { kNone, kReadOnly, kReadWrite, kAdmin };

struct Privilege {
  std::string_view name;  // "Insert"
  ObjectType type;
  Level level;
  Tier tier;        // "<Level><Tier>" and the higher ones have it
  Tier older_tier;  // "<Tier>" and the higher ones have it; kNone: no older group has it
  bool by_type;     // may be granted by object type
};

// Their order is no part of anything that is stored.
std::span<const Privilege> AllPrivileges();
constexpr size_t kPrivilegesMax = 128;
using PrivilegeSet = std::bitset<kPrivilegesMax>;
using PrivilegeIndex = uint8_t;  // of AllPrivileges()

// None: there is no such privilege.
std::optional<PrivilegeIndex> FindPrivilege(std::string_view name);

struct BuiltInGroup {
  std::string_view name;  // "ClusterReadOnly"
  Level level;
  PrivilegeSet privileges;
};
// ClusterReadOnly .. CollectionAdmin: nine.
std::span<const BuiltInGroup> BuiltInGroups();
const BuiltInGroup* FindBuiltInGroup(std::string_view name);

// ReadOnly, ReadWrite, Admin: groups that are granted by object type. kNone: `name` is none of
// them.
Tier OlderGroup(std::string_view name);
PrivilegeSet PrivilegesOf(Tier older_group);

inline constexpr std::string_view kAny = "*";
inline constexpr std::string_view kAllPrivileges = "All";

// Whether `name` is a privilege or a group that is built in.
bool IsBuiltIn(std::string_view name);
// That of a privilege or a built-in group; kGlobal for any other name.
ObjectType ObjectTypeOf(std::string_view name);
std::string_view NameOf(ObjectType type);  // "Collection"
std::optional<ObjectType> ParseObjectType(std::string_view name);

}  // namespace elanus::access
