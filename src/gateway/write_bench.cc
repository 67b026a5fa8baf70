// What the gateway adds to an insert: rows of a 384-d vector and a key, into a shard that drops
// them.
#include <benchmark/benchmark.h>

#include "gateway/gateway_testing.h"

namespace elanus::gateway {
namespace {

class NullShard : public FakeShard {
 public:
  Result<roles::WriteResult> Write(const Context&, roles::WriteRequest request) override {
    benchmark::DoNotOptimize(request.rows.rows);
    return roles::WriteResult{1, 0, 0};
  }
};

class NullShards : public FakeShards {
 public:
  Result<roles::ShardPtr> Open(const roles::CollectionPtr&) override {
    return roles::ShardPtr(shard_);
  }

 private:
  std::shared_ptr<NullShard> shard_ = std::make_shared<NullShard>();
};

void BM_Insert384(benchmark::State& state) {
  const auto rows = static_cast<size_t>(state.range(0));
  FakeCoordinator coordinator;
  NullShards shards;
  Context context;
  Gateway gateway(&coordinator, &shards, std::make_shared<Limits>());
  CreateCollection create = Simple();
  create.fields[1].type_params = {{"dim", "384"}};
  if (!gateway.Create(context, create).ok()) state.SkipWithError("create failed");
  const std::vector<int64_t> ids(rows, 7);
  const std::vector<float> vectors(rows * 384, 0.5F);
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<InputColumn> columns;
    columns.push_back(Longs("id", ids));
    columns.push_back(Vectors("vector", 384, vectors));
    Insert insert = Rows(std::move(columns), static_cast<int64_t>(rows));
    state.ResumeTiming();
    if (!gateway.RunInsert(context, std::move(insert)).ok()) state.SkipWithError("insert failed");
  }
  state.SetItemsProcessed(static_cast<int64_t>(rows) * state.iterations());
}
BENCHMARK(BM_Insert384)->Arg(1)->Arg(1000);

}  // namespace
}  // namespace elanus::gateway
