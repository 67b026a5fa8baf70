#include "server/grpc/grpc_server.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <absl/synchronization/mutex.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "base/background.h"
#include "base/context.h"
#include "base/metrics.h"
#include "base/thread_pool.h"
#include "server/rpc_table.h"

namespace elanus::server {
namespace {

using grpc::ByteBuffer;
using grpc::StatusCode;

constexpr int kKeepaliveTimeMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kClientPingIntervalMinMs = 1'000;
constexpr int kStreamsMaxPerConnection = 1024;
// One thread moves the bytes of some 30,000 calls a second, which give more cores than these work.
constexpr unsigned kCoresPerPoller = 4;
constexpr unsigned kPollersMax = 8;
constexpr int kAcceptedAhead = 16;
// Messages of usual size are made in this, one for each thread of the pool.
constexpr size_t kArenaBlock = 16 << 10;

Counter& RefusedRequests(const char* reason) {
  static MetricFamily<Counter> family("elanus_grpc_refused_total",
                                      "Requests refused before any work was done.", {"reason"});
  return family.With({reason});
}

// What all calls share: the table, the pool, and the counts that the limits are about.
struct Shared {
  const GrpcOptions options;
  const RpcTable* const table;
  ThreadPool* const pool;
  grpc::AsyncGenericService service;
  std::atomic<size_t> calls{0};  // those that have not arrived yet included
  std::atomic<size_t> requests{0};
  std::atomic<size_t> bytes{0};
};

Context::Clock::time_point SteadyDeadline(const grpc::ServerContextBase& call) {
  auto deadline = call.deadline();
  auto left = deadline - std::chrono::system_clock::now();
  if (left > std::chrono::hours(24 * 365)) return Context::Clock::time_point::max();
  return Context::Clock::now() + std::chrono::duration_cast<Context::Clock::duration>(left);
}

ByteBuffer Serialize(const Message& message, size_t size) {
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return ByteBuffer(&slice, 1);
}

// One unary call, from before its arrival to its end; deletes itself. Its events come one at a
// time, on the one thread of its queue; Run() is on a thread of the pool, beside the event that
// tells of a cancelled call. All ends come through Finish or Answer, whose event and that one are
// the last.
class UnaryCall final {
 public:
  // What gRPC gives back when a step is done.
  struct Event {
    UnaryCall* call;
    void (UnaryCall::*then)(bool ok);
  };

  // Takes the next call that arrives.
  static void Await(Shared* shared, grpc::ServerCompletionQueue* queue) {
    auto* call = new UnaryCall(shared, queue);
    shared->service.RequestCall(&call->grpc_, &call->stream_, queue, queue, &call->arrived_);
  }

  UnaryCall(const UnaryCall&) = delete;
  UnaryCall& operator=(const UnaryCall&) = delete;

 private:
  UnaryCall(Shared* shared, grpc::ServerCompletionQueue* queue)
      : shared_(shared), queue_(queue), stream_(&grpc_) {
    shared_->calls.fetch_add(1, std::memory_order_relaxed);
    grpc_.AsyncNotifyWhenDone(&done_);
  }
  ~UnaryCall() {
    if (shared_->calls.fetch_sub(1, std::memory_order_acq_rel) == 1) shared_->calls.notify_all();
  }

  void OnArrived(bool ok) {
    if (!ok) {  // the server stops; of a call that never was, no other event comes
      delete this;
      return;
    }
    Await(shared_, queue_);
    context_.emplace(SteadyDeadline(grpc_));
    size_t others = shared_->requests.fetch_add(1, std::memory_order_relaxed);
    method_ = shared_->table->Find(grpc_.method());
    if (method_ == nullptr) {
      Finish(RpcTable::WhyNot(grpc_.method()));
    } else if (others >= shared_->options.requests_max) {
      RefuseAsBusy("requests");
    } else {
      stream_.Read(&request_, &read_);
    }
  }

