#include "access/access_control.h"

#include <algorithm>
#include <utility>

#include "access/passwords.h"

namespace elanus::access {
namespace {

// A privilege that another one brings along.
constexpr std::pair<std::string_view, std::string_view> kImplied[] = {
    {"Load", "GetLoadState"}, {"Load", "GetLoadingProgress"}, {"Flush", "GetFlushState"}};

Status Invalid(const std::string& text) { return Fail(Code::kParameterInvalid, text); }

Status OutOfRange(const std::string& text, size_t low, size_t high, size_t actual) {
  return Status(Code::kParameterInvalid, text + ": invalid parameter[" + std::to_string(low) +
                                             " <= value <= " + std::to_string(high) +
                                             ", actual=" + std::to_string(actual) + "]");
}

Status RoleNotFound(const std::string& name) {
  return Invalid(
      "not found the role, maybe the role isn't existed or internal system error: role " + name);
}

bool IsBuiltInRole(std::string_view name) { return name == kAdminRole || name == kPublicRole; }

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return c == '_' || IsLetter(c) || IsDigit(c); }

void AddOnce(Role* role, Grant grant) {
  const auto same = [&grant](const Grant& other) { return grant.SameAs(other); };
  if (std::ranges::none_of(role->grants, same)) role->grants.push_back(std::move(grant));
}

// The grant, and those of what its privilege implies.
std::vector<Grant> WithImplied(const Grant& grant) {
  std::vector<Grant> grants = {grant};
  for (const auto& [privilege, implied] : kImplied) {
    if (grant.privilege != privilege) continue;
    grants.push_back(grant);
    grants.back().privilege = implied;
  }
  return grants;
}

Level LevelOf(const AccessRules& rules, const std::string& name) {
  if (const auto index = FindPrivilege(name)) return AllPrivileges()[*index].level;
  if (const BuiltInGroup* group = FindBuiltInGroup(name)) return group->level;
  if (const auto group = rules.groups.find(name);
      group != rules.groups.end() && !group->second.privileges.empty()) {
    return LevelOf(rules, *group->second.privileges.begin());
  }
  return Level::kCollection;
}

Role PublicRole(bool with_privileges) {
  Role role{std::string(kPublicRole), "", {}};
  if (!with_privileges) return role;
  for (const char* privilege : {"DescribeCollection", "ListAliases", "IndexDetail"}) {
    role.grants.push_back({ObjectTypeOf(privilege), std::string(kAny), std::string(kAny), privilege,
                           std::string(kRootUser)});
  }
  return role;
}

}  // namespace

Result<std::unique_ptr<AccessControl>> AccessControl::Open(meta::Catalog* catalog,
                                                           AccessOptions options) {
  std::unique_ptr<AccessControl> control(new AccessControl(catalog, std::move(options)));
  const AccessRules before = TRY(catalog->LoadAccessRules());
  AccessRules after = before;
  const std::string root(kRootUser), admin(kAdminRole), everybody(kPublicRole);
  if (!after.users.contains(root)) {
    after.users[root] = {root, "", "", {}};
  }
  if (!after.roles.contains(admin)) after.roles[admin] = {admin, "", {}};
  if (!after.roles.contains(everybody)) {
    after.roles[everybody] = PublicRole(control->options_.public_privileges);
  }
  control->rules_ = std::make_shared<const AccessRules>(before);
  TRY(control->Change(std::move(after)));
  return control;
}

std::shared_ptr<const AccessRules> AccessControl::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

std::shared_ptr<const Policy> AccessControl::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

Status AccessControl::Change(AccessRules after) {
  const auto before = rules();
  if (after != *before) TRY(catalog_->ChangeAccessRules(*before, after));
  auto policy = std::make_shared<const Policy>(after);
  auto rules = std::make_shared<const AccessRules>(std::move(after));
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
  policy_ = std::move(policy);
  return {};
}

// ---- Users --------------------------------------------------------------------------------------

Status AccessControl::CheckUserName(const std::string& name) const {
  if (name.empty()) return Invalid("username must be not empty");
  if (name.size() > options_.user_name_max) {
    return Invalid("invalid username " + name + " with length " + std::to_string(name.size()) +
                   ", the length of username must be less than " +
                   std::to_string(options_.user_name_max));
  }
  if (!IsLetter(name[0])) {
    return Invalid("invalid user name " + name +
                   ", the first character must be a letter, but got " + name[0]);
  }
  for (const char c : name) {
    if (IsWord(c) || c == '-' || c == '.') continue;
    return Invalid("invalid user name " + name +
                   ", username must contain only numbers, letters, underscores, dots, and hyphens, "
                   "but got " +
                   c);
  }
  return {};
}

