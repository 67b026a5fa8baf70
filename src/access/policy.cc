#include "access/policy.h"

#include <set>
#include <utility>

namespace elanus::access {
namespace {

std::string KeyOf(ObjectType type, std::string_view database, std::string_view object) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(type)));
  key.append(database).append(1, '\0').append(object);
  return key;
}

bool Matches(std::string_view pattern, std::string_view name) {
  return pattern == kAny || pattern == name;
}

// The privileges behind a name; groups that users made may hold other groups.
PrivilegeSet Expand(const AccessRules& rules, const std::string& name,
                    std::set<std::string>* expanded) {
  PrivilegeSet set;
  if (const auto index = FindPrivilege(name)) {
    set.set(*index);
  } else if (const BuiltInGroup* built_in = FindBuiltInGroup(name)) {
    set = built_in->privileges;
  } else if (OlderGroup(name) != Tier::kNone) {
    set = PrivilegesOf(OlderGroup(name));
  } else if (name == kAllPrivileges || name == kAny) {
    set.set();
  } else if (const auto group = rules.groups.find(name);
             group != rules.groups.end() && expanded->insert(name).second) {
    for (const std::string& member : group->second.privileges) {
      set |= Expand(rules, member, expanded);
    }
  }
  return set;
}

bool IsBroad(std::string_view privilege) {
  return privilege == kAllPrivileges || privilege == kAny || OlderGroup(privilege) != Tier::kNone;
}

// Whether a grant shows its collection in lists.
bool ShowsCollection(const AccessRules& rules, const Grant& grant) {
  if (grant.type == ObjectType::kCollection || rules.groups.contains(grant.privilege)) return true;
  const BuiltInGroup* group = FindBuiltInGroup(grant.privilege);
  return group != nullptr && group->level == Level::kCollection;
}

}  // namespace

Policy::Policy(const AccessRules& rules) {
  for (const auto& [name, role] : rules.roles) {
    RoleRules& out = roles_[name];
    for (const Grant& grant : role.grants) Add(rules, grant, &out);
  }
}

void Policy::Add(const AccessRules& rules, const Grant& grant, RoleRules* out) const {
  out->visible.databases.push_back(grant.database);
  if (grant.type == ObjectType::kGlobal && grant.privilege == kAllPrivileges) {
    out->visible.collections.emplace_back(grant.database, kAny);
  } else if (ShowsCollection(rules, grant)) {
    out->visible.collections.emplace_back(grant.database, grant.object);
  }
  std::set<std::string> expanded;
  const PrivilegeSet set = Expand(rules, grant.privilege, &expanded);
  if (IsBroad(grant.privilege)) {
    // Admin and All are of the whole database, whatever object they name.
    const bool whole = grant.privilege == kAllPrivileges || grant.privilege == "Admin";
    out->broad.push_back({grant.database, whole ? std::string(kAny) : grant.object, set});
    return;
  }
  for (size_t i = 0; i < AllPrivileges().size(); ++i) {
    if (!set[i]) continue;
    const ObjectType type = AllPrivileges()[i].type;
    // What is of the whole cluster is granted in any database.
    const bool of_cluster = AllPrivileges()[i].level == Level::kCluster;
    const std::string_view database = of_cluster ? kAny : std::string_view(grant.database);
    const std::string_view object = type == ObjectType::kGlobal ? kAny : grant.object;
    out->exact[KeyOf(type, database, object)].set(i);
  }
}

bool Policy::Allows(std::string_view role, const Demand& demand) const {
  if (role == kAdminRole) return true;
  const auto found = roles_.find(role);
  if (found == roles_.end()) return false;
  const RoleRules& rules = found->second;
  for (const std::string_view database : {demand.database, kAny}) {
    for (const std::string_view object : {demand.object, kAny}) {
      const auto set = rules.exact.find(KeyOf(demand.type, database, object));
      if (set != rules.exact.end() && set->second[demand.privilege]) return true;
    }
  }
  const bool of_cluster = AllPrivileges()[demand.privilege].level == Level::kCluster;
  for (const Broad& broad : rules.broad) {
    const bool about = Matches(broad.object, demand.object) || demand.object == kAny;
    const bool here = of_cluster || Matches(broad.database, demand.database);
    if (about && here && broad.privileges[demand.privilege]) return true;
  }
  return false;
}

const Policy::Visible* Policy::VisibleTo(std::string_view role) const {
  const auto found = roles_.find(role);
  return found == roles_.end() ? nullptr : &found->second.visible;
}

}  // namespace elanus::access
