#include "shard/lane.h"

#include <chrono>
#include <string_view>

#include "base/background.h"
#include "base/crash_point.h"
#include "base/log.h"
#include "shard/record.h"
#include "shard/shard_metrics.h"

namespace elanus::shard {

Lane::Lane(wal::Log* log, roles::Oracle* oracle) : log_(log), oracle_(oracle) {
  last_lsn_ = log->next() - 1;
  thread_ = std::thread([this] { Loop(); });
}

Lane::~Lane() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  thread_.join();
}

Status Lane::Run(Command* command) {
  std::unique_lock lock(mutex_);
  if (stopping_) return Status(Code::kServiceNotReady, "server is shutting down");
  waiting_.push_back(command);
  work_.notify_one();
  command->finished_.wait(lock, [command] { return command->done_; });
  return std::move(command->status_);
}

void Lane::RunTask(const std::function<void()>& task) {
  CHECK(!OnLaneThread());
  bool done = false;
  std::unique_lock lock(mutex_);
  tasks_.emplace_back(&task, &done);
  work_.notify_one();
  task_done_.wait(lock, [&done] { return done; });
}

void Lane::WaitPublished(Timestamp ts) {
  std::unique_lock lock(mutex_);
  published_.wait(lock, [this, ts] { return in_flight_after_ >= ts; });
}

wal::Lsn Lane::last_lsn() const {
  const std::lock_guard lock(mutex_);
  return last_lsn_;
}

void Lane::Loop() {
  SetThreadName("lane");
  MakeThreadUrgent();
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !waiting_.empty() || !tasks_.empty(); });
    if (!tasks_.empty()) {
      const auto [task, done] = tasks_.front();
      tasks_.pop_front();
      lock.unlock();
      (*task)();
      lock.lock();
      *done = true;
      task_done_.notify_all();
      continue;
    }
    if (waiting_.empty()) return;  // stopping, and nothing is left
    const std::vector<Command*> commands = TakeFrame(&lock);
    in_flight_after_ = oracle_->Now();
    lock.unlock();
    Commit(commands);
    lock.lock();
    in_flight_after_ = kMaxTimestamp;
    published_.notify_all();
    for (Command* command : commands) {
      command->done_ = true;
      command->finished_.notify_one();  // under the lock: the waiter destroys the command
    }
  }
}

std::vector<Command*> Lane::TakeFrame(std::unique_lock<std::mutex>* lock) {
  CHECK(lock->owns_lock());
  std::vector<Command*> commands;
  size_t bytes = 0;
  while (!waiting_.empty() && commands.size() < kFrameCommandsMax && bytes < kFrameBytesMax) {
    Command* command = waiting_.front();
    if (command->needs_state() && !commands.empty()) break;
    waiting_.pop_front();
    bytes += command->record().size();
    commands.push_back(command);
  }
  return commands;
}

void Lane::Commit(const std::vector<Command*>& commands) {
  std::vector<Command*> ready;
  for (Command* command : commands) {
    command->status_ = command->Prepare();
    if (!command->status_.ok()) continue;
    command->ts_ = oracle_->Next();
    StampWrite(&command->record_, command->ts_);
    ready.push_back(command);
  }
  if (ready.empty()) return;

  Result<wal::Lsn> lsn = Append(ready, false);
  if (!lsn.ok() && lsn.status().code() == Code::kDiskLimitExceeded && log_->healthy()) {
    // What makes space may use the log's reserve; the rest is refused.
    std::vector<Command*> freeing;
    for (Command* command : ready) {
      if (command->frees_space()) {
        freeing.push_back(command);
      } else {
        command->status_ = lsn.status();
      }
    }
    ready = std::move(freeing);
    if (ready.empty()) return;
    lsn = Append(ready, true);
  }
  if (!lsn.ok()) {
    for (Command* command : ready) command->status_ = lsn.status();
    return;
  }
  CrashHere(CrashPoint::kLaneAppended);
  for (Command* command : ready) command->Apply(command->ts_, *lsn);
  CrashHere(CrashPoint::kLaneApplied);
  {
    const std::lock_guard lock(mutex_);
    last_lsn_ = *lsn;
  }
  for (Command* command : ready) command->Publish();
  CrashHere(CrashPoint::kLanePublished);
}

Result<wal::Lsn> Lane::Append(const std::vector<Command*>& commands, bool reserve) {
  if (!log_->healthy()) TRY(log_->Reopen());
  std::vector<std::string_view> records;
  records.reserve(commands.size());
  for (Command* command : commands) records.push_back(command->record());
  const auto begin = std::chrono::steady_clock::now();
  Result<wal::Lsn> lsn = reserve ? log_->AppendFromReserve(records) : log_->Append(records);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  LogAppendMs().Observe(took.count());
  if (lsn.ok() || log_->healthy()) return lsn;
  // The outcome is unknown until Reopen has decided that the frame is out. Until then every write
  // is refused.
  LOG_ERROR("log append failed", {"error", lsn.status().message()});
  if (const Status reopened = log_->Reopen(); !reopened.ok()) {
    LOG_ERROR("log cannot be reopened; writes are refused until it can",
              {"error", reopened.message()});
  }
  return lsn;
}

}  // namespace elanus::shard
