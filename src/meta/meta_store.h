// MetaStore: ordered keys with compare-and-set transactions, for everything that is not rows.
// Thread-safe. A Commit that returned true is durable.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace elanus::meta {

struct Transaction {
  // Each key must hold exactly this value (nullopt: must be absent), else nothing is written.
  std::vector<std::pair<std::string, std::optional<std::string>>> compares;
  std::vector<std::pair<std::string, std::string>> puts;
  std::vector<std::string> deletes;
};

class MetaStore {
 public:
  virtual ~MetaStore() = default;

  virtual Result<std::optional<std::string>> Get(std::string_view key) = 0;
  // Every key that starts with `prefix`, ascending, at one instant.
  virtual Status Scan(
      std::string_view prefix,
      const std::function<Status(std::string_view key, std::string_view value)>& fn) = 0;
  // False: a compare failed, nothing was written.
  virtual Result<bool> Commit(const Transaction& transaction) = 0;
};

}  // namespace elanus::meta
