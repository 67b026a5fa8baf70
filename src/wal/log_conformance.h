// What every Log does. A Backend has `Result<std::unique_ptr<Log>> Open()`, of one and the same
// log:
//   INSTANTIATE_TYPED_TEST_SUITE_P(File, LogConformance, FileBackend);
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "wal/log.h"

namespace elanus::wal {

using Records = std::vector<std::string>;
using Frames = std::vector<std::pair<Lsn, Records>>;

inline Result<Lsn> AppendTo(Log& log, const Records& records) {
  return log.Append(std::vector<std::string_view>(records.begin(), records.end()));
}

inline Result<Frames> FramesOf(Log& log, Lsn from = 0) {
  Frames frames;
  TRY(log.Read(from, [&](Lsn lsn, std::span<const std::string_view> records) {
    frames.emplace_back(lsn, Records(records.begin(), records.end()));
    return Status();
  }));
  return frames;
}

template <typename Backend>
class LogConformance : public testing::Test {
 protected:
  void SetUp() override { Restart(); }
  void Restart() {
    log_.reset();
    auto log = backend_.Open();
    ASSERT_TRUE(log.ok()) << log.status().message();
    log_ = std::move(log).take();
  }
  Lsn Add(const Records& records) {
    auto lsn = AppendTo(*log_, records);
    EXPECT_TRUE(lsn.ok()) << lsn.status().message();
    return lsn.ok() ? *lsn : 0;
  }
  Frames All(Lsn from = 0) {
    auto frames = FramesOf(*log_, from);
    EXPECT_TRUE(frames.ok()) << frames.status().message();
    return frames.ok() ? *frames : Frames();
  }

