// Lane: one log and the thread that alone writes it and alone changes the shards on it.
//
// The thread takes the commands that wait, and in this order: prepares each, stamps it, appends all
// as one frame and syncs, applies each, publishes, answers. So log order = timestamp order = apply
// order, and a command shows whole or not at all. Run and RunTask may be called from any thread but
// the lane's own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "model/types.h"
#include "roles/oracle.h"
#include "wal/log.h"

namespace elanus::shard {

class Command {
 public:
  virtual ~Command() = default;

  // Lane thread. Fills record(); may refuse. With needs_state(), everything ordered before it has
  // been applied.
  virtual Status Prepare() = 0;
  virtual bool needs_state() const { return false; }
  // It only takes away (deletes): may use the log's reserve when the disk is full.
  virtual bool frees_space() const { return false; }
  // Lane thread, after the record is durable. Cannot fail.
  virtual void Apply(Timestamp ts, wal::Lsn lsn) = 0;
  // Lane thread, once all commands of the frame are applied: readers may see it.
  virtual void Publish() = 0;

  std::string& record() { return record_; }

 private:
  friend class Lane;
  std::string record_;
  Timestamp ts_ = 0;
  Status status_;
  bool done_ = false;  // guarded by the lane's mutex
  std::condition_variable finished_;
};

class Lane {
 public:
  Lane(wal::Log* log, roles::Oracle* oracle);
  ~Lane();  // answers what waits, then stops
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Blocks until the command is durable, applied and published, or refused. After an error nothing
  // of it was applied and nothing of it will be seen after a restart.
  Status Run(Command* command);

  // Runs `task` on the lane thread between two frames; blocks until it has run.
  void RunTask(const std::function<void()>& task);

  // Returns when no frame stamped at or before `ts` is still unpublished.
  void WaitPublished(Timestamp ts);

  wal::Lsn last_lsn() const;  // of the newest applied frame
  bool OnLaneThread() const { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  static constexpr size_t kFrameBytesMax = 32 << 20;
  static constexpr size_t kFrameCommandsMax = 1024;

  void Loop();
  std::vector<Command*> TakeFrame(std::unique_lock<std::mutex>* lock);
  void Commit(const std::vector<Command*>& commands);
  Result<wal::Lsn> Append(const std::vector<Command*>& commands, bool reserve);
  void Finish(Command* command, Status status);

  wal::Log* const log_;
  roles::Oracle* const oracle_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable work_;
  std::condition_variable published_;
  std::deque<Command*> waiting_;
  std::deque<std::pair<const std::function<void()>*, bool*>> tasks_;
  std::condition_variable task_done_;
  bool stopping_ = false;
  Timestamp in_flight_after_ = kMaxTimestamp;  // the frame being written has stamps above this
  wal::Lsn last_lsn_ = 0;

  std::thread thread_;
};

}  // namespace elanus::shard
