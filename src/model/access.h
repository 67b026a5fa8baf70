// Who may do what: users hold roles, roles hold grants, a grant may name a group of privileges.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace elanus {

struct User {
  std::string name;
  std::string password_hash;  // as crypt(5) writes it; empty: the password of the settings
  std::string description;
  std::set<std::string> roles;

  bool operator==(const User&) const = default;
};

enum class ObjectType { kCollection = 0, kGlobal = 1, kUser = 2 };

// "*" for a name or a privilege means any.
struct Grant {
  ObjectType type = ObjectType::kGlobal;
  std::string database;
  std::string object;
  std::string privilege;  // as clients name it: "Insert", or a group
  std::string grantor;    // the user who granted it; no part of what makes two grants the same

  bool SameAs(const Grant& other) const {
    return type == other.type && database == other.database && object == other.object &&
           privilege == other.privilege;
  }
  bool operator==(const Grant&) const = default;
};

struct Role {
  std::string name;
  std::string description;
  std::vector<Grant> grants;  // no two the same

  bool operator==(const Role&) const = default;
};

// One that a user has made.
struct PrivilegeGroup {
  std::string name;
  std::set<std::string> privileges;

  bool operator==(const PrivilegeGroup&) const = default;
};

// All there is, by name.
struct AccessRules {
  std::map<std::string, User> users;
  std::map<std::string, Role> roles;
  std::map<std::string, PrivilegeGroup> groups;

  bool operator==(const AccessRules&) const = default;
};

}  // namespace elanus
