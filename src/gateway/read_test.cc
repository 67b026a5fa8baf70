// Search, HybridSearch and Query over rows written through the gateway.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/gateway_testing.h"

namespace elanus::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read : testing::Test, Bench {
  // Five rows; row i has the vector (i, 0, 0, 0) and the title "t<i>".
  void SetUp() override {
    CreateCollection request = Simple();
    request.fields.push_back(MakeField("title", DataType::kVarChar, {{"max_length", "9"}}));
    request.fields.push_back(MakeField("price", DataType::kDouble));
    request.fields.back().nullable = true;
    request.enable_dynamic_field = true;
    ASSERT_TRUE(gateway.Create(context, request).ok());
    ASSERT_TRUE(gateway
                    .CreateIndex("", "books", "vector", "",
                                 {{"index_type", "HNSW"},
                                  {"metric_type", "L2"},
                                  {"params", R"({"M": 8, "efConstruction": 20})"}})
                    .ok());
    ASSERT_TRUE(gateway.CreatePartition("", "books", "p").ok());
    ASSERT_TRUE(gateway.Load("", "books", {}, 1, {}, {}, false).ok());
    std::vector<float> vectors;
    for (int i = 1; i <= 5; ++i) vectors.insert(vectors.end(), {static_cast<float>(i), 0, 0, 0});
    const auto mutation = gateway.RunInsert(
        context, Rows({Longs("id", {1, 2, 3, 4, 5}), Vectors("vector", 4, vectors),
                       Strings("title", {"t1", "t2", "t3", "t4", "t5"})},
                      5));
    ASSERT_TRUE(mutation.ok()) << mutation.status().message();
  }

  static void SetQuery(const std::vector<float>& values, int64_t dim, Search* search) {
    search->queries.type = DataType::kFloatVector;
    search->queries.dim = dim;
    search->queries.count = values.size() / static_cast<size_t>(dim);
    search->queries.dense.assign(reinterpret_cast<const char*>(values.data()), values.size() * 4);
  }
  static Search Near(const std::vector<float>& values, Properties params = {{"topk", "3"}}) {
    Search search;
    search.collection = "books";
    search.params = std::move(params);
    SetQuery(values, 4, &search);
    return search;
  }
  static std::vector<int64_t> Ids(const SearchAnswer& answer) {
    return {answer.ids.as<int64_t>(), answer.ids.as<int64_t>() + answer.ids.rows()};
  }
};

TEST_F(Read, SearchReturnsTheNearestOfEachQuery) {
  const auto answer = gateway.RunSearch(context, Near({5, 0, 0, 0, 0, 0, 0, 0}));
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_THAT(answer->counts, ElementsAre(3, 3));
  EXPECT_THAT(Ids(*answer), ElementsAre(5, 4, 3, 1, 2, 3));
  EXPECT_FLOAT_EQ(answer->scores[1], 1);
  EXPECT_EQ(answer->primary_field, "id");
  EXPECT_EQ(answer->collection, "books");
  EXPECT_GT(answer->session_ts, 0u);
}

TEST_F(Read, OffsetAndRoundingAreTheGateways) {
  const auto answer = gateway.RunSearch(
      context, Near({4.46F, 0, 0, 0}, {{"topk", "2"}, {"offset", "1"}, {"round_decimal", "1"}}));
  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(Ids(*answer), ElementsAre(5, 3));
  EXPECT_FLOAT_EQ(answer->scores[0], 0.3F);
  EXPECT_EQ(shard("books").last_search.limit, 3u);
}

