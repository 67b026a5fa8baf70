// One HTTP request and its answer, free of any HTTP library.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elanus::server {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;  // "GET"
  std::string peer;    // "ipv4:127.0.0.1:50321"
  std::string target;  // "/v2/vectordb/collections/list?x=1", as it was sent
  HttpHeaders headers;
  std::string body;

  // The target up to its '?'.
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  // The first with that name, letter case ignored; empty without one.
  std::string_view Header(std::string_view name) const;
};

// What a request of gRPC has in its metadata: base64 of "user:password" or of an API key, from
// either form of the header Authorization. Empty without one.
std::string AuthorizationOf(const HttpRequest& request);

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  HttpHeaders headers;
};

// {"code":<status>,"message":"<message>"}
HttpResponse HttpError(int status, std::string_view message);
// `text` as a JSON string, quotes included.
std::string JsonQuoted(std::string_view text);

// To be called once, from any thread, before the server is destroyed.
using HttpReply = std::function<void(HttpResponse)>;
// Runs on the server's only thread: what takes long or blocks goes elsewhere and replies from
// there.
using HttpHandler = std::function<void(HttpRequest, HttpReply)>;

// Answers 404 to everything.
void AnswerNotFound(const HttpRequest& request, const HttpReply& reply);

}  // namespace elanus::server
