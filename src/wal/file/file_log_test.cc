#include "wal/file/file_log.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "io/memory/memory_file_system.h"
#include "wal/file/format.h"
#include "wal/log_conformance.h"

namespace elanus::wal {
namespace {

constexpr FileLogOptions kSmall = {.file_bytes = 16 << 10, .reserve_bytes = 8 << 10, .salt = 7};
constexpr FileLogOptions kSmallBuffered = {
    .file_bytes = 16 << 10, .reserve_bytes = 8 << 10, .direct = false, .salt = 7};

template <bool direct>
class FileBackend {
 public:
  Result<std::unique_ptr<Log>> Open() {
    return FileLog::Open(fs_, "/log", direct ? kSmall : kSmallBuffered);
  }

 private:
  io::MemoryFileSystem fs_;
};
using Backends = testing::Types<FileBackend<true>, FileBackend<false>>;
INSTANTIATE_TYPED_TEST_SUITE_P(File, LogConformance, Backends);

// Size of a frame with one record of 100 bytes.
uint64_t FrameOf100() {
  const std::string record(100, 'x');
  return FrameBytes(std::vector<std::string_view>{record});
}

class FileLogTest : public testing::Test {
 protected:
  void Open(const FileLogOptions& options = kSmall) {
    log_.reset();
    auto log = FileLog::Open(fs_, "/log", options);
    ASSERT_TRUE(log.ok()) << log.status().message();
    log_ = std::move(log).take();
  }
  Status OpenStatus() {
    log_.reset();
    return FileLog::Open(fs_, "/log", kSmall).status();
  }
  void Add(int frames, size_t bytes = 100) {
    for (int i = 0; i < frames; ++i) ASSERT_TRUE(AppendTo(*log_, {std::string(bytes, 'x')}).ok());
  }
  size_t Count() {
    auto frames = FramesOf(*log_);
    EXPECT_TRUE(frames.ok()) << frames.status().message();
    return frames.ok() ? frames->size() : 0;
  }
  std::vector<std::string> Names(std::string_view prefix) {
    std::vector<std::string> names;
    const auto all = fs_.List("/log");
    for (const std::string& name : *all) {
      if (name.starts_with(prefix)) names.push_back(name);
    }
    return names;
  }
  std::string LastFile() { return "/log/" + Names("log-").back(); }
  uint64_t SizeOf(const std::string& path) { return *fs_.SizeOf(path); }