TEST_F(Read, OutputFieldsComeInOrderWithTheKeyLastWhenNamed) {
  Search search = Near({1, 0, 0, 0});
  search.output_fields = {"id", "title", "color"};
  auto answer = gateway.RunSearch(context, search);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_THAT(answer->output_fields, ElementsAre("title", "color", "id"));
  ASSERT_EQ(answer->columns.size(), 3u);
  EXPECT_EQ(answer->columns[0].column.String(0), "t1");
  EXPECT_TRUE(answer->columns[1].field.dynamic);
  EXPECT_EQ(answer->columns[2].field.name, "id");
  search.output_fields = {"title"};
  EXPECT_EQ(gateway.RunSearch(context, search)->columns.size(), 1u);
  search.output_fields = {"*"};
  EXPECT_EQ(gateway.RunSearch(context, search)->columns.size(), 5u);
}

TEST_F(Read, RangesArriveAsDistances) {
  ASSERT_TRUE(gateway
                  .RunSearch(context, Near({1, 0, 0, 0},
                                           {{"topk", "3"},
                                            {"params", R"({"radius": 10, "range_filter": 2})"}}))
                  .ok());
  const roles::SearchRequest& seen = shard("books").last_search;
  ASSERT_TRUE(seen.range.has_value());
  EXPECT_EQ(seen.range->lower, 2);
  EXPECT_EQ(seen.range->upper, 10);
  EXPECT_EQ(seen.index_type, "HNSW");
}

TEST_F(Read, SearchByIdsUsesTheirVectors) {
  Search search = Near({}, {{"topk", "1"}});
  search.queries = {};
  search.ids = Longs("", {4, 2}).payload;
  const auto answer = gateway.RunSearch(context, search);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_THAT(Ids(*answer), ElementsAre(4, 2));
  search.ids = Longs("", {9, 4, 8}).payload;
  EXPECT_THAT(gateway.RunSearch(context, search).status().message(),
              HasSubstr("missing IDs = [9 8]"));
  search.ids = Longs("", {4, 4}).payload;
  EXPECT_THAT(gateway.RunSearch(context, search).status().message(),
              HasSubstr("duplicate IDs found in search request"));
}

TEST_F(Read, AnIteratorReadsTheSnapshotOfItsFirstPage) {
  Search search = Near({1, 0, 0, 0}, {{"topk", "2"}, {"iterator", "True"}});
  const auto first = gateway.RunSearch(context, search);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(shard("books").last_search.at, first->session_ts);
  search.guarantee = 500;
  EXPECT_EQ(gateway.RunSearch(context, search)->session_ts, 500u);
}

struct BadSearch {
  std::string text;
  std::function<void(Search*)> spoil;
};

