// Find is on the path of every request; Create is the fixed price of a collection.
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "base/clock.h"
#include "coordinator/local_coordinator.h"
#include "coordinator/local_oracle.h"
#include "meta/memory/memory_meta_store.h"

namespace elanus::coordinator {
namespace {

class NoShards final : public roles::ShardDirectory {
 public:
  Result<roles::ShardPtr> Open(const CollectionPtr&) override {
    return Status(Code::kUnimplemented, "no rows here");
  }
  Status Update(const CollectionPtr&) override { return Status(); }
  Result<Compaction> Compact(const roles::CompactionRequest&) override { return Compaction(); }
  std::optional<Compaction> FindCompaction(int64_t) override { return std::nullopt; }
  Status Drop(ShardId) override { return Status(); }
};

roles::CreateCollectionRequest Request(int64_t i) {
  roles::CreateCollectionRequest request;
  request.name = "collection_" + std::to_string(i);
  for (int f = 0; f < 6; ++f) {
    Field field;
    field.name = "field_" + std::to_string(f);
    field.type = f == 0 ? DataType::kInt64 : f == 1 ? DataType::kFloatVector : DataType::kVarChar;
    field.primary = f == 0;
    field.dim = f == 1 ? 384 : 0;
    field.max_length = f > 1 ? 256 : 0;
    request.schema.fields.push_back(field);
  }
  return request;
}

struct World {
  SystemClock clock;
  meta::MemoryMetaStore store;
  std::unique_ptr<meta::Catalog> catalog = meta::Catalog::Open(&store).take();
  std::unique_ptr<LocalOracle> oracle = LocalOracle::Open(catalog.get(), &clock).take();
  NoShards shards;
  std::unique_ptr<LocalCoordinator> coordinator =
      LocalCoordinator::Open(catalog.get(), oracle.get(), &shards, {1 << 20, 1024, 1 << 20}).take();
};

// With 10,000 collections.
World& Shared() {
  static World& world = *[] {
    auto* made = new World;
    for (int64_t i = 0; i < 10'000; ++i) {
      CHECK(made->coordinator->CreateCollection(Request(i)).ok());
    }
    return made;
  }();
  return world;
}

void BM_Find(benchmark::State& state) {
  World& world = Shared();
  const std::string name = "collection_" + std::to_string(4321 + state.thread_index());
  for (auto _ : state) {
    auto found = world.coordinator->Find("default", name);
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(BM_Find)->Threads(1)->Threads(2)->UseRealTime();

void BM_OracleNext(benchmark::State& state) {
  World& world = Shared();
  for (auto _ : state) benchmark::DoNotOptimize(world.oracle->Next());
}
BENCHMARK(BM_OracleNext)->Threads(1)->Threads(2)->UseRealTime();

void BM_OracleNow(benchmark::State& state) {
  World& world = Shared();
  for (auto _ : state) benchmark::DoNotOptimize(world.oracle->Now());
}
BENCHMARK(BM_OracleNow);

// Over memory: all but the sync.
void BM_CreateCollection(benchmark::State& state) {
  World world;
  int64_t i = 0;
  for (auto _ : state) {
    CHECK(world.coordinator->CreateCollection(Request(i++)).ok());
  }
}
BENCHMARK(BM_CreateCollection);

}  // namespace
}  // namespace elanus::coordinator
