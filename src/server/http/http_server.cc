// The only file that knows Boost.Beast: it takes a quarter of a minute to compile.
#include "server/http/http_server.h"

#include <sys/socket.h>
#include <unistd.h>

// Boost 1.74's asio uses std::exchange without including this.
#include <algorithm>
#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "base/background.h"

namespace elanus::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using beast::error_code;

}  // namespace

// The thread, its event loop and the sessions. All but Post and the constructor runs on the thread.
class HttpServer::Loop : public std::enable_shared_from_this<HttpServer::Loop> {
 public:
  Loop(const HttpOptions& options_in, HttpHandler handler_in)
      : options(options_in), handler(std::move(handler_in)), drained_(io) {}

  void Run(const std::string& thread_name) {
    thread_ = std::thread([this, thread_name] {
      SetThreadName(thread_name);
      io.run();
    });
  }

  // False: the loop has ended; nothing will run.
  template <typename F>
  bool Post(F work) {
    if (ended_) return false;
    asio::post(io, std::move(work));
    return true;
  }

  void Open(int fd, std::string bytes);
  void Stop(std::chrono::milliseconds drain_max);
  void Close(const std::shared_ptr<Session>& session);

  const HttpOptions options;
  const HttpHandler handler;
  asio::io_context io{1};
  bool draining = false;

 private:
  void Drain(std::chrono::milliseconds drain_max);

  asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
  asio::steady_timer drained_;
  std::unordered_set<std::shared_ptr<Session>> sessions_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

// One connection. Kept alive by Loop::sessions_ and by what it waits for.
class HttpServer::Session {
 public:
  virtual ~Session() = default;
  virtual void Start() = 0;
  virtual bool idle() const = 0;
  virtual void CloseSocket() = 0;
};

// Stream: beast::tcp_stream, or beast::ssl_stream over it.
template <typename Stream>
class HttpServer::SessionOn final : public Session,
                                    public std::enable_shared_from_this<SessionOn<Stream>> {
 public:
  template <typename... StreamArguments>
  SessionOn(std::shared_ptr<Loop> loop, std::string_view bytes, StreamArguments&&... arguments)
      : loop_(std::move(loop)), stream_(std::forward<StreamArguments>(arguments)...) {
    auto into = buffer_.prepare(bytes.size());
    asio::buffer_copy(into, asio::buffer(bytes.data(), bytes.size()));
    buffer_.commit(bytes.size());
    error_code error;
    const asio::ip::tcp::endpoint peer = tcp().socket().remote_endpoint(error);
    if (error) return;
    const std::string address = peer.address().to_string();
    peer_ = (peer.address().is_v6() ? "ipv6:[" + address + "]:" : "ipv4:" + address + ":") +
            std::to_string(peer.port());
  }

  void Start() override {
    if constexpr (kTls) {
      tcp().expires_after(loop_->options.idle_max);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code error) {
                                if (error) return self->Close();
                                self->ReadHeader();
                              });
    } else {
      ReadHeader();
    }
  }
  bool idle() const override { return idle_; }
  void CloseSocket() override { tcp().close(); }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;
  beast::tcp_stream& tcp() { return beast::get_lowest_layer(stream_); }

  void ReadHeader() {
    idle_ = true;
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(loop_->options.header_bytes_max));
    parser_->body_limit(loop_->options.body_bytes_max);
    tcp().expires_after(loop_->options.idle_max);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](error_code error, size_t) {
                              self->idle_ = false;
                              if (error) return self->OnReadError(error);
                              self->ReadBody();
                            });
  }

  void ReadBody() {
    keep_alive_ = parser_->get().keep_alive() && !loop_->draining;
    head_only_ = parser_->get().method() == http::verb::head;
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) return Invite();
    tcp().expires_after(loop_->options.body_max);
    if (const auto length = parser_->content_length(); length && *length > 0) {
      return ReadBodyOf(*length);
    }
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](error_code error, size_t) {
                       if (error) return self->OnReadError(error);
                       self->Handle();
                     });
  }

  // A body of known length goes from the socket to where it stays, in large pieces. Memory follows
  // what has arrived: only addresses are set aside for the rest.
  void ReadBodyOf(size_t length) {
    std::string& body = parser_->get().body();
    body.reserve(length);
    const auto here = buffer_.data();
    const size_t known = std::min(length, here.size());
    body.assign(static_cast<const char*>(here.data()), known);
    buffer_.consume(known);
    ReadMoreOf(length);
  }

  void ReadMoreOf(size_t length) {
    constexpr size_t kStep = size_t{64} << 10;
    std::string& body = parser_->get().body();
    const size_t have = body.size();
    if (have == length) return Handle();
    const size_t more = std::min(length - have, std::max(kStep, have));
    body.resize(have + more);
    asio::async_read(stream_, asio::buffer(body.data() + have, more),
                     [self = this->shared_from_this(), length](error_code error, size_t) {
                       if (error) return self->Close();
                       self->ReadMoreOf(length);
                     });
  }

  // The client waits for a word before it sends a large body.
  void Invite() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    parser_->get().erase(http::field::expect);
    tcp().expires_after(loop_->options.body_max);
    asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                      [self = this->shared_from_this()](error_code error, size_t) {
                        if (error) return self->Close();
                        self->ReadBody();
                      });
  }

  void OnReadError(error_code error) {
    keep_alive_ = false;
    if (error == http::error::header_limit) return Write(HttpError(431, "the header is too large"));
    if (error == http::error::body_limit) {
      return Write(HttpError(413, "the body is larger than " +
                                      std::to_string(loop_->options.body_bytes_max) + " bytes"));
    }
    bool malformed = error.category() == make_error_code(http::error::bad_method).category() &&
                     error != http::error::end_of_stream && error != http::error::partial_message;
    if (malformed) return Write(HttpError(400, "this is not HTTP/1.1: " + error.message()));
    Close();
  }

  void Handle() {
    auto message = parser_->release();
    HttpRequest request;
    request.method = std::string(message.method_string());
    request.peer = peer_;
    request.target = std::string(message.target());
    for (const auto& field : message) {
      request.headers.emplace_back(field.name_string(), field.value());
    }
    request.body = std::move(message.body());
    tcp().expires_never();
    loop_->handler(std::move(request), [self = this->shared_from_this()](HttpResponse response) {
      self->loop_->Post(
          [self, response = std::move(response)]() mutable { self->Write(std::move(response)); });
    });
  }

  void Write(HttpResponse response) {
    response_.emplace(static_cast<http::status>(response.status), 11);
    response_->set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) response_->set(name, value);
    keep_alive_ = keep_alive_ && !loop_->draining;
    response_->keep_alive(keep_alive_);
    response_->content_length(response.body.size());
    if (!head_only_) response_->body() = std::move(response.body);
    tcp().expires_after(loop_->options.body_max);
    http::async_write(stream_, *response_,
                      [self = this->shared_from_this()](error_code error, size_t) {
                        if (error || !self->keep_alive_) return self->Close();
                        self->response_.reset();
                        self->ReadHeader();
                      });
  }

  void Close() {
    error_code ignored;
    tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    tcp().close();
    loop_->Close(this->shared_from_this());
  }

  const std::shared_ptr<Loop> loop_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  std::string peer_;
  bool idle_ = true;
  bool keep_alive_ = false;
  bool head_only_ = false;
};

