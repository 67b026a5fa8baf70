#include "server/admin/admin_server.h"

#include <utility>

namespace elanus::server {
namespace {

HttpResponse Text(int status, std::string body, std::string content_type = "text/plain") {
  return {status, std::move(content_type), std::move(body), {}};
}

HttpResponse DescribeHealth(const Health& health, bool as_json) {
  int status = health.healthy ? 200 : 500;
  if (!as_json) return Text(status, health.state);
  std::string body = "{\"state\":" + JsonQuoted(health.state) + ",\"detail\":[";
  for (const auto& component : health.components) {
    if (body.back() != '[') body += ',';
    body += "{\"name\":" + JsonQuoted(component.name) +
            ",\"code\":" + std::to_string(component.state_code) + "}";
  }
  return {status, "application/json", body + "]}", {}};
}

HttpHandler Route(HealthCheck health, std::function<std::string()> metrics,
                  AdminServer::Admits admits, Management management) {
  return [health = std::move(health), metrics = std::move(metrics), admits = std::move(admits),
          management = std::move(management)](const HttpRequest& request, const HttpReply& reply) {
    std::string_view path = request.path();
    if (request.method == "GET" || request.method == "POST") {
      if (auto managed = Manage(management, health, request)) return reply(std::move(*managed));
    }
    if (request.method != "GET" && request.method != "HEAD") return AnswerNotFound(request, reply);
    if (path == "/healthz" || path == "/health") {
      bool as_json = request.Header("Content-Type") == "application/json";
      return reply(DescribeHealth(health(), as_json));
    }
    if (path == "/livez") return reply(Text(200, "OK"));
    if (admits != nullptr && !admits(request)) {
      HttpResponse refused = HttpError(401, "log in, as a user of this server");
      refused.headers.emplace_back("WWW-Authenticate", "Basic realm=\"elanus\"");
      return reply(std::move(refused));
    }
    if (path == "/metrics" || path == "/metrics_default") {
      return reply(Text(200, metrics(), "text/plain; version=0.0.4; charset=utf-8"));
    }
    AnswerNotFound(request, reply);
  };
}

}  // namespace

Result<std::unique_ptr<AdminServer>> AdminServer::Start(const AdminOptions& options,
                                                        HealthCheck health,
                                                        std::function<std::string()> metrics,
                                                        Admits admits, Management management) {
  ListenerOptions listen;
  listen.endpoint = options.endpoint;
  listen.connections_max = options.connections_max;
  HttpOptions http_options;
  http_options.tls = TRY(TlsContext::Load(options.tls));
  listen.tls = http_options.tls != nullptr;
  auto listener = TRY(Listener::Open(listen));
  std::unique_ptr<AdminServer> server(new AdminServer(
      std::move(listener), http_options,
      Route(std::move(health), std::move(metrics), std::move(admits), std::move(management))));
  HttpServer* http = &server->http_;
  auto take = [http](int fd, std::string bytes) { http->Adopt(fd, std::move(bytes)); };
  TRY(server->listener_->Start(take, take));
  return server;
}

AdminServer::AdminServer(std::unique_ptr<Listener> listener, const HttpOptions& options,
                         HttpHandler handler)
    : listener_(std::move(listener)), http_("admin", options, std::move(handler)) {}

AdminServer::~AdminServer() { listener_->Stop(); }

}  // namespace elanus::server