TEST_F(Read, SearchRefusesInMilvusWords) {
  const auto params = [](Properties more) {
    return [more](Search* s) {
      for (const auto& item : more) s->params.push_back(item);
    };
  };
  const std::vector<BadSearch> rows = {
      {"collection not found[database=default][collection=nope]",
       [](auto* s) { s->collection = "nope"; }},
      {"partition name q not found", [](auto* s) { s->partitions = {"q"}; }},
      {"aggregates are not supported in search request",
       [](auto* s) { s->output_fields = {"count(*)"}; }},
      {"nq [16385] is invalid, nq (number of search vector per search request) should be in range "
       "[1, 16384], but got 16385",
       [](auto* s) { s->nq = 16385; }},
      {"nq [0] is invalid", [](auto* s) { s->queries = {}; }},
      {"parse ignore growing field failed", params({{"ignore_growing", "maybe"}})},
      {"topk is required: missing parameter", [](auto* s) { s->params.clear(); }},
      {"topk [x] is invalid", params({{"topk", "x"}})},
      {"topk [0] is invalid, it should be in range [1, 16384], but got 0", params({{"topk", "0"}})},
      {"topk [16385] is invalid, it should be in range [1, 16384], but got 16385",
       params({{"topk", "16385"}})},
      {"offset [-1] is invalid, it should be in range [1, 16384], but got -1",
       params({{"offset", "-1"}})},
      {"offset+topk [16387] is invalid, it should be in range [1, 16384], but got 16387",
       params({{"offset", "16384"}})},
      {"round_decimal [7] is invalid, should be -1 or an integer in range [0, 6]",
       params({{"round_decimal", "7"}})},
      {"input group size:11 exceeds configured max group size:10",
       params({{"group_by_field", "title"}, {"group_size", "11"}})},
      {"input group size:-1 is negative",
       params({{"group_by_field", "title"}, {"group_size", "-1"}})},
      {"Not allowed to do groupBy when doing iteration",
       params({{"group_by_field", "title"}, {"iterator", "True"}})},
      {"Not allowed to do range-search when doing search-group-by",
       params({{"group_by_field", "title"}, {"params", R"({"radius": 1})"}})},
      {"unsupported data type VECTOR_FLOAT for group by operator",
       params({{"group_by_field", "vector"}})},
      {"cannot parse identifier: a,b", params({{"group_by_field", "a,b"}})},
      {"order_by_fields is not supported with multi-field group_by_fields",
       params({{"group_by_fields", "title,price"}, {"order_by_fields", "price"}})},
      {"order_by is not supported when using search iterator",
       params({{"order_by_fields", "price"}, {"iterator", "True"}})},
      {"order_by field 'vector' has unsortable type FloatVector; supported types: bool",
       params({{"order_by_fields", "vector"}})},
      {"invalid order direction 'up' for field 'price', expected 'asc' or 'desc'",
       params({{"order_by_fields", "price:up"}})},
      {"invalid null ordering 'x', expected 'nulls_first' or 'nulls_last'",
       params({{"order_by_fields", "price:asc:x"}})},
      {"too many order_by field options in 'price:asc:nulls_last:x'",
       params({{"order_by_fields", "price:asc:nulls_last:x"}})},
      {"range_filter requires radius to be set", params({{"params", R"({"range_filter": 1})"}})},
      {"range_filter(10) must be less than radius(2)",
       params({{"params", R"({"radius": 2, "range_filter": 10})"}})},
      {"metric type not match: invalid parameter[expected=L2][actual=IP]",
       params({{"metric_type", "IP"}})},
      {"metric type not match: invalid parameter[expected=L2][actual=nope]",
       params({{"metric_type", "nope"}})},
      {"type must be number, but is string", params({{"params", R"({"radius": "far"})"}})},
      {"type must be number, but is array",
       params({{"params", R"({"radius": 2, "range_filter": [1]})"}})},
      {"Operator::GetOutput failed: ef(1) should be larger than k(3)",
       params({{"params", R"({"ef": 1})"}})},
      {"failed to get field schema by name: fieldName(nope) not found",
       params({{"anns_field", "nope"}})},
      {"field (title) to search is not of vector data type", params({{"anns_field", "title"}})},
      {"failed to create query plan: cannot parse expression: id ==",
       [](auto* s) { s->filter = "id =="; }},
      {"vector dimension mismatch, expected vector size(byte) 16, actual 8",
       [](auto* s) { SetQuery({1, 2}, 2, s); }},
      {"vector type must be the same, field vector - type FloatVector, search info type "
       "BinaryVector",
       [](auto* s) { s->queries.type = DataType::kBinaryVector; }},
      {"both iterator and search_iter_v2 must be set in the SDK",
       params({{"search_iter_v2", "True"}})},
      {"batch size is required", params({{"search_iter_v2", "True"}, {"iterator", "True"}})},
      {"alias or database may have been changed", params({{"collection_id", "99999"}})},
      {"unknown or invalid IANA Time Zone ID: x/y", params({{"timezone", "x/y"}})},
  };
  for (const BadSearch& row : rows) {
    Search search = Near({1, 0, 0, 0});
    row.spoil(&search);
    const auto answer = gateway.RunSearch(context, search);
    ASSERT_FALSE(answer.ok()) << row.text;
    EXPECT_THAT(answer.status().message(), HasSubstr(row.text));
  }
}

