#include "meta/rocksdb/rocks_meta_store.h"

#include <chrono>
#include <utility>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "base/crash_point.h"
#include "base/log.h"
#include "meta/rocksdb/rocks_files.h"
#include "meta/rocksdb/rocks_log.h"

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

uint64_t SizeOf(const Transaction& transaction) {
  return transaction.puts.size() + transaction.deletes.size();
}

constexpr std::chrono::seconds kReadersLeave(1);
constexpr size_t kProbeBytes = 256 << 10;

rocksdb::Options SmallOptions(rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  options.info_log = NewRocksLogger();
  options.create_if_missing = true;
  options.write_buffer_size = 1 << 20;
  options.arena_block_size = 64 << 10;
  options.max_write_buffer_number = 2;
  options.target_file_size_base = 8 << 20;
  options.compression = rocksdb::kZSTD;
  options.max_background_jobs = 2;
  options.max_open_files = 64;
  options.max_file_opening_threads = 1;  // a few small files: 16 threads cost more than they save
  // Every commit is synced, so only the last may be torn, in any of its sectors: it is dropped.
  // CheckRocksLogs sees to it that it is the last.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // What is found in the log was written, and perhaps never synced: it is written anew before
  // anybody acts on it.
  options.avoid_flush_during_recovery = false;
  options.avoid_flush_during_shutdown = true;
  options.enable_write_thread_adaptive_yield = false;
  options.max_manifest_file_size = 1 << 20;
  options.manifest_preallocation_size = 64 << 10;
  // No timers: an idle store uses no CPU.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(1 << 20, 0);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

RocksMetaStore::RocksMetaStore(io::FileSystem* fs, std::string path)
    : fs_(fs), path_(std::move(path)), env_(NewRocksEnv(fs)) {}
RocksMetaStore::~RocksMetaStore() = default;

Result<std::unique_ptr<RocksMetaStore>> RocksMetaStore::Open(io::FileSystem* fs,
                                                             const std::string& path) {
  std::unique_ptr<RocksMetaStore> store(new RocksMetaStore(fs, path));
  TRY(store->OpenFiles());
  return store;
}

Result<std::unique_ptr<RocksMetaStore>> RocksMetaStore::OpenToRead(io::FileSystem* fs,
                                                                   const std::string& path) {
  std::unique_ptr<RocksMetaStore> store(new RocksMetaStore(fs, path));
  TRY(CheckRocksLogs(fs, path));
  rocksdb::Options options = SmallOptions(store->env_.get());
  options.create_if_missing = false;
  store->read_only_ = true;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, path, &db);
  TRY(StatusOf("cannot open " + path, status));
  store->db_.reset(db);
  TRY(StatusOf(path + " is damaged", db->VerifyChecksum(rocksdb::ReadOptions())));
  return store;
}

Status RocksMetaStore::OpenFiles() {
  TRY(CheckRocksLogs(fs_, path_));
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(SmallOptions(env_.get()), path_, &db);
  TRY(StatusOf("cannot open " + path_, status));
  db_.reset(db);
  return {};
}

Result<std::optional<std::string>> RocksMetaStore::Get(std::string_view key) {
  const std::shared_lock lock(db_mutex_);
  if (db_ == nullptr) return Fail(Code::kIoFailed, "catalog: " + path_ + " is not open");
  std::string value;
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), SliceOf(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  TRY(StatusOf("cannot read '" + std::string(key) + "'", status));
  return std::optional<std::string>(std::move(value));
}

Status RocksMetaStore::Scan(
    std::string_view prefix,
    const std::function<Status(std::string_view key, std::string_view value)>& fn) {
  const std::shared_lock lock(db_mutex_);
  if (db_ == nullptr) return Fail(Code::kIoFailed, "catalog: " + path_ + " is not open");
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions()));
  for (it->Seek(SliceOf(prefix)); it->Valid() && it->key().starts_with(SliceOf(prefix));
       it->Next()) {
    TRY(fn(ViewOf(it->key()), ViewOf(it->value())));
  }
  return StatusOf("cannot scan '" + std::string(prefix) + "'", it->status());
}

Result<bool> RocksMetaStore::Commit(const Transaction& transaction) {
  if (read_only_) return Fail(Code::kIoFailed, "catalog: " + path_ + " is open to be read");
  const std::lock_guard lock(commit_mutex_);
  if (doubt_) TRY(Settle());
  for (const auto& [key, expected] : transaction.compares) {
    if (TRY(Get(key)) != expected) return false;
  }
  if (transaction.puts.empty() && transaction.deletes.empty()) return true;
  Transaction undo = TRY(UndoOf(transaction));
  const uint64_t sequence = db_->GetLatestSequenceNumber();
  const Status written = Write(transaction);
  if (written.ok()) return true;

  LOG_WARNING("catalog: a commit failed, its files are opened anew", {"error", written.message()});
  doubt_ = Doubt{sequence, SizeOf(transaction), std::move(undo)};
  const auto is_in = Reopen();
  if (!is_in.ok()) return written;
  // A device may fail a call and answer the next one.
  if (!*is_in) TRY(Write(transaction));
  doubt_.reset();
  return true;
}

Status RocksMetaStore::Write(const Transaction& transaction) {
  rocksdb::WriteBatch batch;
  for (const auto& [key, value] : transaction.puts) batch.Put(key, value);
  for (const std::string& key : transaction.deletes) batch.Delete(key);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return StatusOf("cannot write", db_->Write(synced, &batch));
}

Result<Transaction> RocksMetaStore::UndoOf(const Transaction& transaction) {
  Transaction undo;
  const auto keep = [&](const std::string& key) -> Status {
    if (auto before = TRY(Get(key))) {
      undo.puts.emplace_back(key, std::move(*before));
    } else {
      undo.deletes.push_back(key);
    }
    return {};
  };
  for (const auto& [key, value] : transaction.puts) TRY(keep(key));
  for (const std::string& key : transaction.deletes) TRY(keep(key));
  return undo;
}

Result<bool> RocksMetaStore::Reopen() {
  // While the disk takes nothing the files stay open, to be read.
  const std::string probe = io::JoinPath(path_, "probe.tmp");
  const Status usable = io::WriteFileAtomically(*fs_, probe, std::string(kProbeBytes, '\0'));
  (void)fs_->Remove(probe);
  TRY(Status(usable));
  const std::unique_lock lock(db_mutex_, kReadersLeave);
  if (!lock.owns_lock()) return Fail(Code::kIoFailed, "catalog: " + path_ + " is being read");
  db_.reset();
  CrashHere(CrashPoint::kCatalogClosed);
  TRY(OpenFiles());
  CrashHere(CrashPoint::kCatalogReopened);
  const uint64_t sequence = db_->GetLatestSequenceNumber();
  if (sequence == doubt_->sequence) return false;
  if (sequence == doubt_->sequence + doubt_->changes) return true;
  return Fail(Code::kCorruption, "catalog: " + path_ + " holds " + std::to_string(sequence) +
                                     " changes, expected " + std::to_string(doubt_->sequence));
}

Status RocksMetaStore::Settle() {
  const bool is_in = TRY(Reopen());
  if (is_in != doubt_->is_undo) {
    doubt_->sequence = db_->GetLatestSequenceNumber();
    doubt_->changes = SizeOf(doubt_->undo);
    doubt_->is_undo = true;
    TRY(Write(doubt_->undo));
  }
  doubt_.reset();
  return {};
}

}  // namespace elanus::meta
