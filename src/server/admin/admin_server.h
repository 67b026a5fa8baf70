// The management port: /healthz, /health and /livez, /metrics and /metrics_default; 404 for the
// rest.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "server/health.h"
#include "server/http/http_server.h"
#include "server/listener.h"

namespace elanus::server {

struct AdminOptions {
  Endpoint endpoint{"127.0.0.1", 9091};
  size_t connections_max = 256;
};

class AdminServer {
 public:
  // Listens and serves from then on. Both functions run on the server's thread.
  static Result<std::unique_ptr<AdminServer>> Start(const AdminOptions& options, HealthCheck health,
                                                    std::function<std::string()> metrics);
  ~AdminServer();

  int port() const { return listener_->port(); }

 private:
  AdminServer(std::unique_ptr<Listener> listener, HttpHandler handler);

  const std::unique_ptr<Listener> listener_;
  HttpServer http_;
};

}  // namespace elanus::server
