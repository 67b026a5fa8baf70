#include "gateway/search_aggregation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus::gateway {
namespace {

using testing::HasSubstr;

Schema Shop(bool dynamic = false) {
  Schema schema;
  const std::pair<const char*, DataType> kFields[] = {
      {"id", DataType::kInt64},    {"brand", DataType::kVarChar}, {"color", DataType::kVarChar},
      {"price", DataType::kInt64}, {"rating", DataType::kDouble}, {"meta", DataType::kJson}};
  for (const auto& [name, type] : kFields) {
    Field& field = schema.fields.emplace_back();
    field.id = FieldId(static_cast<int64_t>(99 + schema.fields.size()));
    field.name = name;
    field.type = type;
  }
  schema.fields[0].primary = true;
  if (dynamic) {
    Field& field = schema.fields.emplace_back();
    field.id = FieldId(200);
    field.name = "$meta";
    field.type = DataType::kJson;
    field.dynamic = true;
    schema.enable_dynamic_field = true;
  }
  return schema;
}

AggregationSpec By(std::vector<std::string> fields, int64_t size = 1) {
  AggregationSpec spec;
  spec.fields = std::move(fields);
  spec.size = size;
  return spec;
}

AggregationSpec Within(AggregationSpec outer, AggregationSpec inner) {
  outer.sub = std::make_shared<AggregationSpec>(std::move(inner));
  return outer;
}

std::string ErrorOf(const AggregationSpec& spec, int64_t queries = 1, bool dynamic = false) {
  return PlanAggregation(Shop(dynamic), spec, queries, Limits()).status().message();
}

TEST(SearchAggregation, AsksForTheGroupsOfAllLevelsAndTheMostHitsOfOne) {
  AggregationSpec inner = By({"color"}, 3);
  inner.search_size = 5;
  inner.top_hits = AggregationSpec::TopHits{4, {{"rating", "asc", true}}};
  AggregationSpec outer = By({"brand"}, 2);
  outer.metrics = {{"cheapest", {"min", "price"}}, {"n", {"count", "*"}}, {"s", {"avg", "_score"}}};
  outer.order = {{"cheapest", "asc", false}, {"_key", "", false}};
  const auto plan = PlanAggregation(Shop(), Within(outer, inner), 1, Limits());
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->limit, 10);
  EXPECT_EQ(plan->groups.groups.size, 4u);
  EXPECT_TRUE(plan->groups.groups.strict);
  ASSERT_EQ(plan->groups.fields.size(), 2u);
  ASSERT_EQ(plan->extra.size(), 2u);  // price, rating
  const auto levels = plan->LevelsOver({10, 11, 12, 13});
  EXPECT_EQ(levels[0].keys, std::vector<size_t>{10});
  EXPECT_EQ(levels[0].metrics[0].column, 12u);
  EXPECT_FALSE(levels[0].order[0].descending);
  EXPECT_TRUE(levels[0].order[1].descending);
  EXPECT_EQ(levels[1].keys, std::vector<size_t>{11});
  EXPECT_EQ(levels[1].size, 3u);
  EXPECT_EQ(levels[1].top_hits->order[0].column, 13u);
}

TEST(SearchAggregation, BucketsAreByScalarsThatHaveEquality) {
  EXPECT_THAT(ErrorOf(By({})), HasSubstr("group_by level has no fields"));
  EXPECT_THAT(ErrorOf(By({"nothing"})), HasSubstr("field \"nothing\" not found in schema"));
  EXPECT_THAT(ErrorOf(By({"rating"})), HasSubstr("FLOAT / DOUBLE fields are not supported"));
  for (const char* name : {"meta", "meta[\"a\"]"}) {
    EXPECT_THAT(ErrorOf(By({name})), HasSubstr("JSON / dynamic fields are not yet supported"))
        << name;
  }
  EXPECT_THAT(ErrorOf(By({"nothing"}), 1, true),
              HasSubstr("JSON / dynamic fields are not yet supported"));
  EXPECT_THAT(ErrorOf(By({"brand", "brand"})), HasSubstr("in one level"));
  EXPECT_THAT(ErrorOf(Within(By({"brand"}), By({"brand"}))), HasSubstr("across levels"));
}

TEST(SearchAggregation, DepthAndNumbersAreLimited) {
  AggregationSpec deep = By({"price"});
  for (const char* field : {"id", "color", "brand"}) deep = Within(By({field}), deep);
  EXPECT_EQ(ErrorOf(deep), "");
  EXPECT_THAT(ErrorOf(Within(By({"rating"}), deep)), HasSubstr("nesting exceeds max 4 levels"));
  AggregationSpec inner = By({"color"}, 50);
  inner.top_hits = AggregationSpec::TopHits{4, {}};
  EXPECT_EQ(ErrorOf(Within(By({"brand"}, 50), inner)), "");
  EXPECT_THAT(ErrorOf(Within(By({"brand"}, 50), inner), 2), HasSubstr("entries is too large"));
  inner.search_size = 1;
  EXPECT_THAT(ErrorOf(inner), HasSubstr("search_size must be greater than or equal to size"));
  inner.size = inner.search_size = int64_t{1} << 40;
  AggregationSpec outer = By({"brand"}, int64_t{1} << 40);
  EXPECT_THAT(ErrorOf(Within(outer, inner)), HasSubstr("overflows"));
}

TEST(SearchAggregation, MetricsAndOrdersAreChecked) {
  const auto metric = [](std::string op, std::string field) {
    AggregationSpec spec = By({"brand"});
    spec.metrics = {{"m", {std::move(op), std::move(field)}}};
    return ErrorOf(spec);
  };
  EXPECT_EQ(metric("MAX", "brand"), "");
  EXPECT_THAT(metric("median", "price"), HasSubstr("unsupported metric op \"median\""));
  EXPECT_THAT(metric("sum", "*"), HasSubstr("only supports count op"));
  EXPECT_THAT(metric("sum", "brand"),
              HasSubstr("aggregation operator sum does not support data type VarChar"));
  EXPECT_THAT(metric("count", "meta"), HasSubstr("metric field \"meta\": JSON / dynamic fields"));
  AggregationSpec spec = By({"brand"});
  spec.order = {{"m", "desc", false}};
  EXPECT_THAT(ErrorOf(spec), HasSubstr("\"m\" is neither reserved key nor metric alias"));
  spec.order = {{"_count", "up", false}};
  EXPECT_THAT(ErrorOf(spec), HasSubstr("direction must be asc or desc"));
  spec.order.clear();
  spec.top_hits = AggregationSpec::TopHits{1, {{"meta[\"a\"]", "asc", false}}};
  EXPECT_THAT(ErrorOf(spec), HasSubstr("top_hits.sort JSON path is not yet supported"));
}

}  // namespace
}  // namespace elanus::gateway
