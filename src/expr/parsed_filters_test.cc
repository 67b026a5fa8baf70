#include "expr/parsed_filters.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "expr/filter.h"

namespace elanus::expr {
namespace {

Schema OneInteger() {
  Schema schema;
  schema.fields.resize(1);
  schema.fields[0].id = FieldId(100);
  schema.fields[0].name = "age";
  schema.fields[0].type = DataType::kInt64;
  schema.fields[0].primary = true;
  return schema;
}

TEST(ParsedFilters, ATextIsParsedOnceWhateverTheValues) {
  ParsedFilters parsed(4);
  CompileOptions options;
  options.parsed = &parsed;
  const Schema schema = OneInteger();
  for (int64_t value = 0; value < 5; ++value) {
    const auto filter = Compile("age in {ages}", schema, {{"ages", Value::Array{value}}}, options);
    ASSERT_TRUE(filter.ok()) << filter.status().message();
    ASSERT_NE((*filter)->primary_keys(), nullptr);
    EXPECT_EQ((*filter)->primary_keys()->front(), Value(value));
  }
  EXPECT_EQ(parsed.found(), 4u);
}

TEST(ParsedFilters, KeepTheTextsThatWereAskedLast) {
  ParsedFilters parsed(2);
  for (const char* text : {"a == 1", "b == 1", "a == 1", "c == 1", "a == 1", "b == 1"})
    ASSERT_TRUE(parsed.Parse(text).ok());
  EXPECT_EQ(parsed.found(), 2u);
}

TEST(ParsedFilters, KeepNeitherErrorsNorLongTexts) {
  ParsedFilters parsed(2);
  const std::string text = "a in [" + std::string(ParsedFilters::kTextMax, '1') + "]";
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(parsed.Parse("a ==").ok());
    (void)parsed.Parse(text);
  }
  EXPECT_EQ(parsed.found(), 0u);
}

TEST(ParsedFilters, ServeManyThreads) {
  ParsedFilters parsed(3);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        const auto one = parsed.Parse("a == " + std::to_string((i * (t + 1)) % 7));
        EXPECT_TRUE(one.ok() && (*one)->root->kind == Node::Kind::kCompare);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace elanus::expr
