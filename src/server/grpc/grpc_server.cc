#include "server/grpc/grpc_server.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/background.h"
#include "base/thread_pool.h"
#include "server/grpc/http2_connection.h"

namespace elanus::server {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kThreadsMax = 64;
// How long all threads may be busy before another one looks after the sockets.
constexpr std::chrono::milliseconds kStuckAfter{1};
// It looks that often while there is much to do, and sleeps after so many looks in vain.
constexpr int kLooksInVain = 50;
constexpr std::chrono::seconds kSweepEvery{10};
constexpr uint64_t kWakeId = 0;

}  // namespace

class GrpcServer::Front final {
 public:
  Front(const GrpcOptions& options, const RpcTable* table, ThreadPool* pool)
      : limits_(options, table), pool_(pool) {}
  ~Front() {
    Stop(std::chrono::milliseconds(0));
    for (int fd : {epoll_fd_, wake_fd_}) {
      if (fd >= 0) close(fd);
    }
  }

  Status Start() {
    epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
    wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kWakeId;
    if (epoll_fd_ < 0 || wake_fd_ < 0 ||
        epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) != 0) {
      return Fail(Code::kIoFailed, std::string("epoll: ") + std::strerror(errno));
    }
    size_t threads = limits_.options.threads;
    if (threads == 0) threads = std::thread::hardware_concurrency();
    for (size_t i = 0; i < std::clamp<size_t>(threads, 1, kThreadsMax); ++i) {
      threads_.emplace_back([this] { Serve(); });
    }
    threads_.emplace_back([this] { StandBy(); });
    return {};
  }

  void Adopt(int fd, std::string_view bytes_read) {
    const auto& tls = limits_.options.tls;
    auto connection =
        std::make_shared<Http2Connection>(fd, tls == nullptr ? nullptr : tls->Current(), &limits_);
    Http2Connection::Whole whole;
    if (!connection->Take(bytes_read, &whole)) return;
    uint64_t id = 0;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      id = ++last_id_;
      connections_.emplace(id, connection);
    }
    for (auto& stream : whole) RunOnPool(connection, stream);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = id;
    if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) Forget(id);
  }

  void Stop(std::chrono::milliseconds drain_max) {
    std::lock_guard once(stop_mutex_);
    if (threads_.empty()) return;
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    for (const auto& [id, connection] : All()) connection->GoAway();
    if (!limits_.WaitForNone(Clock::now() + drain_max)) {
      for (const auto& [id, connection] : All()) connection->Close();
      // Handlers see that they are cancelled.
      while (!limits_.WaitForNone(Clock::now() + std::chrono::hours(1))) {
      }
    }
    ended_ = true;
    uint64_t one = 1;
    CHECK(write(wake_fd_, &one, sizeof one) == sizeof one);
    {
      std::lock_guard lock(stand_by_mutex_);
      stand_by_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    std::lock_guard lock(mutex_);
    connections_.clear();
  }

  const CallLimits& limits() const { return limits_; }

 private:
  std::vector<std::pair<uint64_t, std::shared_ptr<Http2Connection>>> All() {
    std::lock_guard lock(mutex_);
    return {connections_.begin(), connections_.end()};
  }

  std::shared_ptr<Http2Connection> Find(uint64_t id) {
    std::lock_guard lock(mutex_);
    auto found = connections_.find(id);
    return found == connections_.end() ? nullptr : found->second;
  }
  void Forget(uint64_t id) {
    std::shared_ptr<Http2Connection> gone;
    {
      std::lock_guard lock(mutex_);
      auto found = connections_.find(id);
      if (found == connections_.end()) return;
      gone = std::move(found->second);
      connections_.erase(found);
    }
    gone->Close();
  }

  void Serve() {
    SetThreadName("grpc");
    while (!ended_) {
      idle_.fetch_add(1);
      epoll_event event{};
      const int n = epoll_wait(epoll_fd_, &event, 1, -1);
      turns_.fetch_add(1, std::memory_order_relaxed);
      if (idle_.fetch_sub(1) == 1) WakeStandBy();
      if (n == 1) OnEvent(event, true);
    }
  }

  void OnEvent(const epoll_event& event, bool may_run) {
    if (event.data.u64 == kWakeId) return;
    std::shared_ptr<Http2Connection> connection = Find(event.data.u64);
    if (connection == nullptr) return;
    Http2Connection::Whole whole;
    const bool hung_up = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (!connection->OnReady(hung_up, &whole)) Forget(event.data.u64);
    std::shared_ptr<Http2Connection::Stream> here;
    for (auto& stream : whole) {
      if (may_run && here == nullptr && stream->call.method().runs == Runs::kWhereItArrives) {
        here = std::move(stream);
      } else {
        RunOnPool(connection, stream);
      }
    }
    if (here != nullptr) Run(connection.get(), here.get());
  }

  void RunOnPool(const std::shared_ptr<Http2Connection>& connection,
                 const std::shared_ptr<Http2Connection::Stream>& stream) {
    if (pool_->Submit([connection, stream] { Run(connection.get(), stream.get()); })) return;
    FramedMessage response;
    const RpcStatus status = stream->call.Refuse("queue", &response);
    connection->Answer(stream.get(), status, std::move(response));
  }

  static void Run(Http2Connection* connection, Http2Connection::Stream* stream) {
    FramedMessage response;
    const RpcStatus status = stream->call.Run(connection->peer(), &response);
    connection->Answer(stream, status, std::move(response));
  }

  // Called where the last idle thread gets busy: from now on it matters how long they all are.
  void WakeStandBy() {
    if (watching_) return;
    std::lock_guard lock(stand_by_mutex_);
    watching_ = true;
    stand_by_.notify_one();
  }

  void StandBy() {
    SetThreadName("grpc-standby");
    auto next_sweep = Clock::now() + kSweepEvery;
    int in_vain = 0;
    uint64_t turns = turns_;
    while (!ended_) {
      {
        std::unique_lock lock(stand_by_mutex_);
        if (!watching_) {
          stand_by_.wait_until(lock, next_sweep, [this] { return watching_ || ended_; });
        } else {
          stand_by_.wait_for(lock, kStuckAfter, [this] { return ended_.load(); });
        }
      }
      if (Clock::now() >= next_sweep) {
        Sweep();
        next_sweep = Clock::now() + kSweepEvery;
      }
      if (idle_ == 0 && turns_ == turns) {
        TakeOver(turns);
        in_vain = 0;
      } else if (idle_ > 0 && ++in_vain > kLooksInVain) {
        in_vain = 0;
        watching_ = false;
        if (idle_ == 0) watching_ = true;  // it may just have got so
      }
      turns = turns_;
    }
  }

  // Looks after the sockets until a thread that has been busy since `turns` is back.
  void TakeOver(uint64_t turns) {
    while (!ended_ && idle_ == 0 && turns_ == turns) {
      epoll_event event{};
      if (epoll_wait(epoll_fd_, &event, 1, static_cast<int>(kStuckAfter.count())) == 1) {
        OnEvent(event, false);
      }
    }
  }

  void Sweep() {
    const auto now = Clock::now();
    for (const auto& [id, connection] : All()) {
      if (!connection->KeepAlive(now)) Forget(id);
    }
  }

  CallLimits limits_;
  ThreadPool* const pool_;
  int epoll_fd_ = -1;
  int wake_fd_ = -1;

  std::mutex stop_mutex_;
  std::vector<std::thread> threads_;
  std::atomic<bool> ended_{false};

  std::mutex mutex_;  // guards what follows
  bool stopping_ = false;
  uint64_t last_id_ = kWakeId;
  std::unordered_map<uint64_t, std::shared_ptr<Http2Connection>> connections_;

  std::atomic<int> idle_{0};        // threads that wait for sockets
  std::atomic<uint64_t> turns_{0};  // how often one has got busy
  std::mutex stand_by_mutex_;
  std::condition_variable stand_by_;
  std::atomic<bool> watching_{false};  // set under the lock, so that no wake-up is lost
};

GrpcServer::GrpcServer(std::unique_ptr<Front> front) : front_(std::move(front)) {}

GrpcServer::~GrpcServer() { Stop(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcOptions& options,
                                                      const RpcTable* table, ThreadPool* pool) {
  auto front = std::make_unique<Front>(options, table, pool);
  TRY(front->Start());
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(front)));
}

void GrpcServer::Adopt(int fd, std::string_view bytes_read) { front_->Adopt(fd, bytes_read); }

void GrpcServer::Stop(std::chrono::milliseconds drain_max) { front_->Stop(drain_max); }

size_t GrpcServer::requests_in_flight() const { return front_->limits().requests(); }
size_t GrpcServer::bytes_in_flight() const { return front_->limits().bytes(); }

}  // namespace elanus::server
