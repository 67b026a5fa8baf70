#include "base/thread_pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/background.h"
#include "base/status.h"

namespace elanus {

ThreadPool::ThreadPool(std::string name, size_t threads_max, size_t queue_max,
                       std::chrono::milliseconds idle_max)
    : name_(std::move(name)),
      threads_max_(threads_max),
      queue_max_(queue_max),
      idle_max_(idle_max) {
  CHECK(threads_max_ > 0);
}

ThreadPool::~ThreadPool() {
  std::vector<std::thread> ended;
  {
    std::unique_lock lock(mutex_);
    closing_ = true;
    for (Worker* worker : idle_) worker->wake.notify_one();
    all_ended_.wait(lock, [this] { return workers_.empty(); });
    ended = TakeEnded();
  }
  for (std::thread& thread : ended) thread.join();
}

bool ThreadPool::Submit(Task task) {
  std::vector<std::thread> ended;
  bool accepted = true;
  {
    const std::lock_guard lock(mutex_);
    ended = TakeEnded();
    if (closing_) {
      accepted = false;
    } else if (!idle_.empty()) {
      Worker* worker = idle_.back();
      idle_.pop_back();
      worker->task = std::move(task);
      worker->wake.notify_one();
    } else if (workers_.size() == threads_max_ || !StartWorker(&task)) {
      accepted = !workers_.empty() && queue_.size() < queue_max_;
      if (accepted) queue_.push_back(std::move(task));
    }
  }
  for (std::thread& thread : ended) thread.join();
  return accepted;
}

// False, with the task still the caller's, when the system gives no thread.
bool ThreadPool::StartWorker(Task* task) {
  const auto self = workers_.emplace(workers_.end());
  self->task = std::move(*task);
  try {
    self->thread = std::thread([this, self] { Work(self); });
  } catch (const std::system_error&) {
    *task = std::move(self->task);
    workers_.erase(self);
    return false;
  }
  return true;
}

std::vector<std::thread> ThreadPool::TakeEnded() { return std::exchange(ended_, {}); }

void ThreadPool::Work(Workers::iterator self) {
  SetThreadName(name_);
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!self->task && !queue_.empty()) {
      self->task = std::move(queue_.front());
      queue_.pop_front();
    }
    if (self->task) {
      Task task = std::move(self->task);
      lock.unlock();
      std::move(task)();
      lock.lock();
      continue;
    }
    if (closing_) break;
    idle_.push_back(&*self);
    const auto has_work = [&] { return closing_ || static_cast<bool>(self->task); };
    const bool woken = self->wake.wait_for(lock, idle_max_, has_work);
    if (self->task) continue;
    std::erase(idle_, &*self);
    if (!woken) break;
  }
  ended_.push_back(std::move(self->thread));
  workers_.erase(self);
  if (workers_.empty()) all_ended_.notify_all();
}

size_t ThreadPool::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

size_t ThreadPool::running() const {
  const std::lock_guard lock(mutex_);
  return workers_.size() - idle_.size();
}

size_t ThreadPool::threads() const {
  const std::lock_guard lock(mutex_);
  return workers_.size();
}

}  // namespace elanus
