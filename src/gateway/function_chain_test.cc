#include "gateway/function_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus::gateway {
namespace {

using testing::HasSubstr;

constexpr int kL0 = 3, kL1 = 4, kL2 = 5, kPostProcess = 6;

Schema Books() {
  Schema schema;
  const std::pair<const char*, DataType> kFields[] = {{"id", DataType::kInt64},
                                                      {"age", DataType::kInt32},
                                                      {"title", DataType::kVarChar},
                                                      {"js", DataType::kJson},
                                                      {"vector", DataType::kFloatVector}};
  for (const auto& [name, type] : kFields) {
    Field& field = schema.fields.emplace_back();
    field.id = FieldId(static_cast<int64_t>(99 + schema.fields.size()));
    field.name = name;
    field.type = type;
  }
  schema.fields[0].primary = true;
  return schema;
}

FunctionChain::Op Map(std::string output, std::string function, std::vector<std::string> columns,
                      ChainParams params = {}) {
  FunctionChain::Op op;
  op.name = "map";
  op.outputs = {std::move(output)};
  op.expr.emplace();
  op.expr->name = std::move(function);
  for (std::string& column : columns) op.expr->args.emplace_back(std::move(column));
  op.expr->params = std::move(params);
  return op;
}

FunctionChain::Op Op(std::string name, std::vector<std::string> inputs, ChainParams params) {
  FunctionChain::Op op;
  op.name = std::move(name);
  op.inputs = std::move(inputs);
  op.params = std::move(params);
  return op;
}

std::string ErrorOf(std::vector<FunctionChain::Op> ops, int stage = kL2) {
  return ParseChains(Books(), {{stage, std::move(ops)}}).status().message();
}

TEST(FunctionChain, ReadsFieldsThatNothingBeforeItWrote) {
  const auto parsed = ParseChains(
      Books(), {{kL2,
                 {Map("t", "num_combine", {"$score", "age"}, {{"mode", "sum"}}),
                  Map("$score", "num_combine", {"t", "age"}, {{"mode", "max"}}),
                  Op("sort", {"$score"}, {{"desc", true}}), Op("limit", {}, {{"limit", 2.0}})}}});
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_FALSE(parsed->l0.has_value());
  ASSERT_TRUE(parsed->l2.has_value());
  ASSERT_EQ(parsed->l2->inputs.size(), 1u);
  EXPECT_EQ(parsed->l2->inputs[0].first, "age");
  ASSERT_EQ(parsed->l2->ops.size(), 4u);
  EXPECT_TRUE(parsed->l2->ops[2].descending);
  EXPECT_EQ(parsed->l2->ops[2].inputs, (std::vector<std::string>{"$score", "$id"}));
  EXPECT_EQ(parsed->l2->ops[3].limit, 2u);
}

TEST(FunctionChain, AStageComesOnceAndIsOneOfASearch) {
  const FunctionChain::Op op = Map("$score", "num_combine", {"$score", "age"});
  const auto error = [&](std::vector<FunctionChain> chains) {
    return ParseChains(Books(), chains).status().message();
  };
  EXPECT_EQ(error({{kL0, {op}}, {kL2, {op}}}), "");
  EXPECT_THAT(error({{kL2, {op}}, {kL2, {op}}}), HasSubstr("appears more than once"));
  EXPECT_THAT(error({{kL1, {op}}}), HasSubstr("FunctionChainStageL1Rerank is not supported yet"));
  EXPECT_THAT(error({{kPostProcess, {op}}}), HasSubstr("is not supported in search request"));
  EXPECT_THAT(error({{kL2, {}}}), HasSubstr("function chain[0]: must contain at least one op"));
}

TEST(FunctionChain, SystemColumnsAreGuarded) {
  EXPECT_THAT(ErrorOf({Map("$id", "num_combine", {"$score", "age"})}),
              HasSubstr("system output \"$id\" is not writable by L2"));
  EXPECT_THAT(ErrorOf({Map("$id", "num_combine", {"$score", "age"})}, kL0),
              HasSubstr("system output \"$id\" is not writable by L0"));
  EXPECT_THAT(ErrorOf({Map("$score", "num_combine", {"$seg_offset", "age"})}),
              HasSubstr("system input \"$seg_offset\" is not supported"));
  EXPECT_THAT(ErrorOf({Map("$score", "num_combine", {"$seg_offset", "age"})}, kL0),
              HasSubstr("system input \"$seg_offset\" is not readable"));
  EXPECT_THAT(ErrorOf({Op("sort", {"$score"}, {})}, kL0),
              HasSubstr("type \"sort\" is not supported by L0 rerank function chain"));
}

TEST(FunctionChain, InputsAreColumnsThatHoldScalars) {
  EXPECT_THAT(ErrorOf({Map("$score", "num_combine", {"$score", "nothing"})}),
              HasSubstr("\"nothing\" is neither a previous output nor a collection field"));
  EXPECT_THAT(ErrorOf({Map("$score", "num_combine", {"$score", "js"})}),
              HasSubstr("\"js\" has unsupported field type JSON"));
  EXPECT_THAT(ErrorOf({Map("$score", "num_combine", {"$score", "vector"})}),
              HasSubstr("has unsupported field type FloatVector"));
}

TEST(FunctionChain, ParametersAreChecked) {
  EXPECT_THAT(ErrorOf({Map("t", "num_combine", {"$score"})}),
              HasSubstr("at least 2 input columns"));
  EXPECT_THAT(ErrorOf({Map("t", "num_combine", {"$score", "age"}, {{"mode", "median"}})}),
              HasSubstr("num_combine: invalid mode \"median\""));
  EXPECT_THAT(ErrorOf({Map("t", "num_combine", {"$score", "age"}, {{"mode", "weighted"}})}),
              HasSubstr("weighted mode requires weights"));
  EXPECT_THAT(ErrorOf({Map("t", "decay", {"age"}, {{"function", "gauss"}, {"scale", 1.0}})}),
              HasSubstr("decay: missing required parameter \"origin\""));
  EXPECT_THAT(ErrorOf({Map("t", "decay", {"age"},
                           {{"function", "step"}, {"scale", 1.0}, {"origin", int64_t{0}}})}),
              HasSubstr("decay: invalid function \"step\""));
  EXPECT_THAT(ErrorOf({Map("t", "round_decimal", {"$score"}, {{"decimal", int64_t{7}}})}),
              HasSubstr("must be in range [0, 6], got 7"));
  EXPECT_THAT(ErrorOf({Op("limit", {}, {{"limit", int64_t{0}}})}),
              HasSubstr("limit_op: limit must be positive"));
  EXPECT_THAT(ErrorOf({Op("select", {}, {})}), HasSubstr("select_op: columns is required"));
  EXPECT_THAT(ErrorOf({Op("merge", {}, {})}), HasSubstr("unknown operator type: merge"));
  FunctionChain::Op literal = Map("t", "num_combine", {"$score", "age"});
  literal.expr->args.emplace_back(std::nullopt);
  EXPECT_THAT(ErrorOf({literal}), HasSubstr("literal expr arg[2] is not supported"));
}

TEST(FunctionChain, WhatNeedsAModelIsRefusedByName) {
  EXPECT_THAT(ErrorOf({Map("$score", "xgboost", {"age"}, {{"model_resource", "m"}})}, kL0),
              HasSubstr("file resource m not found: file resources and xgboost are not built yet"));
  EXPECT_THAT(ErrorOf({Map("$score", "xgboost", {"age"},
                           {{"model_resource", "m"}, {"output", "probability"}})}),
              HasSubstr("output must be one of [default, raw]"));
  EXPECT_THAT(ErrorOf({Map("$score", "rerank_model", {"title"})}),
              HasSubstr("function rerank_model is not built yet"));
  EXPECT_THAT(ErrorOf({Map("$score", "boost_score", {"age"})}),
              HasSubstr("unknown function: boost_score"));
}

}  // namespace
}  // namespace elanus::gateway
