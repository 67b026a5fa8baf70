#include "io/memory/memory_file_system.h"

#include <memory>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "io/file_system_conformance.h"

namespace elanus::io {
namespace {

class MemoryBackend {
 public:
  MemoryBackend() { CHECK(fs_.CreateDirs("/data").ok()); }
  FileSystem& fs() { return fs_; }
  std::string dir() { return "/data"; }

 private:
  MemoryFileSystem fs_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, FileSystemConformance, MemoryBackend);

class MemoryFileSystemTest : public testing::Test {
 protected:
  MemoryFileSystemTest() { CHECK(fs_.CreateDirs("/d").ok()); }
  MemoryFileSystem fs_;
};

TEST_F(MemoryFileSystemTest, ACrashForgetsUnsyncedBytes) {
  auto file = fs_.Create("/d/f");
  ASSERT_TRUE((*file)->Append("kept").ok());
  ASSERT_TRUE((*file)->Sync().ok());
  ASSERT_TRUE(fs_.SyncDir("/d").ok());
  ASSERT_TRUE((*file)->Append("lost").ok());
  EXPECT_EQ(*ReadFile(fs_, "/d/f"), "keptlost");
  fs_.Crash();
  EXPECT_EQ(*ReadFile(fs_, "/d/f"), "kept");
  EXPECT_FALSE((*file)->Append("x").ok()) << "handles die with the machine";
}

TEST_F(MemoryFileSystemTest, ACrashForgetsUnsyncedNames) {
  ASSERT_TRUE(WriteFileAtomically(fs_, "/d/a", "a").ok());
  ASSERT_TRUE(fs_.Rename("/d/a", "/d/b").ok());
  auto file = fs_.Create("/d/c");
  ASSERT_TRUE((*file)->Sync().ok());
  fs_.Crash();
  EXPECT_EQ(*fs_.List("/d"), std::vector<std::string>{"a"});
}

TEST_F(MemoryFileSystemTest, AKillKeepsWhatWasWritten) {
  auto lock = fs_.LockFile("/d/LOCK");
  auto file = fs_.Create("/d/f");
  ASSERT_TRUE((*file)->Append("x").ok());
  fs_.Kill();
  EXPECT_EQ(*ReadFile(fs_, "/d/f"), "x");
  EXPECT_TRUE(fs_.LockFile("/d/LOCK").ok());
  EXPECT_FALSE((*file)->Sync().ok());
}

TEST_F(MemoryFileSystemTest, ASeededCrashTearsUnsyncedSectors) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 64; ++seed) {
    MemoryFileSystem fs;
    ASSERT_TRUE(fs.CreateDirs("/d").ok());
    ASSERT_TRUE(WriteFileAtomically(fs, "/d/f", std::string(1024, 'o')).ok());
    auto file = fs.OpenWritable("/d/f", {.truncate = false});
    ASSERT_TRUE((*file)->WriteAt(0, std::string(1024, 'n')).ok());
    fs.Crash(seed);
    const std::string bytes = *ReadFile(fs, "/d/f");
    ASSERT_EQ(bytes.substr(0, 512), std::string(512, bytes[0]));
    ASSERT_EQ(bytes.substr(512), std::string(512, bytes[512]));
    seen.insert({bytes[0], bytes[512]});
  }
  EXPECT_EQ(seen, (std::set<std::string>{"oo", "on", "no", "nn"}));
}

TEST_F(MemoryFileSystemTest, FailsTheNthCallOnce) {
  auto file = fs_.Create("/d/f");
  fs_.FailCall(2);
  EXPECT_TRUE((*file)->Append("ab").ok());
  EXPECT_EQ((*file)->Append("cd").code(), Code::kIoFailed);
  EXPECT_EQ(*ReadFile(fs_, "/d/f"), "abc") << "a failed write may have written a part";
  EXPECT_TRUE((*file)->Append("d").ok());
}

TEST_F(MemoryFileSystemTest, AFailedSyncPoisonsAndNoOtherSyncHelps) {
  auto file = fs_.Create("/d/f");
  ASSERT_TRUE(fs_.SyncDir("/d").ok());
  ASSERT_TRUE((*file)->Append("x").ok());
  fs_.FailCall(1);
  EXPECT_FALSE((*file)->Sync().ok());
  EXPECT_FALSE((*file)->Append("y").ok());
  EXPECT_FALSE((*file)->Sync().ok());
  auto again = fs_.OpenWritable("/d/f", {.truncate = false});
  EXPECT_TRUE((*again)->Sync().ok());
  EXPECT_EQ(*ReadFile(fs_, "/d/f"), "x") << "still readable";
  fs_.Crash();
  EXPECT_NE(*ReadFile(fs_, "/d/f"), "x") << "but never on the disk";
}

TEST_F(MemoryFileSystemTest, WritesFailWhenFullAndComeBack) {
  auto file = fs_.Create("/d/f");
  fs_.SetCapacity(3);
  EXPECT_EQ((*file)->Append("abcd").code(), Code::kDiskLimitExceeded);
  EXPECT_EQ((*file)->size(), 3u);
  EXPECT_EQ(*fs_.FreeBytes("/d"), 0u);
  EXPECT_TRUE((*file)->WriteAt(0, "x").ok()) << "what is there can be overwritten";
  fs_.SetCapacity(4);
  EXPECT_TRUE((*file)->Append("d").ok());
}

TEST_F(MemoryFileSystemTest, ReservedSpaceIsThereWhenFull) {
  auto file = fs_.Create("/d/f");
  fs_.SetCapacity(10);
  ASSERT_TRUE((*file)->Preallocate(10).ok());
  auto other = fs_.Create("/d/g");
  EXPECT_EQ((*other)->Append("x").code(), Code::kDiskLimitExceeded);
  EXPECT_TRUE((*file)->Append("0123456789").ok());
}

TEST_F(MemoryFileSystemTest, HooksSeeCallsAndChooseTheError) {
  int syncs = 0;
  fs_.SetFault([&](const FileCall& call) {
    if (call.kind == FileCall::Kind::kSync) ++syncs;
    return call.path == "/d/bad" ? Fail(Code::kDiskLimitExceeded, "no") : Status();
  });
  EXPECT_EQ(fs_.Create("/d/bad").status().code(), Code::kDiskLimitExceeded);
  EXPECT_TRUE(WriteFileAtomically(fs_, "/d/good", "x").ok());
  EXPECT_EQ(syncs, 1);
}

TEST(MemoryFileSystem, AnAtomicWriteIsOldOrNewAtEveryCrash) {
  for (uint64_t stop = 1;; ++stop) {
    MemoryFileSystem fs;
    ASSERT_TRUE(fs.CreateDirs("/d").ok());
    ASSERT_TRUE(WriteFileAtomically(fs, "/d/f", "old").ok());
    fs.FailCall(stop);
    const bool done = WriteFileAtomically(fs, "/d/f", "new").ok();
    fs.Crash(stop);
    const std::string bytes = *ReadFile(fs, "/d/f");
    ASSERT_TRUE(bytes == "new" || (!done && bytes == "old")) << "stop " << stop << ": " << bytes;
    if (done) break;
  }
}

}  // namespace
}  // namespace elanus::io
