#include "io/paced/paced_file_system.h"

#include <gtest/gtest.h>

#include "io/file_system_conformance.h"
#include "io/memory/memory_file_system.h"

namespace elanus::io {
namespace {

struct PacedBackend {
  FileSystem& fs() { return paced; }
  std::string dir() {
    CHECK(memory.CreateDirs("/d").ok());
    return "/d";
  }
  MemoryFileSystem memory;
  Pace pace{1 << 30};
  PacedFileSystem paced{&memory, &pace};
};
INSTANTIATE_TYPED_TEST_SUITE_P(Paced, FileSystemConformance, PacedBackend);

class PaceTest : public ::testing::Test {
 protected:
  Pace::Time Time() {
    return {[this] { return now_us_; },
            [this](int64_t us) {
              now_us_ += us;
              ++sleeps_;
              if (sleeps_ == stop_at_) pace_->Stop();
            }};
  }
  int64_t now_us_ = 5'000'000;
  int sleeps_ = 0, stop_at_ = -1;
  Pace* pace_ = nullptr;
};

TEST_F(PaceTest, KeepsToItsRate) {
  Pace pace(1'000'000, Time());
  for (int i = 0; i < 11; ++i) pace.Take(500'000);
  EXPECT_EQ(now_us_, 10'000'000);  // the last may begin when the ten before it have had their time
}

TEST_F(PaceTest, SavesNothingUpInAPause) {
  Pace pace(1'000'000, Time());
  pace.Take(1'000'000);
  now_us_ += 100'000'000;
  const int64_t begun = now_us_;
  for (int i = 0; i < 3; ++i) pace.Take(1'000'000);
  EXPECT_EQ(now_us_, begun + 2'000'000);
}

TEST_F(PaceTest, OfNothingDoesNotWait) {
  Pace pace(0, Time());
  for (int i = 0; i < 10; ++i) pace.Take(1ULL << 40);
  EXPECT_EQ(sleeps_, 0);
}

TEST_F(PaceTest, AStopEndsEveryWait) {
  Pace pace(1, Time());
  pace_ = &pace;
  stop_at_ = 3;
  pace.Take(1'000'000);
  pace.Take(1'000'000);  // would wait for days
  EXPECT_EQ(sleeps_, 3);
  pace.Take(1'000'000);
  EXPECT_EQ(sleeps_, 3);
}

}  // namespace
}  // namespace elanus::io
