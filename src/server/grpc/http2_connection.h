// One client's HTTP/2 connection (RFC 9113, by nghttp2) and the calls on it. Thread-safe: whoever
// is told that the socket is ready reads, and whoever has an answer sends it, under the
// connection's lock and without ever waiting for the peer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/grpc/unary_call.h"
#include "server/tls/socket.h"

struct nghttp2_session;

namespace elanus::server {

class Http2Connection {
 public:
  using Clock = std::chrono::steady_clock;
  struct Stream {
    explicit Stream(CallLimits* limits) : call(limits) {}
    UnaryCall call;
    int32_t id = 0;
    // Of the connection's lock.
    bool answered = false;
    bool closed = false;
    FramedMessage response;
    size_t sent = 0;
  };
  // Calls whose request is whole; each is to be answered once.
  using Whole = std::vector<std::shared_ptr<Stream>>;

  // Owns `fd`, a connected, non-blocking socket; null `tls`: in the clear. `limits` outlives the
  // connection.
  Http2Connection(int fd, const TlsContext::Native& tls, CallLimits* limits);
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  // Bytes that were read from the socket before. False: the connection is over.
  bool Take(std::string_view bytes, Whole* whole);
  // The socket has become readable, writable or broken: reads and sends all that it can. `hung_up`:
  // the peer sends nothing more. False: the connection is over.
  bool OnReady(bool hung_up, Whole* whole);

  // Not OK: the status alone is sent. If the client is gone by now, nothing happens.
  void Answer(Stream* stream, const RpcStatus& status, FramedMessage response);

  // Lets the client know that no new call is taken here.
  void GoAway();
  // Cancels the calls and closes the socket. Idempotent.
  void Close();
  // Asks whether a peer that has been silent still lives. False: it does not.
  bool KeepAlive(Clock::time_point now);

  int fd() const { return socket_.fd(); }
  const std::string& peer() const { return peer_; }  // "ipv4:127.0.0.1:50321"

 private:
  struct Callbacks;

  bool Receive(std::string_view bytes);
  bool Send();
  bool SendBuffered();
  bool over() const;
  void Submit(Stream* stream, const RpcStatus& status, FramedMessage response);
  void OnHeaders(Stream* stream);

  CallLimits* const limits_;
  const std::string peer_;

  std::mutex mutex_;  // guards all below
  Socket socket_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<int32_t, std::shared_ptr<Stream>> streams_;
  Whole* whole_ = nullptr;  // while bytes are taken in
  std::string out_;         // frames for the socket, from out_begin_ on
  size_t out_begin_ = 0;
  bool broken_ = false;
  Clock::time_point heard_;
  Clock::time_point asked_{};  // by a ping that is not answered yet, or 0
};

}  // namespace elanus::server
