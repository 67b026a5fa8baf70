#include "base/memory_limit.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace elanus {
namespace {

// A machine of files below a folder of its own.
class MemoryLimit : public ::testing::Test {
 protected:
  MemoryLimit()
      : root_(std::filesystem::temp_directory_path() /
              ("elanus-memory-limit-" + std::to_string(getpid()))) {
    std::filesystem::remove_all(root_);
    Put("/proc/meminfo", "MemFree:  1 kB\nMemTotal:   16777216 kB\n");
  }
  ~MemoryLimit() override { std::filesystem::remove_all(root_); }

  void Put(const std::string& path, const std::string& text) {
    const std::filesystem::path whole = root_.string() + path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  uint64_t Found() { return FindMemoryLimit(root_.string()); }

  std::filesystem::path root_;
};

constexpr uint64_t kMiB = 1 << 20;

TEST_F(MemoryLimit, IsTheMachinesWhereNothingElseIsSaid) {
  EXPECT_EQ(Found(), 16 * 1024 * kMiB);
  Put("/proc/meminfo", "");
  EXPECT_EQ(Found(), 0U);
}

TEST_F(MemoryLimit, IsTheLeastUpTheTreeOfVersion2) {
  Put("/proc/self/cgroup", "0::/system.slice/elanus.service\n");
  Put("/proc/self/mountinfo",
      "24 1 0:22 / /proc rw - proc proc rw\n"
      "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
  Put("/sys/fs/cgroup/system.slice/elanus.service/memory.max", "max\n");
  Put("/sys/fs/cgroup/system.slice/memory.max", "536870912\n");
  EXPECT_EQ(Found(), 512 * kMiB);
  Put("/sys/fs/cgroup/system.slice/elanus.service/memory.max", "268435456\n");
  EXPECT_EQ(Found(), 256 * kMiB);
}

TEST_F(MemoryLimit, IsTheMountsOwnInAContainer) {
  Put("/proc/self/cgroup", "0::/\n");
  Put("/proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
  Put("/sys/fs/cgroup/memory.max", "1073741824\n");
  EXPECT_EQ(Found(), 1024 * kMiB);
  // Version 1, mounted from the container's group on.
  Put("/proc/self/cgroup", "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n");
  Put("/proc/self/mountinfo",
      "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
  Put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "67108864\n");
  EXPECT_EQ(Found(), 64 * kMiB);
}

TEST_F(MemoryLimit, OfVersion1CountsNoneThatIsNone) {
  Put("/proc/self/cgroup", "4:memory:/a/b\n0::/\n");
  Put("/proc/self/mountinfo",
      "34 31 0:31 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n");
  Put("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(Found(), 16 * 1024 * kMiB);
  Put("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "134217728\n");
  EXPECT_EQ(Found(), 128 * kMiB);
}

TEST_F(MemoryLimit, MindsTheLimitsOfTheProcess) {
  Put("/proc/self/limits",
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max data size             4294967296           unlimited            bytes     \n"
      "Max address space         unlimited            unlimited            bytes     \n");
  EXPECT_EQ(Found(), 4096 * kMiB);
}

TEST_F(MemoryLimit, FindsSomethingOnThisMachine) {
  EXPECT_GT(FindMemoryLimit(), 16 * kMiB);
  EXPECT_GT(ReadAnonymousBytes(), 64 * 1024U);
  EXPECT_LT(ReadAnonymousBytes(), FindMemoryLimit());
}

}  // namespace
}  // namespace elanus
