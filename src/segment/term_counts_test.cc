#include "segment/term_counts.h"

#include <cstring>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace elanus::segment {
namespace {

std::string RowOf(const std::map<uint32_t, float>& terms) {
  std::string row;
  for (const auto& [term, count] : terms) {
    row.append(reinterpret_cast<const char*>(&term), sizeof term);
    row.append(reinterpret_cast<const char*>(&count), sizeof count);
  }
  return row;
}

TEST(TermTotals, AsksForEachTermOnce) {
  const TermTotals totals({7, 3, 7, 1});
  EXPECT_EQ(totals.terms, (std::vector<uint32_t>{1, 3, 7}));
  EXPECT_EQ(totals.with, (std::vector<uint64_t>{0, 0, 0}));
}

// Rows come and end between questions, and old tables are asked about after newer ones.
TEST(TermCounts, CountsEachLiveRowOnceWhateverWasAskedBefore) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<std::map<uint32_t, float>> rows;
  std::vector<std::string> bytes;
  std::vector<uint32_t> live;
  LiveTable::Ptr table = LiveTable::AllLive();
  Timestamp ts = 1;
  const TermCounts counts;
  size_t reads = 0;
  for (int step = 0; step < 60; ++step) {
    for (uint64_t n = random() % 3000; n > 0; --n) {
      std::map<uint32_t, float> row;
      for (uint64_t terms = random() % 6; terms > 0; --terms)
        row[static_cast<uint32_t>(random() % 30)] = static_cast<float>(1 + random() % 4);
      live.push_back(static_cast<uint32_t>(rows.size()));
      bytes.push_back(RowOf(row));
      rows.push_back(std::move(row));
    }
    std::vector<uint32_t> ended;
    for (uint64_t n = std::min<uint64_t>(random() % 400, live.size()); n > 0; --n) {
      const size_t at = random() % live.size();
      ended.push_back(live[at]);
      live[at] = live.back();
      live.pop_back();
    }
    table = table->End(ended, ++ts, 0);

    TermTotals totals({3, 17, 29, 30});
    ASSERT_TRUE(counts
                    .AddTo(
                        rows.size(), *table, nullptr,
                        [&](uint32_t row) -> Result<std::string_view> {
                          ++reads;
                          return std::string_view(bytes[row]);
                        },
                        &totals)
                    .ok());
    double length = 0;
    std::map<uint32_t, uint64_t> with;
    for (const uint32_t row : live) {
      for (const auto& [term, count] : rows[row]) {
        ++with[term];
        length += static_cast<double>(count);
      }
    }
    EXPECT_EQ(totals.rows, live.size());
    EXPECT_EQ(totals.length, length);
    for (size_t i = 0; i < totals.terms.size(); ++i)
      EXPECT_EQ(totals.with[i], with[totals.terms[i]]) << totals.terms[i];
  }
  EXPECT_EQ(reads, rows.size() + (rows.size() - live.size()));
}

TEST(TermCounts, AnOlderTableTakesNothingBack) {
  const TermCounts counts;
  const auto row_at = [](uint32_t) -> Result<std::string_view> {
    static const std::string row = RowOf({{5, 2.0f}});
    return std::string_view(row);
  };
  const LiveTable::Ptr older = LiveTable::AllLive();
  const std::vector<uint32_t> ended = {1};
  const LiveTable::Ptr newer = older->End(ended, 2, 0);
  for (const LiveTable* table : {newer.get(), older.get(), newer.get()}) {
    TermTotals totals({5});
    ASSERT_TRUE(counts.AddTo(3, *table, nullptr, row_at, &totals).ok());
    EXPECT_EQ(totals.with[0], 2u);
    EXPECT_EQ(totals.rows, 2u);
    EXPECT_EQ(totals.length, 4.0);
  }
}

TEST(TermCounts, DamageIsTold) {
  TermTotals totals({5});
  const auto row_at = [](uint32_t) -> Result<std::string_view> {
    return Status(Code::kCorruption, "torn");
  };
  EXPECT_EQ(TermCounts().AddTo(3, *LiveTable::AllLive(), nullptr, row_at, &totals).code(),
            Code::kCorruption);
}

}  // namespace
}  // namespace elanus::segment
