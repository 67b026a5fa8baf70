#include "gateway/functions.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus::gateway {
namespace {

using ::testing::HasSubstr;

Schema Texts() {
  Schema schema;
  int64_t id = 100;
  const auto add = [&](std::string name, DataType type, Properties params = {}) {
    Field& field = schema.fields.emplace_back();
    field.id = FieldId(id++);
    field.name = std::move(name);
    field.type = type;
    field.type_params = std::move(params);
  };
  add("id", DataType::kInt64);
  add("text", DataType::kVarChar, {{"enable_analyzer", "true"}});
  add("plain", DataType::kVarChar);
  add("terms", DataType::kSparseFloatVector);
  add("more", DataType::kSparseFloatVector);
  add("vec", DataType::kFloatVector);
  schema.fields[0].primary = true;
  return schema;
}

Function Bm25(std::vector<std::string> inputs, std::vector<std::string> outputs) {
  Function function;
  function.name = "f";
  function.type = FunctionType::kBm25;
  function.inputs = std::move(inputs);
  function.outputs = std::move(outputs);
  return function;
}

TEST(Functions, OfATextAndASparseVectorIsFine) {
  Schema schema = Texts();
  const std::vector<Function> functions = {Bm25({"text"}, {"terms"})};
  EXPECT_TRUE(CheckFunctions(functions, schema).ok());
  SetFunctions(functions, &schema);
  EXPECT_TRUE(schema.Find("terms")->made);
  EXPECT_FALSE(schema.Find("more")->made);
  EXPECT_EQ(schema.FindMaker("terms")->name, "f");
  EXPECT_EQ(schema.FindMaker("text"), nullptr);
}

TEST(Functions, SayWhatIsWrongWithThem) {
  struct Case {
    std::string text;
    std::function<void(std::vector<Function>*, Schema*)> spoil;
  };
  const std::vector<Case> cases = {
      {"function name cannot be empty", [](auto* f, auto*) { f->front().name = ""; }},
      {"function input field names cannot be empty, function: f",
       [](auto* f, auto*) { f->front().inputs.clear(); }},
      {"function output field names cannot be empty, function: f",
       [](auto* f, auto*) { f->front().outputs.clear(); }},
      {"each function input field should be used exactly once",
       [](auto* f, auto*) { f->front().inputs = {"text", "text"}; }},
      {"a single field cannot be both input and output",
       [](auto* f, auto*) { f->front().outputs = {"text"}; }},
      {"each function output field should be used exactly once",
       [](auto* f, auto*) { f->front().outputs = {"terms", "terms"}; }},
      {"BM25 function accepts no params",
       [](auto* f, auto*) { f->front().params = {{"k1", "2"}}; }},
      {"check function params with unknown function type",
       [](auto* f, auto*) { f->front().type = FunctionType::kUnknown; }},
      {"function input field not found: none",
       [](auto* f, auto*) { f->front().inputs = {"none"}; }},
      {"function output field not found: none",
       [](auto* f, auto*) { f->front().outputs = {"none"}; }},
      {"function output field cannot be primary key: function f, field id",
       [](auto* f, auto*) { f->front().outputs = {"id"}; }},
      {"function output field cannot be nullable: function f, field terms",
       [](auto*, auto* s) { s->fields[3].nullable = true; }},
      {"BM25 function input field must be a VARCHAR/TEXT field, got 1 field with type Int64",
       [](auto* f, auto*) { f->front().inputs = {"id"}; }},
      {"BM25 function input field must set enable_analyzer to true",
       [](auto* f, auto*) { f->front().inputs = {"plain"}; }},
      {"BM25 function only need 1 output field, but got 2",
       [](auto* f, auto*) { f->front().outputs = {"terms", "more"}; }},
      {"BM25 function output field must be a SparseFloatVector field, but got FloatVector",
       [](auto* f, auto*) { f->front().outputs = {"vec"}; }},
      {"duplicate function name: f",
       [](auto* f, auto*) { f->push_back(Bm25({"text"}, {"more"})); }},
      {"duplicate function output field: function g, field terms",
       [](auto* f, auto*) {
         f->push_back(f->front());
         f->back().name = "g";
       }},
  };
  for (const Case& one : cases) {
    Schema schema = Texts();
    std::vector<Function> functions = {Bm25({"text"}, {"terms"})};
    one.spoil(&functions, &schema);
    const Status status = CheckFunctions(functions, schema);
    ASSERT_FALSE(status.ok()) << one.text;
    EXPECT_THAT(status.message(), HasSubstr(one.text));
  }
}

TEST(Functions, AreAddedWithTheFieldThatTheyMake) {
  const Schema schema = Texts();
  const Field* terms = schema.Find("terms");
  Function function = Bm25({"text"}, {"terms"});
  EXPECT_TRUE(CheckAddition(function, terms).ok());
  EXPECT_THAT(CheckAddition(function, nullptr).message(),
              HasSubstr("BM25 function must be added with its output field"));
  EXPECT_THAT(CheckAddition(function, schema.Find("more")).message(),
              HasSubstr("function output field \"terms\" must be the newly-added field \"more\""));
  function.inputs = {"text", "plain"};
  EXPECT_THAT(CheckAddition(function, terms).message(), HasSubstr("exactly one input field"));
  function = Bm25({"text"}, {"terms"});
  function.type = FunctionType::kTextEmbedding;
  EXPECT_THAT(CheckAddition(function, terms).message(),
              HasSubstr("only BM25 and MinHash functions are supported"));
  function.type = FunctionType::kMinHash;
  EXPECT_EQ(CheckAddition(function, terms).code(), Code::kUnimplemented);
}

Batch OfTexts(const Schema& schema, const std::vector<const char*>& texts) {
  Batch rows;
  rows.rows = texts.size();
  Column& column = rows.columns.emplace_back(schema.Find("text")->id, DataType::kVarChar);
  for (const char* text : texts) {
    if (text == nullptr) {
      column.AppendNull();
    } else {
      column.AppendString(text);
    }
  }
  return rows;
}

TEST(Functions, MakeARowOfEveryText) {
  Schema schema = Texts();
  SetFunctions({Bm25({"text"}, {"terms"})}, &schema);
  Batch rows = OfTexts(schema, {"a fox, a dog", "", nullptr});
  ASSERT_TRUE(MakeOutputs(schema, &rows).ok());
  const Column* made = rows.Find(schema.Find("terms")->id);
  ASSERT_NE(made, nullptr);
  ASSERT_EQ(made->rows(), 3u);
  EXPECT_EQ(made->String(0).size(), 3 * 8u);
  EXPECT_EQ(made->String(1), "");
  EXPECT_EQ(made->String(2), "");
  EXPECT_FALSE(made->IsNull(2));
}

TEST(Functions, RefuseWhatIsNoText) {
  Schema schema = Texts();
  SetFunctions({Bm25({"text"}, {"terms"})}, &schema);
  Batch rows = OfTexts(schema, {"good", "\xff\xfe"});
  EXPECT_THAT(MakeOutputs(schema, &rows).message(), HasSubstr("string data must be utf8 format"));
}

}  // namespace
}  // namespace elanus::gateway
