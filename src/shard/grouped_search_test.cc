#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

#include "shard/shard_testing.h"

namespace elanus::shard {
namespace {

class GroupedSearch : public HostFixture {
 protected:
  roles::SearchRequest Request(float x, size_t limit, size_t size, bool strict) {
    return NearestByAge(collection_, "FLAT", {x, 0, 0, 1}, limit, size, strict);
  }

  // "group: ids" for each group, in the order they are met.
  std::vector<std::pair<int32_t, std::vector<int64_t>>> Groups(const roles::SearchResult& result) {
    std::vector<std::pair<int32_t, std::vector<int64_t>>> groups;
    for (size_t i = 0; i < result.keys.rows(); ++i) {
      const int32_t group = result.groups[0].as<int32_t>()[i];
      auto at = std::find_if(groups.begin(), groups.end(),
                             [&](const auto& one) { return one.first == group; });
      if (at == groups.end()) at = groups.insert(at, {group, {}});
      at->second.push_back(result.keys.as<int64_t>()[i]);
    }
    return groups;
  }
};

TEST_F(GroupedSearch, FindsTheNearestGroupsHoweverRowsAreSpread) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  // Near the query one group has nearly all rows, so the first answers of a segment hold few
  // groups.
  std::vector<TestRow> rows;
  for (int64_t id = 0; id < 6000; ++id) {
    const bool common = id < 4000 ? random() % 400 != 0 : random() % 2 == 0;
    rows.push_back({id, common ? 0 : static_cast<int32_t>(1 + random() % 9)});
  }
  std::shuffle(rows.begin(), rows.end(), random);
  for (size_t begin = 0; begin < rows.size(); begin += 1500) {
    const auto first = rows.begin() + static_cast<ptrdiff_t>(begin);
    ASSERT_TRUE(Insert({first, first + 1500}).ok());
    if (begin == 1500) Flush();
  }
  const auto distance = [](const TestRow& row) {
    return static_cast<double>(row.id) * static_cast<double>(row.id) +
           static_cast<double>(row.age) * row.age;
  };
  std::sort(rows.begin(), rows.end(),
            [&](const TestRow& a, const TestRow& b) { return distance(a) < distance(b); });

  for (const size_t limit : {1U, 3U, 10U, 20U}) {
    for (const size_t size : {1U, 4U}) {
      std::vector<std::pair<int32_t, std::vector<int64_t>>> expected;
      for (const TestRow& row : rows) {
        auto at = std::find_if(expected.begin(), expected.end(),
                               [&](const auto& one) { return one.first == row.age; });
        if (at == expected.end() && expected.size() == limit) continue;
        if (at == expected.end()) at = expected.insert(at, {row.age, {}});
        if (at->second.size() < size) at->second.push_back(row.id);
      }
      const auto strict = shard_->Search(Context(), Request(0, limit, size, true));
      ASSERT_TRUE(strict.ok()) << strict.status().message();
      EXPECT_EQ(Groups(*strict), expected) << limit << " " << size;
      EXPECT_TRUE(std::is_sorted(strict->scores.begin(), strict->scores.end()));

      const auto loose = shard_->Search(Context(), Request(0, limit, size, false));
      ASSERT_TRUE(loose.ok());
      const auto groups = Groups(*loose);
      ASSERT_EQ(groups.size(), expected.size());
      for (size_t i = 0; i < groups.size(); ++i) {
        EXPECT_EQ(groups[i].first, expected[i].first);
        const auto& ids = groups[i].second;
        ASSERT_LE(ids.size(), expected[i].second.size());
        EXPECT_TRUE(std::equal(ids.begin(), ids.end(), expected[i].second.begin()));
      }
    }
  }
}

TEST_F(GroupedSearch, EveryQueryHasGroupsOfItsOwn) {
  ASSERT_TRUE(Insert({{1, 5}, {2, 5}, {10, 6}, {11, 7}}).ok());
  roles::SearchRequest request = Request(0, 1, 2, true);
  const float queries[8] = {0, 0, 0, 1, 12, 0, 0, 1};
  request.queries.count = 2;
  request.queries.dense.assign(reinterpret_cast<const char*>(queries), sizeof queries);
  const auto result = shard_->Search(Context(), request);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->counts, (std::vector<uint32_t>{2, 1}));
  EXPECT_EQ(result->keys.as<int64_t>()[0], 1);
  EXPECT_EQ(result->keys.as<int64_t>()[1], 2);
  EXPECT_EQ(result->keys.as<int64_t>()[2], 10);
}

TEST_F(GroupedSearch, AKeyInSeveralPartitionsIsOneHit) {
  ASSERT_TRUE(Insert({{1, 5}, {2, 5}}).ok());
  ASSERT_TRUE(Insert({{1, 6}}, kOld).ok());
  const auto result = shard_->Search(Context(), Request(0, 9, 9, true));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->keys.rows(), 2u);
}

TEST_F(GroupedSearch, BoostsChangeWhatIsNearest) {
  ASSERT_TRUE(Insert({{1, 0}, {2, 0}, {3, 0}}).ok());
  Flush();
  ASSERT_TRUE(Insert({{4, 0}}).ok());
  roles::SearchRequest request = Request(0, 3, 1, false);
  request.groups.reset();
  roles::Boost boost;
  boost.filter = expr::Compile("id in [3, 4]", collection_->schema, {}).take();
  boost.weight = 0.01F;
  request.boosts.all = {boost};
  auto result = shard_->Search(Context(), request);
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->keys.rows(), 3u);
  EXPECT_EQ(result->keys.as<int64_t>()[0], 3);
  EXPECT_FLOAT_EQ(result->scores[0], 0.09F);
  EXPECT_EQ(result->keys.as<int64_t>()[1], 4);
  EXPECT_EQ(result->keys.as<int64_t>()[2], 1);

  // The same seed and values give the same numbers, in [0, 1).
  boost.filter = nullptr;
  boost.weight = 1;
  boost.random = roles::Boost::Random{42, kId};
  request.boosts.all = {boost};
  request.boosts.add = true;
  const auto once = shard_->Search(Context(), request);
  Flush();
  const auto again = shard_->Search(Context(), request);
  ASSERT_TRUE(once.ok() && again.ok());
  EXPECT_EQ(once->scores, again->scores);
  std::set<float> parts;
  for (size_t i = 0; i < 3; ++i) {
    const auto id = static_cast<float>(once->keys.as<int64_t>()[i]);
    const float random = id * id - once->scores[i];  // a distance is a negative score
    EXPECT_GE(random, 0);
    EXPECT_LT(random, 1);
    parts.insert(random);
  }
  EXPECT_EQ(parts.size(), 3u);
}

}  // namespace
}  // namespace elanus::shard
