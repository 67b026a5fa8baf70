#include "app/process.h"

#include <sys/resource.h>

#include "base/status.h"

namespace elanus::app {

uint64_t RaiseFileLimit() {
  rlimit limit{};
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur;
}

StopSignals::StopSignals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  CHECK(pthread_sigmask(SIG_BLOCK, &set_, nullptr) == 0);
  signal(SIGPIPE, SIG_IGN);
}

int StopSignals::Wait() {
  int received = 0;
  while (sigwait(&set_, &received) != 0) {
  }
  // Default actions again, in this thread: the next one is not waited for.
  pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  return received;
}

}  // namespace elanus::app
