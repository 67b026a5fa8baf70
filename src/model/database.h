// A database: a name space of collections.
#pragma once

#include <cstdint>
#include <string>

#include "model/schema.h"
#include "model/types.h"

namespace elanus {

inline constexpr int64_t kDefaultDatabaseId = 1;

struct DatabaseInfo {
  int64_t id = kDefaultDatabaseId;
  std::string name;
  Timestamp created = 0;
  Properties properties;

  bool operator==(const DatabaseInfo&) const = default;
};

}  // namespace elanus
