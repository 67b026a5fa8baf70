#include "scripts/database.h"

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/limits.h"
#include "meta/rocksdb/rocks_meta_store.h"
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
  store_ = std::make_unique<FaultyStore>(TRY(meta::RocksMetaStore::Open(&files_, kCatalogFolder)));
  catalog_ = TRY(meta::Catalog::Open(store_.get()));
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
  store_ = nullptr;
}

Status Database::Restart() {
  Stop();
  return Start();
}

// What the stopping threads still do has no effect.
Status Database::Crash(std::optional<uint64_t> seed) {
  files_.Halt();
  Stop();
  files_.Crash(seed);
  return Start();
}

Status Database::Kill() {
  files_.Halt();
  Stop();
  files_.Kill();
  return Start();
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
