// A full disk: writes are refused by name, reads go on, and writes come back with the space.
#include "faults/books.h"

namespace elanus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class DiskFull : public ::testing::Test {
 protected:
  DiskFull() {
    EXPECT_TRUE(database_.Start().ok());
    EXPECT_EQ(books_.Create(), "");
    books_.pad = 50'000;
    EXPECT_EQ(books_.Insert({{1, 1}, {2, 2}, {3, 30}}), "");
  }

  // Writes until one is refused; the answer.
  std::string Fill() {
    for (int64_t key = 100; key < 10'000; ++key) {
      if (std::string error = books_.Insert({{key, static_cast<int32_t>(key)}}); !error.empty())
        return error;
    }
    return "the disk is never full";
  }

  Database database_;
  Books books_{&database_};
};

TEST_F(DiskFull, RefusesWritesAndServesReads) {
  database_.files().SetCapacity(6 << 20);
  const std::string error = Fill();
  EXPECT_THAT(error, StartsWith("error 7: "));
  EXPECT_THAT(error, HasSubstr("No space left on device"));
  books_.Check("disk full");
  EXPECT_THAT(books_.Insert({{1, 5}}), StartsWith("error 7: "));
  books_.Check("another write refused");
}

TEST_F(DiskFull, DeletesStillWork) {
  database_.files().SetCapacity(6 << 20);
  EXPECT_THAT(Fill(), StartsWith("error 7: "));
  EXPECT_EQ(books_.Delete(2), "");
  EXPECT_EQ(books_.DeleteNumbersAbove(120), "");
  books_.Check("after deletes");
  database_.files().SetCapacity(~uint64_t{0});
  ASSERT_TRUE(database_.Crash().ok());
  books_.Check("after a power loss");
}

TEST_F(DiskFull, WritesComeBackWithSpaceAndNothingIsLost) {
  database_.files().SetCapacity(6 << 20);
  EXPECT_THAT(Fill(), StartsWith("error 7: "));
  database_.files().SetCapacity(~uint64_t{0});
  EXPECT_EQ(books_.Insert({{1, 77}, {50'000, 1}}), "");
  books_.Check("space is back");
  ASSERT_TRUE(database_.Crash().ok());
  books_.Check("after a power loss");
}

TEST_F(DiskFull, RowsSurviveAPowerLossOnTheFullDisk) {
  database_.files().SetCapacity(6 << 20);
  EXPECT_THAT(Fill(), StartsWith("error 7: "));
  // The catalog writes anew what it finds in its log, which takes some kilobytes; no segment fits.
  database_.files().Halt();
  database_.files().SetCapacity((6 << 20) + (40 << 10));
  const Status restarted = database_.Crash();
  ASSERT_TRUE(restarted.ok()) << restarted.message();
  books_.Check("restarted on a full disk");
}

TEST_F(DiskFull, AFlushThatDoesNotFitFailsAndIsMadeUpFor) {
  database_.files().SetCapacity(6 << 20);
  EXPECT_THAT(Fill(), StartsWith("error 7: "));
  // What the background has flushed or given back meanwhile does not matter: one row is left, and
  // no byte for it.
  database_.files().SetCapacity(~uint64_t{0});
  EXPECT_EQ(books_.Insert({{50, 50}}), "");
  database_.files().SetCapacity(1);
  EXPECT_THAT(books_.Say("flush"), StartsWith("error 7: "));
  books_.Check("flush failed");
  database_.files().SetCapacity(~uint64_t{0});
  EXPECT_EQ(books_.Say("flush"), "");
  books_.Check("flushed");
  ASSERT_TRUE(database_.FinishIndexes().ok());
  ASSERT_TRUE(database_.Crash().ok());
  books_.Check("after a power loss");
}

}  // namespace
}  // namespace elanus::testing
