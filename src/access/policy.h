// AccessRules made ready to be asked: what each role allows, groups expanded. Immutable, so any
// thread may ask.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/privileges.h"
#include "base/hash.h"
#include "model/access.h"

namespace elanus::access {

inline constexpr std::string_view kAdminRole = "admin";    // may do everything
inline constexpr std::string_view kPublicRole = "public";  // everybody has it

// One thing that a request asks for.
struct Demand {
  PrivilegeIndex privilege = 0;
  ObjectType type = ObjectType::kGlobal;
  std::string_view database;  // "*": of no database
  std::string_view object;    // a collection or a user; "*": none in particular
};

class Policy {
 public:
  explicit Policy(const AccessRules& rules);

  bool Allows(std::string_view role, const Demand& demand) const;

  // What a role lets its holders see in lists. "*": all.
  struct Visible {
    std::vector<std::string> databases;
    std::vector<std::pair<std::string, std::string>> collections;  // database, collection
  };
  // Null: no such role.
  const Visible* VisibleTo(std::string_view role) const;

 private:
  // A grant of an older group, or of everything: it does not look at the object's type.
  struct Broad {
    std::string database;
    std::string object;
    PrivilegeSet privileges;
  };
  struct RoleRules {
    // By type, database and object.
    std::unordered_map<std::string, PrivilegeSet, StringHash, std::equal_to<>> exact;
    std::vector<Broad> broad;
    Visible visible;
  };

  void Add(const AccessRules& rules, const Grant& grant, RoleRules* out) const;

  std::map<std::string, RoleRules, std::less<>> roles_;
};

}  // namespace elanus::access
