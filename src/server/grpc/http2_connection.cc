#include "server/grpc/http2_connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/status.h"

namespace elanus::server {
namespace {

constexpr uint32_t kStreamsMax = 1024;
constexpr int32_t kStreamWindow = 4 << 20;
constexpr int32_t kConnectionWindow = 16 << 20;
constexpr size_t kReadBytes = 256 << 10;
constexpr size_t kOutBytes = 256 << 10;     // frames made ahead of the socket
constexpr size_t kOutBytesKept = 32 << 10;  // of an empty buffer
constexpr std::chrono::seconds kSilence{60};
constexpr std::chrono::seconds kPatience{10};
// Cancelled calls a connection may have at once, and a second. More is an attack (CVE-2023-44487).
constexpr uint64_t kResetsBurst = 10'000;
constexpr uint64_t kResetsPerSecond = 1'000;

std::string PeerOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char text[INET6_ADDRSTRLEN] = {};
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "unknown";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return "ipv4:" + std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return "ipv6:[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  return "unix:";
}

// Names and values of text that lives for ever are not copied.
nghttp2_nv Constant(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}
// A value that the next response will not have: kept out of the peer's table.
nghttp2_nv Variable(std::string_view name, const std::string& value) {
  nghttp2_nv pair = Constant(name, value);
  pair.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_INDEX;
  return pair;
}

const nghttp2_nv kHttpOk = Constant(":status", "200");
const nghttp2_nv kContentType = Constant("content-type", "application/grpc");
const nghttp2_nv kAcceptEncoding = Constant("grpc-accept-encoding", kAcceptedEncodings);
const nghttp2_nv kStatusOk = Constant("grpc-status", "0");

std::string_view TextOf(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

// What nghttp2 calls, always under the connection's lock.
struct Http2Connection::Callbacks {
  static Http2Connection* Self(void* data) { return static_cast<Http2Connection*>(data); }
  static Stream* Find(nghttp2_session* session, int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int OnBeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* data) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Http2Connection* self = Self(data);
    auto stream = std::make_shared<Stream>(self->limits_);
    stream->id = frame->hd.stream_id;
    nghttp2_session_set_stream_user_data(session, stream->id, stream.get());
    self->streams_.emplace(stream->id, std::move(stream));
    return 0;
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t, void*) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Stream* stream = Find(session, frame->hd.stream_id);
    if (stream != nullptr) {
      stream->call.AddHeader(TextOf(name, name_size), TextOf(value, value_size));
    }
    return 0;
  }

  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* data) {
    Http2Connection* self = Self(data);
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
      self->asked_ = {};
    }
    Stream* stream = Find(session, frame->hd.stream_id);
    if (stream == nullptr || stream->answered) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      self->OnHeaders(stream);
    }
    const bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && !stream->answered) {
      if (auto end = stream->call.End()) {
        self->Submit(stream, *std::move(end), {});
      } else {
        self->whole_->push_back(self->streams_.at(stream->id));
      }
    }
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* bytes,
                    size_t size, void* data) {
    Stream* stream = Find(session, id);
    if (stream == nullptr || stream->answered) return 0;  // what follows an early answer
    if (auto end = stream->call.AddData(TextOf(bytes, size))) {
      Self(data)->Submit(stream, *std::move(end), {});
    }
    return 0;
  }

  static int OnClose(nghttp2_session*, int32_t id, uint32_t, void* data) {
    Http2Connection* self = Self(data);
    auto found = self->streams_.find(id);
    if (found == self->streams_.end()) return 0;
    found->second->closed = true;
    found->second->call.Cancel();
    self->streams_.erase(found);
    return 0;
  }

  // An answer before the request's end leaves the client sending: it is told to stop.
  static int OnSent(nghttp2_session* session, const nghttp2_frame* frame, void*) {
    const bool ends =
        frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (ends && nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static ssize_t ReadResponse(nghttp2_session* session, int32_t, uint8_t*, size_t length,
                              uint32_t* flags, nghttp2_data_source* source, void*) {
    auto* stream = static_cast<Stream*>(source->ptr);
    const size_t n = std::min(length, stream->response.size - stream->sent);
    *flags = NGHTTP2_DATA_FLAG_NO_COPY;
    if (stream->sent + n == stream->response.size) {
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      nghttp2_submit_trailer(session, stream->id, &kStatusOk, 1);
    }
    return static_cast<ssize_t>(n);
  }

  static int SendData(nghttp2_session*, nghttp2_frame*, const uint8_t* header, size_t length,
                      nghttp2_data_source* source, void* data) {
    constexpr size_t kFrameHeader = 9;
    Http2Connection* self = Self(data);
    if (self->out_.size() >= kOutBytes) return NGHTTP2_ERR_WOULDBLOCK;
    auto* stream = static_cast<Stream*>(source->ptr);
    self->out_.append(TextOf(header, kFrameHeader));
    self->out_.append(TextOf(stream->response.bytes.get() + stream->sent, length));
    stream->sent += length;
    return 0;
  }

  static ssize_t SendFrame(nghttp2_session*, const uint8_t* bytes, size_t size, int, void* data) {
    Http2Connection* self = Self(data);
    if (self->out_.size() >= kOutBytes) return NGHTTP2_ERR_WOULDBLOCK;
    self->out_.append(TextOf(bytes, size));
    return static_cast<ssize_t>(size);
  }

  static const nghttp2_session_callbacks* Table() {
    static const nghttp2_session_callbacks* const table = [] {
      nghttp2_session_callbacks* made = nullptr;
      CHECK(nghttp2_session_callbacks_new(&made) == 0);
      nghttp2_session_callbacks_set_on_begin_headers_callback(made, OnBeginHeaders);
      nghttp2_session_callbacks_set_on_header_callback(made, OnHeader);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, OnFrame);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, OnData);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, OnClose);
      nghttp2_session_callbacks_set_on_frame_send_callback(made, OnSent);
      nghttp2_session_callbacks_set_send_data_callback(made, SendData);
      nghttp2_session_callbacks_set_send_callback(made, SendFrame);
      return made;
    }();
    return table;
  }

  static const nghttp2_option* Options() {
    static const nghttp2_option* const options = [] {
      nghttp2_option* made = nullptr;
      CHECK(nghttp2_option_new(&made) == 0);
      nghttp2_option_set_stream_reset_rate_limit(made, kResetsBurst, kResetsPerSecond);
      nghttp2_option_set_no_closed_streams(made, 1);
      return made;
    }();
    return options;
  }
};

