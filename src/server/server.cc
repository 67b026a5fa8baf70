#include "server/server.h"

#include <algorithm>
#include <utility>

namespace elanus::server {

Result<std::unique_ptr<Server>> Server::Open(const ServerOptions& options) {
  ServerOptions made = options;
  const std::shared_ptr<TlsContext> tls = TRY(TlsContext::Load(options.tls));
  made.listener.tls = tls != nullptr;
  made.grpc.tls = tls;
  made.http.tls = tls;
  auto listener = TRY(Listener::Open(made.listener));
  return std::unique_ptr<Server>(new Server(made, std::move(listener)));
}

Server::Server(const ServerOptions& options, std::unique_ptr<Listener> listener)
    : options_(options), listener_(std::move(listener)) {}

Server::~Server() { Stop(std::chrono::milliseconds(0)); }

Status Server::Start(const RpcTable* table, ThreadPool* pool, HttpHandler http) {
  grpc_ = TRY(GrpcServer::Start(options_.grpc, table, pool));
  http_ = std::make_unique<HttpServer>("http", options_.http, std::move(http));
  return listener_->Start(
      [grpc = grpc_.get()](int fd, const std::string& bytes) { grpc->Adopt(fd, bytes); },
      [http_server = http_.get()](int fd, std::string bytes) {
        http_server->Adopt(fd, std::move(bytes));
      });
}

void Server::Stop(std::chrono::milliseconds drain_max) {
  auto until = std::chrono::steady_clock::now() + drain_max;
  listener_->Stop();
  if (grpc_ != nullptr) grpc_->Stop(drain_max);
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
  if (http_ != nullptr) http_->Stop(std::max(left, std::chrono::milliseconds(0)));
}

}  // namespace elanus::server