TEST_F(Read, NothingIsReadFromACollectionThatIsNotLoaded) {
  ASSERT_TRUE(gateway.Release("", "books", {}, false).ok());
  const auto answer = gateway.RunSearch(context, Near({1, 0, 0, 0}));
  EXPECT_EQ(answer.status().code(), Code::kCollectionNotLoaded);
  EXPECT_THAT(answer.status().message(), HasSubstr("collection not loaded[collection="));
  Query query;
  query.collection = "books";
  query.params = {{"limit", "1"}};
  EXPECT_EQ(gateway.RunQuery(context, query).status().code(), Code::kCollectionNotLoaded);
}

TEST_F(Read, ReadsKeepToLoadedPartitions) {
  ASSERT_TRUE(gateway.Release("", "books", {"p"}, true).ok());
  Search search = Near({1, 0, 0, 0});
  ASSERT_TRUE(gateway.RunSearch(context, search).ok());
  EXPECT_EQ(shard("books").last_search.partitions.size(), 1u);
  search.queries = {};
  search.ids = Longs("", {4}).payload;
  ASSERT_TRUE(gateway.RunSearch(context, search).ok());
  EXPECT_EQ(shard("books").last_query.partitions.size(), 1u) << "of the rows that ids name";
  search.partitions = {"p"};
  EXPECT_EQ(gateway.RunSearch(context, search).status().code(), Code::kPartitionNotLoaded);
}

TEST_F(Read, HybridSearchFusesByRank) {
  HybridSearch request;
  request.collection = "books";
  request.searches = {Near({1, 0, 0, 0}, {{"topk", "2"}}), Near({2, 0, 0, 0}, {{"topk", "2"}})};
  request.rank_params = {{"strategy", "rrf"}, {"params", R"({"k": 60})"}, {"limit", "2"}};
  request.output_fields = {"title"};
  const auto answer = gateway.RunHybridSearch(context, request);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_THAT(Ids(*answer), ElementsAre(1, 2));
  EXPECT_FLOAT_EQ(answer->scores[0], 1.0F / 61 + 1.0F / 62);
  EXPECT_EQ(answer->columns[0].column.String(1), "t2");
}

TEST_F(Read, HybridSearchWeighsNormalizedScores) {
  HybridSearch request;
  request.collection = "books";
  request.searches = {Near({1, 0, 0, 0}, {{"topk", "5"}}), Near({5, 0, 0, 0}, {{"topk", "5"}})};
  request.rank_params = {{"strategy", "weighted"},
                         {"params", R"({"weights": [0.1, 0.9], "norm_score": true})"},
                         {"limit", "1"}};
  EXPECT_THAT(Ids(*gateway.RunHybridSearch(context, request)), ElementsAre(5));
}

TEST_F(Read, HybridSearchRefusesInMilvusWords) {
  const auto text = [this](Properties rank, int64_t nq = 0) {
    HybridSearch request;
    request.collection = "books";
    request.searches = {Near({1, 0, 0, 0}), Near({2, 0, 0, 0})};
    request.searches[1].nq = nq;
    request.rank_params = std::move(rank);
    return gateway.RunHybridSearch(context, request).status().message();
  };
  EXPECT_THAT(text({}), HasSubstr("limit not found in rank_params"));
  EXPECT_THAT(text({{"limit", "16385"}}),
              HasSubstr("(offset+limit) should be in range [1, 16384], but got 16385"));
  EXPECT_THAT(
      text({{"limit", "1"}}, 2),
      HasSubstr(
          "sub search request nq should be the same: invalid parameter[expected=1][actual=2]"));
  EXPECT_THAT(text({{"limit", "1"}, {"params", R"({"k": 0})"}}),
              HasSubstr("The rank params k should be in range (0, 16384)"));
  EXPECT_THAT(text({{"limit", "1"}, {"params", R"({"k": "x"})"}}),
              HasSubstr("the type of rank param k should be float"));
  EXPECT_THAT(text({{"limit", "1"}, {"strategy", "best"}}),
              HasSubstr("unsupported rank type best"));
  EXPECT_THAT(text({{"limit", "1"}, {"strategy", "weighted"}, {"params", R"({"weights": [1]})"}}),
              HasSubstr("the length of weights param mismatch with ann search requests"));
  EXPECT_THAT(
      text({{"limit", "1"}, {"strategy", "weighted"}, {"params", R"({"weights": [1, 2]})"}}),
      HasSubstr("rank param weight should be in range [0, 1]"));
  EXPECT_THAT(text({{"limit", "1"}, {"order_by_fields", "price"}}),
              HasSubstr("order_by is not supported for hybrid search"));
}

