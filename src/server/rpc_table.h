// The RPCs this server answers: a full method path, its two message types, and the function that
// turns one into the other. Knows no transport. Filled at start, read-only afterwards.
//
//   table.Add("Insert", [&](Call& call, const pb::InsertRequest& request,
//                           pb::MutationResult* response) -> Status { ... });
//
// A handler that fails returns the Status and need not touch the response: whoever serves the table
// empties the response and writes code, reason and the rest into its status field.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/hash.h"
#include "base/status.h"

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace elanus::server {

using google::protobuf::Message;
class MethodMetrics;

// What came with a request beside its message. Views live as long as the call.
struct Call {
  Context& context;                // the client's deadline, and whether it went away
  std::string_view method;         // "Insert"
  std::string_view peer;           // "ipv4:127.0.0.1:50321"
  std::string_view database;       // `dbname`; the request's own db_name goes before it
  std::string_view authorization;  // base64 of "user:password" or of an API key
  std::string_view request_id;     // `client-request-id`
  int64_t vectors = 0;             // out: rows written or vectors searched with, for the metrics
  std::string user = {};           // set by the guard; empty: there is none
};

// Where a method runs.
enum class Runs {
  kOnPool,          // it may wait: for the log, for a lock that is held over I/O
  kWhereItArrives,  // it only computes, on what is in memory or mapped
};

// Must not throw.
using Handler = std::function<Status(Call&, const Message& request, Message* response)>;

struct RpcAccess;
struct Method;
struct RpcStatus;

// Who may call what. Thread-safe.
class Guard {
 public:
  virtual ~Guard() = default;
  // OK: call.user says whom the call comes from. A transport that looks at a request's body before
  // it knows the RPC asks for this first.
  virtual RpcStatus Identify(Call* call) = 0;
  // Before the handler runs. OK: it may, and call.user says for whom.
  virtual RpcStatus Admit(const Method& method, Call* call, const Message& request) = 0;
};

// How much callers may use of the server. Thread-safe.
class Limiter {
 public:
  virtual ~Limiter() = default;
  // Whether calls of this method are ever held back.
  virtual bool Counts(const Method& method) const = 0;
  // Of a request that the guard admits, before the handler runs.
  virtual Status Admit(const Method& method, const Call& call, const Message& request) = 0;
};

struct Method {
  std::string path;        // "/milvus.proto.milvus.MilvusService/Insert"
  std::string name;        // "Insert"
  const Message* request;  // empty ones, to be cloned
  const Message* response;
  Handler handler;
  Runs runs;
  std::shared_ptr<MethodMetrics> metrics;
  const RpcAccess* access;
  Guard* guard = nullptr;      // null: everybody may call everything
  Limiter* limiter = nullptr;  // null: as often as they like
  int legacy_error = 0;        // what its errors are called in the old enum; 0: by their code
};

// grpc::StatusCode, as far as we answer with it. None of these makes a client try again by itself,
// as INTERNAL or UNAVAILABLE would.
enum class GrpcCode : int {
  kOk = 0,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kUnimplemented = 12,
  kUnauthenticated = 16,
};

// An answer that goes back as a bare gRPC status, if it is not OK.
struct RpcStatus {
  GrpcCode code = GrpcCode::kOk;
  std::string message;

  bool ok() const { return code == GrpcCode::kOk; }
};

class RpcTable {
 public:
  static constexpr std::string_view kMilvusService = "milvus.proto.milvus.MilvusService";

  // `handler` is callable as Status(Call&, const Request&, Response*); the types are read off it
  // and must be those of the declared RPC (checked).
  template <typename F>
  void Add(std::string_view name, F handler, Runs runs = Runs::kOnPool) {
    AddTo(kMilvusService, name, std::move(handler), runs);
  }
  template <typename F>
  void AddTo(std::string_view service, std::string_view name, F handler,
             Runs runs = Runs::kOnPool) {
    AddTyped(service, name, std::function(std::move(handler)), runs);
  }

  // Every method added so far asks `guard`, which outlives the table.
  void Protect(Guard* guard);
  // Every method added so far that `limiter` counts asks it; it outlives the table.
  void Limit(Limiter* limiter);
  Guard* guard() const { return guard_; }  // null: everybody may call everything
  std::vector<const Method*> Methods() const;

  // Null: not served, WhyNot says why.
  const Method* Find(std::string_view path) const;
  // UNIMPLEMENTED, naming the path, and whether the protocol knows it at all.
  static RpcStatus WhyNot(std::string_view path);

 private:
  template <typename Request, typename Response>
  void AddTyped(std::string_view service, std::string_view name,
                std::function<Status(Call&, const Request&, Response*)> handler, Runs runs) {
    AddMethod(
        service, name, Request::default_instance(), Response::default_instance(),
        [handler = std::move(handler)](Call& call, const Message& request,
                                       Message* response) -> Status {
          return handler(call, static_cast<const Request&>(request),
                         static_cast<Response*>(response));
        },
        runs);
  }
  void AddMethod(std::string_view service, std::string_view name, const Message& request,
                 const Message& response, Handler handler, Runs runs);

  std::unordered_map<std::string, Method, StringHash, std::equal_to<>> methods_;
  Guard* guard_ = nullptr;
};

// Runs the handler. What comes back is OK when `response` says it all, errors included; otherwise
// the response is not to be sent.
RpcStatus Serve(const Method& method, Call& call, const Message& request, Message* response);

// Puts an error in `response` without running a handler (the server is too busy to).
// `legacy_error`: as in Method.
RpcStatus Refuse(const Status& error, Message* response, int legacy_error = 0);

}  // namespace elanus::server