Status AccessControl::CheckPassword(const std::string& password) const {
  if (password.size() < options_.password_min || password.size() > options_.password_max) {
    return OutOfRange("invalid password length", options_.password_min, options_.password_max,
                      password.size());
  }
  if (password.find('\0') != std::string::npos) {
    return Invalid("invalid password: it has a character of value 0");
  }
  return {};
}

Status AccessControl::CheckDescription(std::string_view of, const std::string& description) const {
  if (description.size() <= options_.description_max) return {};
  const std::string kind(of);
  return Invalid("invalid " + kind + " description with length " +
                 std::to_string(description.size()) + ", the length of " + kind +
                 " description must be less than or equal to " +
                 std::to_string(options_.description_max));
}

Status AccessControl::CreateUser(const std::string& name, const std::string& password,
                                 const std::string& description) {
  TRY(CheckUserName(name));
  TRY(CheckDescription("user", description));
  TRY(CheckPassword(password));
  // Before the hash, which takes long, and again after it.
  const auto check = [&](const AccessRules& rules) -> Status {
    if (rules.users.contains(name)) return Invalid("user already exists: " + name);
    if (rules.users.size() < options_.users_max) return {};
    return Fail(Code::kQuotaExceeded,
                "unable to add user because the number of users has reached the limit");
  };
  TRY(check(*rules()));
  User user{name, TRY(HashPassword(password)), description, {}};
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  TRY(check(after));
  after.users.emplace(name, std::move(user));
  return Change(std::move(after));
}

Status AccessControl::ChangeUser(const std::string& name, const std::string& old_password,
                                 const UserChange& change, bool by_super_user) {
  if (!change.password && !change.description) {
    return Invalid("invalid password: must update either password or description");
  }
  if (change.description) TRY(CheckDescription("user", *change.description));
  const auto before = rules();
  const auto found = before->users.find(name);
  std::string hash;
  if (change.password) {
    TRY(CheckPassword(*change.password));
    if (!by_super_user && !IsPassword(name, old_password)) {
      return Fail(Code::kNotAuthenticated, "old password not correct for " + name);
    }
    hash = TRY(HashPassword(*change.password));
  }
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  const auto user = after.users.find(name);
  if (user == after.users.end()) return Invalid("user not found: " + name);
  // Another change of the password may have been made while this one was hashed.
  if (change.password && found != before->users.end() &&
      found->second.password_hash != user->second.password_hash && !by_super_user) {
    return Fail(Code::kNotAuthenticated, "old password not correct for " + name);
  }
  if (change.password) user->second.password_hash = hash;
  if (change.description) user->second.description = *change.description;
  return Change(std::move(after));
}

bool AccessControl::IsPassword(const std::string& user, const std::string& password) const {
  // Of a password that nobody has.
  static const std::string kNobodys =
      "$2b$10$YDQ7rXt8498GoQG2RQ3.UOjQB18jBvtMQl97HKu8gjKnTheRn40/e";
  const auto now = rules();
  const auto found = now->users.find(user);
  if (found == now->users.end()) return VerifyPassword(password, kNobodys) && false;
  const std::string& hash = found->second.password_hash;
  if (!hash.empty()) return VerifyPassword(password, hash);
  VerifyPassword(password, kNobodys);
  return EqualInConstantTime(password, options_.root_password);
}

bool AccessControl::has_default_password() const {
  return rules()->users.at(std::string(kRootUser)).password_hash.empty();
}

Status AccessControl::DropUser(const std::string& name) {
  if (name == kRootUser) {
    return Fail(Code::kPrivilegeNotPermitted, "root user cannot be deleted");
  }
  if (name.empty()) return Invalid("username is empty");
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  after.users.erase(name);
  return Change(std::move(after));
}

// ---- Roles --------------------------------------------------------------------------------------

