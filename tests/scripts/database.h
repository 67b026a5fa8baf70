// The whole database inside one process, without a network: a real gateway, coordinator, shard
// host and catalog over files in memory. It can be stopped, killed and lose power, and comes
// back.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "coordinator/local_coordinator.h"
#include "coordinator/local_oracle.h"
#include "gateway/gateway.h"
#include "io/memory/memory_file_system.h"
#include "meta/catalog.h"
#include "meta/meta_store.h"
#include "shard/shard_host.h"
#include "wal/file/file_log.h"

namespace elanus::testing {

// Moves only when told to, under the feet of running threads too.
class TestClock final : public Clock {
 public:
  int64_t NowMs() const override { return now_ms_; }
  void Advance(int64_t ms) { now_ms_ += ms; }

 private:
  std::atomic<int64_t> now_ms_{1'700'000'000'000};
};

// A catalog's store whose commits can be made to fail. Thread-safe.
class FaultyStore final : public meta::MetaStore {
 public:
  explicit FaultyStore(std::unique_ptr<meta::MetaStore> store) : store_(std::move(store)) {}

  Result<std::optional<std::string>> Get(std::string_view key) override { return store_->Get(key); }
  Status Scan(std::string_view prefix,
              const std::function<Status(std::string_view, std::string_view)>& fn) override {
    return store_->Scan(prefix, fn);
  }
  Result<bool> Commit(const meta::Transaction& transaction) override {
    if (++commits_ == fail_at_)
      return Status(Code::kIoFailed, "injected fault: commit to the catalog");
    return store_->Commit(transaction);
  }

  void FailCommit(uint64_t n) { fail_at_ = commits_ + n; }  // once, the n-th from now
  uint64_t commits() const { return commits_; }

 private:
  const std::unique_ptr<meta::MetaStore> store_;
  std::atomic<uint64_t> commits_{0};
  std::atomic<uint64_t> fail_at_{0};
};

// One thread drives it. The files and the clock outlive every restart.
class Database {
 public:
  struct Options {
    shard::HostOptions host;
    wal::FileLogOptions log;
  };

  // Small enough that a few dozen rows seal, merge and get their index.
  static Options SmallOptions();

  explicit Database(Options options = SmallOptions()) : options_(std::move(options)) {}
  ~Database() { Stop(); }

  Status Start();
  void Stop();  // as SIGTERM does: unflushed rows stay in the log
  Status Restart();
  // Power is lost, then a start. With a seed, some of what was not synced survives.
  Status Crash(std::optional<uint64_t> seed = std::nullopt);
  Status Kill();  // kill -9, then a start
  // Becomes what a power loss would leave of `other` at this moment, which goes on; not started.
  // Any thread.
  void BecomeImageOf(Database& other, std::optional<uint64_t> seed) {
    files_.BecomeImageOf(other.files_, seed);
  }

  gateway::Gateway& gateway() { return *gateway_; }
  roles::Coordinator& coordinator() { return *coordinator_; }
  shard::ShardHost& shards() { return *shards_; }
  io::MemoryFileSystem& files() { return files_; }
  meta::Catalog& catalog() { return *catalog_; }
  FaultyStore& store() { return *store_; }  // while it runs
  TestClock& clock() { return clock_; }

  // Every row of every collection lies in segment files.
  Status FlushAll();
  // Every index of every collection covers all sealed rows, or failed. Waits for the worker.
  Status FinishIndexes();

  static constexpr const char* kCatalogFolder = "data/meta";
  static constexpr const char* kLogFolder = "data/wal";
  static constexpr const char* kShardsFolder = "data/shards";

 private:
  const Options options_;
  io::MemoryFileSystem files_;
  TestClock clock_;

  // Each uses only those above it.
  std::unique_ptr<FaultyStore> store_;
  std::unique_ptr<meta::Catalog> catalog_;
  std::unique_ptr<coordinator::LocalOracle> oracle_;
  std::unique_ptr<wal::Log> log_;
  std::unique_ptr<shard::ShardHost> shards_;
  std::unique_ptr<coordinator::LocalCoordinator> coordinator_;
  std::unique_ptr<gateway::Gateway> gateway_;
};

}  // namespace elanus::testing
