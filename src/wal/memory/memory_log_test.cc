#include "wal/memory/memory_log.h"

#include "wal/log_conformance.h"

namespace elanus::wal {
namespace {

class MemoryBackend {
 public:
  Result<std::unique_ptr<Log>> Open() { return store_.Open(); }

 private:
  MemoryLogStore store_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, LogConformance, MemoryBackend);

TEST(MemoryLog, RefusesOnAFullDiskButTakesFromTheReserve) {
  MemoryLogStore store;
  const auto log = std::move(store.Open()).take();
  store.FailNextAppend(MemoryLogStore::Fault::kRefused);
  EXPECT_EQ(AppendTo(*log, {"x"}).status().code(), Code::kDiskLimitExceeded);
  EXPECT_TRUE(log->healthy());
  store.FailNextAppend(MemoryLogStore::Fault::kRefused);
  EXPECT_TRUE(log->AppendFromReserve(std::vector<std::string_view>{"y"}).ok());
  EXPECT_EQ(FramesOf(*log)->size(), 1u);
}

TEST(MemoryLog, ReopenDecidesTheUnknownFrameOut) {
  MemoryLogStore store;
  auto log = std::move(store.Open()).take();
  store.FailNextAppend(MemoryLogStore::Fault::kKept);
  EXPECT_FALSE(AppendTo(*log, {"x"}).ok());
  EXPECT_FALSE(log->healthy());
  EXPECT_FALSE(AppendTo(*log, {"y"}).ok());
  ASSERT_TRUE(log->Reopen().ok());
  EXPECT_TRUE(AppendTo(*log, {"z"}).ok());
  log.reset();
  log = std::move(store.Open()).take();
  EXPECT_EQ(FramesOf(*log)->size(), 1u);
  EXPECT_EQ(FramesOf(*log)->front().second, Records{"z"});
}

TEST(MemoryLog, AKeptFrameIsFoundAfterACrash) {
  MemoryLogStore store;
  auto log = std::move(store.Open()).take();
  store.FailNextAppend(MemoryLogStore::Fault::kKept);
  EXPECT_FALSE(AppendTo(*log, {"x"}).ok());
  EXPECT_TRUE(FramesOf(*log)->empty());
  log.reset();
  log = std::move(store.Open()).take();
  EXPECT_EQ(FramesOf(*log)->size(), 1u);
}

}  // namespace
}  // namespace elanus::wal