Status AccessControl::CheckRoleName(const std::string& name) const {
  const std::string& also = options_.role_name_characters;
  if (name.empty()) {
    return FailWith(Code::kParameterInvalid, "role name should be not empty",
                    {{"expected", "not empty"}, {"actual", name}});
  }
  if (name.size() > options_.name_max) {
    return OutOfRange("the length of role name must be not greater than limit", 0,
                      options_.name_max, name.size());
  }
  if (name[0] != '_' && !IsLetter(name[0])) {
    return Invalid("the first character of role name must be an underscore or letter: got " +
                   std::string(1, name[0]));
  }
  for (size_t i = 1; i < name.size(); ++i) {
    if (IsWord(name[i]) || also.find(name[i]) != std::string::npos) continue;
    return Invalid(
        "role name can only contain numbers, letters, underscores, and allowed "
        "characters (" +
        also + "), found " + name[i] + " at " + std::to_string(i));
  }
  return {};
}

Status AccessControl::CheckRole(const std::string& name) const {
  TRY(CheckRoleName(name));
  return rules()->roles.contains(name) ? Status() : RoleNotFound(name);
}

Status AccessControl::CreateRole(const std::string& name, const std::string& description) {
  TRY(CheckRoleName(name));
  TRY(CheckDescription("role", description));
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  if (after.roles.contains(name)) {
    return Invalid("role [name:\"" + name + "\"" +
                   (description.empty() ? "" : " description:\"" + description + "\"") +
                   "] already exists");
  }
  if (after.roles.size() >= options_.roles_max) {
    return Fail(Code::kQuotaExceeded,
                "unable to create role because the number of roles has reached the limit");
  }
  after.roles[name] = {name, description, {}};
  return Change(std::move(after));
}

Status AccessControl::DescribeRole(const std::string& name, const std::string& description) {
  TRY(CheckRoleName(name));
  TRY(CheckDescription("role", description));
  if (IsBuiltInRole(name)) {
    return Fail(Code::kPrivilegeNotPermitted,
                "the role[" + name + "] is a default role, which can't be altered");
  }
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  const auto role = after.roles.find(name);
  if (role == after.roles.end()) return RoleNotFound(name);
  role->second.description = description;
  return Change(std::move(after));
}

Status AccessControl::DropRole(const std::string& name, bool with_grants) {
  TRY(CheckRoleName(name));
  if (IsBuiltInRole(name)) {
    return Fail(Code::kPrivilegeNotPermitted,
                "the role[" + name + "] is a default role, which can't be dropped");
  }
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  const auto role = after.roles.find(name);
  if (role == after.roles.end()) return RoleNotFound(name);
  if (!with_grants && !role->second.grants.empty()) {
    return Invalid(
        "fail to drop the role that it has privileges. Use REVOKE API to revoke privileges");
  }
  after.roles.erase(role);
  for (auto& [user_name, user] : after.users) user.roles.erase(name);
  return Change(std::move(after));
}

Status AccessControl::AddToRole(const std::string& user, const std::string& role) {
  TRY(CheckUserName(user));
  TRY(CheckRoleName(role));
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  if (!after.roles.contains(role)) return RoleNotFound(role);
  const auto found = after.users.find(user);
  if (found == after.users.end()) {
    return Invalid(
        "not found the user, maybe the user isn't existed or internal system error: "
        "user \"" +
        user + "\" not found");
  }
  found->second.roles.insert(role);
  return Change(std::move(after));
}

Status AccessControl::RemoveFromRole(const std::string& user, const std::string& role) {
  TRY(CheckUserName(user));
  TRY(CheckRoleName(role));
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  if (!after.roles.contains(role)) return RoleNotFound(role);
  if (const auto found = after.users.find(user); found != after.users.end()) {
    found->second.roles.erase(role);
  }
  return Change(std::move(after));
}

// ---- Grants -------------------------------------------------------------------------------------

// Grants of a whole group name the least that the group's level allows.
Status AccessControl::CheckLevel(const AccessRules& rules, const Grant& grant) const {
  const bool group = FindBuiltInGroup(grant.privilege) != nullptr ||
                     (rules.groups.contains(grant.privilege) &&
                      !rules.groups.at(grant.privilege).privileges.empty());
  if (!group) return {};
  const bool any_database = grant.database == kAny;
  const bool any_object = grant.object == kAny || grant.object.empty();
  switch (LevelOf(rules, grant.privilege)) {
    case Level::kCluster:
      if (any_database && grant.object == kAny) return {};
      return Invalid("dbName and collectionName should be * for the cluster level privilege: " +
                     grant.privilege);
    case Level::kDatabase:
      if (any_object) return {};
      return Invalid("collectionName should be * for the database level privilege: " +
                     grant.privilege);
    case Level::kCollection:
      if (!any_database || any_object) return {};
      return Invalid("please specify database name for the collection level privilege: " +
                     grant.privilege);
  }
  return {};
}

