#include "query/chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus::query {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Hit {
  int64_t key;
  float score;
  std::optional<int32_t> age;
};

HitLists Lists(const std::vector<std::vector<Hit>>& queries) {
  HitLists lists;
  lists.keys = Column(FieldId(100), DataType::kInt64);
  lists.output.emplace_back(FieldId(101), DataType::kInt32);
  for (const auto& query : queries) {
    lists.counts.push_back(static_cast<uint32_t>(query.size()));
    for (const Hit& hit : query) {
      lists.keys.Append(hit.key);
      lists.scores.push_back(hit.score);
      if (hit.age) {
        lists.output[0].Append(*hit.age);
      } else {
        lists.output[0].AppendNull();
      }
    }
  }
  return lists;
}

std::vector<int64_t> Keys(const HitLists& lists) {
  const int64_t* keys = lists.keys.as<int64_t>();
  return {keys, keys + lists.keys.rows()};
}

ChainOp Sum(std::vector<std::string> inputs, std::string output) {
  ChainOp op;
  op.inputs = std::move(inputs);
  op.output = std::move(output);
  op.expr.combine = ChainExpr::Combine::kSum;
  return op;
}

ChainOp Sort(std::string column, bool descending) {
  ChainOp op;
  op.kind = ChainOp::Kind::kSort;
  op.inputs = {std::move(column), "$id"};
  op.descending = descending;
  return op;
}

ChainOp Limit(size_t limit, size_t offset) {
  ChainOp op;
  op.kind = ChainOp::Kind::kLimit;
  op.limit = limit;
  op.offset = offset;
  return op;
}

HitLists Chained(std::vector<ChainOp> ops, const HitLists& hits) {
  auto result = RunChain({std::move(ops), {{"age", FieldId(101)}}}, hits, {0});
  EXPECT_TRUE(result.ok()) << result.status().message();
  return std::move(result).take();
}

TEST(Chain, WritesScoresAndPutsThemInOrderForEachQuery) {
  const HitLists hits = Lists({{{1, 0.5F, 10}, {2, 0.4F, 30}, {3, 0.3F, 20}}, {{4, 1.F, 1}}});
  const HitLists out = Chained({Sum({"$score", "age"}, "$score"), Sort("$score", true)}, hits);
  EXPECT_THAT(Keys(out), ElementsAre(2, 3, 1, 4));
  EXPECT_THAT(out.scores, ElementsAre(30.4F, 20.3F, 10.5F, 2.F));
  EXPECT_THAT(out.counts, ElementsAre(3, 1));
}

TEST(Chain, NullsAreLastWhateverTheOrderAndScoreNothing) {
  const HitLists hits = Lists({{{1, 1.F, {}}, {2, 2.F, 5}, {3, 3.F, 7}}});
  EXPECT_THAT(Keys(Chained({Sort("age", false)}, hits)), ElementsAre(2, 3, 1));
  EXPECT_THAT(Keys(Chained({Sort("age", true)}, hits)), ElementsAre(3, 2, 1));
  EXPECT_THAT(Chained({Sum({"$score", "age"}, "$score")}, hits).scores,
              ElementsAre(0.F, 7.F, 10.F));
}

TEST(Chain, LimitsEachQuery) {
  const HitLists hits = Lists({{{1, 3.F, 1}, {2, 2.F, 1}, {3, 1.F, 1}}, {{4, 1.F, 1}}});
  const HitLists out = Chained({Limit(1, 1)}, hits);
  EXPECT_THAT(out.counts, ElementsAre(1, 0));
  EXPECT_THAT(Keys(out), ElementsAre(2));
}

TEST(Chain, AColumnOfItsOwnIsReadByWhatFollowsAndLostByASelect) {
  const HitLists hits = Lists({{{1, 1.F, 2}}});
  EXPECT_THAT(Chained({Sum({"$score", "age"}, "t"), Sum({"t", "age"}, "$score")}, hits).scores,
              ElementsAre(5.F));
  ChainOp select;
  select.kind = ChainOp::Kind::kSelect;
  select.inputs = {"age"};
  const auto lost = RunChain(
      {{Sum({"$score", "age"}, "t"), select, Sum({"t", "age"}, "$score")}, {{"age", FieldId(101)}}},
      hits, {0});
  EXPECT_THAT(lost.status().message(), HasSubstr("column \"t\" not found"));
}

TEST(Chain, GroupsKeepTheirBestAndStandByTheirScore) {
  const HitLists hits =
      Lists({{{1, 5.F, 1}, {2, 4.F, 2}, {3, 3.F, 2}, {4, 2.F, 2}, {5, 1.F, {}}, {6, 1.F, {}}}});
  ChainOp groups;
  groups.kind = ChainOp::Kind::kGroupBy;
  groups.inputs = {"age"};
  groups.group_size = 2;
  groups.limit = 3;
  EXPECT_THAT(Keys(Chained({groups}, hits)), ElementsAre(1, 2, 3, 5, 6));
  groups.group_score = GroupScore::kSum;
  groups.limit = 1;
  EXPECT_THAT(Keys(Chained({groups}, hits)), ElementsAre(2, 3));
  groups.offset = 1;
  EXPECT_THAT(Keys(Chained({groups}, hits)), ElementsAre(1));
}

TEST(Chain, DecayAndRoundingAreFunctionsOfAColumn) {
  ChainOp decay;
  decay.inputs = {"age"};
  decay.output = "fresh";
  decay.expr.kind = ChainExpr::Kind::kDecay;
  decay.expr.decay = {DecayCurve::kLinear, 0, 10, 0, 0.5};
  ChainOp round;
  round.inputs = {"fresh"};
  round.output = "$score";
  round.expr.kind = ChainExpr::Kind::kRound;
  round.expr.decimals = 1;
  EXPECT_THAT(Chained({decay, round}, Lists({{{1, 0.F, 5}, {2, 0.F, 2}}})).scores,
              ElementsAre(0.8F, 0.9F));
  round.inputs = {"age"};
  EXPECT_FALSE(RunChain({{round}, {{"age", FieldId(101)}}}, Lists({{{1, 0.F, 5}}}), {0}).ok());
}

TEST(Chain, ScoresOfRowsAreChangedInPlace) {
  Column keys(FieldId(100), DataType::kInt64);
  Column ages(FieldId(101), DataType::kInt32);
  for (const int key : {1, 2}) {
    keys.Append(int64_t{key});
    ages.Append(int32_t{key * 10});
  }
  const auto scores =
      ChainScores({{Sum({"$score", "age", "$id"}, "$score")}, {{"age", FieldId(101)}}},
                  {-1.F, -2.F}, keys, {ages});
  ASSERT_TRUE(scores.ok());
  EXPECT_THAT(*scores, ElementsAre(10.F, 20.F));
}

}  // namespace
}  // namespace elanus::query
