#include "scripts/database.h"

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/limits.h"
#include "shard/served_indexes.h"

namespace elanus::testing {

Database::Options Database::SmallOptions() {
  Options options;
  options.host.shard.index_rows_min = 1;
  options.host.shard.quiet_ms = 0;
  options.host.shard.build_threads = 1;
  options.log.file_bytes = 1 << 20;
  options.log.reserve_bytes = 64 << 10;
  return options;
}

Status Database::Start() {
  catalog_ = TRY(meta::Catalog::Open(&store_));
  oracle_ = TRY(coordinator::LocalOracle::Open(catalog_.get(), &clock_));
  TRY(files_.CreateDirs(kLogFolder));
  log_ = TRY(wal::FileLog::Open(files_, kLogFolder, options_.log));
  std::vector<roles::CollectionPtr> collections;
  for (CollectionInfo& info : TRY(catalog_->LoadCollections())) {
    collections.push_back(std::make_shared<const CollectionInfo>(std::move(info)));
  }
  shards_ = std::make_unique<shard::ShardHost>(options_.host, &files_, kShardsFolder,
                                               catalog_.get(), log_.get(), oracle_.get(), &clock_);
  TRY(shards_->Recover(collections));
  coordinator_ = TRY(coordinator::LocalCoordinator::Open(
      catalog_.get(), oracle_.get(), shards_.get(), coordinator::CoordinatorOptions()));
  gateway_ = std::make_unique<gateway::Gateway>(coordinator_.get(), shards_.get(),
                                                std::make_shared<const gateway::Limits>());
  return {};
}

void Database::Stop() {
  gateway_ = nullptr;
  coordinator_ = nullptr;
  shards_ = nullptr;
  log_ = nullptr;
  oracle_ = nullptr;
  catalog_ = nullptr;
}

Status Database::Restart() {
  Stop();
  return Start();
}

// Of what the stopping threads still do nothing is kept: the catalog is gone first, then the files.
Status Database::Crash(std::optional<uint64_t> seed) {
  store_.FailWith(Status(Code::kIoFailed, "the machine is down"));
  files_.Crash(seed);
  Stop();
  store_.FailWith(Status());
  return Start();
}

Status Database::Kill() {
  store_.FailWith(Status(Code::kIoFailed, "the process is dead"));
  files_.Kill();
  Stop();
  store_.FailWith(Status());
  return Start();
}

// Files and catalog of one instant: no commit comes between.
Status Database::BecomeImageOf(Database& other, std::optional<uint64_t> seed) {
  meta::Transaction records;
  Status scanned;
  other.store_.Hold([&] {
    files_.BecomeImageOf(other.files_, seed);
    scanned = other.store_.Scan("", [&](std::string_view key, std::string_view value) {
      records.puts.emplace_back(key, value);
      return Status();
    });
  });
  TRY(Status(scanned));
  TRY(store_.Commit(records));
  return {};
}

Status Database::FlushAll() {
  for (const roles::CollectionPtr& info : TRY(coordinator_->List(kDefaultDatabaseName))) {
    TRY(gateway_->Flush(Context(), info->database, info->name));
  }
  return {};
}

Status Database::FinishIndexes() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (const roles::CollectionPtr& info : TRY(coordinator_->List(kDefaultDatabaseName))) {
    const roles::ShardPtr shard = TRY(shards_->Open(info));
    for (const IndexInfo& index : shard::ServedIndexes(*info)) {
      while (true) {
        const roles::IndexProgress progress = shard->ProgressOf(index.id);
        if (progress.indexed_rows >= progress.total_rows) break;
        if (!progress.failure.empty())
          return Status(Code::kInternal, "index " + index.name + ": " + progress.failure);
        if (std::chrono::steady_clock::now() > deadline) {
          return Status(Code::kTimeout,
                        "index " + index.name + " of " + info->name + " is not built after 60 s");
        }
        std::this_thread::yield();
      }
    }
  }
  return {};
}

}  // namespace elanus::testing
