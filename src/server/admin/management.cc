#include "server/admin/management.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace elanus::server {
namespace {

HttpResponse Told(int status, const std::string& message) {
  return {status, "application/json", "{\"msg\": " + JsonQuoted(message) + "}", {}};
}

HttpResponse Unauthorized() {
  HttpResponse refused = HttpError(401, "log in, as root or as a user with the role admin");
  refused.headers.emplace_back("WWW-Authenticate", "Basic realm=\"elanus\"");
  return refused;
}

// The value of a parameter in "?a=b&c=d", as it stands there.
std::string_view Parameter(std::string_view target, std::string_view name) {
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos) return "";
  target.remove_prefix(mark + 1);
  while (!target.empty()) {
    const std::string_view pair = target.substr(0, target.find('&'));
    target.remove_prefix(std::min(target.size(), pair.size() + 1));
    const size_t equal = pair.find('=');
    if (equal != std::string_view::npos && pair.substr(0, equal) == name) {
      return pair.substr(equal + 1);
    }
  }
  return "";
}

bool IsSecret(std::string_view key) {
  const std::string lower = Lower(key);
  for (const char* word : {"password", "secret", "token", "credential", "apikeys"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

HttpResponse Settings(const Management& management, std::string_view keys) {
  if (keys.empty()) return HttpError(400, "query parameter 'keys' is required");
  std::string body = "{\"configs\":[";
  while (!keys.empty()) {
    std::string_view key = keys.substr(0, keys.find(','));
    keys.remove_prefix(std::min(keys.size(), key.size() + 1));
    if (key.empty()) continue;
    if (body.back() != '[') body += ',';
    body += "{\"key\":" + JsonQuoted(key);
    if (IsSecret(key)) {
      body += ",\"error\":\"access to sensitive config key is denied\"}";
      continue;
    }
    const std::optional<std::string> value = management.setting(key);
    body += value.has_value()
                ? ",\"value\":" + JsonQuoted(*value) + "}"
                : ",\"error\":" + JsonQuoted("key not found: " + std::string(key)) + "}";
  }
  return {200, "application/json", body + "]}", {}};
}

}  // namespace

std::optional<HttpResponse> Manage(const Management& management, const HealthCheck& health,
                                   const HttpRequest& request) {
  const std::string_view path = request.path();
  if (!path.starts_with("/management/")) return std::nullopt;
  if (!request.Header("Origin").empty() || !request.Header("Sec-Fetch-Site").empty()) {
    return HttpError(403, "not from a browser");
  }
  if (management.admits != nullptr && !management.admits(request)) return Unauthorized();
  if (path == "/management/stop" && management.stop != nullptr) {
    LOG_INFO("stopped by the management port", {"peer", request.peer});
    management.stop();
    return Told(200, "OK");
  }
  if (path == "/management/check/ready") {
    const Health now = health();
    if (now.healthy) return Told(200, "OK");
    return Told(500, "failed to to check component ready, " + now.state);
  }
  if (path == "/management/config/get" && management.setting != nullptr) {
    return Settings(management, Parameter(request.target, "keys"));
  }
  if (path == "/management/querycoord/node/list") {
    return HttpResponse{200,
                        "application/json",
                        "{\"nodeInfos\":[{\"ID\":1,\"address\":" + JsonQuoted(management.address) +
                            ",\"state\":\"" + (health().healthy ? "Healthy" : "Abnormal") + "\"}]}",
                        {}};
  }
  return std::nullopt;
}

}  // namespace elanus::server
