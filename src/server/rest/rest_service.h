// REST beside gRPC: /v2/vectordb and /v1, and /openapi.json that describes them. Requests are
// worked on by the pool; HTTP's thread only counts them. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/metrics.h"
#include "server/http/http_message.h"
#include "server/rpc_table.h"

namespace elanus {
class MemoryBudget;
class ThreadPool;
}  // namespace elanus

namespace elanus::server {

struct Route;

struct RestOptions {
  size_t requests_max = 4096;             // in flight, those that wait included
  size_t bytes_max = size_t{1} << 30;     // of the bodies in flight; one request is always let in
  size_t response_bytes_max = 256 << 20;  // of one answer
  MemoryBudget* budget = nullptr;         // where bodies are counted; as in GrpcOptions
  std::chrono::milliseconds timeout{30'000};  // of a request that names none
};

class RestService {
 public:
  // `table` and `pool` outlive the service, and the service the pool's tasks. `version` is shown in
  // the document. `seed` is of the trace ids.
  RestService(const RestOptions& options, const RpcTable* table, ThreadPool* pool,
              std::string version, uint64_t seed);
  ~RestService();

  void Handle(HttpRequest request, HttpReply reply);

  size_t requests_in_flight() const { return requests_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    const Route* route;
    Counter* requests;
  };
  struct Arrived;

  void Work(Arrived* arrived);
  HttpResponse Answer(const Arrived& arrived) const;
  void Finish(const Arrived& arrived, HttpResponse response);
  std::string TraceId(const HttpRequest& request);

  const RestOptions options_;
  const RpcTable* const table_;
  ThreadPool* const pool_;
  const std::string document_;
  const uint64_t seed_;
  std::unordered_map<std::string, Entry> routes_;  // by method, ' ' and path
  std::atomic<size_t> requests_{0};
  size_t Hold(size_t bytes);  // what was held before
  void Release(size_t bytes);

  std::atomic<size_t> bytes_{0};
  std::atomic<uint64_t> last_trace_{0};
};

}  // namespace elanus::server
