// Accepts connections on one address and tells by their first bytes which protocol they speak, so
// that gRPC and HTTP/1.1 share a port. Bound by Open, so that a taken port is found before anything
// heavy is done; what connects before Start waits in the kernel.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "server/endpoint.h"

namespace elanus::server {

struct ListenerOptions {
  Endpoint endpoint;
  size_t connections_max = 16384;  // open at a time, of all protocols; more are closed at once
  size_t undecided_max = 1024;     // that have not yet said what they speak; the oldest goes first
  std::chrono::milliseconds first_bytes_max{10'000};  // to say it
  // Connections begin with a TLS handshake: it is looked at, and left for whoever takes over. What
  // is not TLS is closed.
  bool tls = false;
};

class Listener {
 public:
  // Owns the socket from then on (non-blocking, TCP_NODELAY); `bytes` have been read from it. Runs
  // on the listener's thread: must not block.
  using Take = std::function<void(int fd, std::string bytes)>;

  static Result<std::unique_ptr<Listener>> Open(const ListenerOptions& options);
  ~Listener();

  // `grpc` takes what begins as HTTP/2 does, or offers nothing but h2; `http` all else. Once.
  Status Start(Take grpc, Take http);
  // No connection is accepted or handed over once it returns. Idempotent.
  void Stop();

  int port() const;  // the one bound

 private:
  class Loop;
  explicit Listener(std::unique_ptr<Loop> loop);

  std::unique_ptr<Loop> loop_;
};

}  // namespace elanus::server