void HttpServer::Loop::Open(int fd, std::string bytes) {
  if (draining || sessions_.size() >= options.connections_max) {
    close(fd);
    return;
  }
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  tcp::socket socket(io);
  error_code error;
  socket.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), fd, error);
  if (error) {
    close(fd);
    return;
  }
  std::shared_ptr<Session> session;
  if (options.tls == nullptr) {
    session = std::make_shared<SessionOn<beast::tcp_stream>>(shared_from_this(), bytes,
                                                             std::move(socket));
  } else {
    const TlsContext::Native native = options.tls->Current();
    SSL_CTX_up_ref(native.get());  // the stream's context gives it back
    asio::ssl::context context(native.get());
    session = std::make_shared<SessionOn<beast::ssl_stream<beast::tcp_stream>>>(
        shared_from_this(), bytes, std::move(socket), context);
  }
  sessions_.insert(session);
  session->Start();
}

void HttpServer::Loop::Close(const std::shared_ptr<Session>& session) {
  sessions_.erase(session);
  if (draining && sessions_.empty()) drained_.cancel();
}

void HttpServer::Loop::Drain(std::chrono::milliseconds drain_max) {
  draining = true;
  work_.reset();
  for (const auto& session : sessions_) {
    if (session->idle()) session->CloseSocket();  // its read fails, and it leaves
  }
  if (sessions_.empty()) return;
  drained_.expires_after(drain_max);
  drained_.async_wait([this](error_code) {
    for (const auto& session : sessions_) session->CloseSocket();
    sessions_.clear();
  });
}

void HttpServer::Loop::Stop(std::chrono::milliseconds drain_max) {
  if (!thread_.joinable()) return;
  asio::post(io, [this, drain_max] { Drain(drain_max); });
  thread_.join();
  ended_ = true;
}

HttpServer::HttpServer(std::string thread_name, const HttpOptions& options, HttpHandler handler)
    : loop_(std::make_shared<Loop>(options, std::move(handler))) {
  loop_->Run(thread_name);
}

HttpServer::~HttpServer() { Stop(std::chrono::milliseconds(0)); }

void HttpServer::Adopt(int fd, std::string bytes_read) {
  bool posted = loop_->Post([loop = loop_.get(), fd, bytes = std::move(bytes_read)]() mutable {
    loop->Open(fd, std::move(bytes));
  });
  if (!posted) close(fd);
}

void HttpServer::Stop(std::chrono::milliseconds drain_max) { loop_->Stop(drain_max); }

}  // namespace elanus::server
