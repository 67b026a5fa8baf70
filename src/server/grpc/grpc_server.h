// Serves an RpcTable over gRPC, on connections that somebody else has accepted: unary calls over
// HTTP/2, plain or gzip'd requests, deadlines, cancellation, keepalive.
//
// A few threads, as many as there are cores, wait for sockets. Methods that only compute run on the
// thread that read their request, so that nothing is handed over; those that wait for the log run
// on the pool. While every one of these threads is busy, one more keeps the sockets going and hands
// whatever comes to the pool.
//
// Memory has a bound: requests in flight and the bytes they hold are counted, and what goes over is
// refused at once. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "base/status.h"

namespace elanus {
class MemoryBudget;
class ThreadPool;
}  // namespace elanus

namespace elanus::server {

class RpcTable;
class TlsContext;

struct GrpcOptions {
  size_t request_bytes_max = 64 << 20;    // of one message
  size_t response_bytes_max = 256 << 20;  // of one message
  size_t requests_max = 4096;             // in flight, queued ones included
  // Requests and responses that are being received, worked on or sent. One request is always let
  // in.
  size_t bytes_max = size_t{1} << 30;
  // Where those bytes are counted, twice: as they came and as what they say. Outlives the server;
  // null: nowhere.
  MemoryBudget* budget = nullptr;
  size_t threads = 0;               // that wait for sockets; 0: one a core
  std::shared_ptr<TlsContext> tls;  // null: in the clear
};

class GrpcServer {
 public:
  // `table` and `pool` outlive the server.
  static Result<std::unique_ptr<GrpcServer>> Start(const GrpcOptions& options,
                                                   const RpcTable* table, ThreadPool* pool);
  ~GrpcServer();

  // Takes over a connected, non-blocking socket, and what has been read from it.
  void Adopt(int fd, std::string_view bytes_read);

  // Takes no new calls, gives those that run `drain_max`, then cancels them; returns when all are
  // done. Idempotent.
  void Stop(std::chrono::milliseconds drain_max);

  size_t requests_in_flight() const;
  size_t bytes_in_flight() const;

 private:
  class Front;
  explicit GrpcServer(std::unique_ptr<Front> front);

  std::unique_ptr<Front> front_;
};

}  // namespace elanus::server
