// A ShardHost over memory, for tests: it can crash, be killed and come back.
#pragma once

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/memory/memory_file_system.h"
#include "meta/catalog.h"
#include "meta/memory/memory_meta_store.h"
#include "shard/shard_host.h"
#include "wal/file/file_log.h"

namespace elanus::shard {

class CountingOracle final : public roles::Oracle {
 public:
  explicit CountingOracle(const Clock* clock) : clock_(clock) {}
  Timestamp Next() override {
    Timestamp last = last_.load();
    Timestamp next = 0;
    do {
      next = std::max(last + 1, TimestampFromMs(clock_->NowMs()));
    } while (!last_.compare_exchange_weak(last, next));
    return next;
  }
  Timestamp Now() override { return std::max(last_.load(), TimestampFromMs(clock_->NowMs())); }

 private:
  const Clock* const clock_;
  std::atomic<Timestamp> last_{0};
};

// A collection of (id Int64, age Int32, vector FloatVector of 4), with a partition "old" beside the
// default.
inline std::shared_ptr<CollectionInfo> TestCollection() {
  auto info = std::make_shared<CollectionInfo>();
  info->id = CollectionId(7);
  info->shard = ShardId(8);
  info->database = "default";
  info->name = "books";
  Field id, age, vector;
  id.id = FieldId(100);
  id.name = "id";
  id.type = DataType::kInt64;
  id.primary = true;
  age.id = FieldId(101);
  age.name = "age";
  age.type = DataType::kInt32;
  vector.id = FieldId(102);
  vector.name = "vector";
  vector.type = DataType::kFloatVector;
  vector.dim = 4;
  info->schema.fields = {id, age, vector};
  info->partitions = {{PartitionId(1), "_default", 0, true}, {PartitionId(2), "old", 0, true}};
  info->loaded = true;
  return info;
}

inline constexpr FieldId kId{100};
inline constexpr FieldId kAge{101};
inline constexpr FieldId kVector{102};
inline constexpr PartitionId kDefault{1};
inline constexpr PartitionId kOld{2};

struct TestRow {
  int64_t id;
  int32_t age;
};

inline Batch MakeBatch(const std::vector<TestRow>& rows) {
  Batch batch;
  batch.rows = rows.size();
  Column id(kId, DataType::kInt64);
  Column age(kAge, DataType::kInt32);
  Column vector(kVector, DataType::kFloatVector, 4);
  for (const TestRow& row : rows) {
    id.Append<int64_t>(row.id);
    age.Append<int32_t>(row.age);
    const float values[4] = {static_cast<float>(row.id), static_cast<float>(row.age), 0, 1};
    vector.AppendFixed(values, 1);
  }
  batch.columns = {id, age, vector};
  return batch;
}

// The rows nearest to `query` by groups of one age, `limit` groups of `size`.
inline roles::SearchRequest NearestByAge(const roles::CollectionPtr& collection,
                                         const std::string& index_type,
                                         const std::array<float, 4>& query, size_t limit,
                                         size_t size, bool strict) {
  roles::SearchRequest request;
  request.collection = collection;
  request.field = kVector;
  request.metric = Metric::kL2;
  request.index_type = index_type;
  request.limit = limit;
  request.queries.type = DataType::kFloatVector;
  request.queries.dim = 4;
  request.queries.count = 1;
  request.queries.dense.assign(reinterpret_cast<const char*>(query.data()), sizeof query);
  request.groups.emplace();
  request.groups->keys.resize(1);
  request.groups->keys[0].field = kAge;
  request.groups->size = size;
  request.groups->strict = strict;
  return request;
}

class HostFixture : public ::testing::Test {
 protected:
  HostFixture() {
    options_.shard.seal_rows = 1000;
    options_.shard.index_rows_min = 64;
    collection_ = TestCollection();
    Start();
  }

  void Start() {
    catalog_ = meta::Catalog::Open(&store_).take();
    ASSERT_TRUE(fs_.CreateDirs("data/log").ok());
    log_ = wal::FileLog::Open(fs_, "data/log", {.file_bytes = 1 << 20, .reserve_bytes = 64 << 10})
               .take();
    host_ = std::make_unique<ShardHost>(options_, &fs_, "data/shards", catalog_.get(), log_.get(),
                                        &oracle_, &clock_);
    const Status recovered = host_->Recover({collection_});
    ASSERT_TRUE(recovered.ok()) << recovered.message();
    auto opened = host_->Open(collection_);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    shard_ = *opened;
  }
  void Stop() {
    shard_ = nullptr;
    host_ = nullptr;
    log_ = nullptr;
    catalog_ = nullptr;
  }
  void Crash() {
    // Nothing of what the stopping host still does is kept: what it commits was synced before.
    store_.FailWith(Status(Code::kIoFailed, "the machine is down"));
    fs_.Crash();
    Stop();
    store_.FailWith(Status());
    Start();
  }

  Result<roles::WriteResult> Insert(const std::vector<TestRow>& rows,
                                    PartitionId partition = kDefault) {
    roles::WriteRequest request;
    request.collection = collection_;
    request.rows = MakeBatch(rows);
    request.partitions = {partition};
    return shard_->Write(Context(), std::move(request));
  }
  Result<roles::WriteResult> Delete(const std::vector<int64_t>& ids,
                                    std::vector<PartitionId> partitions = {}) {
    roles::WriteRequest request;
    request.collection = collection_;
    Column keys(kId, DataType::kInt64);
    for (const int64_t id : ids) keys.Append<int64_t>(id);
    request.delete_keys = keys;
    request.delete_partitions = std::move(partitions);
    return shard_->Write(Context(), std::move(request));
  }
  Result<roles::WriteResult> DeleteWhere(const std::string& filter) {
    roles::WriteRequest request;
    request.collection = collection_;
    request.delete_filter = expr::Compile(filter, collection_->schema, {}).take();
    return shard_->Write(Context(), std::move(request));
  }
  // "id:age" of every row, ascending by id.
  std::string Rows(const std::string& filter = "", Timestamp at = 0,
                   std::vector<PartitionId> partitions = {}) {
    roles::QueryRequest request;
    request.collection = collection_;
    request.at = at;
    request.partitions = std::move(partitions);
    if (!filter.empty()) request.filter = expr::Compile(filter, collection_->schema, {}).take();
    request.output = {kId, kAge};
    const auto result = shard_->Query(Context(), request);
    if (!result.ok()) return result.status().message();
    std::string text;
    for (size_t row = 0; row < result->rows.rows; ++row) {
      text += std::to_string(result->rows.columns[0].as<int64_t>()[row]) + ":" +
              std::to_string(result->rows.columns[1].as<int32_t>()[row]) + " ";
    }
    return text;
  }
  int64_t Count() {
    roles::QueryRequest request;
    request.collection = collection_;
    request.count_only = true;
    return shard_->Query(Context(), request).take().count;
  }
  void Flush() {
    const auto flushed = shard_->Flush(Context());
    ASSERT_TRUE(flushed.ok()) << flushed.status().message();
  }

  FakeClock clock_{1'700'000'000'000};
  CountingOracle oracle_{&clock_};
  io::MemoryFileSystem fs_;
  meta::MemoryMetaStore store_;
  HostOptions options_;
  std::shared_ptr<const CollectionInfo> collection_;
  std::unique_ptr<meta::Catalog> catalog_;
  std::unique_ptr<wal::Log> log_;
  std::unique_ptr<ShardHost> host_;
  roles::ShardPtr shard_;
};

}  // namespace elanus::shard
