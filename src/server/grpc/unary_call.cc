#include "server/grpc/unary_call.h"

#include <utility>

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>

#include "base/memory_budget.h"
#include "base/metrics.h"

namespace elanus::server {
namespace {

// Names and values together; tokens of some thousand bytes pass.
constexpr size_t kHeaderBytesMax = 32 << 10;
// Messages of usual size are made in this, one for each thread.
constexpr size_t kArenaBlock = 16 << 10;

RpcStatus Answer(GrpcCode code, std::string message) { return {code, std::move(message)}; }

GrpcCode GrpcCodeOfDecompress(Code code) {
  if (code == Code::kTooManyRequests) return GrpcCode::kResourceExhausted;
  if (code == Code::kUnimplemented) return GrpcCode::kUnimplemented;
  return GrpcCode::kInvalidArgument;
}

Counter& RefusedRequests(const char* reason) {
  static MetricFamily<Counter> family("elanus_grpc_refused_total",
                                      "Requests refused before any work was done.", {"reason"});
  return family.With({reason});
}

}  // namespace

bool CallLimits::WaitForNone(std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  return none_left_.wait_until(lock, until, [this] { return requests_ == 0; });
}

UnaryCall::UnaryCall(CallLimits* limits)
    : limits_(limits), others_(limits->requests_.fetch_add(1, std::memory_order_relaxed)) {}

UnaryCall::~UnaryCall() {
  Release();
  if (limits_->requests_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    std::lock_guard lock(limits_->mutex_);
    limits_->none_left_.notify_all();
  }
}

void UnaryCall::AddHeader(std::string_view name, std::string_view value) {
  header_bytes_ += name.size() + value.size();
  if (header_bytes_ > kHeaderBytesMax) return;
  if (name == ":path") {
    method_ = limits_->table->Find(value);
    if (method_ == nullptr) path_ = value;
  } else if (name == "content-type") {
    is_grpc_ = value.starts_with("application/grpc");
  } else if (name == "grpc-timeout") {
    if (auto timeout = ParseGrpcTimeout(value)) {
      deadline_ =
          Context::Clock::now() + std::chrono::duration_cast<Context::Clock::duration>(*timeout);
    }
  } else if (name == "grpc-encoding") {
    encoding_ = value;
  } else if (name == "dbname") {
    database_ = value;
  } else if (name == "authorization") {
    authorization_ = value;
  } else if (name == "client-request-id") {
    request_id_ = value;
  }
}

std::optional<RpcStatus> UnaryCall::Begin() {
  context_.emplace(deadline_);
  if (header_bytes_ > kHeaderBytesMax) {
    return Answer(GrpcCode::kResourceExhausted,
                  "the request's metadata has " + std::to_string(header_bytes_) +
                      " bytes, the limit is " + std::to_string(kHeaderBytesMax));
  }
  if (method_ == nullptr) return RpcTable::WhyNot(path_);
  return std::nullopt;
}

std::optional<RpcStatus> UnaryCall::AddData(std::string_view piece) {
  const GrpcOptions& options = limits_->options;
  const size_t before = reader_.message().size();
  switch (reader_.Add(piece, options.request_bytes_max)) {
    case MessageReader::Verdict::kOk:
      break;
    case MessageReader::Verdict::kTooLarge:
      return Answer(GrpcCode::kResourceExhausted,
                    "the request has " + std::to_string(reader_.length()) +
                        " bytes, the limit is " + std::to_string(options.request_bytes_max));
    case MessageReader::Verdict::kMalformed:
      return Answer(GrpcCode::kInvalidArgument, "the request is not one gRPC message");
  }
  Hold(reader_.message().size() - before);
  const size_t others = limits_->bytes() - held_;
  if (others > 0 && others + held_ > options.bytes_max) {
    static Counter& refused = RefusedRequests("bytes");
    refused.Add();
    return Answer(GrpcCode::kResourceExhausted,
                  "too many bytes of requests in flight: " + std::to_string(others) + " of " +
                      std::to_string(options.bytes_max));
  }
  return std::nullopt;
}

std::optional<RpcStatus> UnaryCall::End() {
  if (reader_.whole()) return std::nullopt;
  return Answer(GrpcCode::kInvalidArgument, "the request has no message");
}

RpcStatus UnaryCall::Run(const std::string& peer, FramedMessage* out) {
  if (!context_->Check().ok()) {
    return Answer(GrpcCode::kDeadlineExceeded, "the request waited past its deadline");
  }
  std::string bytes = std::move(reader_.message());
  if (reader_.compressed()) {
    auto decompressed = Decompress(encoding_, bytes, limits_->options.request_bytes_max);
    if (!decompressed.ok()) {
      Status error = std::move(decompressed).error();
      return Answer(GrpcCodeOfDecompress(error.code()), error.message());
    }
    bytes = std::move(decompressed).take();
    Hold(bytes.size());
  }
  alignas(8) static thread_local char block[kArenaBlock];
  google::protobuf::ArenaOptions arena_options;
  arena_options.initial_block = block;
  arena_options.initial_block_size = sizeof block;
  google::protobuf::Arena arena(arena_options);
  Message* request = method_->request->New(&arena);
  Message* response = method_->response->New(&arena);
  if (!request->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Answer(GrpcCode::kInvalidArgument,
                  "the bytes are not a valid " + request->GetTypeName());
  }
  std::string().swap(bytes);
  Call call{*context_, method_->name, peer, database_, authorization_, request_id_};
  RpcStatus status = Serve(*method_, call, *request, response);
  return status.ok() ? Serialize(*response, out) : status;
}

RpcStatus UnaryCall::Refuse(const char* what, FramedMessage* out) {
  RefusedRequests(what).Add();
  std::unique_ptr<Message> response(method_->response->New());
  RpcStatus status = server::Refuse(
      Status(Code::kTooManyRequests, std::string(TraitsOf(Code::kTooManyRequests).text)),
      response.get());
  return status.ok() ? Serialize(*response, out) : status;
}

RpcStatus UnaryCall::Serialize(const Message& response, FramedMessage* out) {
  const size_t size = response.ByteSizeLong();
  if (size > limits_->options.response_bytes_max) {
    return Answer(GrpcCode::kResourceExhausted,
                  "the response has " + std::to_string(size) + " bytes, the limit is " +
                      std::to_string(limits_->options.response_bytes_max));
  }
  out->size = MessageReader::kPrefixBytes + size;
  out->bytes = std::make_unique_for_overwrite<uint8_t[]>(out->size);
  WriteMessagePrefix(size, out->bytes.get());
  response.SerializeWithCachedSizesToArray(out->bytes.get() + MessageReader::kPrefixBytes);
  Release();
  Hold(size);
  return {};
}

void UnaryCall::Cancel() {
  if (context_) context_->Cancel();
}

void UnaryCall::Hold(size_t bytes) {
  held_ += bytes;
  limits_->bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (limits_->options.budget != nullptr)
    limits_->options.budget->Add(MemoryUse::kRequests, 2 * static_cast<int64_t>(bytes));
}

void UnaryCall::Release() {
  if (held_ == 0) return;
  limits_->bytes_.fetch_sub(held_, std::memory_order_relaxed);
  if (limits_->options.budget != nullptr)
    limits_->options.budget->Add(MemoryUse::kRequests, -2 * static_cast<int64_t>(held_));
  held_ = 0;
}

}  // namespace elanus::server
