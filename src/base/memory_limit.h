// How much memory the system lets this process have: the least of what its control groups (version
// 2 or 1, each up its tree), its resource limits and the machine allow.
#pragma once

#include <cstdint>
#include <string>

namespace elanus {

// Bytes; 0: nothing says. `root` stands before every path that is read: /proc/self/cgroup,
// mountinfo and limits, /proc/meminfo, and what lies below the mounts they name.
uint64_t FindMemoryLimit(const std::string& root = "");

// Anonymous memory of this process that is in RAM, which the system cannot take back without swap.
// 0: nothing says.
uint64_t ReadAnonymousBytes(const std::string& root = "");

}  // namespace elanus
