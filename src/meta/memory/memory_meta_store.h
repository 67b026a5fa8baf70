// MemoryMetaStore: a MetaStore in a sorted map. Nothing outlives the object; for tests, and the
// reference the other backends are held to.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "meta/meta_store.h"

namespace elanus::meta {

class MemoryMetaStore final : public MetaStore {
 public:
  Result<std::optional<std::string>> Get(std::string_view key) override;
  Status Scan(
      std::string_view prefix,
      const std::function<Status(std::string_view key, std::string_view value)>& fn) override;
  Result<bool> Commit(const Transaction& transaction) override;

  // While set, every call fails with it and changes nothing.
  void FailWith(Status failure);

 private:
  std::mutex mutex_;  // guards all below
  std::map<std::string, std::string, std::less<>> values_;
  Status failure_;
};

}  // namespace elanus::meta
