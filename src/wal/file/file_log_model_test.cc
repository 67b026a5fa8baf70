// FileLog against a naive model, under crashes, kills, failing calls and a full disk.
#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "io/memory/memory_file_system.h"
#include "wal/file/file_log.h"
#include "wal/log_conformance.h"

namespace elanus::wal {
namespace {

// What must be in the log, what may be.
class Model {
 public:
  explicit Model(bool direct) : options_{.file_bytes = 16 << 10, .reserve_bytes = 8 << 10} {
    options_.direct = direct;
    options_.salt = 99;
  }

  // Opens, and compares: every acknowledged frame above the truncation is there, whole; besides
  // them at most the one frame whose outcome was unknown.
  [[nodiscard]] testing::AssertionResult Open() {
    log_.reset();
    auto log = FileLog::Open(fs_, "/log", options_);
    if (!log.ok()) return testing::AssertionFailure() << "open: " << log.status().message();
    log_ = std::move(log).take();
    const auto frames = FramesOf(*log_);
    if (!frames.ok()) return testing::AssertionFailure() << "read: " << frames.status().message();
    if (unknown_ && !frames->empty() && frames->back() == *unknown_) acked_.insert(*unknown_);
    unknown_.reset();
    return Compare(*frames);
  }

  [[nodiscard]] testing::AssertionResult Check() {
    const auto frames = FramesOf(*log_);
    if (!frames.ok()) return testing::AssertionFailure() << "read: " << frames.status().message();
    return Compare(*frames);
  }

  void Append(Records records, bool reserve) {
    const std::vector<std::string_view> views(records.begin(), records.end());
    const Lsn expected = log_->next();
    const bool was_healthy = log_->healthy();
    auto lsn = reserve ? log_->AppendFromReserve(views) : log_->Append(views);
    if (lsn.ok()) {
      ASSERT_TRUE(was_healthy);
      ASSERT_EQ(*lsn, expected);
      acked_[*lsn] = std::move(records);
    } else if (was_healthy && !log_->healthy()) {
      ASSERT_FALSE(unknown_);
      unknown_.emplace(expected, std::move(records));
    } else {
      ASSERT_EQ(log_->next(), expected);
    }
  }

  void Reopen() {
    if (log_->Reopen().ok()) {
      unknown_.reset();
      ASSERT_TRUE(log_->healthy());
    }
  }

  void Truncate(Lsn keep_from) {
    keep_from_ = std::max(keep_from_, keep_from);
    (void)log_->Truncate(keep_from).ok();
  }

  io::MemoryFileSystem& fs() { return fs_; }
  Log& log() { return *log_; }

 private:
  testing::AssertionResult Compare(const Frames& frames) {
    const Lsn low = log_->LowWater();
    const auto needed = acked_.lower_bound(keep_from_);
    if (needed != acked_.end() && needed->first < low) {
      return testing::AssertionFailure() << "frame " << needed->first << " is below " << low;
    }
    const std::map<Lsn, Records> expected(acked_.lower_bound(low), acked_.end());
    const std::map<Lsn, Records> actual(frames.begin(), frames.end());
    if (actual.size() != frames.size()) return testing::AssertionFailure() << "an lsn twice";
    if (expected != actual) {
      return testing::AssertionFailure()
             << "expected " << expected.size() << " frames up to "
             << (expected.empty() ? 0 : expected.rbegin()->first) << ", got " << actual.size()
             << " up to " << (actual.empty() ? 0 : actual.rbegin()->first) << ", low " << low;
    }
    if (!actual.empty() && log_->next() <= actual.rbegin()->first) {
      return testing::AssertionFailure() << "next is not above all";
    }
    return testing::AssertionSuccess();
  }

