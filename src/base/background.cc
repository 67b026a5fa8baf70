#include "base/background.h"

#include <string>

#include <pthread.h>
#include <sched.h>

namespace elanus {
namespace {

constexpr size_t kNameBytesMax = 15;
constexpr int kUrgentPriority = 10;

}  // namespace

void SetThreadName(std::string_view name) {
  pthread_setname_np(pthread_self(), std::string(name.substr(0, kNameBytesMax)).c_str());
}

// On Linux sched_setscheduler(0, ...) is about the calling thread alone.
bool MakeThreadBackground() {
  const sched_param none{};
  return sched_setscheduler(0, SCHED_IDLE, &none) == 0;
}

bool MakeThreadUrgent() {
  sched_param priority{};
  priority.sched_priority = kUrgentPriority;
  return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &priority) == 0;
}

}  // namespace elanus
