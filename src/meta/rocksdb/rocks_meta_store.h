// RocksMetaStore: a MetaStore on RocksDB, set up for a small catalog: about 2 MB of memory, every
// commit synced to RocksDB's own write-ahead log, opened in milliseconds.
//
// A full disk fails commits with kDiskLimitExceeded; reads go on, and commits work again once there
// is space. After a failed commit it is unknown whether it will be there on the next open.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "meta/meta_store.h"

namespace rocksdb {
class DB;
}  // namespace rocksdb

namespace elanus::meta {

class RocksMetaStore final : public MetaStore {
 public:
  // Makes the folder (not its parents) if need be. One holder at a time, across processes.
  static Result<std::unique_ptr<RocksMetaStore>> Open(const std::string& path);
  // What is there, to be read; Commit fails. Takes no lock: the caller sees to it that nobody
  // writes. Every block of its files is checked first.
  static Result<std::unique_ptr<RocksMetaStore>> OpenToRead(const std::string& path);
  ~RocksMetaStore() override;

  Result<std::optional<std::string>> Get(std::string_view key) override;
  Status Scan(
      std::string_view prefix,
      const std::function<Status(std::string_view key, std::string_view value)>& fn) override;
  Result<bool> Commit(const Transaction& transaction) override;

 private:
  explicit RocksMetaStore(std::unique_ptr<rocksdb::DB> db);

  const std::unique_ptr<rocksdb::DB> db_;
  std::mutex commit_mutex_;  // compares and writes of one transaction are one step
  bool failed_ = false;      // guarded by commit_mutex_: the last write failed
};

}  // namespace elanus::meta
