// FileLog on the machine's own files, direct writes included, and with a process that is killed.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"
#include "io/posix/posix_file_system.h"
#include "wal/file/file_log.h"
#include "wal/log_conformance.h"

namespace elanus::wal {
namespace {

class PosixBackend {
 public:
  PosixBackend() : fs_(io::NewPosixFileSystem()) {
    std::string pattern = std::filesystem::temp_directory_path() / "elanus_wal_XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    dir_ = pattern;
  }
  ~PosixBackend() { std::filesystem::remove_all(dir_); }
  Result<std::unique_ptr<Log>> Open() {
    return FileLog::Open(*fs_, dir_ + "/log", {.file_bytes = 64 << 10, .reserve_bytes = 8 << 10});
  }

 private:
  std::unique_ptr<io::FileSystem> fs_;
  std::string dir_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Posix, LogConformance, PosixBackend);

// Appends until it is killed; tells each acknowledged lsn through the pipe.
[[noreturn]] void AppendForever(PosixBackend& backend, int pipe) {
  const auto log = backend.Open();
  if (!log.ok()) ::_exit(1);
  while (true) {
    const Lsn expected = (*log)->next();
    const std::string record(expected * 37 % 3000, static_cast<char>(expected));
    const auto lsn = AppendTo(**log, {std::to_string(expected), record});
    if (!lsn.ok() || ::write(pipe, &*lsn, sizeof *lsn) != sizeof *lsn) ::_exit(1);
  }
}

TEST(FileLogProcess, AKilledProcessLosesNothingAcknowledged) {
  PosixBackend backend;
  Lsn acknowledged = 0;
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) AppendForever(backend, ends[1]);
    ::close(ends[1]);
    Lsn lsn = 0;
    for (int i = 0; i < 20 + round && ::read(ends[0], &lsn, sizeof lsn) == sizeof lsn; ++i) {
      acknowledged = lsn;
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    while (::read(ends[0], &lsn, sizeof lsn) == sizeof lsn) acknowledged = lsn;
    ::close(ends[0]);

    auto log = backend.Open();
    ASSERT_TRUE(log.ok()) << log.status().message();
    const auto frames = FramesOf(**log);
    ASSERT_TRUE(frames.ok()) << frames.status().message();
    Lsn expected = 1;
    for (const auto& [at, records] : *frames) {
      ASSERT_EQ(at, expected++);
      ASSERT_EQ(records[0], std::to_string(at));
      ASSERT_EQ(records[1].size(), at * 37 % 3000);
    }
    EXPECT_GE(frames->size(), acknowledged);
    EXPECT_LE(frames->size(), acknowledged + 1);
    std::move(log).take().reset();
  }
}

}  // namespace
}  // namespace elanus::wal
