// HTTP/1.1 on connections that somebody else has accepted. One thread serves them all: an idle
// connection costs memory, not a thread. Every wait has a limit. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "server/http/http_message.h"
#include "server/tls/tls_context.h"

namespace elanus::server {

struct HttpOptions {
  size_t header_bytes_max = 16 << 10;
  size_t body_bytes_max = 64 << 20;
  size_t connections_max = 4096;
  std::chrono::milliseconds idle_max{75'000};  // between requests, and for the whole of a header
  std::chrono::milliseconds body_max{60'000};  // to send a body or to take a response
  std::shared_ptr<TlsContext> tls;             // null: in the clear
};

class HttpServer {
 public:
  HttpServer(std::string thread_name, const HttpOptions& options, HttpHandler handler);
  // Stop(0).
  ~HttpServer();

  // Takes over a connected, non-blocking socket, and what has been read from it. Closed at once
  // when there are too many.
  void Adopt(int fd, std::string bytes_read);

  // Closes idle connections, gives the others `drain_max` to have their answer, then closes them.
  // Idempotent.
  void Stop(std::chrono::milliseconds drain_max);

 private:
  class Loop;
  class Session;
  template <typename Stream>
  class SessionOn;
  std::shared_ptr<Loop> loop_;
};

}  // namespace elanus::server