TEST_F(Read, QueryReturnsNamedFieldsAndAlwaysTheKey) {
  Query query;
  query.collection = "books";
  query.filter = "id in [2, 4]";
  query.output_fields = {"title"};
  const auto answer = gateway.RunQuery(context, query);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  ASSERT_EQ(answer->columns.size(), 2u);
  EXPECT_EQ(answer->columns[0].column.String(1), "t4");
  EXPECT_EQ(answer->columns[1].column.as<int64_t>()[0], 2);
  EXPECT_THAT(answer->output_fields, ElementsAre("title"));
  query.filter = "id in [77]";
  EXPECT_EQ(gateway.RunQuery(context, query)->columns[0].column.type(), DataType::kVarChar);
}

TEST_F(Read, QueryCounts) {
  Query query;
  query.collection = "books";
  query.output_fields = {"count(*)"};
  const auto answer = gateway.RunQuery(context, query);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(answer->count, 5);
}

TEST_F(Read, QueryRefusesInMilvusWords) {
  const auto text = [this](Properties params, std::vector<std::string> fields = {},
                           const std::string& filter = "") {
    Query query;
    query.collection = "books";
    query.params = std::move(params);
    query.output_fields = std::move(fields);
    query.filter = filter;
    return gateway.RunQuery(context, query).status().message();
  };
  EXPECT_THAT(text({}), HasSubstr("empty expression should be used with limit"));
  EXPECT_THAT(text({{"limit", "x"}}), HasSubstr("limit [x] is invalid"));
  EXPECT_THAT(text({{"limit", "16385"}}),
              HasSubstr("invalid max query result window, (offset+limit) should be in range [1, "
                        "16384], but got 16385"));
  EXPECT_THAT(text({{"limit", "1"}, {"offset", "-1"}}),
              HasSubstr("offset [-1] is invalid, should be gte than 0"));
  EXPECT_THAT(text({{"limit", "0"}}), HasSubstr("limit [0] is invalid, should be greater than 0"));
  EXPECT_THAT(text({{"limit", "1"}}, {"count(*)"}),
              HasSubstr("count entities with pagination is not allowed"));
  EXPECT_THAT(text({{"limit", "1"}}, {"a-b"}), HasSubstr("parse output field name failed: a-b"));
  EXPECT_THAT(text({{"limit", "1"}}, {"sum(title)"}),
              HasSubstr("aggregation operator sum does not support data type VarChar"));
  EXPECT_THAT(text({}, {"sum(price)", "id"}),
              HasSubstr("output field 'id' is not allowed: when using aggregation functions"));
  EXPECT_THAT(text({{"group_by_fields", "vector"}}),
              HasSubstr("group by field vector has unsupported data type FloatVector"));
  EXPECT_THAT(text({{"order_by_fields", "title"}}), HasSubstr("ORDER BY requires explicit limit"));
  EXPECT_THAT(text({{"limit", "1"}, {"collection_id", "99999"}}),
              HasSubstr("alias or database may have changed"));
  EXPECT_THAT(text({{"limit", "1"}}, {}, "id =="),
              HasSubstr("failed to create query plan: cannot parse expression: id =="));
  EXPECT_THAT(text({{"iterator", "perhaps"}}), HasSubstr("value for iterator field is invalid"));
}

}  // namespace
}  // namespace elanus::gateway
