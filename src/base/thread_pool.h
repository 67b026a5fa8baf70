// Threads that run tasks, few when little is to be done: a thread is started when a task finds none
// idle, the most recently idle one is woken first, and one that idles for long ends. Tasks that
// find no thread wait in a queue of bounded length, in order. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/task.h"

namespace elanus {

class ThreadPool {
 public:
  // `name` is shown as the threads' name. At most `threads_max` (>= 1) tasks run and `queue_max`
  // wait at a time.
  ThreadPool(std::string name, size_t threads_max, size_t queue_max,
             std::chrono::milliseconds idle_max = std::chrono::seconds(10));
  // Refuses new tasks, runs those that wait, returns when all are done. Not from a task of this
  // pool.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // False: the queue is full or the pool is closing; the task is dropped without having run.
  // A task must not throw.
  [[nodiscard]] bool Submit(Task task);

  size_t queued() const;   // tasks that wait for a thread
  size_t running() const;  // tasks being run
  size_t threads() const;  // running and idle

 private:
  struct Worker {
    std::thread thread;
    std::condition_variable wake;
    Task task;  // handed over by Submit while the worker idles
  };
  using Workers = std::list<Worker>;

  void Work(Workers::iterator self);
  bool StartWorker(Task* task);          // with mutex_ held
  std::vector<std::thread> TakeEnded();  // with mutex_ held

  const std::string name_;
  const size_t threads_max_;
  const size_t queue_max_;
  const std::chrono::milliseconds idle_max_;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable all_ended_;
  bool closing_ = false;
  std::deque<Task> queue_;          // non-empty only while no worker idles
  Workers workers_;                 // running or idle
  std::vector<Worker*> idle_;       // a stack
  std::vector<std::thread> ended_;  // to be joined
};

}  // namespace elanus