  Backend backend_;
  std::unique_ptr<Log> log_;
};

TYPED_TEST_SUITE_P(LogConformance);

TYPED_TEST_P(LogConformance, BeginsEmptyAtOne) {
  EXPECT_EQ(this->log_->next(), 1u);
  EXPECT_EQ(this->log_->LowWater(), 1u);
  EXPECT_EQ(this->log_->bytes(), 0u);
  EXPECT_TRUE(this->log_->healthy());
  EXPECT_TRUE(this->All().empty());
}

TYPED_TEST_P(LogConformance, ReadsFramesInOrder) {
  Frames expected;
  for (int i = 0; i < 100; ++i) {
    const Records records = {"a" + std::to_string(i), std::string(i * 10, 'x')};
    const Lsn lsn = this->Add(records);
    if (!expected.empty()) {
      EXPECT_GT(lsn, expected.back().first);
    }
    EXPECT_GT(this->log_->next(), lsn);
    expected.emplace_back(lsn, records);
  }
  EXPECT_EQ(this->All(), expected);
  EXPECT_GT(this->log_->bytes(), 40'000u);
  this->Restart();
  EXPECT_EQ(this->All(), expected);
  EXPECT_GT(this->log_->next(), expected.back().first);
}

TYPED_TEST_P(LogConformance, KeepsAnyBytesAndEmptyRecords) {
  const Records records = {"", std::string("\0\xff\n", 3), "", std::string(3'000'000, 'q'), ""};
  const Lsn lsn = this->Add(records);
  const Lsn one = this->Add({""});
  const Frames expected = {{lsn, records}, {one, {""}}};
  EXPECT_EQ(this->All(), expected);
  this->Restart();
  EXPECT_EQ(this->All(), expected);
}

TYPED_TEST_P(LogConformance, ReadsFromAnLsn) {
  std::vector<Lsn> lsns;
  for (int i = 0; i < 50; ++i) lsns.push_back(this->Add({std::string(500, 'x')}));
  for (size_t i = 0; i < lsns.size(); ++i) {
    const Frames frames = this->All(lsns[i]);
    ASSERT_EQ(frames.size(), lsns.size() - i);
    ASSERT_EQ(frames.front().first, lsns[i]);
  }
  EXPECT_TRUE(this->All(this->log_->next()).empty());
}

TYPED_TEST_P(LogConformance, AReadersErrorEndsTheRead) {
  this->Add({"a"});
  this->Add({"b"});
  int calls = 0;
  const Status status = this->log_->Read(0, [&](Lsn, std::span<const std::string_view>) {
    ++calls;
    return Fail(Code::kCancelled, "enough");
  });
  EXPECT_EQ(status.code(), Code::kCancelled);
  EXPECT_EQ(calls, 1);
}

TYPED_TEST_P(LogConformance, ARefusedFrameChangesNothing) {
  const Lsn before = this->log_->next();
  EXPECT_EQ(this->log_->Append({}).status().code(), Code::kParameterInvalid);
  EXPECT_TRUE(this->log_->healthy());
  EXPECT_EQ(this->log_->next(), before);
  EXPECT_TRUE(this->log_->Reopen().ok());
  EXPECT_EQ(this->Add({"x"}), before);
  EXPECT_EQ(this->All().size(), 1u);
}

TYPED_TEST_P(LogConformance, OneOwnerAtATime) {
  EXPECT_FALSE(this->backend_.Open().ok());
  this->log_.reset();
  EXPECT_TRUE(this->backend_.Open().ok());
}

TYPED_TEST_P(LogConformance, EachOpenHasAHigherEpoch) {
  uint64_t epoch = this->log_->epoch();
  for (int i = 0; i < 3; ++i) {
    if (i == 1) this->Add({"x"});
    this->Restart();
    EXPECT_GT(this->log_->epoch(), epoch);
    epoch = this->log_->epoch();
  }
}

TYPED_TEST_P(LogConformance, TruncateKeepsWhatIsNeeded) {
  std::vector<Lsn> lsns;
  for (int i = 0; i < 200; ++i) lsns.push_back(this->Add({std::string(1000, 'x')}));
  const uint64_t bytes = this->log_->bytes();
  ASSERT_TRUE(this->log_->Truncate(lsns[150]).ok());
  EXPECT_LT(this->log_->bytes(), bytes);
  EXPECT_LE(this->log_->LowWater(), lsns[150]);
  EXPECT_GT(this->log_->LowWater(), lsns[0]);
  EXPECT_EQ(this->All(lsns[150]).size(), 50u);
  EXPECT_EQ(this->All().front().first, this->log_->LowWater());
  const Lsn low = this->log_->LowWater();
  this->Restart();
  EXPECT_EQ(this->log_->LowWater(), low);
  EXPECT_EQ(this->All(lsns[150]).size(), 50u);
}

TYPED_TEST_P(LogConformance, LsnsRiseAfterEverythingWasTruncated) {
  Lsn last = 0;
  for (int i = 0; i < 100; ++i) last = this->Add({std::string(1000, 'x')});
  ASSERT_TRUE(this->log_->Truncate(last + 1).ok());
  for (int i = 0; i < 3; ++i) {
    EXPECT_GT(this->log_->next(), last);
    EXPECT_LE(this->log_->LowWater(), this->log_->next());
    this->Restart();
  }
  EXPECT_GT(this->Add({"y"}), last);
}

TYPED_TEST_P(LogConformance, ReadersMayAppendAndTruncate) {
  for (int i = 0; i < 100; ++i) this->Add({std::string(1000, 'x')});
  size_t seen = 0;
  ASSERT_TRUE(this->log_
                  ->Read(0,
                         [&](Lsn lsn, std::span<const std::string_view>) {
                           if (++seen <= 3)
                             TRY(this->log_->Append(std::vector<std::string_view>{"y"}));
                           return lsn > 50 ? this->log_->Truncate(lsn) : Status();
                         })
                  .ok());
  EXPECT_GE(seen, 100u);
}

REGISTER_TYPED_TEST_SUITE_P(LogConformance, BeginsEmptyAtOne, ReadsFramesInOrder,
                            KeepsAnyBytesAndEmptyRecords, ReadsFromAnLsn, AReadersErrorEndsTheRead,
                            ARefusedFrameChangesNothing, OneOwnerAtATime, EachOpenHasAHigherEpoch,
                            TruncateKeepsWhatIsNeeded, LsnsRiseAfterEverythingWasTruncated,
                            ReadersMayAppendAndTruncate);

}  // namespace elanus::wal