  io::MemoryFileSystem fs_;
  std::unique_ptr<Log> log_;
};

TEST_F(FileLogTest, WhatWasAppendedOutlivesACrash) {
  Open();
  Add(300);
  fs_.Crash();
  Open();
  EXPECT_EQ(Count(), 300u);
}

TEST_F(FileLogTest, DropsATornTailCutAtAnyByte) {
  constexpr FileLogOptions kOptions = kSmallBuffered;
  Open(kOptions);
  Add(2);
  const std::string path = LastFile();
  const uint64_t begin = kFileHeaderBytes + 2 * FrameOf100();
  Add(1);
  const std::string whole = *io::ReadFile(fs_, path);
  const uint64_t end = begin + (begin - kFileHeaderBytes) / 2;
  for (uint64_t cut = begin; cut < end - 4; ++cut) {  // the frame ends in 4 bytes of padding
    for (const bool stale : {false, true}) {
      io::MemoryFileSystem fs;
      ASSERT_TRUE(fs.CreateDirs("/log").ok());
      std::string bytes = whole;
      if (stale) {
        bytes.replace(cut, end - cut, end - cut, '\x5a');
      } else {
        bytes.resize(cut);
      }
      ASSERT_TRUE(io::WriteFileAtomically(fs, path, bytes).ok());
      auto log = FileLog::Open(fs, "/log", kOptions);
      ASSERT_TRUE(log.ok()) << cut << ": " << log.status().message();
      ASSERT_EQ(FramesOf(**log)->size(), 2u) << cut;
      ASSERT_EQ(*AppendTo(**log, {"next"}), 3u);
      std::move(log).take().reset();
      log = FileLog::Open(fs, "/log", kOptions);
      ASSERT_EQ(FramesOf(**log)->back().second, Records{"next"});
    }
  }
}

TEST_F(FileLogTest, ABitFlippedBeforeTheLastFrameIsReportedWithFileAndOffset) {
  Open();
  Add(10);
  const std::string path = LastFile();
  const uint64_t frame = FrameOf100();
  log_.reset();
  for (uint64_t at = kFileHeaderBytes; at < kFileHeaderBytes + 9 * frame; at += 7) {
    const uint64_t index = (at - kFileHeaderBytes) / frame;
    const uint64_t begin = kFileHeaderBytes + index * frame;
    if (at >= begin + frame - 4) continue;  // padding
    fs_.FlipBit(path, at, static_cast<int>(at % 8));
    const Status status = OpenStatus();
    EXPECT_EQ(status.code(), Code::kCorruption) << at;
    EXPECT_NE(status.message().find(path + "' is damaged at offset " + std::to_string(begin)),
              std::string::npos)
        << status.message();
    fs_.FlipBit(path, at, static_cast<int>(at % 8));
  }
  Open();
  EXPECT_EQ(Count(), 10u);
}

TEST_F(FileLogTest, DamageInAnOlderFileIsReportedByTheRead) {
  Open();
  Add(300);
  const std::string path = "/log/" + Names("log-")[1];
  log_.reset();
  fs_.FlipBit(path, kFileHeaderBytes + 50, 3);
  Open();
  size_t before = 0;
  const Status status = log_->Read(0, [&](Lsn, std::span<const std::string_view>) {
    ++before;
    return Status();
  });
  EXPECT_EQ(status.code(), Code::kCorruption);
  EXPECT_NE(status.message().find(path + "' is damaged at offset 4096"), std::string::npos)
      << status.message();
  EXPECT_GT(before, 0u) << "the whole frames before it are given";
}

TEST_F(FileLogTest, ADamagedHeaderIsReported) {
  Open();
  Add(300);
  for (const std::string& name : Names("log-")) {
    log_.reset();
    fs_.FlipBit("/log/" + name, 20, 0);
    const Status status = OpenStatus();
    EXPECT_EQ(status.code(), Code::kCorruption);
    EXPECT_NE(status.message().find("/log/" + name), std::string::npos) << status.message();
    fs_.FlipBit("/log/" + name, 20, 0);
  }
}

TEST_F(FileLogTest, ALostFileIsReported) {
  Open();
  Add(300);
  const std::string path = "/log/" + Names("log-")[1];
  log_.reset();
  ASSERT_TRUE(fs_.Remove(path).ok());
  const Status status = OpenStatus();
  EXPECT_EQ(status.code(), Code::kCorruption);
  EXPECT_NE(status.message().find(path + "' is missing"), std::string::npos) << status.message();
}

TEST_F(FileLogTest, FramesOfARecycledFilesFormerLifeStayDead) {
  Open();
  for (int round = 0; round < 20; ++round) {
    Add(170);  // more than one file
    ASSERT_TRUE(log_->Truncate(log_->next()).ok());
    EXPECT_LE(Names("spare-").size(), 2u);
    fs_.Crash(round);
    Open();
    const Frames frames = *FramesOf(*log_);
    for (const auto& [lsn, records] : frames) EXPECT_GE(lsn, log_->LowWater());
    EXPECT_EQ(frames.size(), log_->next() - log_->LowWater());
    EXPECT_EQ(log_->next(), 170u * (round + 1) + 1);
  }
}

TEST_F(FileLogTest, TruncatedFilesAreReused) {
  Open();
  Add(2000);
  ASSERT_TRUE(log_->Truncate(log_->next()).ok());
  EXPECT_EQ(Names("log-").size(), 1u);
  EXPECT_EQ(Names("spare-").size(), 2u);
  Add(60);
  EXPECT_EQ(Names("log-").size(), 2u);
  EXPECT_EQ(Names("spare-").size(), 1u);
}

// A file that leaves the log keeps its bytes until its new name is durable: were the old name to
// come back with other bytes, the log would be damaged.
TEST_F(FileLogTest, ARecycledFileIsNotWrittenBeforeItsOldNameIsGone) {
  for (const bool killed_in_truncate : {false, true}) {
    bool done = false;
    for (uint64_t stop = 1; !done; ++stop) {
      SCOPED_TRACE("stop " + std::to_string(stop));
      io::MemoryFileSystem fs;
      auto log = std::move(FileLog::Open(fs, "/log", kSmall)).take();
      for (int i = 0; i < 100; ++i) ASSERT_TRUE(AppendTo(*log, {std::string(100, 'x')}).ok());
      if (killed_in_truncate) fs.FailCall(2);  // the folder's sync, after the rename
      EXPECT_EQ(log->Truncate(log->next()).ok(), !killed_in_truncate);
      const uint64_t last = fs.calls() + stop;
      fs.SetFault([&](const io::FileCall& call) {
        return call.number > last ? Fail(Code::kIoFailed, "no power") : Status();
      });
      if (killed_in_truncate) {
        fs.Kill();
        log.reset();
        auto again = FileLog::Open(fs, "/log", kSmall);
        done = again.ok();
        if (again.ok()) log = std::move(again).take();
      } else {
        done = true;
        for (int i = 0; i < 100 && done; ++i) {
          done = AppendTo(*log, {std::string(100, 'y')}).ok();
        }
      }
      fs.Crash();
      log.reset();
      fs.SetFault(nullptr);
      const auto opened = FileLog::Open(fs, "/log", kSmall);
      ASSERT_TRUE(opened.ok()) << opened.status().message();
      EXPECT_GE((*opened.value()).next(), 101u);
    }
  }
}

TEST_F(FileLogTest, RestartsWithoutFramesLeaveOneFile) {
  for (int i = 0; i < 5; ++i) {
    Open();
    fs_.Crash();
  }
  Open();
  EXPECT_EQ(Names("log-").size(), 1u);
  Add(1);
  for (int i = 0; i < 5; ++i) Open();
  EXPECT_EQ(Names("log-").size(), 2u);
  EXPECT_EQ(Count(), 1u);
}

TEST_F(FileLogTest, AFrameLargerThanAFileHasOneOfItsOwn) {
  Open();
  Add(1);
  Add(1, 200'000);
  Add(1);
  fs_.Crash();
  Open();
  EXPECT_EQ(Count(), 3u);
  ASSERT_TRUE(log_->Truncate(log_->next()).ok());
  for (const std::string& name : Names("spare-")) EXPECT_LE(SizeOf("/log/" + name), 32u << 10);
}

TEST_F(FileLogTest, AFailedFrameIsUnknownUntilReopenAndThenOut) {
  for (const auto kind : {io::FileCall::Kind::kWrite, io::FileCall::Kind::kSync}) {
    for (const bool power_loss : {false, true}) {
      io::MemoryFileSystem fs;
      auto log = std::move(FileLog::Open(fs, "/log", kSmall)).take();
      ASSERT_TRUE(AppendTo(*log, {"kept"}).ok());
      fs.SetFault([&](const io::FileCall& call) {
        return call.kind == kind ? Fail(Code::kIoFailed, "injected") : Status();
      });
      EXPECT_FALSE(AppendTo(*log, {"unknown"}).ok());
      EXPECT_FALSE(log->healthy());
      EXPECT_FALSE(log->Reopen().ok());
      EXPECT_FALSE(AppendTo(*log, {"never"}).ok());
      fs.SetFault(nullptr);
      EXPECT_FALSE(AppendTo(*log, {"never"}).ok()) << "not before a Reopen";
      ASSERT_TRUE(log->Reopen().ok());
      const Lsn lsn = *AppendTo(*log, {"after"});
      const Frames expected = {{1, {"kept"}}, {lsn, {"after"}}};
      EXPECT_EQ(*FramesOf(*log), expected);
      if (power_loss) fs.Crash(1);
      log.reset();
      log = std::move(FileLog::Open(fs, "/log", kSmall)).take();
      EXPECT_EQ(*FramesOf(*log), expected);
    }
  }
}

TEST_F(FileLogTest, AFrameReadAfterAFailedSyncIsMadeDurable) {
  Open();
  Add(1);
  fs_.SetFault([](const io::FileCall& call) {
    return call.kind == io::FileCall::Kind::kSync ? Fail(Code::kIoFailed, "injected") : Status();
  });
  EXPECT_FALSE(AppendTo(*log_, {"unknown"}).ok());
  fs_.SetFault(nullptr);
  fs_.Kill();  // the frame is in the kernel's memory, marked clean
  Open();
  const size_t seen = Count();
  fs_.Crash();
  Open();
  EXPECT_EQ(Count(), seen) << "what a replay has applied stays";
}

TEST_F(FileLogTest, AFullDiskRefusesAndComesBackWithoutReopen) {
  Open();
  Add(10);
  fs_.SetCapacity(0);
  size_t accepted = 10;
  Result<Lsn> lsn = Lsn{0};
  while ((lsn = AppendTo(*log_, {std::string(100, 'x')})).ok()) ++accepted;
  EXPECT_EQ(lsn.status().code(), Code::kDiskLimitExceeded);
  EXPECT_TRUE(log_->healthy()) << "nothing was written";
  EXPECT_EQ(Count(), accepted);
  EXPECT_FALSE(AppendTo(*log_, {std::string(100, 'x')}).ok());

  const std::vector<std::string_view> deletion = {"delete"};
  EXPECT_TRUE(log_->AppendFromReserve(deletion).ok());
  EXPECT_FALSE(AppendTo(*log_, {"x"}).ok()) << "the reserve is for deletes";
  EXPECT_TRUE(log_->AppendFromReserve(deletion).ok());
  fs_.SetCapacity(1 << 20);
  Add(1);
  fs_.Crash();
  Open();
  EXPECT_EQ(Count(), accepted + 3);
}

TEST_F(FileLogTest, OpensOnAFullDiskForReading) {
  Open();
  Add(300);
  log_.reset();
  for (const std::string& name : Names("spare-")) ASSERT_TRUE(fs_.Remove("/log/" + name).ok());
  ASSERT_TRUE(fs_.Remove("/log/reserve").ok());
  fs_.SetCapacity(0);
  Open();
  EXPECT_EQ(Count(), 300u);
  EXPECT_EQ(AppendTo(*log_, {"x"}).status().code(), Code::kDiskLimitExceeded);
  fs_.SetCapacity(1 << 20);
  Add(1);
  EXPECT_EQ(Count(), 301u);
}

TEST_F(FileLogTest, AnotherProcessIsToldSo) {
  Open();
  const Status status = FileLog::Open(fs_, "/log", kSmall).status();
  EXPECT_NE(status.message().find("data folder /log is used by another process"), std::string::npos)
      << status.message();
}

TEST_F(FileLogTest, AFrameAboveTheLimitIsRefused) {
  Open();
  const std::string large(64 << 20, 'x');
  const std::vector<std::string_view> records(17, large);
  EXPECT_EQ(log_->Append(records).status().code(), Code::kParameterTooLarge);
  EXPECT_TRUE(log_->healthy());
}

}  // namespace
}  // namespace elanus::wal