  void OnRead(bool ok) {
    // Not ok: no message came, or one over the limit, which gRPC has answered by itself.
    if (!ok) return Finish({StatusCode::INVALID_ARGUMENT, "the request has no message"});
    size_t size = request_.Length();
    size_t others = Hold(size);
    if (others > 0 && others + size > shared_->options.bytes_max) {
      static Counter& refused = RefusedRequests("bytes");
      refused.Add();
      return Finish({StatusCode::RESOURCE_EXHAUSTED,
                     "too many bytes of requests in flight: " + std::to_string(others) + " of " +
                         std::to_string(shared_->options.bytes_max)});
    }
    if (!shared_->pool->Submit([this] { Run(); })) RefuseAsBusy("queue");
  }

  // The call is over for gRPC: answered, or its client is gone.
  void OnDone(bool) {
    if (grpc_.IsCancelled()) context_->Cancel();
    EndAtLastEvent();
  }

  void OnFinished(bool) {
    shared_->bytes.fetch_sub(held_, std::memory_order_relaxed);
    shared_->requests.fetch_sub(1, std::memory_order_relaxed);
    EndAtLastEvent();
  }

  void EndAtLastEvent() {
    if (--last_events_ == 0) delete this;
  }

  // The bytes others held before.
  size_t Hold(size_t bytes) {
    held_ += bytes;
    return shared_->bytes.fetch_add(bytes, std::memory_order_relaxed);
  }
  void Release(size_t bytes) {
    held_ -= bytes;
    shared_->bytes.fetch_sub(bytes, std::memory_order_relaxed);
  }

  void Run() {
    if (!context_->Check().ok()) {
      return Finish({StatusCode::DEADLINE_EXCEEDED, "the request waited past its deadline"});
    }
    alignas(8) static thread_local char block[kArenaBlock];
    google::protobuf::ArenaOptions arena_options;
    arena_options.initial_block = block;
    arena_options.initial_block_size = sizeof block;
    google::protobuf::Arena arena(arena_options);
    Message* request = method_->request->New(&arena);
    Message* response = method_->response->New(&arena);
    if (!ParseRequest(request)) {
      return Finish(
          {StatusCode::INVALID_ARGUMENT, "the bytes are not a valid " + request->GetTypeName()});
    }
    const std::string peer = grpc_.peer();
    Call call{*context_,
              method_->name,
              peer,
              Metadata("dbname"),
              Metadata("authorization"),
              Metadata("client-request-id")};
    Answer(Serve(*method_, call, *request, response), *response);
  }

  // Parses from one piece of memory: four times as fast as from gRPC's many slices.
  bool ParseRequest(Message* request) {
    grpc::Slice slice;
    if (!request_.DumpToSingleSlice(&slice).ok()) return false;
    request_.Clear();
    return request->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  }

  std::string_view Metadata(const char* key) const {
    const auto& all = grpc_.client_metadata();
    auto found = all.find(key);
    if (found == all.end()) return {};
    return {found->second.data(), found->second.size()};
  }

  void RefuseAsBusy(const char* reason) {
    RefusedRequests(reason).Add();
    std::unique_ptr<Message> response(method_->response->New());
    Answer(
        Refuse(Status(Code::kTooManyRequests, std::string(TraitsOf(Code::kTooManyRequests).text)),
               response.get()),
        *response);
  }

  void Answer(RpcStatus status, const Message& response) {
    if (status.code != 0) return Finish(std::move(status));
    size_t size = response.ByteSizeLong();
    if (size > shared_->options.response_bytes_max) {
      return Finish({StatusCode::RESOURCE_EXHAUSTED,
                     "the response has " + std::to_string(size) + " bytes, the limit is " +
                         std::to_string(shared_->options.response_bytes_max)});
    }
    response_ = Serialize(response, size);
    Release(held_);
    Hold(size);
    stream_.WriteAndFinish(response_, grpc::WriteOptions(), grpc::Status::OK, &finished_);
  }

  void Finish(RpcStatus status) {
    stream_.Finish(grpc::Status(static_cast<StatusCode>(status.code), std::move(status.message)),
                   &finished_);
  }

