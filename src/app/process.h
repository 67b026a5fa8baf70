// What the process asks of the system: open files, and the signals that end it.
#pragma once

#include <csignal>
#include <cstdint>

namespace elanus::app {

// Raises the limit of open files as far as allowed. Returns what it is now.
uint64_t RaiseFileLimit();

// SIGTERM and SIGINT as a call that waits. Make it before any thread is started: threads inherit
// that they do not take these signals. SIGPIPE is ignored from then on.
class StopSignals {
 public:
  StopSignals();

  // The signal that came. After it, a second one ends the process at once.
  int Wait();

 private:
  sigset_t set_;
};

}  // namespace elanus::app
