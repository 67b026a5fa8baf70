#include "server/listener.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/background.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/tls/client_hello.h"

namespace elanus::server {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kHttp2Preface = "PRI ";
constexpr int kBacklog = 1024;
constexpr size_t kHelloBytes = 20 << 10;
constexpr int kAcceptsInARow = 64;
constexpr std::chrono::milliseconds kPauseWithoutFiles{100};

Counter& DroppedConnections(const char* reason) {
  static MetricFamily<Counter> family("elanus_connections_dropped_total",
                                      "Connections closed before they were served.", {"reason"});
  return family.With({reason});
}

Status SystemError(const std::string& what) {
  return Fail(Code::kIoFailed, what + ": " + std::strerror(errno));
}

enum class Protocol { kUndecided, kGrpc, kHttp };

Protocol Decide(std::string_view bytes) {
  size_t n = std::min(bytes.size(), kHttp2Preface.size());
  if (bytes.substr(0, n) != kHttp2Preface.substr(0, n)) return Protocol::kHttp;
  return n == kHttp2Preface.size() ? Protocol::kGrpc : Protocol::kUndecided;
}

Result<int> Bind(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  std::string port = std::to_string(endpoint.port);
  int error = getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    return Fail(Code::kParameterInvalid,
                "address '" + endpoint.ToString() + "': " + gai_strerror(error));
  }
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return SystemError("socket");
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, kBacklog) != 0) {
    Status status = SystemError("cannot listen on " + endpoint.ToString());
    close(fd);
    return status;
  }
  return fd;
}

int BoundPort(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

// The connections that were handed over. Nobody tells when one is closed, so when the limit is
// reached the numbers are looked up: a closed one is gone, or names another socket.
class HandedOver {
 public:
  void Add(int fd) { sockets_.push_back({fd, InodeOf(fd)}); }
  size_t count() const { return sockets_.size(); }
  void ForgetClosed() {
    std::erase_if(sockets_, [](const Socket& s) { return InodeOf(s.fd) != s.inode; });
  }

 private:
  struct Socket {
    int fd;
    uint64_t inode;
  };
  static uint64_t InodeOf(int fd) {
    struct statx found{};
    bool is_socket = statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_TYPE, &found) == 0 &&
                     S_ISSOCK(found.stx_mode);
    return is_socket ? found.stx_ino : 0;
  }
  std::vector<Socket> sockets_;
};

}  // namespace

// One thread and one epoll set: the listening socket, the wake-up event, and the undecided
// connections, oldest first.
class Listener::Loop {
 public:
  explicit Loop(const ListenerOptions& options) : options_(options) {}
  ~Loop() {
    Stop();
    for (int fd : {listen_fd_, epoll_fd_, wake_fd_}) {
      if (fd >= 0) close(fd);
    }
  }

  Status Open() {
    listen_fd_ = TRY(Bind(options_.endpoint));
    port_ = BoundPort(listen_fd_);
    epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
    wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (epoll_fd_ < 0 || wake_fd_ < 0 || !Watch(wake_fd_) || !Watch(listen_fd_)) {
      return SystemError("epoll");
    }
    return {};
  }

  Status Start(Take grpc, Take http) {
    CHECK(!thread_.joinable());
    grpc_ = std::move(grpc);
    http_ = std::move(http);
    thread_ = std::thread([this] {
      SetThreadName("listener");
      Run();
    });
    return {};
  }

  void Stop() {
    if (!thread_.joinable()) return;
    uint64_t one = 1;
    CHECK(write(wake_fd_, &one, sizeof one) == sizeof one);
    thread_.join();
    while (!undecided_.empty()) Drop(undecided_.front().fd, nullptr);
    close(std::exchange(listen_fd_, -1));  // later ones are refused, not kept waiting
  }

  int port() const { return port_; }

 private:
  struct Undecided {
    int fd;
    Clock::time_point until;
    std::string bytes;
  };

