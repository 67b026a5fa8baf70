// Workers: the threads of one build. The caller's thread is worker 0.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace elanus::index {

class Workers {
 public:
  explicit Workers(int count) {
    for (int i = 1; i < count; ++i) threads_.emplace_back([this, i] { Loop(i); });
  }
  ~Workers() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
      ++round_;
    }
    wake_.notify_all();
    for (std::thread& t : threads_) t.join();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int count() const { return static_cast<int>(threads_.size()) + 1; }

  // fn(worker) once on each worker; returns when all have.
  void Each(const std::function<void(int)>& fn) {
    if (threads_.empty()) return fn(0);
    {
      const std::lock_guard lock(mutex_);
      task_ = &fn;
      pending_ = threads_.size();
      ++round_;
    }
    wake_.notify_all();
    fn(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return pending_ == 0; });
  }

  // fn(begin, end, worker) over pieces of [0, n) of at most `grain`, in any order.
  void For(size_t n, size_t grain, const std::function<void(size_t, size_t, int)>& fn) {
    if (n <= grain) {
      if (n > 0) fn(0, n, 0);
      return;
    }
    std::atomic<size_t> next{0};
    Each([&](int worker) {
      for (size_t begin = next.fetch_add(grain); begin < n; begin = next.fetch_add(grain)) {
        fn(begin, std::min(n, begin + grain), worker);
      }
    });
  }

 private:
  void Loop(int worker) {
    uint64_t seen = 0;
    for (;;) {
      const std::function<void(int)>* task;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return round_ != seen; });
        seen = round_;
        if (closing_) return;
        task = task_;
      }
      (*task)(worker);
      const std::lock_guard lock(mutex_);
      if (--pending_ == 0) done_.notify_one();
    }
  }

  std::vector<std::thread> threads_;
  std::mutex mutex_;  // guards all below
  std::condition_variable wake_, done_;
  const std::function<void(int)>* task_ = nullptr;
  size_t pending_ = 0;
  uint64_t round_ = 0;
  bool closing_ = false;
};

}  // namespace elanus::index
