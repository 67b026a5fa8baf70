#include "segment/live_table.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace elanus::segment {
namespace {

constexpr size_t kRows = 200'000;

// What a LiveTable means: when each row ended.
struct Naive {
  std::map<uint32_t, Timestamp> ended;
  bool LiveAt(uint32_t row, Timestamp ts) const {
    const auto it = ended.find(row);
    return it == ended.end() || it->second > ts;
  }
};

void ExpectSame(const LiveTable& table, const Naive& naive, Timestamp ts, size_t rows) {
  const LiveTable::View view = table.At(ts, rows);
  size_t live = 0;
  for (uint32_t row = 0; row < rows; ++row) {
    live += naive.LiveAt(row, ts);
    ASSERT_EQ(view.mask().Test(row), naive.LiveAt(row, ts)) << "row " << row << " at " << ts;
  }
  EXPECT_EQ(view.mask().Count(rows), live);
}

TEST(LiveTable, AllLiveMasksNothing) {
  const LiveTable::Ptr table = LiveTable::AllLive();
  EXPECT_TRUE(table->At(5, kRows).all());
  EXPECT_TRUE(table->LiveNow(7));
  EXPECT_EQ(table->dead(), 0u);
}

TEST(LiveTable, AgreesWithAModelAtEveryReadableMoment) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  LiveTable::Ptr table = LiveTable::AllLive();
  Naive naive;
  Timestamp ts = 100, floor = 0;
  std::vector<std::pair<LiveTable::Ptr, Naive>> old;  // earlier tables stay as they were
  for (int step = 0; step < 30; ++step) {
    ts += 1 + random() % 3;
    if (random() % 4 == 0) floor = std::max(floor, ts - random() % 20);
    std::vector<uint32_t> rows;
    for (uint64_t i = random() % (step % 5 == 0 ? 5000 : 50); i > 0; --i) {
      const auto row = static_cast<uint32_t>(random() % kRows);
      if (naive.ended.emplace(row, ts).second) rows.push_back(row);
    }
    table = table->End(rows, ts, floor);
    if (step % 7 == 0) old.emplace_back(table, naive);
    EXPECT_EQ(table->dead(), naive.ended.size());
    for (const auto& entry : table->tail()) EXPECT_GT(entry.ts, floor);
    ExpectSame(*table, naive, ts, kRows);
    ExpectSame(*table, naive, std::max(floor, ts - 1 - random() % 10), 1 + random() % kRows);
  }
  for (const auto& [earlier, model] : old) ExpectSame(*earlier, model, ts, kRows);

  std::string bytes;
  table->EncodeTo(&bytes);
  auto decoded = LiveTable::Decode(bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status().message();
  EXPECT_EQ((*decoded)->dead(), table->dead());
  ExpectSame(**decoded, naive, ts, kRows);
  ExpectSame(**decoded, naive, std::max(floor, ts - 5), kRows);
}

TEST(LiveTable, ForgetsEndsBelowTheFloorButKeepsThemDead) {
  const std::vector<uint32_t> first{1}, second{2}, none;
  LiveTable::Ptr table = LiveTable::AllLive()->End(first, 10, 0)->End(second, 20, 10);
  EXPECT_EQ(table->tail().size(), 1u);
  EXPECT_FALSE(table->LiveNow(1));
  EXPECT_TRUE(table->At(15, 10).mask().Test(2));
  table = table->End(none, 20, 20);
  EXPECT_TRUE(table->tail().empty());
  EXPECT_FALSE(table->LiveNow(2));
}

TEST(LiveTable, SharesTheChunksAChangeDoesNotTouch) {
  const std::vector<uint32_t> spread{5, kMaskChunkRows + 5, 3 * kMaskChunkRows}, one{6};
  const LiveTable::Ptr before = LiveTable::AllLive()->End(spread, 10, 0);
  const LiveTable::Ptr after = before->End(one, 11, 0);
  const auto a = before->At(11, kRows), b = after->At(11, kRows);
  EXPECT_NE(a.mask().chunks()[0], b.mask().chunks()[0]);
  EXPECT_EQ(a.mask().chunks()[1], b.mask().chunks()[1]);
  EXPECT_EQ(a.mask().chunks()[2], nullptr);
  EXPECT_EQ(a.mask().chunks()[3], b.mask().chunks()[3]);
}

TEST(LiveTable, AViewOutlivesTheTablePointer) {
  const std::vector<uint32_t> rows{5};
  LiveTable::Ptr table = LiveTable::AllLive()->End(rows, 10, 0);
  const LiveTable::View view = table->At(10, 100);
  table.reset();
  EXPECT_FALSE(view.mask().Test(5));
}

TEST(LiveTable, EndsOfDifferentMomentsComeOrdered) {
  const LiveTable::Ptr table = LiveTable::AllLive()->End({{7, 30}, {8, 10}, {9, 20}}, 10);
  ASSERT_EQ(table->tail().size(), 2u);
  EXPECT_EQ(table->tail()[0].row, 9u);
  EXPECT_EQ(table->tail()[1].row, 7u);
  EXPECT_FALSE(table->LiveNow(8));
}

TEST(LiveTable, RefusesDamagedBytes) {
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < 9000; row += 3) rows.push_back(row);
  std::string bytes;
  LiveTable::AllLive()->End(rows, 10, 0)->EncodeTo(&bytes);
  for (size_t size = 0; size < bytes.size(); size += 97) {
    EXPECT_FALSE(LiveTable::Decode(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(LiveTable::Decode(bytes + "x").ok());
}

}  // namespace
}  // namespace elanus::segment
