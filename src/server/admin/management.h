// /management/*: what an operator may ask of the one node, in Milvus's words. Never for a browser:
// a page of somebody else's could send a request, too.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "server/health.h"
#include "server/http/http_message.h"

namespace elanus::server {

struct Management {
  // Begins to stop the process, and returns. Null: it cannot be stopped so.
  std::function<void()> stop;
  // The value of a setting; nothing: there is none of that name.
  std::function<std::optional<std::string>(std::string_view key)> setting;
  std::string address;  // of the node
  // Whether a request may do any of this. Null: everybody who reaches the port may.
  std::function<bool(const HttpRequest&)> admits;
};

// Nothing: the path is no page of management.
std::optional<HttpResponse> Manage(const Management& management, const HealthCheck& health,
                                   const HttpRequest& request);

}  // namespace elanus::server