Status AccessControl::CheckGrant(const AccessRules& rules, const std::string& role, Grant* grant,
                                 Form form) const {
  if (!rules.roles.contains(role)) return RoleNotFound(role);
  if (grant->object.empty()) return Invalid("the object name in the grant entity is empty");
  if (grant->privilege.empty()) return Invalid("the privilege name in the grant entity is empty");
  const std::string& privilege = grant->privilege;
  const bool own_group = rules.groups.contains(privilege);
  if (form == Form::kByLevel) {
    if (privilege != kAny && !own_group && !IsBuiltIn(privilege)) {
      return Invalid("not found the privilege name[" + privilege + "]");
    }
    grant->type = ObjectTypeOf(privilege);
    return CheckLevel(rules, *grant);
  }
  if (own_group) return Invalid("can not operate the custom privilege group [" + privilege + "]");
  if (FindBuiltInGroup(privilege) != nullptr) {
    return Invalid("can not operate the built-in privilege group [" + privilege + "]");
  }
  const auto index = FindPrivilege(privilege);
  const bool fits =
      privilege == kAny || (IsBuiltIn(privilege) && ObjectTypeOf(privilege) == grant->type &&
                            (!index || AllPrivileges()[*index].by_type));
  if (!fits) {
    return Invalid("not found the privilege name[" + privilege + "] in object[" +
                   std::string(NameOf(grant->type)) + "]");
  }
  const bool group = OlderGroup(privilege) != Tier::kNone;
  if (grant->type == ObjectType::kGlobal && !group) grant->object = kAny;
  return {};
}

Status AccessControl::AddGrant(const std::string& role, Grant grant, Form form) {
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  TRY(CheckGrant(after, role, &grant, form));
  Role& granted = after.roles.at(role);
  for (Grant& one : WithImplied(grant)) AddOnce(&granted, std::move(one));
  if (granted.grants.size() > options_.grants_max) {
    return Fail(Code::kQuotaExceeded, "role " + role + " has " +
                                          std::to_string(options_.grants_max) +
                                          " grants, which is the limit");
  }
  return Change(std::move(after));
}

Status AccessControl::RevokeGrant(const std::string& role, Grant grant, Form form) {
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  TRY(CheckGrant(after, role, &grant, form));
  for (const Grant& one : WithImplied(grant)) {
    std::erase_if(after.roles.at(role).grants,
                  [&one](const Grant& other) { return one.SameAs(other); });
  }
  return Change(std::move(after));
}

// ---- Groups -------------------------------------------------------------------------------------

Status AccessControl::CheckGroupName(const std::string& name) const {
  const auto invalid = [](const std::string& text) {
    return Fail(Code::kPrivilegeGroupNameInvalid, text);
  };
  if (name.empty()) return invalid("privilege group name should not be empty");
  if (name.size() > options_.name_max) {
    return invalid("the length of a privilege group name " + name + " must be less than " +
                   std::to_string(options_.name_max) + " characters");
  }
  if (name[0] != '_' && !IsLetter(name[0])) {
    return invalid("the first character of a privilege group name " + name +
                   " must be an underscore or letter");
  }
  if (!std::ranges::all_of(name, IsWord)) {
    return Invalid("privilege group name " + name +
                   " can only contain numbers, letters and underscores");
  }
  return {};
}

Status AccessControl::CreateGroup(const std::string& name) {
  TRY(CheckGroupName(name));
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  if (after.groups.contains(name)) {
    return Invalid("privilege group name [" + name + "] is defined by users");
  }
  if (IsBuiltIn(name)) {
    return Invalid("privilege group name [" + name +
                   "] is defined by built in privileges or privilege groups in system");
  }
  if (after.groups.size() >= options_.groups_max) {
    return Fail(Code::kQuotaExceeded, "there are " + std::to_string(options_.groups_max) +
                                          " privilege groups, which is the limit");
  }
  after.groups[name] = {name, {}};
  return Change(std::move(after));
}

Status AccessControl::DropGroup(const std::string& name) {
  TRY(CheckGroupName(name));
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  for (const auto& [role_name, role] : after.roles) {
    const auto uses = [&name](const Grant& grant) { return grant.privilege == name; };
    if (std::ranges::none_of(role.grants, uses)) continue;
    return Invalid("privilege group [" + name + "] is used by role [" + role_name +
                   "], Use REVOKE API to revoke it first");
  }
  after.groups.erase(name);
  return Change(std::move(after));
}

