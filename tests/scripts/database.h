// The whole database inside one process, without a network: a real gateway, coordinator and shard
// host over files and a catalog in memory. It can be stopped, killed and lose power, and comes back.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "coordinator/local_coordinator.h"
#include "coordinator/local_oracle.h"
#include "gateway/gateway.h"
#include "io/memory/memory_file_system.h"
#include "meta/catalog.h"
#include "meta/memory/memory_meta_store.h"
#include "shard/shard_host.h"
#include "wal/file/file_log.h"

namespace elanus::testing {

// One thread drives it. The files, the store and the clock outlive every restart.
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
  void Stop();           // as SIGTERM does: unflushed rows stay in the log
  Status Restart();
  Status Crash();        // power is lost, then a start
  Status Kill();         // kill -9, then a start

  gateway::Gateway& gateway() { return *gateway_; }
  roles::Coordinator& coordinator() { return *coordinator_; }
  shard::ShardHost& shards() { return *shards_; }
  io::MemoryFileSystem& files() { return files_; }
  meta::MemoryMetaStore& store() { return store_; }
  FakeClock& clock() { return clock_; }

  // Every row of every collection lies in segment files.
  Status FlushAll();
  // Every index of every collection covers all sealed rows, or failed. Waits for the worker.
  Status FinishIndexes();

  static constexpr const char* kLogFolder = "data/wal";
  static constexpr const char* kShardsFolder = "data/shards";

 private:
  const Options options_;
  io::MemoryFileSystem files_;
  meta::MemoryMetaStore store_;
  FakeClock clock_{1'700'000'000'000};

  // Each uses only those above it.
  std::unique_ptr<meta::Catalog> catalog_;
  std::unique_ptr<coordinator::LocalOracle> oracle_;
  std::unique_ptr<wal::Log> log_;
  std::unique_ptr<shard::ShardHost> shards_;
  std::unique_ptr<coordinator::LocalCoordinator> coordinator_;
  std::unique_ptr<gateway::Gateway> gateway_;
};

}  // namespace elanus::testing
