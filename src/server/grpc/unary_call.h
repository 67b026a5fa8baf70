// One unary RPC on its way: what has arrived of it, its context, its answer. Its connection fills
// it and sends the answer; between the two one thread runs it. Counted among the server's requests
// from its making to its end.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/context.h"
#include "server/grpc/grpc_server.h"
#include "server/grpc/grpc_wire.h"
#include "server/rpc_table.h"

namespace elanus::server {

// What all calls of a server share: the table, the limits, and the counts they are about.
class CallLimits {
 public:
  CallLimits(const GrpcOptions& options_in, const RpcTable* table_in)
      : options(options_in), table(table_in) {}

  size_t requests() const { return requests_.load(std::memory_order_relaxed); }
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  // False: some were left when `until` came.
  bool WaitForNone(std::chrono::steady_clock::time_point until);

  const GrpcOptions options;
  const RpcTable* const table;

 private:
  friend class UnaryCall;
  std::atomic<size_t> requests_{0};
  std::atomic<size_t> bytes_{0};
  std::mutex mutex_;
  std::condition_variable none_left_;
};

// The bytes of a message behind its prefix of five.
struct FramedMessage {
  std::unique_ptr<uint8_t[]> bytes;
  size_t size = 0;
};

class UnaryCall {
 public:
  explicit UnaryCall(CallLimits* limits);
  ~UnaryCall();
  UnaryCall(const UnaryCall&) = delete;
  UnaryCall& operator=(const UnaryCall&) = delete;

  // A header of the request; those that nobody asks for are passed over.
  void AddHeader(std::string_view name, std::string_view value);
  // All headers are there. An answer: the request ends here.
  std::optional<RpcStatus> Begin();
  // A piece of the request's body; an answer: the request ends here.
  std::optional<RpcStatus> AddData(std::string_view piece);
  // The client has said it all.
  std::optional<RpcStatus> End();

  // Parses the request, runs its handler, serializes the response. Not OK: the answer is the status
  // alone, no message. Where the calling thread may block.
  RpcStatus Run(const std::string& peer, FramedMessage* response);
  // As if the handler had said that the server is too busy; `what` is full.
  RpcStatus Refuse(const char* what, FramedMessage* response);

  // Its client is gone, or its time. From any thread.
  void Cancel();

  bool is_grpc() const { return is_grpc_; }
  bool too_many() const { return others_ >= limits_->options.requests_max; }
  const Method& method() const { return *method_; }

 private:
  void Hold(size_t bytes);
  void Release();
  RpcStatus Serialize(const Message& response, FramedMessage* out);

  CallLimits* const limits_;
  const size_t others_;  // requests that were in flight when it came
  const Method* method_ = nullptr;
  std::string path_;  // of a method that is not served
  bool is_grpc_ = false;
  size_t header_bytes_ = 0;
  Context::Clock::time_point deadline_ = Context::Clock::time_point::max();
  std::optional<Context> context_;
  std::string encoding_;
  std::string database_;
  std::string authorization_;
  std::string request_id_;
  MessageReader reader_;
  size_t held_ = 0;  // counted in limits_->bytes_
};

}  // namespace elanus::server
