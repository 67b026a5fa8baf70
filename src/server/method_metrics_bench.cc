#include <benchmark/benchmark.h>
#include <milvus/service.pb.h>

#include "base/context.h"
#include "server/method_metrics.h"

namespace elanus::server {
namespace {

void RecordSearch(benchmark::State& state) {
  static MethodMetrics metrics("Search", *::milvus::proto::milvus::SearchRequest::descriptor());
  ::milvus::proto::milvus::SearchRequest request;
  request.set_collection_name("books");
  Context context;
  Call call{context, "Search", "", "", "", ""};
  call.vectors = 1;
  for (auto _ : state) metrics.Record(call, request, Code::kOk, std::chrono::microseconds(100));
}
BENCHMARK(RecordSearch)->Threads(1)->Threads(2);

}  // namespace
}  // namespace elanus::server
