#include "query/hits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/rerank.h"

namespace elanus::query {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

// One query's hits after another: {{key, score}, ...}.
HitLists Lists(const std::vector<std::vector<std::pair<int64_t, float>>>& queries) {
  HitLists lists;
  lists.keys = Column(FieldId(100), DataType::kInt64);
  lists.output.emplace_back(FieldId(101), DataType::kVarChar);
  for (const auto& query : queries) {
    lists.counts.push_back(static_cast<uint32_t>(query.size()));
    for (const auto& [key, score] : query) {
      lists.keys.Append(key);
      lists.scores.push_back(score);
      lists.output[0].AppendString("row " + std::to_string(key));
    }
  }
  return lists;
}

std::vector<int64_t> Keys(const HitLists& lists) {
  const int64_t* keys = lists.keys.as<int64_t>();
  return {keys, keys + lists.keys.rows()};
}

TEST(Merge, TakesTheBestOfAllPartsPerQuery) {
  const HitLists merged = Merge(
      {Lists({{{1, 0.9F}, {2, 0.5F}}, {{7, 1.0F}}}), Lists({{{3, 0.7F}}, {{8, 2.0F}, {9, 0.1F}}})},
      true, 2);
  EXPECT_THAT(merged.counts, ElementsAre(2, 2));
  EXPECT_THAT(Keys(merged), ElementsAre(1, 3, 8, 7));
  EXPECT_EQ(merged.output[0].String(1), "row 3");
}

TEST(Merge, OrdersDistancesAscending) {
  const HitLists merged = Merge({Lists({{{1, 0.5F}, {2, 0.9F}}}), Lists({{{3, 0.7F}}})}, false, 10);
  EXPECT_THAT(Keys(merged), ElementsAre(1, 3, 2));
}

TEST(Merge, BreaksTiesByKey) {
  const HitLists merged = Merge({Lists({{{5, 1.0F}}}), Lists({{{4, 1.0F}}})}, true, 10);
  EXPECT_THAT(Keys(merged), ElementsAre(4, 5));
}

TEST(Merge, KeepsOneRowOfAKey) {
  const HitLists merged =
      Merge({Lists({{{1, 0.9F}, {2, 0.3F}}}), Lists({{{1, 0.8F}, {3, 0.2F}}})}, true, 3);
  EXPECT_THAT(Keys(merged), ElementsAre(1, 2, 3));
  EXPECT_FLOAT_EQ(merged.scores[0], 0.9F);
}

TEST(Merge, OfNothingIsEmptyLists) {
  const HitLists merged = Merge({Lists({{}, {}}), Lists({{}, {}})}, true, 3);
  EXPECT_THAT(merged.counts, ElementsAre(0, 0));
  EXPECT_EQ(merged.keys.type(), DataType::kInt64);
}

TEST(Page, CutsEveryQuery) {
  const HitLists page = Page(Lists({{{1, 3.0F}, {2, 2.0F}, {3, 1.0F}}, {{4, 1.0F}}}), 1, 1);
  EXPECT_THAT(page.counts, ElementsAre(1, 0));
  EXPECT_THAT(Keys(page), ElementsAre(2));
}

TEST(RoundScores, RoundsToDecimalsOrLeaves) {
  std::vector<float> scores = {1.23456F, -0.005F};
  RoundScores(2, &scores);
  EXPECT_THAT(scores, ElementsAre(FloatNear(1.23F, 1e-6), FloatNear(-0.01F, 1e-2)));
  std::vector<float> same = {1.23456F};
  RoundScores(-1, &same);
  EXPECT_FLOAT_EQ(same[0], 1.23456F);
}

TEST(FuseByRank, SumsReciprocalRanks) {
  const HitLists fused =
      FuseByRank({Lists({{{1, 9.0F}, {2, 8.0F}}}), Lists({{{2, 0.5F}, {3, 0.4F}}})}, 60);
  EXPECT_THAT(Keys(fused), ElementsAre(2, 1, 3));
  EXPECT_FLOAT_EQ(fused.scores[0], 1.0F / 62 + 1.0F / 61);
  EXPECT_FLOAT_EQ(fused.scores[1], 1.0F / 61);
}

TEST(FuseByWeight, AddsWeightedScores) {
  WeightedOptions options{{0.5F, 0.2F}, {Metric::kIP, Metric::kCosine}, false};
  const HitLists fused =
      FuseByWeight({Lists({{{1, 4.0F}}}), Lists({{{1, 1.0F}, {2, 0.9F}}})}, options);
  EXPECT_THAT(Keys(fused), ElementsAre(1, 2));
  EXPECT_FLOAT_EQ(fused.scores[0], 2.2F);
}

TEST(FuseByWeight, TurnsDistancesAroundWhenTheyMeetSimilarities) {
  WeightedOptions options{{1.0F, 1.0F}, {Metric::kL2, Metric::kCosine}, false};
  const HitLists fused =
      FuseByWeight({Lists({{{1, 0.0F}, {2, 100.0F}}}), Lists({{{3, 0.5F}}})}, options);
  EXPECT_THAT(Keys(fused), ElementsAre(1, 3, 2));
  EXPECT_FLOAT_EQ(fused.scores[0], 1.0F);
}

TEST(FuseByWeight, SortsDistancesAloneAscending) {
  WeightedOptions options{{1.0F, 1.0F}, {Metric::kL2, Metric::kL2}, false};
  const HitLists fused = FuseByWeight({Lists({{{1, 3.0F}}}), Lists({{{2, 1.0F}}})}, options);
  EXPECT_THAT(Keys(fused), ElementsAre(2, 1));
}

TEST(Normalized, MapsEveryMetricIntoZeroToOne) {
  EXPECT_FLOAT_EQ(Normalized(Metric::kCosine, -1), 0);
  EXPECT_FLOAT_EQ(Normalized(Metric::kCosine, 1), 1);
  EXPECT_FLOAT_EQ(Normalized(Metric::kIP, 0), 0.5F);
  EXPECT_FLOAT_EQ(Normalized(Metric::kL2, 0), 1);
  EXPECT_NEAR(Normalized(Metric::kL2, 1e9F), 0, 1e-6);
}

}  // namespace
}  // namespace elanus::query