Http2Connection::Http2Connection(int fd, const TlsContext::Native& tls, CallLimits* limits)
    : limits_(limits), peer_(PeerOf(fd)), socket_(fd, tls), heard_(Clock::now()) {
  CHECK(nghttp2_session_server_new2(&session_, Callbacks::Table(), this, Callbacks::Options()) ==
        0);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreamsMax},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
  };
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

Http2Connection::~Http2Connection() {
  Close();
  nghttp2_session_del(session_);
}

bool Http2Connection::over() const {
  return broken_ || (nghttp2_session_want_read(session_) == 0 &&
                     nghttp2_session_want_write(session_) == 0 && out_.empty());
}

bool Http2Connection::Take(std::string_view bytes, Whole* whole) {
  std::lock_guard lock(mutex_);
  whole_ = whole;
  const bool alive = Receive(bytes);
  const bool sent = Send();  // what nghttp2 says of an error, too
  whole_ = nullptr;
  return alive && sent && !over();
}

bool Http2Connection::OnReady(bool hung_up, Whole* whole) {
  static thread_local const auto buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);
  std::lock_guard lock(mutex_);
  if (!socket_.open()) return false;
  whole_ = whole;
  bool alive = true;
  while (alive) {
    const ssize_t n = socket_.Receive(buffer.get(), kReadBytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (n <= 0) {
      alive = false;
      break;
    }
    heard_ = Clock::now();
    alive = Receive({buffer.get(), static_cast<size_t>(n)});
    // Less than was asked for: the socket is empty, and tells when it no longer is. An end that has
    // been told of already is not told again.
    if (socket_.short_read_is_all() && static_cast<size_t>(n) < kReadBytes && !hung_up) break;
  }
  const bool sent = Send();
  whole_ = nullptr;
  return alive && sent && !over();
}

