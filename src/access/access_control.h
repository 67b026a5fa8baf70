// AccessControl: users, roles, grants and groups of privileges, kept in the catalog. Checks and
// texts are Milvus's (compatibility spec, section 9). Thread-safe; a change is durable when it
// returns, and holds for every check that begins after.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/policy.h"
#include "base/status.h"
#include "meta/catalog.h"
#include "model/access.h"

namespace elanus::access {

inline constexpr std::string_view kRootUser = "root";

struct AccessOptions {
  std::string root_password = "Milvus";  // until it is changed
  bool public_privileges = true;         // public may describe collections, indexes and aliases
  size_t users_max = 100;
  size_t roles_max = 10;
  size_t groups_max = 1000;
  size_t grants_max = 10'000;  // of one role
  size_t user_name_max = 32;
  size_t name_max = 255;
  size_t password_min = 6, password_max = 72;
  size_t description_max = 1024;
  std::string role_name_characters = "$";  // beside letters, digits and '_'
};

class AccessControl {
 public:
  // Makes root, admin and public where they are missing. `catalog` outlives it.
  static Result<std::unique_ptr<AccessControl>> Open(meta::Catalog* catalog, AccessOptions options);

  // ---- Users. Passwords are as typed. ----
  Status CreateUser(const std::string& name, const std::string& password,
                    const std::string& description);
  struct UserChange {
    std::optional<std::string> password;
    std::optional<std::string> description;
  };
  // `old_password` is checked when the password changes, unless `by_super_user`.
  Status ChangeUser(const std::string& name, const std::string& old_password,
                    const UserChange& change, bool by_super_user);
  // A user that is not there is not an error, as in Milvus.
  Status DropUser(const std::string& name);

  // ---- Roles ----
  Status CreateRole(const std::string& name, const std::string& description);
  Status DescribeRole(const std::string& name, const std::string& description);
  Status DropRole(const std::string& name, bool with_grants);
  Status AddToRole(const std::string& user, const std::string& role);
  Status RemoveFromRole(const std::string& user, const std::string& role);
  // Takes as long for a user that is not there: the time does not tell who exists.
  bool IsPassword(const std::string& user, const std::string& password) const;
  // Whether root still has the password of the settings.
  bool has_default_password() const;

  // Whether a user or a role may have that name.
  Status CheckUserName(const std::string& name) const;
  Status CheckRoleName(const std::string& name) const;

  Status CheckRole(const std::string& name) const;  // that there is such a role

  // ---- Grants. `grant.type` is that of the object named in an older grant, else it follows from
  // the privilege. What a privilege implies (Load: the load state) is granted with it. ----
  enum class Form { kByType, kByLevel };
  Status AddGrant(const std::string& role, Grant grant, Form form);
  Status RevokeGrant(const std::string& role, Grant grant, Form form);

  // ---- Groups of privileges ----
  Status CreateGroup(const std::string& name);
  Status DropGroup(const std::string& name);
  Status AddToGroup(const std::string& name, const std::vector<std::string>& privileges);
  Status RemoveFromGroup(const std::string& name, const std::vector<std::string>& privileges);

  // ---- Collections that go or are renamed take their grants with them. ----
  Status ForgetCollection(const std::string& database, const std::string& collection);
  Status RenameCollection(const std::string& database, const std::string& collection,
                          const std::string& new_database, const std::string& new_name);

  // Adds all of `rules`; refused, with nothing changed, if a user, role or group is there already.
  Status Restore(const AccessRules& rules);

  std::shared_ptr<const AccessRules> rules() const;
  std::shared_ptr<const Policy> policy() const;
  const AccessOptions& options() const { return options_; }

 private:
  AccessControl(meta::Catalog* catalog, AccessOptions options)
      : catalog_(catalog), options_(std::move(options)) {}

  Status Change(AccessRules after);
  Status CheckGrant(const AccessRules& rules, const std::string& role, Grant* grant,
                    Form form) const;
  Status CheckLevel(const AccessRules& rules, const Grant& grant) const;
  Status CheckGroupName(const std::string& name) const;
  Status CheckPassword(const std::string& password) const;
  Status CheckDescription(std::string_view of, const std::string& description) const;

  meta::Catalog* const catalog_;
  const AccessOptions options_;

  std::mutex change_mutex_;  // one change at a time
  mutable std::mutex mutex_;
  std::shared_ptr<const AccessRules> rules_;
  std::shared_ptr<const Policy> policy_;
};

}  // namespace elanus::access