Status AccessControl::AddToGroup(const std::string& name,
                                 const std::vector<std::string>& privileges) {
  TRY(CheckGroupName(name));
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  const auto group = after.groups.find(name);
  if (group == after.groups.end()) {
    return Invalid("there is no privilege group name [" + name + "] defined in system to operate");
  }
  if (privileges.empty()) return Invalid("privileges is empty when alter the privilege group");
  for (const std::string& privilege : privileges) {
    if (IsBuiltIn(privilege) || after.groups.contains(privilege)) continue;
    return Invalid("there is no privilege name or privilege group name [" + privilege +
                   "] defined in system to operate");
  }
  group->second.privileges.insert(privileges.begin(), privileges.end());
  for (const std::string& privilege : group->second.privileges) {
    if (LevelOf(after, privilege) == LevelOf(after, privileges.front())) continue;
    return Invalid("privileges are not the same privilege level");
  }
  return Change(std::move(after));
}

Status AccessControl::RemoveFromGroup(const std::string& name,
                                      const std::vector<std::string>& privileges) {
  TRY(CheckGroupName(name));
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  const auto group = after.groups.find(name);
  if (group == after.groups.end()) {
    return Invalid("there is no privilege group name [" + name + "] defined in system to operate");
  }
  if (privileges.empty()) return Invalid("privileges is empty when alter the privilege group");
  for (const std::string& privilege : privileges) {
    if (!IsBuiltIn(privilege) && !after.groups.contains(privilege)) {
      return Invalid("there is no privilege name or privilege group name [" + privilege +
                     "] defined in system to operate");
    }
    group->second.privileges.erase(privilege);
  }
  return Change(std::move(after));
}

// ---- What follows collections, and restoring ----------------------------------------------------

Status AccessControl::ForgetCollection(const std::string& database, const std::string& collection) {
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  for (auto& [name, role] : after.roles) {
    std::erase_if(role.grants, [&](const Grant& grant) {
      return grant.type != ObjectType::kUser && grant.database == database &&
             grant.object == collection;
    });
  }
  return after == *rules() ? Status() : Change(std::move(after));
}

Status AccessControl::RenameCollection(const std::string& database, const std::string& collection,
                                       const std::string& new_database,
                                       const std::string& new_name) {
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  for (auto& [name, role] : after.roles) {
    for (Grant& grant : role.grants) {
      if (grant.type == ObjectType::kUser || grant.database != database ||
          grant.object != collection)
        continue;
      grant.database = new_database;
      grant.object = new_name;
    }
  }
  return after == *rules() ? Status() : Change(std::move(after));
}

Status AccessControl::Restore(const AccessRules& added) {
  if (added.users.empty() && added.roles.empty() && added.groups.empty()) {
    return Invalid("rbac meta is empty");
  }
  const std::lock_guard lock(change_mutex_);
  AccessRules after = *rules();
  for (const auto& [name, role] : added.roles) {
    TRY(CheckRoleName(name));
    TRY(CheckDescription("role", role.description));
    if (!after.roles.emplace(name, role).second) {
      return Invalid("role [" + name + "] already exists");
    }
  }
  for (const auto& [name, group] : added.groups) {
    TRY(CheckGroupName(name));
    if (!after.groups.emplace(name, group).second) {
      return Invalid("privilege group [" + name + "] already exists");
    }
  }
  for (const auto& [name, role] : added.roles) {
    for (const Grant& grant : role.grants) {
      const std::string& privilege = grant.privilege;
      if (privilege == kAny || IsBuiltIn(privilege) || after.groups.contains(privilege)) continue;
      return Invalid("privilege [" + privilege + "] does not exist");
    }
  }
  for (const auto& [name, user] : added.users) {
    TRY(CheckUserName(name));
    if (!IsPasswordHash(user.password_hash)) {
      return Invalid("the password of user [" + name + "] is no bcrypt hash");
    }
    for (const std::string& role : user.roles) {
      if (!after.roles.contains(role)) return Invalid("role [" + role + "] does not exist");
    }
    if (!after.users.emplace(name, user).second) {
      return Invalid("user [" + name + "] already exists");
    }
  }
  return Change(std::move(after));
}

}  // namespace elanus::access
