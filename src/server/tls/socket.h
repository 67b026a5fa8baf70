// A connected, non-blocking socket, in the clear or under TLS. Not thread-safe. The process ignores
// SIGPIPE: OpenSSL writes as if nobody ever hung up.
#pragma once

#include <cstddef>
#include <memory>

#include <sys/types.h>

#include "server/tls/tls_context.h"

struct ssl_st;

namespace elanus::server {

class Socket {
 public:
  // Owns `fd`. With `tls` the handshake happens by itself, as bytes come in.
  Socket(int fd, const TlsContext::Native& tls);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // As recv(2) and send(2) do: -1 and errno; EAGAIN when the socket has no more, or no more room.
  ssize_t Receive(char* into, size_t size);
  ssize_t Send(const char* from, size_t size);
  // Whether fewer bytes than were asked for mean that there are no more for now.
  bool short_read_is_all() const { return ssl_ == nullptr; }

  void ShutDown();  // both ways; the peer and whoever waits for the socket are told
  void Close();     // after what was sent has arrived
  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

 private:
  ssize_t Failed(int result);

  int fd_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
};

}  // namespace elanus::server
