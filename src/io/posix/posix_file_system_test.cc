#include "io/posix/posix_file_system.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "io/file_system_conformance.h"

namespace elanus::io {
namespace {

class PosixBackend {
 public:
  PosixBackend() : fs_(NewPosixFileSystem()) {
    std::string pattern = std::filesystem::temp_directory_path() / "elanus_io_XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    dir_ = pattern;
  }
  ~PosixBackend() { std::filesystem::remove_all(dir_); }
  FileSystem& fs() { return *fs_; }
  std::string dir() { return dir_; }

 private:
  std::unique_ptr<FileSystem> fs_;
  std::string dir_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Posix, FileSystemConformance, PosixBackend);

TEST(PosixFileSystem, AFullDeviceIsADiskLimit) {
  const auto fs = NewPosixFileSystem();
  auto file = fs->OpenWritable("/dev/full", {.create = false, .truncate = false});
  ASSERT_TRUE(file.ok());
  const Status status = (*file)->Append("x");
  EXPECT_EQ(status.code(), Code::kDiskLimitExceeded);
  EXPECT_EQ(status.message(), "write '/dev/full': No space left on device: disk limit exceeded");
}

TEST(PosixFileSystem, AFailedSyncPoisonsTheFile) {
  const auto fs = NewPosixFileSystem();
  auto file = fs->OpenWritable("/dev/null", {.create = false, .truncate = false});
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->Append("x").ok());
  EXPECT_EQ((*file)->Sync().code(), Code::kIoFailed);  // devices without storage cannot sync
  const Status status = (*file)->Append("x");
  EXPECT_EQ(status.code(), Code::kIoFailed);
  EXPECT_NE(status.message().find("an earlier sync failed"), std::string::npos);
}

}  // namespace
}  // namespace elanus::io
