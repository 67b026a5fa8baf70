// The management port: /healthz, /health and /livez for everybody, /metrics and /metrics_default
// for whom it admits, /management/* for whom that admits; 404 for the rest.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "server/admin/management.h"
#include "server/health.h"
#include "server/http/http_server.h"
#include "server/listener.h"

namespace elanus::server {

struct AdminOptions {
  Endpoint endpoint{"127.0.0.1", 9091};
  size_t connections_max = 256;
  TlsOptions tls;
};

class AdminServer {
 public:
  // Whether a request may see more than health.
  using Admits = std::function<bool(const HttpRequest&)>;

  // Listens and serves from then on. The functions run on the server's thread. Null `admits`:
  // everybody may see everything.
  static Result<std::unique_ptr<AdminServer>> Start(const AdminOptions& options, HealthCheck health,
                                                    std::function<std::string()> metrics,
                                                    Admits admits = nullptr,
                                                    Management management = {});
  ~AdminServer();

  int port() const { return listener_->port(); }

 private:
  AdminServer(std::unique_ptr<Listener> listener, const HttpOptions& options, HttpHandler handler);

  const std::unique_ptr<Listener> listener_;
  HttpServer http_;
};

}  // namespace elanus::server
