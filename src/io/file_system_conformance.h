// What every FileSystem does. A Backend has `FileSystem& fs()` and `std::string dir()`, an empty
// folder:
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, FileSystemConformance, MemoryBackend);
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "io/file_system.h"

namespace elanus::io {

template <typename Backend>
class FileSystemConformance : public testing::Test {
 protected:
  FileSystem& fs() { return backend_.fs(); }
  std::string Path(std::string_view name) { return JoinPath(backend_.dir(), name); }
  void Put(std::string_view name, std::string_view bytes) {
    ASSERT_TRUE(WriteFileAtomically(fs(), Path(name), bytes).ok());
  }
  std::string Get(std::string_view name) {
    auto bytes = ReadFile(fs(), Path(name));
    return bytes.ok() ? *bytes : bytes.status().message();
  }
  std::vector<std::string> Names() {
    auto names = fs().List(backend_.dir());
    return names.ok() ? *names : std::vector<std::string>{names.status().message()};
  }

  Backend backend_;
};

TYPED_TEST_SUITE_P(FileSystemConformance);

TYPED_TEST_P(FileSystemConformance, ReadsWhatWasWritten) {
  auto file = this->fs().Create(this->Path("f"));
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_TRUE((*file)->Append("hello").ok());
  EXPECT_TRUE((*file)->Append(" world").ok());
  EXPECT_TRUE((*file)->WriteAt(0, "J").ok());
  EXPECT_EQ((*file)->size(), 11u);
  EXPECT_TRUE((*file)->Sync().ok());
  EXPECT_TRUE((*file)->Close().ok());
  EXPECT_TRUE((*file)->Close().ok());
  EXPECT_FALSE((*file)->Append("more").ok());
  EXPECT_EQ(this->Get("f"), "Jello world");
  EXPECT_EQ(*this->fs().SizeOf(this->Path("f")), 11u);
}

TYPED_TEST_P(FileSystemConformance, AGapReadsAsZeros) {
  auto file = this->fs().Create(this->Path("f"));
  ASSERT_TRUE((*file)->WriteAt(3, "x").ok());
  EXPECT_EQ(this->Get("f"), std::string("\0\0\0x", 4));
}

TYPED_TEST_P(FileSystemConformance, TruncateCutsAndExtends) {
  auto file = this->fs().Create(this->Path("f"));
  ASSERT_TRUE((*file)->Append("abcdef").ok());
  ASSERT_TRUE((*file)->Truncate(2).ok());
  ASSERT_TRUE((*file)->Truncate(4).ok());
  EXPECT_EQ(this->Get("f"), std::string("ab\0\0", 4));
  ASSERT_TRUE((*file)->Append("z").ok());
  EXPECT_EQ(this->Get("f"), std::string("ab\0\0z", 5));
}

TYPED_TEST_P(FileSystemConformance, PreallocateKeepsSize) {
  auto file = this->fs().Create(this->Path("f"));
  ASSERT_TRUE((*file)->Preallocate(1 << 20).ok());
  ASSERT_TRUE((*file)->Append("a").ok());
  EXPECT_EQ(*this->fs().SizeOf(this->Path("f")), 1u);
}

TYPED_TEST_P(FileSystemConformance, OpensWhatIsThereOrNot) {
  this->Put("f", "abc");
  auto file = this->fs().OpenWritable(this->Path("f"), {.create = false, .truncate = false});
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->size(), 3u);
  ASSERT_TRUE((*file)->Append("d").ok());
  EXPECT_EQ(this->Get("f"), "abcd");
  ASSERT_TRUE(this->fs().Create(this->Path("f")).ok());
  EXPECT_EQ(this->Get("f"), "");
  auto none = this->fs().OpenWritable(this->Path("g"), {.create = false, .truncate = false});
  EXPECT_EQ(none.status().code(), Code::kNotFound);
  EXPECT_FALSE(*this->fs().Exists(this->Path("g")));
}

TYPED_TEST_P(FileSystemConformance, WritesAlignedBlocksDirectly) {
  auto file = this->fs().OpenWritable(this->Path("f"), {.direct = true});
  ASSERT_TRUE(file.ok()) << file.status().message();
  const size_t block = std::max<size_t>((*file)->alignment(), 512);
  std::string buffer(3 * block, '\0');
  const auto address = reinterpret_cast<uintptr_t>(buffer.data());
  char* aligned = buffer.data() + (block - address % block) % block;
  std::memset(aligned, 'x', block);
  ASSERT_TRUE((*file)->WriteAt(block, {aligned, block}).ok());
  ASSERT_TRUE((*file)->WriteAt(0, {aligned, block}).ok());
  ASSERT_TRUE((*file)->Sync().ok());
  EXPECT_EQ(this->Get("f"), std::string(2 * block, 'x'));
}

