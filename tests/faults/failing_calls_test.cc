// Each call to the files, and each commit to the catalog, fails once in its turn while a small
// history runs. Whatever was refused has no effect, whatever was acknowledged stays, and the next
// try works.
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>

#include "faults/books.h"
#include "io/io_error.h"

namespace elanus::testing {
namespace {

// Runs `step`, then checks; a refused step is tried again and must then succeed.
template <typename Step>
void Do(Books& books, const std::string& name, Step step) {
  if (const std::string error = step(); !error.empty()) {
    books.Check(name + " refused: " + error);
    EXPECT_EQ(step(), "") << name << " refused twice, first: " << error;
  }
  books.Check(name);
}

// A failed build is tried again by itself, after a while.
std::string BuildIndexes(Database& database) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (true) {
    const Status built = database.FinishIndexes();
    if (built.ok() || std::chrono::steady_clock::now() > deadline) return built.message();
    database.clock().Advance(1000);
    std::this_thread::yield();
  }
}

// With `patient`, builds are waited for; those that failed are tried again after a second.
void History(Database& database, Books& books, bool patient) {
  Do(books, "insert", [&] { return books.Insert({{1, 1}, {2, 2}, {3, 30}, {4, 40}}); });
  Do(books, "flush", [&] { return books.Say("flush"); });
  Do(books, "delete", [&] { return books.Delete(2); });
  Do(books, "insert over", [&] { return books.Insert({{3, 31}, {5, 5}}); });
  Do(books, "upsert", [&] { return books.Insert({{4, 41}, {6, 60}}, "upsert"); });
  Do(books, "flush again", [&] { return books.Say("flush"); });
  Do(books, "delete by filter", [&] { return books.DeleteNumbersAbove(50); });
  Do(books, "flush of ends", [&] { return books.Say("flush"); });
  if (patient) {
    EXPECT_EQ(BuildIndexes(database), "");
  }
  books.Check("index");
  Do(books, "add partition", [&] { return books.Say("partition books old"); });
  Do(books, "last insert", [&] { return books.Insert({{7, 70}}); });
}

enum class Fault { kCall, kNoSpace, kRead, kCommit };

std::string_view NameOf(Fault fault) {
  switch (fault) {
    case Fault::kCall:
      return "call";
    case Fault::kNoSpace:
      return "for want of space, call";
    case Fault::kRead:
      return "read";
    case Fault::kCommit:
      return "commit";
  }
  return "";
}

// 0: none from now on.
void FailNth(Database& database, Fault fault, uint64_t n) {
  switch (fault) {
    case Fault::kCall:
      return database.files().FailCall(n);
    case Fault::kNoSpace:
      return database.files().FailCall(n, ENOSPC);
    case Fault::kRead:
      return database.files().FailRead(n);
    case Fault::kCommit:
      return database.store().FailCommit(n);
  }
}

uint64_t CountOf(Database& database, Fault fault) {
  switch (fault) {
    case Fault::kCall:
    case Fault::kNoSpace:
      return database.files().calls();
    case Fault::kRead:
      return database.files().reads();
    case Fault::kCommit:
      return database.store().commits();
  }
  return 0;
}

void RunWith(uint64_t n, Fault fault, bool power_loss) {
  SCOPED_TRACE(std::string(NameOf(fault)) + " " + std::to_string(n) + " fails");
  Database database;
  Books books(&database);
  ASSERT_TRUE(database.Start().ok());
  ASSERT_EQ(books.Create(), "");
  FailNth(database, fault, n);
  History(database, books, n % 6 == 0);
  Status back = power_loss ? database.Crash(n) : database.Restart();
  if (!back.ok()) {  // the fault came this late
    // RocksDB does not always say which call.
    EXPECT_THAT(back.message(), ::testing::AnyOf(::testing::HasSubstr("injected fault"),
                                                 ::testing::HasSubstr("catalog: cannot open")));
    back = database.Restart();
  }
  ASSERT_TRUE(back.ok()) << back.message();
  FailNth(database, fault, 0);  // it never came, or has come by now
  books.Check("started again");
  EXPECT_EQ(books.Insert({{8, 8}}), "");
  books.Check("written after the start");
}

// Each in its turn. How many there are is counted in a history in which nothing fails; threads in
// the background make it vary a little.
void FailEach(Fault fault, uint64_t at_least) {
  uint64_t count = 0;
  {
    Database database;
    Books books(&database);
    ASSERT_TRUE(database.Start().ok());
    ASSERT_EQ(books.Create(), "");
    const uint64_t before = CountOf(database, fault);
    History(database, books, false);
    if (fault != Fault::kCommit) {
      ASSERT_TRUE(database.Restart().ok());
    }
    count = CountOf(database, fault) - before;
  }
  ASSERT_GT(count, at_least);
  for (uint64_t n = 1; n <= count && !::testing::Test::HasFailure(); ++n)
    RunWith(n, fault, n % 2 == 0);
  std::printf("%llu times a failed %s\n", static_cast<unsigned long long>(count),
              std::string(NameOf(fault)).c_str());
}

TEST(FailingCalls, NoFileCallLosesOrInventsRows) { FailEach(Fault::kCall, 20); }
TEST(FailingCalls, NoCallWithoutSpaceLosesOrInventsRows) { FailEach(Fault::kNoSpace, 20); }
TEST(FailingCalls, NoReadOrMapLosesOrInventsRows) { FailEach(Fault::kRead, 20); }
TEST(FailingCalls, NoCommitLosesOrInventsRows) { FailEach(Fault::kCommit, 3); }

TEST(FailingCalls, AnUnusedFileThatCannotBeRemovedKeepsNothingClosed) {
  Database database;
  Books books(&database);
  ASSERT_TRUE(database.Start().ok());
  ASSERT_EQ(books.Create(), "");
  ASSERT_EQ(books.Insert({{1, 1}, {2, 20}}), "");
  ASSERT_EQ(books.Say("flush"), "");
  const std::string folder(Database::kShardsFolder);
  const std::string unused = folder + "/" + database.files().List(folder)->at(0) + "/99.seg.tmp";
  ASSERT_TRUE(database.files().Create(unused).ok());
  int refused = 0;
  database.files().SetFault([&](const io::FileCall& call) -> Status {
    if (call.kind != io::FileCall::Kind::kRemove || call.path != unused) return {};
    ++refused;
    return io::IoError("remove", call.path, EROFS);
  });
  ASSERT_TRUE(database.Restart().ok());
  books.Check("its folder has a file too many");
  EXPECT_GT(refused, 0);
  database.files().SetFault(nullptr);
  ASSERT_TRUE(database.Restart().ok());
  books.Check("started again");
  EXPECT_FALSE(*database.files().Exists(unused));
}

// As after a remount: nothing can be written, and then it can again.
TEST(FailingCalls, AReadOnlyDiskRefusesWritesServesReadsAndComesBack) {
  Database::Options options = Database::SmallOptions();
  options.host.shard.quiet_ms = 1'000'000'000;  // nothing is flushed but at the call
  Database database(options);
  Books books(&database);
  ASSERT_TRUE(database.Start().ok());
  ASSERT_EQ(books.Create(), "");
  ASSERT_EQ(books.Insert({{1, 1}, {2, 20}}), "");
  ASSERT_EQ(books.Say("flush"), "");
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(books.Insert({{10 + round, 30}}), "");
    database.files().SetFault(
        [](const io::FileCall& call) { return io::IoError("write", call.path, EROFS); });
    const auto read_only = ::testing::HasSubstr("Read-only file system");
    for (int tries = 0; tries < 3; ++tries) {
      EXPECT_THAT(books.Insert({{4, 4}}), read_only);
      EXPECT_THAT(books.Delete(1), ::testing::HasSubstr("error"));
      EXPECT_THAT(books.Say("partition books p" + std::to_string(round)), read_only);
      EXPECT_THAT(books.Say("flush"), read_only);
      books.Check("read only");
    }
    database.files().SetFault(nullptr);
    EXPECT_EQ(books.Insert({{5 + round, 5}}), "");
    EXPECT_EQ(books.Say("partition books p" + std::to_string(round)), "");
    EXPECT_EQ(books.Say("flush"), "");
    books.Check("writable again");
  }
  ASSERT_TRUE(database.Crash().ok());
  books.Check("after a power loss");
}

}  // namespace
}  // namespace elanus::testing