bool Http2Connection::Receive(std::string_view bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  return taken >= 0;  // else not HTTP/2, or a flood
}

bool Http2Connection::Send() {
  while (!broken_) {
    if (nghttp2_session_send(session_) != 0) {
      broken_ = true;
      break;
    }
    const bool more = out_.size() >= kOutBytes;
    if (out_.empty()) break;
    if (!SendBuffered() || !more) break;  // the socket is full, or all is said
  }
  return !broken_;
}

// True: the buffer is empty.
bool Http2Connection::SendBuffered() {
  while (out_begin_ < out_.size()) {
    const ssize_t n = socket_.Send(out_.data() + out_begin_, out_.size() - out_begin_);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      if (errno != EAGAIN && errno != EWOULDBLOCK) broken_ = true;
      return false;
    }
    out_begin_ += static_cast<size_t>(n);
  }
  out_begin_ = 0;
  out_.clear();
  if (out_.capacity() > kOutBytesKept) out_.shrink_to_fit();
  return true;
}

void Http2Connection::Answer(Stream* stream, const RpcStatus& status, FramedMessage response) {
  std::lock_guard lock(mutex_);
  if (stream->closed || !socket_.open()) return;
  Submit(stream, status, std::move(response));
  // Whoever waits for the socket is told, and ends the connection.
  if (!Send()) socket_.ShutDown();
}

void Http2Connection::OnHeaders(Stream* stream) {
  UnaryCall& call = stream->call;
  if (!call.is_grpc()) {
    static const nghttp2_nv kNotGrpc[] = {Constant(":status", "415")};
    stream->answered = true;
    nghttp2_submit_response(session_, stream->id, kNotGrpc, std::size(kNotGrpc), nullptr);
    return;
  }
  if (const auto end = call.Begin()) return Submit(stream, *end, {});
  if (call.too_many()) {
    FramedMessage response;
    const RpcStatus status = call.Refuse("requests", &response);
    Submit(stream, status, std::move(response));
  }
}

void Http2Connection::Submit(Stream* stream, const RpcStatus& status, FramedMessage response) {
  stream->answered = true;
  stream->response = std::move(response);
  if (status.ok()) {
    const nghttp2_nv headers[] = {kHttpOk, kContentType, kAcceptEncoding};
    nghttp2_data_provider body{};
    body.source.ptr = stream;
    body.read_callback = Callbacks::ReadResponse;
    nghttp2_submit_response(session_, stream->id, headers, std::size(headers), &body);
    return;
  }
  const std::string code = std::to_string(static_cast<int>(status.code));
  const std::string message = EncodeGrpcMessage(status.message);
  const nghttp2_nv headers[] = {kHttpOk, kContentType, Variable("grpc-status", code),
                                Variable("grpc-message", message)};
  nghttp2_submit_response(session_, stream->id, headers, std::size(headers), nullptr);
}

void Http2Connection::GoAway() {
  std::lock_guard lock(mutex_);
  if (!socket_.open()) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  Send();
}

void Http2Connection::Close() {
  std::lock_guard lock(mutex_);
  if (!socket_.open()) return;
  for (auto& [id, stream] : streams_) {
    stream->closed = true;
    stream->call.Cancel();
  }
  streams_.clear();
  socket_.Close();
}

bool Http2Connection::KeepAlive(Clock::time_point now) {
  std::lock_guard lock(mutex_);
  if (!socket_.open()) return false;
  if (heard_ > asked_) asked_ = {};
  if (asked_ != Clock::time_point{}) return now - asked_ < kPatience;
  if (now - heard_ < kSilence) return true;
  asked_ = now;
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  return Send();
}

}  // namespace elanus::server