TYPED_TEST_P(FileSystemConformance, ReadsInTheMiddleAndPastTheEnd) {
  this->Put("f", "0123456789");
  auto file = this->fs().OpenRandomAccess(this->Path("f"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->size(), 10u);
  char out[4];
  EXPECT_EQ(*(*file)->ReadAt(3, out), 4u);
  EXPECT_EQ(std::string_view(out, 4), "3456");
  EXPECT_EQ(*(*file)->ReadAt(8, out), 2u);
  EXPECT_EQ(*(*file)->ReadAt(80, out), 0u);
  const Status status = (*file)->ReadExactly(8, out);
  EXPECT_EQ(status.code(), Code::kCorruption);
  EXPECT_NE(status.message().find(this->Path("f")), std::string::npos) << status.message();
}

TYPED_TEST_P(FileSystemConformance, MapsWholeFilesPageAligned) {
  this->Put("f", std::string(10000, 'm'));
  this->Put("empty", "");
  auto map = this->fs().Map(this->Path("f"));
  ASSERT_TRUE(map.ok());
  EXPECT_EQ(reinterpret_cast<uintptr_t>((*map)->data()) % 4096, 0u);
  (*map)->Advise(Access::kWillNeed);
  (*map)->Advise(Access::kRandom, 5000, 1 << 20);
  ASSERT_TRUE(this->fs().Remove(this->Path("f")).ok());
  EXPECT_EQ((*map)->view(), std::string(10000, 'm'));
  EXPECT_EQ((*this->fs().Map(this->Path("empty")))->size(), 0u);
}

TYPED_TEST_P(FileSystemConformance, WhatIsMissingIsNotFoundByName) {
  for (const Status& status :
       {this->fs().OpenRandomAccess(this->Path("no")).status(),
        this->fs().Map(this->Path("no")).status(), this->fs().SizeOf(this->Path("no")).status(),
        this->fs().List(this->Path("no")).status(), this->fs().Remove(this->Path("no")),
        this->fs().Rename(this->Path("no"), this->Path("x")), this->fs().SyncDir(this->Path("no")),
        this->fs().Create(this->Path("no/f")).status(),
        this->fs().LockFile(this->Path("no/f")).status()}) {
    EXPECT_EQ(status.code(), Code::kNotFound) << status.message();
    EXPECT_NE(status.message().find(this->Path("no")), std::string::npos) << status.message();
    EXPECT_NE(status.message().find("No such file or directory"), std::string::npos);
  }
  EXPECT_TRUE(this->fs().RemoveTree(this->Path("no")).ok());
}

TYPED_TEST_P(FileSystemConformance, AFolderIsNoFile) {
  ASSERT_TRUE(this->fs().CreateDirs(this->Path("d")).ok());
  EXPECT_FALSE(this->fs().OpenRandomAccess(this->Path("d")).ok());
  EXPECT_FALSE(this->fs().Create(this->Path("d")).ok());
  EXPECT_FALSE(this->fs().Map(this->Path("d")).ok());
  this->Put("f", "");
  EXPECT_FALSE(this->fs().CreateDirs(this->Path("f")).ok());
  EXPECT_FALSE(this->fs().List(this->Path("f")).ok());
}

TYPED_TEST_P(FileSystemConformance, RenameReplaces) {
  this->Put("a", "new");
  this->Put("b", "old");
  ASSERT_TRUE(this->fs().Rename(this->Path("a"), this->Path("b")).ok());
  EXPECT_EQ(this->Get("b"), "new");
  EXPECT_EQ(this->Names(), std::vector<std::string>{"b"});
}

TYPED_TEST_P(FileSystemConformance, RenamesFoldersWithTheirFiles) {
  ASSERT_TRUE(this->fs().CreateDirs(this->Path("d/e")).ok());
  this->Put("d/e/f", "x");
  ASSERT_TRUE(this->fs().Rename(this->Path("d"), this->Path("q")).ok());
  EXPECT_EQ(this->Get("q/e/f"), "x");
  EXPECT_FALSE(*this->fs().Exists(this->Path("d/e")));
}

TYPED_TEST_P(FileSystemConformance, ListsNamesSorted) {
  ASSERT_TRUE(this->fs().CreateDirs(this->Path("m/deep/er")).ok());
  ASSERT_TRUE(this->fs().CreateDirs(this->Path("m")).ok());
  this->Put("z", "");
  this->Put("a", "");
  EXPECT_EQ(this->Names(), (std::vector<std::string>{"a", "m", "z"}));
}

TYPED_TEST_P(FileSystemConformance, RemovesTreesAndOnlyEmptyFolders) {
  ASSERT_TRUE(this->fs().CreateDirs(this->Path("d/e")).ok());
  this->Put("d/e/f", "x");
  EXPECT_FALSE(this->fs().Remove(this->Path("d")).ok());
  EXPECT_TRUE(this->fs().RemoveTree(this->Path("d")).ok());
  EXPECT_FALSE(*this->fs().Exists(this->Path("d/e/f")));
  EXPECT_TRUE(this->Names().empty());
  ASSERT_TRUE(this->fs().CreateDirs(this->Path("d")).ok());
  EXPECT_TRUE(this->fs().Remove(this->Path("d")).ok());
}

TYPED_TEST_P(FileSystemConformance, OneHoldsTheLock) {
  auto lock = this->fs().LockFile(this->Path("LOCK"));
  ASSERT_TRUE(lock.ok());
  auto second = this->fs().LockFile(this->Path("LOCK"));
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().message().find("data folder " + this->backend_.dir() +
                                           " is used by another process"),
            std::string::npos)
      << second.status().message();
  std::move(lock).take().reset();
  EXPECT_TRUE(this->fs().LockFile(this->Path("LOCK")).ok());
}

TYPED_TEST_P(FileSystemConformance, TellsFreeSpace) {
  EXPECT_GT(*this->fs().FreeBytes(this->backend_.dir()), 0u);
}

REGISTER_TYPED_TEST_SUITE_P(FileSystemConformance, ReadsWhatWasWritten, AGapReadsAsZeros,
                            TruncateCutsAndExtends, PreallocateKeepsSize, OpensWhatIsThereOrNot,
                            WritesAlignedBlocksDirectly, ReadsInTheMiddleAndPastTheEnd,
                            MapsWholeFilesPageAligned, WhatIsMissingIsNotFoundByName,
                            AFolderIsNoFile, RenameReplaces, RenamesFoldersWithTheirFiles,
                            ListsNamesSorted, RemovesTreesAndOnlyEmptyFolders, OneHoldsTheLock,
                            TellsFreeSpace);

}  // namespace elanus::io
