// Queries in an order of columns, in groups, and by key, beside a model of all rows.
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <tuple>

#include "shard/shard_testing.h"

namespace elanus::shard {
namespace {

class Query : public HostFixture {
 protected:
  // Rows in several sealed segments and a growing one; some are deleted, some replaced.
  void Fill(std::mt19937* random, int64_t count, int32_t ages) {
    for (int64_t first = 0; first < count; first += 2500) {
      std::vector<TestRow> rows;
      for (int64_t id = first; id < std::min(count, first + 2500); ++id)
        rows.push_back({id * 7919 % count, static_cast<int32_t>((*random)() % ages)});
      ASSERT_TRUE(Insert(rows).ok());
      for (const TestRow& row : rows) ages_[row.id] = row.age;
      if (first % 5000 == 0) Flush();
    }
    std::vector<int64_t> dead;
    for (int i = 0; i < 500; ++i) dead.push_back(static_cast<int64_t>((*random)()) % count);
    ASSERT_TRUE(Delete(dead).ok());
    for (const int64_t id : dead) ages_.erase(id);
  }

  roles::QueryRequest Request(const std::string& filter = "") {
    roles::QueryRequest request;
    request.collection = collection_;
    request.partitions = {kDefault};
    if (!filter.empty()) request.filter = expr::Compile(filter, collection_->schema, {}).take();
    request.output = {kId, kAge};
    return request;
  }
  std::vector<std::pair<int64_t, int32_t>> Ask(const roles::QueryRequest& request) {
    auto result = shard_->Query(Context(), request);
    EXPECT_TRUE(result.ok()) << result.status().message();
    std::vector<std::pair<int64_t, int32_t>> rows;
    if (!result.ok()) return rows;
    for (size_t row = 0; row < result->rows.rows; ++row)
      rows.emplace_back(result->rows.columns[0].as<int64_t>()[row],
                        result->rows.columns[1].as<int32_t>()[row]);
    return rows;
  }

  std::map<int64_t, int32_t> ages_;
};

TEST_F(Query, InAnOrderGivesTheFirstOfAllRows) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (const int32_t ages : {3, 1'000'000}) {
    ages_.clear();
    ASSERT_TRUE(DeleteWhere("id >= 0").ok());
    Fill(&random, 30'000, ages);
    for (const bool ascending : {true, false}) {
      std::vector<std::pair<int64_t, int32_t>> want(ages_.begin(), ages_.end());
      std::stable_sort(want.begin(), want.end(), [&](const auto& a, const auto& b) {
        return ascending ? a.second < b.second : a.second > b.second;
      });
      for (const size_t limit : {1U, 100U, 9000U}) {
        roles::QueryRequest request = Request();
        request.order = {{kAge, ascending}};
        request.limit = static_cast<int64_t>(limit);
        request.offset = 5;
        EXPECT_EQ(Ask(request),
                  std::vector(want.begin() + 5, want.begin() + 5 + static_cast<ptrdiff_t>(limit)));
        request.partitions = {};  // the same, though keys might repeat
        EXPECT_EQ(Ask(request),
                  std::vector(want.begin() + 5, want.begin() + 5 + static_cast<ptrdiff_t>(limit)));
      }
    }
  }
}

TEST_F(Query, InGroupsCountsEveryLiveRowOnce) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Fill(&random, 12'000, 50);
  for (const bool filtered : {false, true}) {
    std::map<int32_t, std::tuple<int64_t, int64_t, int64_t>> want;  // count, sum, largest id
    for (const auto& [id, age] : ages_) {
      if (filtered && (id % 3 != 0 || age > 40)) continue;
      auto& [count, sum, largest] = want.try_emplace(age, 0, 0, -1).first->second;
      ++count;
      sum += id;
      largest = std::max(largest, id);
    }
    roles::QueryRequest request = Request(filtered ? "id % 3 == 0 and age <= 40" : "");
    request.groups = roles::QueryRequest::Groups{};
    request.groups->keys = {{kAge, DataType::kInt32}};
    request.groups->aggregates = {{query::AggregateOp::kCount, {}, DataType::kNone},
                                  {query::AggregateOp::kSum, kId, DataType::kInt64},
                                  {query::AggregateOp::kMax, kId, DataType::kInt64}};
    request.groups->max = 1000;
    const auto result = shard_->Query(Context(), request);
    ASSERT_TRUE(result.ok()) << result.status().message();
    ASSERT_EQ(result->rows.rows, want.size());
    const std::vector<Column>& columns = result->rows.columns;
    for (size_t group = 0; group < want.size(); ++group) {
      const auto& [count, sum, largest] = want.at(columns[0].as<int32_t>()[group]);
      EXPECT_EQ(columns[1].as<int64_t>()[group], count);
      EXPECT_EQ(columns[2].as<int64_t>()[group], sum);
      EXPECT_EQ(columns[3].as<int64_t>()[group], largest);
    }
  }
}

TEST_F(Query, ByKeyGivesWhatIsThereAtThatMoment) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Fill(&random, 12'000, 50);
  std::string list;
  std::vector<std::pair<int64_t, int32_t>> want;
  for (int64_t id = 0; id < 14'000; id += 1 + static_cast<int64_t>(random() % 40)) {
    list += (list.empty() ? "" : ", ") + std::to_string(id);
    if (const auto found = ages_.find(id); found != ages_.end()) want.push_back(*found);
  }
  EXPECT_EQ(Ask(Request("id in [" + list + "]")), want);
  EXPECT_EQ(Ask(Request("id in [" + list + "] and age < 1000")), want);

  roles::QueryRequest before = Request("id in [" + list + "]");
  before.at = oracle_.Now();
  ASSERT_TRUE(DeleteWhere("id in [" + list + "]").ok());
  ASSERT_TRUE(Insert({{want[0].first, 77}}).ok());
  Flush();
  EXPECT_EQ(Ask(before), want);
  EXPECT_EQ(Ask(Request("id in [" + list + "]")),
            (std::vector<std::pair<int64_t, int32_t>>{{want[0].first, 77}}));
  roles::QueryRequest elsewhere = Request("id in [" + list + "]");
  elsewhere.partitions = {kOld};
  EXPECT_TRUE(Ask(elsewhere).empty());
}

}  // namespace
}  // namespace elanus::shard
