// The client port: gRPC and HTTP/1.1 behind one listener.
//
//   auto server = TRY(Server::Open(options));   // the port is ours; nothing is served yet
//   ... open the data ...
//   TRY(server->Start(&table, &pool, AnswerNotFound));
//   server->Stop(drain_max);
#pragma once

#include <chrono>
#include <memory>

#include "base/status.h"
#include "server/grpc/grpc_server.h"
#include "server/http/http_server.h"
#include "server/listener.h"
#include "server/tls/tls_context.h"

namespace elanus::server {

struct ServerOptions {
  ListenerOptions listener;
  GrpcOptions grpc;
  HttpOptions http;
  TlsOptions tls;  // of all three; Open loads it
};

class Server {
 public:
  static Result<std::unique_ptr<Server>> Open(const ServerOptions& options);
  ~Server();

  // `table` and `pool` outlive the server.
  Status Start(const RpcTable* table, ThreadPool* pool, HttpHandler http);
  // Stops accepting, lets what runs finish for up to `drain_max`, cancels the rest. Idempotent.
  void Stop(std::chrono::milliseconds drain_max);

  int port() const { return listener_->port(); }
  const GrpcServer& grpc() const { return *grpc_; }

 private:
  Server(const ServerOptions& options, std::unique_ptr<Listener> listener);

  const ServerOptions options_;
  const std::unique_ptr<Listener> listener_;
  std::unique_ptr<GrpcServer> grpc_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace elanus::server
