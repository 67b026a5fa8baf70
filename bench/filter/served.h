// Served: a shard over a segment file that exists already, so that whole queries can be measured.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "meta/catalog.h"
#include "meta/memory/memory_meta_store.h"
#include "shard/lane.h"
#include "shard/local_shard.h"
#include "wal/log.h"

namespace elanus::bench {

class Served {
 public:
  // `folder`/1/ID.seg is the segment's file. Builds an index on each of `indexed`.
  static Result<std::unique_ptr<Served>> Open(io::FileSystem* fs, const std::string& folder,
                                              const Schema& schema,
                                              const meta::SegmentMeta& segment,
                                              const std::vector<FieldId>& indexed);

  const roles::CollectionPtr& collection() const { return collection_; }
  Result<roles::QueryResult> Query(const roles::QueryRequest& request) {
    return shard_->Query(Context(), request);
  }

 private:
  // The clock counts up; nothing else asks.
  class Oracle final : public roles::Oracle {
   public:
    Timestamp Next() override { return ++last_; }
    Timestamp Now() override { return last_; }

   private:
    std::atomic<Timestamp> last_{TimestampFromMs(1'700'000'000'000)};
  };

  FakeClock clock_{1'700'000'000'000};
  Oracle oracle_;
  meta::MemoryMetaStore store_;
  std::unique_ptr<meta::Catalog> catalog_;
  std::unique_ptr<wal::Log> log_;
  std::unique_ptr<shard::Lane> lane_;
  MemoryBudget budget_;
  shard::GrowingMemory memory_{1 << 30};
  shard::ShardEnv env_;
  std::atomic<int64_t> next_object_{1000};
  roles::CollectionPtr collection_;
  std::shared_ptr<shard::LocalShard> shard_;
};

}  // namespace elanus::bench
