#include "meta/rocksdb/rocks_meta_store.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/log.h"
#include "io/io_error.h"
#include "io/memory/memory_file_system.h"
#include "io/posix/posix_file_system.h"
#include "meta/catalog.h"
#include "meta/meta_store_conformance.h"

namespace elanus::meta {
namespace {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "elanus_meta_XXXXXX").string();
    CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_; }

 private:
  std::string path_;
};

io::FileSystem& Disk() {
  static const std::unique_ptr<io::FileSystem> disk = io::NewPosixFileSystem();
  return *disk;
}

struct RocksFixture {
  MetaStore& store() { return *rocks; }
  TempFolder folder;
  std::unique_ptr<RocksMetaStore> rocks = RocksMetaStore::Open(&Disk(), folder.path()).take();
};

struct MemoryRocksFixture {
  MetaStore& store() { return *rocks; }
  io::MemoryFileSystem files;
  std::unique_ptr<RocksMetaStore> rocks = RocksMetaStore::Open(&files, "data/meta").take();
};

INSTANTIATE_TYPED_TEST_SUITE_P(RocksInMemory, MetaStoreConformance, MemoryRocksFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, MetaStoreConformance, RocksFixture);

// The files as a crash would leave them: copied while the store is still open.
void CopyFiles(const std::string& from, const std::string& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

TEST(RocksMetaStore, KeepsEverythingOverReopen) {
  TempFolder folder;
  for (int round = 0; round < 3; ++round) {
    auto store = RocksMetaStore::Open(&Disk(), folder.path()).take();
    for (int i = 0; i < round; ++i) {
      EXPECT_EQ(store->Get("round" + std::to_string(i)).value(), std::to_string(i));
    }
    ASSERT_TRUE(store->Commit({{}, {{"round" + std::to_string(round), std::to_string(round)}}, {}})
                    .value());
  }
}

TEST(RocksMetaStore, KeepsWhatWasCommittedWhenTheProcessDies) {
  TempFolder folder;
  auto store = RocksMetaStore::Open(&Disk(), folder.path() + "/live").take();
  ASSERT_TRUE(store->Commit({{}, {{"a", "1"}, {"b", "2"}}, {}}).value());
  ASSERT_TRUE(store->Commit({{{"a", "1"}}, {{"a", "3"}}, {"b"}}).value());
  CopyFiles(folder.path() + "/live", folder.path() + "/crashed");
  auto again = RocksMetaStore::Open(&Disk(), folder.path() + "/crashed").take();
  EXPECT_EQ(again->Get("a").value(), "3");
  EXPECT_EQ(again->Get("b").value(), std::nullopt);
}

TEST(RocksMetaStore, KeepsMoreThanItsWriteBuffer) {
  TempFolder folder;
  {
    auto store = RocksMetaStore::Open(&Disk(), folder.path()).take();
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(store
                      ->Commit({{},
                                {{std::to_string(i),
                                  std::string(100'000, static_cast<char>('a' + i % 26))}},
                                {}})
                      .value());
    }
  }
  auto store = RocksMetaStore::Open(&Disk(), folder.path()).take();
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(store->Get(std::to_string(i)).value(),
              std::string(100'000, static_cast<char>('a' + i % 26)));
  }
}

TEST(RocksMetaStore, IsHeldByOneAtATime) {
  TempFolder folder;
  auto store = RocksMetaStore::Open(&Disk(), folder.path()).take();
  auto second = RocksMetaStore::Open(&Disk(), folder.path());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), Code::kIoFailed);
}

TEST(RocksMetaStore, CarriesACatalogOverReopen) {
  TempFolder folder;
  const ShardHead head{1, 42, 7, 91, {}};
  CollectionInfo info;
  info.id = CollectionId(1);
  info.name = "books";
  int64_t id = 0;
  {
    auto store = RocksMetaStore::Open(&Disk(), folder.path()).take();
    auto catalog = Catalog::Open(store.get()).take();
    ASSERT_TRUE(catalog->PutCollection(info).ok());
    ASSERT_TRUE(catalog->CommitHead(ShardId(3), {}, head).ok());
    id = catalog->AllocateIds(10).take();
  }
  auto store = RocksMetaStore::Open(&Disk(), folder.path()).take();
  auto catalog = Catalog::Open(store.get()).take();
  ASSERT_EQ(catalog->LoadCollections().value().size(), 1U);
  EXPECT_EQ(catalog->LoadCollections().value()[0].name, "books");
  EXPECT_EQ(catalog->LoadHead(ShardId(3)).value(), head);
  EXPECT_GE(catalog->AllocateIds(1).value(), id + 10);
}

// Commits of a counter and a value, one after the other; each knows what it follows.
class FaultyDisk : public ::testing::Test {
 protected:
  static constexpr const char* kFolder = "data/meta";

  FaultyDisk() {
    LogOptions quiet;
    quiet.level = LogLevel::kError;
    (void)ConfigureLog(quiet);
  }

  void RemoveAll() {
    ASSERT_TRUE(files_.RemoveTree("data").ok());
    ASSERT_TRUE(files_.SyncDir(".").ok());
  }
  Status Open() {
    store_ = nullptr;
    store_ = TRY(RocksMetaStore::Open(&files_, kFolder));
    return {};
  }
  // One commit; large ones fill RocksDB's buffer, so that it writes tables.
  Status Commit(int number, size_t bytes) {
    std::optional<std::string> before;
    if (number > 1) before = std::to_string(number - 1);
    const bool done = TRY(store_->Commit(
        {{{"n", before}},
         {{"n", std::to_string(number)},
          {"v" + std::to_string(number % 4), std::string(bytes, 'x') + std::to_string(number)}},
         {"gone" + std::to_string(number)}}));
    return done ? Status() : Status(Code::kInternal, "the commit before is not there");
  }
  int Number() {
    const auto found = store_->Get("n").value();
    return found ? std::stoi(*found) : 0;
  }
  // All of commit `number` and nothing of a later one.
  void ExpectAt(int number, size_t bytes) {
    EXPECT_EQ(Number(), number);
    for (int i = std::max(1, number - 3); i <= number; ++i) {
      EXPECT_TRUE(store_->Get("v" + std::to_string(i % 4)).value() ==
                  std::string(bytes, 'x') + std::to_string(i))
          << "the value of commit " << i;
    }
  }

  io::MemoryFileSystem files_;
  std::unique_ptr<RocksMetaStore> store_;
};

TEST_F(FaultyDisk, PowerLossAtAnyCallLosesNoCommitAndTearsNone) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 150 && !HasFailure(); ++round) {
    const size_t bytes = round % 3 == 0 ? 300'000 : 100;
    files_.Crash();
    RemoveAll();
    int answered = 0;
    // The calls of opening count as well.
    const uint64_t last = 1 + random() % 90;
    uint64_t calls = 0;
    files_.SetFault([&](const io::FileCall& call) {
      if (++calls < last) return Status();
      return io::IoError("power is lost:", call.path, EIO);
    });
    if (Open().ok()) {
      while (answered < 20 && Commit(answered + 1, bytes).ok()) ++answered;
    }
    files_.Halt();
    store_ = nullptr;
    files_.SetFault(nullptr);
    files_.Crash(round % 5 == 0 ? std::nullopt : std::optional<uint64_t>(random()));
    const Status opened = Open();
    ASSERT_TRUE(opened.ok()) << opened.message();
    const int found = Number();
    EXPECT_TRUE(found == answered || found == answered + 1) << found << " of " << answered;
    ExpectAt(found, bytes);
    // What was found stays, even if power is lost again right then.
    files_.Halt();
    store_ = nullptr;
    files_.Crash();
    ASSERT_TRUE(Open().ok());
    EXPECT_EQ(Number(), found);
    store_ = nullptr;
  }
}

