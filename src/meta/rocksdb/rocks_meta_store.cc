#include "meta/rocksdb/rocks_meta_store.h"

#include <utility>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

namespace elanus::meta {
namespace {

Status StatusOf(std::string_view what, const rocksdb::Status& status) {
  if (status.ok()) return Status();
  Code code = Code::kIoFailed;
  if (status.IsNoSpace()) {
    code = Code::kDiskLimitExceeded;
  } else if (status.IsCorruption()) {
    code = Code::kCorruption;
  }
  return Fail(code, "catalog: " + std::string(what) + ": " + status.ToString());
}

rocksdb::Slice SliceOf(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ViewOf(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

rocksdb::Options SmallOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = 1 << 20;
  options.arena_block_size = 64 << 10;
  options.max_write_buffer_number = 2;
  options.target_file_size_base = 8 << 20;
  options.compression = rocksdb::kZSTD;
  options.max_background_jobs = 2;
  options.max_open_files = 64;
  options.max_file_opening_threads = 1;  // a few small files: 16 threads cost more than they save
  // Every commit is synced, so only the end of the log may be torn; anything else is reported.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.avoid_flush_during_recovery = true;
  options.avoid_flush_during_shutdown = true;
  options.enable_write_thread_adaptive_yield = false;
  options.max_manifest_file_size = 1 << 20;
  options.manifest_preallocation_size = 64 << 10;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.max_log_file_size = 1 << 20;
  options.keep_log_file_num = 2;
  // No timers: an idle store uses no CPU.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(1 << 20, 0);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

Result<std::unique_ptr<RocksMetaStore>> RocksMetaStore::Open(const std::string& path) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(SmallOptions(), path, &db);
  TRY(StatusOf("cannot open " + path, status));
  return std::unique_ptr<RocksMetaStore>(new RocksMetaStore(std::unique_ptr<rocksdb::DB>(db)));
}

Result<std::unique_ptr<RocksMetaStore>> RocksMetaStore::OpenToRead(const std::string& path) {
  rocksdb::Options options = SmallOptions();
  options.create_if_missing = false;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, path, &db);
  TRY(StatusOf("cannot open " + path, status));
  std::unique_ptr<RocksMetaStore> store(new RocksMetaStore(std::unique_ptr<rocksdb::DB>(db)));
  TRY(StatusOf(path + " is damaged", db->VerifyChecksum(rocksdb::ReadOptions())));
  return store;
}

RocksMetaStore::RocksMetaStore(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}
RocksMetaStore::~RocksMetaStore() = default;

Result<std::optional<std::string>> RocksMetaStore::Get(std::string_view key) {
  std::string value;
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), SliceOf(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  TRY(StatusOf("cannot read '" + std::string(key) + "'", status));
  return std::optional<std::string>(std::move(value));
}

Status RocksMetaStore::Scan(
    std::string_view prefix,
    const std::function<Status(std::string_view key, std::string_view value)>& fn) {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions()));
  for (it->Seek(SliceOf(prefix)); it->Valid() && it->key().starts_with(SliceOf(prefix));
       it->Next()) {
    TRY(fn(ViewOf(it->key()), ViewOf(it->value())));
  }
  return StatusOf("cannot scan '" + std::string(prefix) + "'", it->status());
}

Result<bool> RocksMetaStore::Commit(const Transaction& transaction) {
  const std::lock_guard lock(commit_mutex_);
  if (failed_) {
    // RocksDB refuses all writes after one failed, until it is told to try again.
    TRY(StatusOf("cannot resume after a failed write", db_->Resume()));
    failed_ = false;
  }
  for (const auto& [key, expected] : transaction.compares) {
    if (TRY(Get(key)) != expected) return false;
  }
  rocksdb::WriteBatch batch;
  for (const auto& [key, value] : transaction.puts) batch.Put(key, value);
  for (const std::string& key : transaction.deletes) batch.Delete(key);
  if (batch.Count() == 0) return true;
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status status = db_->Write(synced, &batch);
  failed_ = !status.ok();
  TRY(StatusOf("cannot write", status));
  return true;
}

}  // namespace elanus::meta