  Shared* const shared_;
  grpc::ServerCompletionQueue* const queue_;
  Event arrived_{this, &UnaryCall::OnArrived};
  Event read_{this, &UnaryCall::OnRead};
  Event finished_{this, &UnaryCall::OnFinished};
  Event done_{this, &UnaryCall::OnDone};
  int last_events_ = 2;  // OnFinished and OnDone
  grpc::GenericServerContext grpc_;
  grpc::GenericServerAsyncReaderWriter stream_;
  std::optional<Context> context_;  // once it has arrived
  const Method* method_ = nullptr;
  ByteBuffer request_;
  ByteBuffer response_;
  size_t held_ = 0;  // counted in shared_->bytes
};

}  // namespace

class GrpcServer::Front final {
 public:
  Front(const GrpcOptions& options, const RpcTable* table, ThreadPool* pool)
      : shared_{options, table, pool, {}} {}
  ~Front() { Stop(std::chrono::milliseconds(0)); }

  Status Start() {
    // Debian builds Abseil with its deadlock detector on: a global lock around every lock of gRPC.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    const GrpcOptions& options = shared_.options;
    grpc::ServerBuilder builder;
    builder.RegisterAsyncGenericService(&shared_.service);
    builder.SetMaxReceiveMessageSize(static_cast<int>(options.request_bytes_max));
    builder.SetMaxSendMessageSize(static_cast<int>(options.response_bytes_max));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               kClientPingIntervalMinMs);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMaxPerConnection);
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        grpc::InsecureServerCredentials());
    // One thread a queue: it never has to hand the polling over to another.
    const unsigned cores = std::thread::hardware_concurrency();
    for (unsigned i = 0; i < std::clamp(cores / kCoresPerPoller, 1u, kPollersMax); ++i) {
      queues_.push_back(builder.AddCompletionQueue());
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      for (const auto& queue : queues_) queue->Shutdown();
      return Fail(Code::kInternal, "the gRPC server does not start");
    }
    for (const auto& queue : queues_) {
      for (int i = 0; i < kAcceptedAhead; ++i) UnaryCall::Await(&shared_, queue.get());
      threads_.emplace_back([this, queue = queue.get()] { Poll(queue); });
    }
    return {};
  }

  void Adopt(int fd, std::string_view bytes_read) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = fd;
    grpc::Slice slice(bytes_read.data(), bytes_read.size());
    connection.read_buffer = ByteBuffer(&slice, 1);
    acceptor_->HandleNewConnection(&connection);
  }

  void Stop(std::chrono::milliseconds drain_max) {
    std::lock_guard lock(stopping_);
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + drain_max);
    // Handlers that run on answer into the queues: these end after the last call.
    for (size_t calls = shared_.calls; calls > 0; calls = shared_.calls) shared_.calls.wait(calls);
    for (const auto& queue : queues_) queue->Shutdown();
    for (std::thread& thread : threads_) thread.join();
    server_.reset();
  }

  const Shared& shared() const { return shared_; }

 private:
  static void Poll(grpc::ServerCompletionQueue* queue) {
    SetThreadName("grpc");
    void* tag = nullptr;
    bool ok = false;
    while (queue->Next(&tag, &ok)) {
      const auto* event = static_cast<const UnaryCall::Event*>(tag);
      (event->call->*event->then)(ok);
    }
  }

  Shared shared_;
  std::mutex stopping_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::thread> threads_;
};

GrpcServer::GrpcServer(std::unique_ptr<Front> front) : front_(std::move(front)) {}

GrpcServer::~GrpcServer() { Stop(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcOptions& options,
                                                      const RpcTable* table, ThreadPool* pool) {
  auto front = std::make_unique<Front>(options, table, pool);
  TRY(front->Start());
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(front)));
}

void GrpcServer::Adopt(int fd, std::string_view bytes_read) { front_->Adopt(fd, bytes_read); }

void GrpcServer::Stop(std::chrono::milliseconds drain_max) { front_->Stop(drain_max); }

size_t GrpcServer::requests_in_flight() const { return front_->shared().requests; }
size_t GrpcServer::bytes_in_flight() const { return front_->shared().bytes; }

}  // namespace elanus::server
