#include "query/buckets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus::query {
namespace {

using testing::ElementsAre;

struct Hit {
  float score;
  std::string brand;  // empty: null
  int64_t price;      // 0: null
};

// Output columns: 0 the brand, 1 the price.
HitLists Lists(const std::vector<std::vector<Hit>>& queries) {
  HitLists lists;
  lists.keys = Column(FieldId(100), DataType::kInt64);
  lists.output.emplace_back(FieldId(101), DataType::kVarChar);
  lists.output.emplace_back(FieldId(102), DataType::kInt64);
  int64_t key = 0;
  for (const auto& query : queries) {
    lists.counts.push_back(static_cast<uint32_t>(query.size()));
    for (const Hit& hit : query) {
      lists.keys.Append(key++);
      lists.scores.push_back(hit.score);
      if (hit.brand.empty()) {
        lists.output[0].AppendNull();
      } else {
        lists.output[0].AppendString(hit.brand);
      }
      if (hit.price == 0) {
        lists.output[1].AppendNull();
      } else {
        lists.output[1].Append(hit.price);
      }
    }
  }
  return lists;
}

std::vector<std::string> Brands(const std::vector<Bucket>& buckets) {
  std::vector<std::string> brands;
  for (const Bucket& bucket : buckets)
    brands.push_back(bucket.key[0].is_null() ? "-" : bucket.key[0].as_string());
  return brands;
}

BucketLevel ByBrand(size_t size) {
  BucketLevel level;
  level.keys = {0};
  level.size = size;
  return level;
}

const std::vector<Hit> kHits = {{1.F, "b", 5}, {2.F, "a", 7}, {3.F, "", 1},
                                {4.F, "b", 0}, {5.F, "a", 3}, {6.F, "b", 9}};

TEST(Buckets, StandByTheirNearestHitForEachQuery) {
  const auto queries = BucketsOf(Lists({kHits, {}, {{1.F, "c", 1}}}), {ByBrand(2)});
  ASSERT_EQ(queries.size(), 3u);
  EXPECT_THAT(Brands(queries[0]), ElementsAre("b", "a"));
  EXPECT_EQ(queries[0][0].count, 3);
  EXPECT_TRUE(queries[1].empty());
  EXPECT_THAT(Brands(queries[2]), ElementsAre("c"));
}

TEST(Buckets, NullsAreABucketAndTakeNoPartInMetrics) {
  BucketLevel level = ByBrand(9);
  using Op = BucketMetric::Op;
  using Of = BucketMetric::Of;
  level.metrics = {{Op::kCount, Of::kHit, 0},  {Op::kCount, Of::kColumn, 1},
                   {Op::kSum, Of::kColumn, 1}, {Op::kMin, Of::kColumn, 1},
                   {Op::kMax, Of::kColumn, 1}, {Op::kAverage, Of::kColumn, 1},
                   {Op::kMax, Of::kScore, 0}};
  const auto buckets = BucketsOf(Lists({kHits}), {level})[0];
  EXPECT_THAT(Brands(buckets), ElementsAre("b", "a", "-"));
  EXPECT_EQ(buckets[0].metrics, (std::vector<Value>{int64_t{3}, int64_t{2}, int64_t{14}, int64_t{5},
                                                    int64_t{9}, 7.0, 6.0}));
  const auto none = BucketsOf(Lists({{{1.F, "x", 0}}}), {level})[0];
  EXPECT_EQ(none[0].metrics, (std::vector<Value>{int64_t{1}, int64_t{0}, {}, {}, {}, {}, 1.0}));
}

TEST(Buckets, AreOrderedByKeyCountOrMetric) {
  BucketLevel level = ByBrand(9);
  level.order = {{BucketOrder::By::kKey, 0, true}};
  EXPECT_THAT(Brands(BucketsOf(Lists({kHits}), {level})[0]), ElementsAre("b", "a", "-"));
  level.order = {{BucketOrder::By::kCount, 0, false}};
  EXPECT_THAT(Brands(BucketsOf(Lists({kHits}), {level})[0]), ElementsAre("-", "a", "b"));
  level.metrics = {{BucketMetric::Op::kMin, BucketMetric::Of::kColumn, 1}};
  level.order = {{BucketOrder::By::kMetric, 0, false}};
  EXPECT_THAT(Brands(BucketsOf(Lists({kHits}), {level})[0]), ElementsAre("-", "a", "b"));
}

TEST(Buckets, HaveHitsOfTheirOwnAndBucketsWithin) {
  BucketLevel level = ByBrand(1);
  level.top_hits = BucketLevel::TopHits{2, {{1, true, false}}};
  BucketLevel inner;
  inner.keys = {1};
  inner.size = 5;
  inner.top_hits = BucketLevel::TopHits{1, {}};
  const auto buckets = BucketsOf(Lists({kHits}), {level, inner})[0];
  ASSERT_EQ(buckets.size(), 1u);
  EXPECT_THAT(buckets[0].hits, ElementsAre(5, 0));
  ASSERT_EQ(buckets[0].buckets.size(), 3u);
  EXPECT_EQ(buckets[0].buckets[1].key[0], Value());
  EXPECT_THAT(buckets[0].buckets[1].hits, ElementsAre(3));
  level.top_hits->order = {{1, false, true}};
  EXPECT_THAT(BucketsOf(Lists({kHits}), {level})[0][0].hits, ElementsAre(3, 0));
  level.top_hits->order = {{std::nullopt, true, false}};
  EXPECT_THAT(BucketsOf(Lists({kHits}), {level})[0][0].hits, ElementsAre(5, 3));
}

}  // namespace
}  // namespace elanus::query
