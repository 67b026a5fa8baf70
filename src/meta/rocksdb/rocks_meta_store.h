// RocksMetaStore: a MetaStore on RocksDB, set up for a small catalog: about 2 MB of memory, every
// commit synced to RocksDB's own write-ahead log, opened in milliseconds. All its files go through
// io::FileSystem.
//
// A full disk fails commits with kDiskLimitExceeded; reads go on, and commits work again once there
// is space. After a failed write nothing is written behind it: the store closes its files and opens
// them anew, and then knows whether the commit is in them. So a Commit that failed is never seen by
// this process; whether a restart right after it finds it is unknown.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "base/status.h"
#include "io/file_system.h"
#include "meta/meta_store.h"

namespace rocksdb {
class DB;
class Env;
}  // namespace rocksdb

namespace elanus::meta {

class RocksMetaStore final : public MetaStore {
 public:
  // Makes the folder if need be. One holder at a time, across processes. `fs` outlives the store.
  static Result<std::unique_ptr<RocksMetaStore>> Open(io::FileSystem* fs, const std::string& path);
  // What is there, to be read; Commit fails. Takes no lock: the caller sees to it that nobody
  // writes. Every block of its files is checked first.
  static Result<std::unique_ptr<RocksMetaStore>> OpenToRead(io::FileSystem* fs,
                                                            const std::string& path);
  ~RocksMetaStore() override;

  Result<std::optional<std::string>> Get(std::string_view key) override;
  Status Scan(
      std::string_view prefix,
      const std::function<Status(std::string_view key, std::string_view value)>& fn) override;
  Result<bool> Commit(const Transaction& transaction) override;

 private:
  // A write that failed: it is in the files if they hold more than `sequence` changes. `undo`
  // brings back what it changed; `is_undo`: this was what failed.
  struct Doubt {
    uint64_t sequence = 0;
    uint64_t changes = 0;
    Transaction undo;
    bool is_undo = false;
  };

  RocksMetaStore(io::FileSystem* fs, std::string path);

  // The rest with commit_mutex_ held.
  Status Write(const Transaction& transaction);
  Status OpenFiles();
  // Closes the files and opens them; true: what was in doubt is in them.
  Result<bool> Reopen();
  // Nothing is in doubt any more, and what was is undone.
  Status Settle();
  Result<Transaction> UndoOf(const Transaction& transaction);

  io::FileSystem* const fs_;
  const std::string path_;
  const std::unique_ptr<rocksdb::Env> env_;
  bool read_only_ = false;
  // Shared: reading by db_. Whole: closing and opening it. nullptr: it could not be opened again.
  std::shared_timed_mutex db_mutex_;
  std::unique_ptr<rocksdb::DB> db_;
  std::mutex commit_mutex_;  // compares and writes of one transaction are one step
  std::optional<Doubt> doubt_;
};

}  // namespace elanus::meta
