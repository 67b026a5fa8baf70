// A log in memory, for tests and for what needs no disk.
#pragma once

#include <memory>

#include "base/status.h"
#include "wal/log.h"

namespace elanus::wal {

// What outlives a MemoryLog, as a folder outlives a FileLog: open it again to "restart".
class MemoryLogStore {
 public:
  MemoryLogStore();
  ~MemoryLogStore();
  // Fails while the log opened before is alive.
  Result<std::unique_ptr<Log>> Open();

  // How the next Append fails, once.
  enum class Fault { kRefused, kLost, kKept };
  // kRefused: nothing is written (kDiskLimitExceeded), the log stays healthy. kLost, kKept: the
  // outcome is unknown to the caller; a kept frame is found again unless a Reopen decides it out.
  void FailNextAppend(Fault fault);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace elanus::wal
