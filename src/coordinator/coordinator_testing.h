// A LocalCoordinator over memory, for tests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "coordinator/local_coordinator.h"
#include "coordinator/local_oracle.h"
#include "meta/memory/memory_meta_store.h"

namespace elanus::coordinator {

// Shards without rows: remembers the newest version of each collection it was told of.
class EmptyShards final : public roles::ShardDirectory {
 public:
  Result<roles::ShardPtr> Open(const CollectionPtr&) override {
    return Status(Code::kUnimplemented, "these shards have no rows");
  }
  Status Update(const CollectionPtr& collection) override {
    if (!failure.ok()) return failure;
    updated[collection->shard] = collection;
    return Status();
  }
  Result<Compaction> Compact(const roles::CompactionRequest&) override { return Compaction(); }
  std::optional<Compaction> FindCompaction(int64_t) override { return std::nullopt; }
  Status Drop(ShardId shard) override {
    if (!failure.ok()) return failure;
    dropped.push_back(shard);
    return Status();
  }

  std::map<ShardId, CollectionPtr> updated;
  std::vector<ShardId> dropped;
  Status failure;
};

class CoordinatorFixture : public ::testing::Test {
 protected:
  CoordinatorFixture() { Reopen(); }

  void Reopen() {
    coordinator_.reset();
    oracle_.reset();
    catalog_ = meta::Catalog::Open(&store_).take();
    oracle_ = LocalOracle::Open(catalog_.get(), &clock_).take();
    coordinator_ = LocalCoordinator::Open(catalog_.get(), oracle_.get(), &shards_, options_).take();
  }

  static Field Scalar(std::string name, DataType type = DataType::kInt64) {
    Field field;
    field.name = std::move(name);
    field.type = type;
    return field;
  }
  static Field Vector(std::string name, int64_t dim = 8) {
    Field field = Scalar(std::move(name), DataType::kFloatVector);
    field.dim = dim;
    field.type_params = {{"dim", std::to_string(dim)}};
    return field;
  }
  // A key "id", a vector "vector", an Int64 "age", a JSON "json".
  static roles::CreateCollectionRequest Request(std::string name) {
    roles::CreateCollectionRequest request;
    request.database = "default";
    request.name = std::move(name);
    Field key = Scalar("id");
    key.primary = true;
    request.schema.fields = {key, Vector("vector"), Scalar("age"), Scalar("json", DataType::kJson)};
    return request;
  }
  static IndexInfo Index(FieldId field, std::string name = "", Properties params = {}) {
    IndexInfo index;
    index.field = field;
    index.name = std::move(name);
    index.type = "HNSW";
    index.metric = Metric::kL2;
    index.params = std::move(params);
    return index;
  }

  CollectionPtr Create(std::string name) {
    auto created = coordinator_->CreateCollection(Request(std::move(name)));
    EXPECT_TRUE(created.ok()) << created.status().message();
    return created.ok() ? *created : nullptr;
  }
  // With an index on its vector.
  CollectionPtr CreateIndexed(std::string name) {
    Create(name);
    Expect(coordinator_->CreateIndex("default", name, Index(kVector)));
    return Find(name);
  }
  CollectionPtr Find(std::string_view name) {
    auto found = coordinator_->Find("default", name);
    EXPECT_TRUE(found.ok()) << found.status().message();
    return found.ok() ? *found : nullptr;
  }
  static void Expect(const Status& status) { EXPECT_TRUE(status.ok()) << status.message(); }
  static void ExpectError(const Status& status, Code code, std::string_view message) {
    EXPECT_EQ(status.code(), code);
    EXPECT_EQ(status.message(), message);
  }

  static constexpr FieldId kKey{100}, kVector{101}, kAge{102}, kJson{103};

  FakeClock clock_{1'700'000'000'000};
  meta::MemoryMetaStore store_;
  EmptyShards shards_;
  CoordinatorOptions options_;
  std::unique_ptr<meta::Catalog> catalog_;
  std::unique_ptr<LocalOracle> oracle_;
  std::unique_ptr<LocalCoordinator> coordinator_;
};

}  // namespace elanus::coordinator
