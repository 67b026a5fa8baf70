#include "served.h"

#include <utility>

#include "segment/block_pool.h"
#include "wal/file/file_log.h"

namespace elanus::bench {

Result<std::unique_ptr<Served>> Served::Open(io::FileSystem* fs, const std::string& folder,
                                             const Schema& schema, const meta::SegmentMeta& segment,
                                             const std::vector<FieldId>& indexed) {
  auto served = std::make_unique<Served>();
  auto info = std::make_shared<CollectionInfo>();
  info->id = CollectionId(1);
  info->shard = ShardId(1);
  info->database = "default";
  info->name = "t";
  info->schema = schema;
  info->partitions = {{PartitionId(1), "_default", 0, true}};
  info->loaded = true;
  for (const FieldId field : indexed) {
    IndexInfo& index = info->indexes.emplace_back();
    index.id = IndexId(100 + field.value);
    index.field = field;
    index.name = schema.Find(field)->name;
    index.type = "AUTOINDEX";
  }
  served->collection_ = info;
  served->catalog_ = TRY(meta::Catalog::Open(&served->store_));
  TRY(served->catalog_->PutCollection(*info));
  const meta::ShardHead before = TRY(served->catalog_->LoadHead(info->shard));
  meta::ShardHead head = before;
  ++head.version;
  head.segments = {segment};
  TRY(served->catalog_->CommitHead(info->shard, before, head));
  TRY(fs->CreateDirs(folder + "/log"));
  served->log_ = TRY(wal::FileLog::Open(*fs, folder + "/log", {}));
  served->lane_ = std::make_unique<shard::Lane>(served->log_.get(), &served->oracle_);
  shard::ShardEnv& env = served->env_;
  env.fs = fs;
  env.paced_fs = fs;
  env.dir = folder;
  env.catalog = served->catalog_.get();
  env.oracle = &served->oracle_;
  env.clock = &served->clock_;
  env.lane = served->lane_.get();
  env.memory = &served->memory_;
  env.budget = &served->budget_;
  env.blocks = std::make_shared<segment::BlockPool>();
  env.options.quiet_ms = 0;
  env.next_object = [objects = &served->next_object_] { return Result<int64_t>((*objects)++); };
  env.wake_flusher = [](ShardId) {};
  env.wake_worker = [](ShardId) {};
  served->shard_ = TRY(shard::LocalShard::Open(&env, served->collection_));
  while (served->shard_->RunOneJob()) {
  }
  return served;
}

}  // namespace elanus::bench
