#include "meta/memory/memory_meta_store.h"

#include <utility>
#include <vector>

namespace elanus::meta {

Result<std::optional<std::string>> MemoryMetaStore::Get(std::string_view key) {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  const auto found = values_.find(key);
  if (found == values_.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

Status MemoryMetaStore::Scan(
    std::string_view prefix,
    const std::function<Status(std::string_view key, std::string_view value)>& fn) {
  // A copy, so that `fn` may call the store.
  std::vector<std::pair<std::string, std::string>> found;
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.ok()) return failure_;
    for (auto it = values_.lower_bound(prefix);
         it != values_.end() && std::string_view(it->first).starts_with(prefix); ++it) {
      found.emplace_back(it->first, it->second);
    }
  }
  for (const auto& [key, value] : found) TRY(fn(key, value));
  return Status();
}

Result<bool> MemoryMetaStore::Commit(const Transaction& transaction) {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  for (const auto& [key, expected] : transaction.compares) {
    const auto found = values_.find(key);
    const bool equal = found == values_.end() ? !expected : expected && *expected == found->second;
    if (!equal) return false;
  }
  for (const auto& [key, value] : transaction.puts) values_.insert_or_assign(key, value);
  for (const std::string& key : transaction.deletes) values_.erase(key);
  return true;
}

void MemoryMetaStore::FailWith(Status failure) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(failure);
}

}  // namespace elanus::meta
