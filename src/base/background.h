// What the scheduler should think of the calling thread, and the name a debugger shows for it.
#pragma once

#include <string_view>

namespace elanus {

// Shown by top -H, gdb and perf; cut to 15 bytes, the kernel's limit.
void SetThreadName(std::string_view name);

// Work that may wait (index builds, merges, collection): SCHED_IDLE, so it runs only on cycles that
// nobody else wants. A nice value is not enough: beside two busy threads an fsync then takes 8 ms
// instead of 0.2. Threads started by this one inherit it. False: the system refused; nothing
// changed.
bool MakeThreadBackground();

// The thread that writes the log: SCHED_RR priority 10, so that waiting clients are not kept behind
// computing threads. Not inherited. False: not allowed (it needs CAP_SYS_NICE or RLIMIT_RTPRIO);
// nothing changed, the thread works at normal priority.
bool MakeThreadUrgent();

}  // namespace elanus