  FileLogOptions options_;
  io::MemoryFileSystem fs_;
  std::unique_ptr<Log> log_;
  std::map<Lsn, Records> acked_;
  std::optional<std::pair<Lsn, Records>> unknown_;
  Lsn keep_from_ = 1;
};

Records RandomRecords(std::mt19937_64& random) {
  Records records(1 + random() % 4);
  for (std::string& record : records) {
    const size_t size_max = random() % 20 == 0 ? 20'000 : random() % 3 == 0 ? 2'000 : 60;
    record.assign(random() % size_max, static_cast<char>(random()));
    for (size_t i = 0; i < record.size(); i += 7) record[i] = static_cast<char>(random());
  }
  return records;
}

void RunRandom(uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Model model(/*direct=*/seed % 2 == 0);
  ASSERT_TRUE(model.Open());
  for (int step = 0; step < 150; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    const uint64_t op = random() % 100;
    if (op < 70) {
      model.Append(RandomRecords(random), random() % 4 == 0);
      if (!model.log().healthy() && random() % 2 == 0) model.Reopen();
    } else if (op < 76) {
      model.Truncate(model.log().next() - random() % std::min<Lsn>(model.log().next(), 60));
    } else if (op < 84) {
      model.fs().FailCall(1 + random() % 8);
    } else if (op < 87) {
      model.fs().SetCapacity(random() % (100 << 10));
    } else if (op < 90) {
      model.fs().SetCapacity(~0ULL);
    } else if (op < 92) {
      model.Reopen();
    } else if (op < 94) {
      ASSERT_TRUE(model.Check());
    } else {
      if (op < 96) model.fs().Kill();
      if (op >= 96 && op < 99) model.fs().Crash(random());
      if (op == 99) model.fs().Crash();
      model.fs().SetCapacity(~0ULL);
      model.fs().FailCall(1'000'000'000);
      ASSERT_TRUE(model.Open());
    }
    if (testing::Test::HasFatalFailure()) return;
  }
  model.fs().FailCall(1'000'000'000);
  model.fs().SetCapacity(~0ULL);
  model.Reopen();
  ASSERT_TRUE(model.log().healthy());
  ASSERT_TRUE(model.Check());
  ASSERT_TRUE(model.Open());
}

TEST(FileLogModel, HoldsUnderRandomFaults) {
  const uint64_t first = std::random_device()();
  std::cout << "seeds from " << first << "\n";
  for (uint64_t seed = first; seed < first + 150; ++seed) {
    RunRandom(seed);
    if (HasFatalFailure()) return;
  }
}

// A fixed run of everything the log does.
void RunScript(Model& model, bool* done) {
  std::mt19937_64 random(5);
  if (!model.Open()) return;
  for (int i = 0; i < 60; ++i) {
    model.Append(RandomRecords(random), false);
    if (i % 15 == 14) model.Truncate(model.log().next() - 5);
    if (i == 40 && !model.Open()) return;
  }
  *done = model.log().healthy();
}

TEST(FileLogModel, HoldsWhenPowerGoesAtAnyCall) {
  for (const bool direct : {false, true}) {
    bool done = false;
    for (uint64_t stop = 1; !done; ++stop) {
      for (uint64_t variant = 0; variant < 3; ++variant) {
        SCOPED_TRACE("stop " + std::to_string(stop) + " variant " + std::to_string(variant));
        Model model(direct);
        model.fs().SetFault([&](const io::FileCall& call) {
          return call.number >= stop ? Fail(Code::kIoFailed, "no power") : Status();
        });
        RunScript(model, &done);
        ASSERT_FALSE(testing::Test::HasFatalFailure());
        model.fs().SetFault(nullptr);
        if (variant == 0) model.fs().Kill();
        if (variant == 1) model.fs().Crash();
        if (variant == 2) model.fs().Crash(stop);
        ASSERT_TRUE(model.Open());
        model.Append({"goes on"}, false);
        model.fs().Crash();
        ASSERT_TRUE(model.Open());
      }
    }
  }
}

// One call fails, the process goes on.
TEST(FileLogModel, HoldsWhenAnyOneCallFails) {
  for (uint64_t stop = 1; stop < 400; ++stop) {
    SCOPED_TRACE("stop " + std::to_string(stop));
    Model model(stop % 2 == 0);
    model.fs().FailCall(stop);
    std::mt19937_64 random(6);
    if (!model.Open()) {
      ASSERT_TRUE(model.Open());
    }
    for (int i = 0; i < 60; ++i) {
      model.Append(RandomRecords(random), false);
      if (!model.log().healthy()) model.Reopen();
      ASSERT_TRUE(model.log().healthy()) << "one failure is over after one Reopen";
      if (i % 15 == 14) model.Truncate(model.log().next() - 5);
    }
    ASSERT_TRUE(model.Check());
    model.fs().FailCall(1'000'000'000);
    model.fs().Crash(stop);
    ASSERT_TRUE(model.Open());
  }
}

}  // namespace
}  // namespace elanus::wal
