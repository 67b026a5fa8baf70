#include "query/hit_groups.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/json.h"
#include "query/decay.h"
#include "query/json_values.h"
#include "query/rerank.h"

namespace elanus::query {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

struct Row {
  int64_t key;
  float score;
  std::string group;
  int32_t number = 0;
};

// One query a vector; the number is output column 0, the group column 1.
HitLists Lists(const std::vector<std::vector<Row>>& queries) {
  HitLists lists;
  lists.keys = Column(FieldId(100), DataType::kInt64);
  lists.output.emplace_back(FieldId(101), DataType::kInt32);
  lists.output.emplace_back(FieldId(102), DataType::kVarChar);
  for (const auto& query : queries) {
    lists.counts.push_back(static_cast<uint32_t>(query.size()));
    for (const Row& row : query) {
      lists.keys.Append(row.key);
      lists.scores.push_back(row.score);
      lists.output[0].Append(row.number);
      row.group.empty() ? lists.output[1].AppendNull() : lists.output[1].AppendString(row.group);
    }
  }
  return lists;
}

std::vector<int64_t> Keys(const HitLists& lists) {
  const int64_t* keys = lists.keys.as<int64_t>();
  return {keys, keys + lists.keys.rows()};
}

const std::vector<Row> kRows = {{1, 9, "a", 5}, {2, 8, "b", 4}, {3, 7, "a", 3}, {4, 6, "", 2},
                                {5, 5, "a", 1}, {6, 4, "", 9},  {7, 3, "c", 8}, {8, 2, "b", 7}};

HitGrouping By(size_t size) { return {1, size, true, std::nullopt}; }

TEST(PageGroups, PutsHitsOfAGroupSideBySide) {
  EXPECT_THAT(Keys(PageGroups(Lists({kRows}), By(2), 0, 9)), ElementsAre(1, 3, 2, 8, 4, 6, 7));
}

TEST(PageGroups, CountsGroupsNotHits) {
  const HitLists page = PageGroups(Lists({kRows, {{9, 1, "z"}}, {}}), By(2), 1, 2);
  EXPECT_THAT(Keys(page), ElementsAre(2, 8, 4, 6));
  EXPECT_THAT(page.counts, ElementsAre(4, 0, 0));
}

TEST(PageGroups, OrdersGroupsByWhatStandsForThem) {
  HitGrouping grouping = By(3);
  grouping.score = GroupScore::kSum;  // a 21, b 10, null 10, c 3
  EXPECT_THAT(Keys(PageGroups(Lists({kRows}), grouping, 0, 9)),
              ElementsAre(1, 3, 5, 2, 8, 4, 6, 7));
  grouping.score = GroupScore::kAverage;  // a 7, b 5, null 5, c 3
  EXPECT_THAT(Keys(PageGroups(Lists({kRows}), grouping, 1, 1)), ElementsAre(2, 8));
  grouping.score = GroupScore::kMax;
  EXPECT_THAT(Keys(PageGroups(Lists({{{1, 5, "a"}, {2, 5, "b"}, {3, 4, "b"}}}), grouping, 0, 9)),
              ElementsAre(2, 3, 1));  // of equal groups the larger comes first
  grouping.descending = false;
  grouping.score = GroupScore::kSum;
  EXPECT_THAT(Keys(PageGroups(Lists({{{1, 1, "a"}, {2, 2, "b"}, {3, 3, "a"}}}), grouping, 0, 9)),
              ElementsAre(2, 1, 3));
}

TEST(Reorder, MovesHitsOrWholeGroups) {
  const HitLists hits = Lists({kRows});
  EXPECT_THAT(Keys(Reorder(hits, {{FieldId(101)}}, {hits.output[0]}, std::nullopt)),
              ElementsAre(5, 4, 3, 2, 1, 8, 7, 6));
  const HitLists groups = PageGroups(hits, By(2), 0, 9);
  EXPECT_THAT(Keys(Reorder(groups, {{FieldId(101)}}, {groups.output[0]}, By(2))),
              ElementsAre(4, 6, 2, 8, 1, 3, 7));
}

TEST(Decay, IsOneAtTheOriginAndDecayOneScaleAway) {
  for (const DecayCurve curve :
       {DecayCurve::kGauss, DecayCurve::kExponential, DecayCurve::kLinear}) {
    const Decay decay{curve, 10, 4, 1, 0.3};
    EXPECT_DOUBLE_EQ(decay.FactorOf(10), 1);
    EXPECT_DOUBLE_EQ(decay.FactorOf(9), 1);
    EXPECT_NEAR(decay.FactorOf(15), 0.3, 1e-12);
    EXPECT_NEAR(decay.FactorOf(5), 0.3, 1e-12);
  }
  EXPECT_NEAR((Decay{DecayCurve::kGauss, 0, 1, 0, 0.5}.FactorOf(2)), 0.0625, 1e-12);
  EXPECT_NEAR((Decay{DecayCurve::kExponential, 0, 1, 0, 0.5}.FactorOf(2)), 0.25, 1e-12);
  EXPECT_NEAR((Decay{DecayCurve::kLinear, 0, 1, 0, 0.5}.FactorOf(2)), 0.5, 1e-12);
}

TEST(Decay, SortsAnew) {
  const HitLists hits = Decayed(Lists({{{1, 9, "", 100}, {2, 8, "", 1}, {3, 8, "", 1}}}),
                                {DecayCurve::kExponential, 1, 10, 0, 0.5}, 0);
  EXPECT_THAT(Keys(hits), ElementsAre(2, 3, 1));
  EXPECT_FLOAT_EQ(hits.scores[0], 8);
}

TEST(FuseByScore, JoinsWhatIsTheSameRow) {
  const std::vector<HitLists> lists = {Lists({{{1, 0.9F, "a"}, {2, 0.5F, "a"}}}),
                                       Lists({{{2, 0.7F, "a"}, {3, 0.1F, "a"}}})};
  const std::vector<Metric> metrics = {Metric::kIP, Metric::kCosine};
  EXPECT_THAT(FuseByScore(lists, ScoreMode::kMax, metrics, false).scores,
              ElementsAre(0.9F, 0.7F, 0.1F));
  const HitLists sum = FuseByScore(lists, ScoreMode::kSum, metrics, false);
  EXPECT_THAT(Keys(sum), ElementsAre(2, 1, 3));
  EXPECT_FLOAT_EQ(sum.scores[0], 1.2F);
  EXPECT_FLOAT_EQ(FuseByScore(lists, ScoreMode::kAverage, metrics, false).scores[1], 0.6F);
}

TEST(FuseByScore, TurnsDistancesRound) {
  const HitLists fused =
      FuseByScore({Lists({{{1, 0, "a"}, {2, 1, "a"}}})}, ScoreMode::kMax, {Metric::kL2}, false);
  EXPECT_THAT(Keys(fused), ElementsAre(1, 2));
  EXPECT_THAT(fused.scores, ElementsAre(FloatNear(1, 1e-6F), FloatNear(0.5F, 1e-6F)));
}

TEST(JsonGroupKeys, AreTextsOrValuesOfAType) {
  Column documents(FieldId(1), DataType::kJson);
  for (const char* text : {R"({"a": {"b": 300}})", R"({"a": {"b": "x"}})", R"({"a": 1})"}) {
    documents.AppendString(EncodeJson(text).take());
  }
  documents.AppendNull();
  const std::vector<std::string> path = {"a", "b"};
  const Column texts = JsonGroupKeys(documents, path, {}).take();
  EXPECT_EQ(texts.String(0), "300");
  EXPECT_EQ(texts.String(1), "\"x\"");
  EXPECT_TRUE(texts.IsNull(2) && texts.IsNull(3));
  const Column bytes = JsonGroupKeys(documents, path, {DataType::kInt8, false}).take();
  EXPECT_EQ(bytes.as<int8_t>()[0], 44);
  EXPECT_TRUE(bytes.IsNull(1) && bytes.IsNull(2));
  EXPECT_FALSE(JsonGroupKeys(documents, path, {DataType::kInt64, true}).ok());
}

}  // namespace
}  // namespace elanus::query