  bool Watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
  }
  void Unwatch(int fd) { epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr); }

  void Run() {
    epoll_event events[4 * kAcceptsInARow];
    while (true) {
      int n = epoll_wait(epoll_fd_, events, std::size(events), WaitMs());
      bool knocks = false;
      for (int i = 0; i < n; ++i) {
        int fd = events[i].data.fd;
        if (fd == wake_fd_) return;
        if (fd == listen_fd_) {
          knocks = true;
        } else {
          ReadFirstBytes(fd);
        }
      }
      if (knocks) AcceptSome();
      DropLate();
    }
  }

  int WaitMs() const {
    auto until = Clock::time_point::max();
    if (!undecided_.empty()) until = undecided_.front().until;
    if (paused_) until = std::min(until, paused_until_);
    if (until == Clock::time_point::max()) return -1;
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    return static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
  }

  // A few at a time, so that a crowd at the door does not keep those from being read who are
  // inside.
  void AcceptSome() {
    for (int i = 0; i < kAcceptsInARow; ++i) {
      int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) Pause();
        return;
      }
      if (!HaveRoom()) {
        static Counter& dropped = DroppedConnections("connections");
        dropped.Add();
        close(fd);
        continue;
      }
      int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (undecided_.size() >= options_.undecided_max) Drop(undecided_.front().fd, "undecided");
      undecided_.push_back({fd, Clock::now() + options_.first_bytes_max, {}});
      by_fd_[fd] = std::prev(undecided_.end());
      if (!Watch(fd)) Drop(fd, "epoll");
    }
  }

  // Out of file descriptors or memory: without a pause the loop would spin.
  void Pause() {
    LOG_ERROR("cannot accept connections for now", {"error", std::strerror(errno)});
    Unwatch(listen_fd_);
    paused_ = true;
    paused_until_ = Clock::now() + kPauseWithoutFiles;
  }

  bool HaveRoom() {
    auto full = [&] {
      return handed_over_.count() + undecided_.size() >= options_.connections_max;
    };
    if (full()) handed_over_.ForgetClosed();
    return !full();
  }

  void ReadFirstBytes(int fd) {
    auto found = by_fd_.find(fd);
    if (found == by_fd_.end()) return;  // dropped within this round
    if (options_.tls) return PeekAtHello(fd);
    std::string& bytes = found->second->bytes;
    char buffer[4096];
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return Drop(fd, nullptr);
    bytes.append(buffer, static_cast<size_t>(n));
    switch (Decide(bytes)) {
      case Protocol::kUndecided:
        return;
      case Protocol::kGrpc:
        return HandOver(fd, grpc_);
      case Protocol::kHttp:
        return HandOver(fd, http_);
    }
  }

  void PeekAtHello(int fd) {
    char buffer[kHelloBytes];
    const ssize_t n = recv(fd, buffer, sizeof buffer, MSG_PEEK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return Drop(fd, nullptr);
    switch (ReadClientHello({buffer, static_cast<size_t>(n)})) {
      case HelloVerdict::kMore:
        // What is there already would wake this thread again and again.
        return static_cast<size_t>(n) < sizeof buffer ? WakeAt(fd, static_cast<int>(n) + 1)
                                                      : Drop(fd, "not TLS");
      case HelloVerdict::kNotTls:
        return Drop(fd, "not TLS");
      case HelloVerdict::kOnlyH2:
        WakeAt(fd, 1);
        return HandOver(fd, grpc_);
      case HelloVerdict::kHttp:
        WakeAt(fd, 1);
        return HandOver(fd, http_);
    }
  }

  // From so many bytes on the socket counts as readable.
  static void WakeAt(int fd, int bytes) {
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
  }

  void HandOver(int fd, const Take& take) {
    std::string bytes = std::move(by_fd_[fd]->bytes);
    Forget(fd);
    handed_over_.Add(fd);
    take(fd, std::move(bytes));
  }

  void DropLate() {
    auto now = Clock::now();
    while (!undecided_.empty() && undecided_.front().until <= now) {
      Drop(undecided_.front().fd, "silent");
    }
    if (paused_ && paused_until_ <= now) {
      paused_ = false;
      Watch(listen_fd_);
    }
  }

  void Drop(int fd, const char* reason) {
    if (reason != nullptr) DroppedConnections(reason).Add();
    Forget(fd);
    close(fd);
  }
  void Forget(int fd) {
    Unwatch(fd);
    auto found = by_fd_.find(fd);
    undecided_.erase(found->second);
    by_fd_.erase(found);
  }

  const ListenerOptions options_;
  int listen_fd_ = -1;
  int epoll_fd_ = -1;
  int wake_fd_ = -1;
  int port_ = 0;
  Take grpc_;
  Take http_;
  std::thread thread_;

  // Of the thread alone.
  std::list<Undecided> undecided_;
  std::unordered_map<int, std::list<Undecided>::iterator> by_fd_;
  HandedOver handed_over_;
  bool paused_ = false;
  Clock::time_point paused_until_;
};

Listener::Listener(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Listener::~Listener() = default;

Result<std::unique_ptr<Listener>> Listener::Open(const ListenerOptions& options) {
  auto loop = std::make_unique<Loop>(options);
  TRY(loop->Open());
  return std::unique_ptr<Listener>(new Listener(std::move(loop)));
}

Status Listener::Start(Take grpc, Take http) {
  return loop_->Start(std::move(grpc), std::move(http));
}
void Listener::Stop() { loop_->Stop(); }
int Listener::port() const { return loop_->port(); }

}  // namespace elanus::server
