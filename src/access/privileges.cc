#include "access/privileges.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_map>

namespace elanus::access {
namespace {

constexpr Privilege kPrivileges[] = {
#define ELANUS_PRIVILEGE(name, object, level, tier, older_tier, by_type) \
  {#name, ObjectType::object, Level::level, Tier::tier, Tier::older_tier, by_type},
#include "access/privileges.inc"
#undef ELANUS_PRIVILEGE
};
static_assert(std::size(kPrivileges) <= kPrivilegesMax);

template <typename Pred>
PrivilegeSet Those(Pred pred) {
  PrivilegeSet set;
  for (size_t i = 0; i < std::size(kPrivileges); ++i) set[i] = pred(kPrivileges[i]);
  return set;
}

BuiltInGroup Group(std::string_view name, Level level, Tier tier) {
  return {name, level,
          Those([=](const Privilege& p) { return p.level == level && p.tier <= tier; })};
}

}  // namespace

std::span<const Privilege> AllPrivileges() { return kPrivileges; }

std::optional<PrivilegeIndex> FindPrivilege(std::string_view name) {
  static const auto* const kByName = [] {
    auto* map = new std::unordered_map<std::string_view, PrivilegeIndex>;
    for (size_t i = 0; i < std::size(kPrivileges); ++i) map->emplace(kPrivileges[i].name, i);
    return map;
  }();
  const auto found = kByName->find(name);
  return found == kByName->end() ? std::nullopt : std::optional(found->second);
}

std::span<const BuiltInGroup> BuiltInGroups() {
  static const std::array<BuiltInGroup, 9> kGroups = {
      Group("ClusterReadOnly", Level::kCluster, Tier::kReadOnly),
      Group("ClusterReadWrite", Level::kCluster, Tier::kReadWrite),
      Group("ClusterAdmin", Level::kCluster, Tier::kAdmin),
      Group("DatabaseReadOnly", Level::kDatabase, Tier::kReadOnly),
      Group("DatabaseReadWrite", Level::kDatabase, Tier::kReadWrite),
      Group("DatabaseAdmin", Level::kDatabase, Tier::kAdmin),
      Group("CollectionReadOnly", Level::kCollection, Tier::kReadOnly),
      Group("CollectionReadWrite", Level::kCollection, Tier::kReadWrite),
      Group("CollectionAdmin", Level::kCollection, Tier::kAdmin),
  };
  return kGroups;
}

const BuiltInGroup* FindBuiltInGroup(std::string_view name) {
  const auto groups = BuiltInGroups();
  const auto found = std::ranges::find(groups, name, &BuiltInGroup::name);
  return found == groups.end() ? nullptr : &*found;
}

Tier OlderGroup(std::string_view name) {
  if (name == "ReadOnly") return Tier::kReadOnly;
  if (name == "ReadWrite") return Tier::kReadWrite;
  return name == "Admin" ? Tier::kAdmin : Tier::kNone;
}

PrivilegeSet PrivilegesOf(Tier older_group) {
  return Those([=](const Privilege& p) {
    return p.older_tier != Tier::kNone && p.older_tier <= older_group;
  });
}

bool IsBuiltIn(std::string_view name) {
  return name == kAllPrivileges || FindPrivilege(name) || OlderGroup(name) != Tier::kNone ||
         FindBuiltInGroup(name) != nullptr;
}

ObjectType ObjectTypeOf(std::string_view name) {
  if (const auto index = FindPrivilege(name)) return kPrivileges[*index].type;
  const Tier older = OlderGroup(name);
  const bool of_collection = older == Tier::kReadOnly || older == Tier::kReadWrite;
  return of_collection ? ObjectType::kCollection : ObjectType::kGlobal;
}

std::string_view NameOf(ObjectType type) {
  switch (type) {
    case ObjectType::kCollection:
      return "Collection";
    case ObjectType::kGlobal:
      return "Global";
    case ObjectType::kUser:
      return "User";
  }
  return "";
}

std::optional<ObjectType> ParseObjectType(std::string_view name) {
  for (const auto type : {ObjectType::kCollection, ObjectType::kGlobal, ObjectType::kUser}) {
    if (NameOf(type) == name) return type;
  }
  return std::nullopt;
}

}  // namespace elanus::access
