// Each call to the files, and each commit to the catalog, fails once in its turn while a small
// history runs. Whatever was refused has no effect, whatever was acknowledged stays, and the next
// try works.
#include <chrono>
#include <thread>

#include "faults/books.h"

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

void RunWith(uint64_t n, bool commits, bool power_loss) {
  SCOPED_TRACE((commits ? "commit " : "call ") + std::to_string(n) + " fails");
  Database database;
  Books books(&database);
  ASSERT_TRUE(database.Start().ok());
  ASSERT_EQ(books.Create(), "");
  if (commits) {
    database.store().FailCommit(n);
  } else {
    database.files().FailCall(n);
  }
  History(database, books, n % 6 == 0);
  Status back = power_loss ? database.Crash(n) : database.Restart();
  if (!back.ok()) {  // the fault came this late
    EXPECT_THAT(back.message(), ::testing::HasSubstr("injected fault"));
    back = database.Restart();
  }
  ASSERT_TRUE(back.ok()) << back.message();
  database.store().FailCommit(0);  // it never came, or has come by now
  database.files().FailCall(0);
  books.Check("started again");
  EXPECT_EQ(books.Insert({{8, 8}}), "");
  books.Check("written after the start");
}

// How many calls a history makes when nothing fails; threads in the background make it vary a
// little.
uint64_t CallsOf(bool commits) {
  Database database;
  Books books(&database);
  EXPECT_TRUE(database.Start().ok());
  EXPECT_EQ(books.Create(), "");
  const uint64_t before = commits ? database.store().commits() : database.files().calls();
  History(database, books, false);
  return (commits ? database.store().commits() : database.files().calls()) - before;
}

TEST(FailingCalls, NoFileCallLosesOrInventsRows) {
  const uint64_t calls = CallsOf(false);
  ASSERT_GT(calls, 20U);
  for (uint64_t n = 1; n <= calls && !::testing::Test::HasFailure(); ++n)
    RunWith(n, false, n % 2 == 0);
}

TEST(FailingCalls, NoCommitLosesOrInventsRows) {
  const uint64_t commits = CallsOf(true);
  ASSERT_GT(commits, 3U);
  for (uint64_t n = 1; n <= commits && !::testing::Test::HasFailure(); ++n)
    RunWith(n, true, n % 2 == 0);
}

}  // namespace
}  // namespace elanus::testing