TEST_F(FaultyDisk, AFailedCallFailsNoMoreThanItsCommit) {
  for (uint64_t n = 1; n < 60 && !HasFailure(); ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    store_ = nullptr;
    RemoveAll();
    ASSERT_TRUE(Open().ok());
    files_.FailCall(n);
    int done = 0;
    int failed = 0;
    while (done < 10) {
      if (Commit(done + 1, n % 2 == 0 ? 300'000 : 10).ok()) {
        ++done;
        ExpectAt(done, n % 2 == 0 ? 300'000 : 10);
      } else {
        ASSERT_LT(++failed, 3);
        EXPECT_EQ(Number(), done) << "a failed commit is not seen";
      }
    }
    files_.FailCall(0);  // it has come, or never will
    files_.Halt();
    store_ = nullptr;
    files_.Crash(n);
    const Status opened = Open();
    ASSERT_TRUE(opened.ok()) << opened.message();
    ExpectAt(10, n % 2 == 0 ? 300'000 : 10);
  }
}

// Two faults in a row: the store cannot be opened anew at once.
TEST_F(FaultyDisk, ACommitThatFailedIsNotSeenLater) {
  for (uint64_t n = 1; n < 40 && !HasFailure(); ++n) {
    SCOPED_TRACE("a sync, then call " + std::to_string(n));
    store_ = nullptr;
    RemoveAll();
    ASSERT_TRUE(Open().ok());
    ASSERT_TRUE(Commit(1, 10).ok());
    bool sync_failed = false;
    uint64_t after = 0;
    files_.SetFault([&](const io::FileCall& call) {
      if (sync_failed) return ++after == n ? io::IoError("fault:", call.path, EIO) : Status();
      if (call.kind != io::FileCall::Kind::kSync) return Status();
      sync_failed = true;
      return io::IoError("fault:", call.path, EIO);
    });
    const bool ok = Commit(2, 10).ok();
    // Reads may fail until a commit has opened the files anew.
    for (int tries = 0; tries < 3 && !Commit(ok ? 3 : 2, 20).ok(); ++tries) {
    }
    files_.SetFault(nullptr);
    EXPECT_EQ(Number(), ok ? 3 : 2);
    store_ = nullptr;
    ASSERT_TRUE(Open().ok());
    EXPECT_EQ(Number(), ok ? 3 : 2);
  }
}

TEST_F(FaultyDisk, AFullDiskFailsCommitsAloneAndEndsWithTheSpace) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Commit(1, 100).ok());
  files_.SetCapacity(1);
  int done = 1;
  while (done < 100 && Commit(done + 1, 100'000).ok()) ++done;  // what was reserved
  for (int i = 0; i < 3; ++i) {
    const Status full = Commit(done + 1, 100'000);
    EXPECT_EQ(full.code(), Code::kDiskLimitExceeded) << full.message();
    EXPECT_EQ(Number(), done);
  }
  files_.SetCapacity(~uint64_t{0});
  EXPECT_TRUE(Commit(done + 1, 100).ok());
  EXPECT_EQ(Number(), done + 1);
  files_.Halt();
  store_ = nullptr;
  files_.Crash();
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Number(), done + 1);
}

TEST_F(FaultyDisk, ARottenCommitBeforeTheLastIsNamed) {
  ASSERT_TRUE(Open().ok());
  for (int i = 1; i <= 20; ++i) ASSERT_TRUE(Commit(i, 100).ok());
  files_.Halt();
  store_ = nullptr;
  files_.Crash();
  std::string log;
  const std::vector<std::string> names = files_.List(kFolder).take();
  for (const std::string& name : names) {
    if (name.ends_with(".log")) log = std::string(kFolder) + "/" + name;
  }
  ASSERT_FALSE(log.empty());
  const uint64_t end = files_.SizeOf(log).value();
  for (uint64_t at = 0; at < end; at += 7) {
    files_.FlipBit(log, at, static_cast<int>(at % 8));
    const Status opened = Open();
    if (at + 400 < end) {
      ASSERT_FALSE(opened.ok()) << "offset " << at << " of " << end;
      EXPECT_NE(opened.message().find(log), std::string::npos) << opened.message();
    }
    if (opened.ok()) {  // the last commit looks torn
      EXPECT_EQ(Number(), 19);
      return;
    }
    files_.FlipBit(log, at, static_cast<int>(at % 8));
  }
}

TEST(RocksMetaStore, ToBeReadTakesNoCommits) {
  io::MemoryFileSystem files;
  ASSERT_TRUE(RocksMetaStore::Open(&files, "meta").value()->Commit({{}, {{"a", "1"}}, {}}).value());
  const auto store = RocksMetaStore::OpenToRead(&files, "meta").take();
  EXPECT_EQ(store->Get("a").value(), "1");
  EXPECT_FALSE(store->Commit({{}, {{"a", "2"}}, {}}).ok());
  EXPECT_EQ(store->Get("a").value(), "1");
}

TEST(RocksMetaStore, SaysWhichFolderItCannotOpen) {
  TempFolder folder;
  std::ofstream(folder.path() + "/file") << "not a folder";
  auto store = RocksMetaStore::Open(&Disk(), folder.path() + "/file");
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.status().message().find(folder.path() + "/file"), std::string::npos);
}

}  // namespace
}  // namespace elanus::meta
