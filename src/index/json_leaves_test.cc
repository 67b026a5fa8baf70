#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "index/test_data.h"
#include "model/json.h"

namespace elanus::index {
namespace {

class JsonLeavesTest : public ::testing::Test {
 protected:
  void Build(const std::vector<std::string>& documents, std::vector<std::string> path) {
    bytes_.clear();
    ends_.clear();
    for (const std::string& document : documents) {
      bytes_ += *EncodeJson(document);
      ends_.push_back(bytes_.size());
    }
    const ScalarView column{DataType::kJson, documents.size(),
                            reinterpret_cast<const std::byte*>(bytes_.data()), ends_.data(),
                            nullptr};
    ScalarSpec spec;
    spec.part = {std::move(path), DataType::kJson};
    file_.clear();
    ASSERT_TRUE(BuildScalar(column, spec, [this](std::string_view piece) {
                  file_ += piece;
                  return Status();
                }).ok());
    auto opened = OpenScalar(file_, column);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    index_ = std::move(opened).take();
  }

  std::unique_ptr<ScalarIndex> Under(std::vector<std::string> path, DataType type,
                                     bool elements = false) const {
    return index_->Under({std::move(path), type, elements});
  }

  std::unique_ptr<ScalarIndex> index_;

 private:
  std::string bytes_, file_;
  std::vector<uint64_t> ends_;
};

std::vector<size_t> RowsOf(const Bitmap& bitmap) {
  std::vector<size_t> rows;
  bitmap.ForEach([&rows](size_t row) { rows.push_back(row); });
  return rows;
}

using Rows = std::vector<size_t>;

TEST_F(JsonLeavesTest, EachPathAndKindHasItsOwnValues) {
  Build({R"({"a": 1, "b": {"a": "1"}})", R"({"a": "1", "b": {"a": 1}})", R"({"a": true})",
         R"({"a": [1, "1"], "b": 1})", R"({"a": null})", "1"},
        {});
  EXPECT_EQ(RowsOf(Under({"a"}, DataType::kDouble)->In({Value(1.0)})), Rows({0}));
  EXPECT_EQ(RowsOf(Under({"a"}, DataType::kVarChar)->In({Value("1")})), Rows({1}));
  EXPECT_EQ(RowsOf(Under({"a"}, DataType::kBool)->In({Value(true)})), Rows({2}));
  EXPECT_EQ(RowsOf(Under({"a"}, DataType::kDouble, true)->In({Value(int64_t{1})})), Rows({3}));
  EXPECT_EQ(RowsOf(Under({"a"}, DataType::kVarChar, true)->In({Value("1")})), Rows({3}));
  EXPECT_EQ(RowsOf(Under({"b", "a"}, DataType::kDouble)->In({Value(int64_t{1})})), Rows({1}));
  EXPECT_EQ(RowsOf(Under({"b"}, DataType::kDouble)->In({Value(int64_t{1})})), Rows({3}));
  EXPECT_EQ(RowsOf(Under({}, DataType::kDouble)->In({Value(int64_t{1})})), Rows({5}));
}

TEST_F(JsonLeavesTest, NumbersAreInTheirOrderExactly) {
  const std::vector<std::string> numbers = {"-18446744073709551616",
                                            "-9223372036854775808",
                                            "-9223372036854775807",
                                            "-1.5",
                                            "-1",
                                            "-0.0",
                                            "5e-324",
                                            "1",
                                            "1.5",
                                            "9007199254740992",
                                            "9007199254740993",
                                            "9223372036854775807",
                                            "18446744073709551615",
                                            "1e300"};
  Build(numbers, {});
  const auto values = Under({}, DataType::kDouble);
  const auto at_least = [&](const Value& low) {
    const Bitmap found = values->Range(Bound{low, true}, std::nullopt);
    EXPECT_EQ(found.Count(), values->EstimateRange(Bound{low, true}, std::nullopt));
    return numbers.size() - found.Count();
  };
  EXPECT_EQ(at_least(Value(-std::numeric_limits<double>::infinity())), 0u);
  EXPECT_EQ(at_least(Value(std::numeric_limits<int64_t>::min())), 1u);
  EXPECT_EQ(at_least(Value(std::numeric_limits<int64_t>::min() + 1)), 2u);
  EXPECT_EQ(at_least(Value(int64_t{-1})), 4u);
  EXPECT_EQ(at_least(Value(int64_t{0})), 5u);
  EXPECT_EQ(at_least(Value(0.0)), 5u);
  EXPECT_EQ(at_least(Value(int64_t{9007199254740992})), 9u);
  EXPECT_EQ(at_least(Value(int64_t{9007199254740993})), 10u);
  EXPECT_EQ(at_least(Value(std::numeric_limits<int64_t>::max())), 11u);
  EXPECT_EQ(at_least(Value(9223372036854775808.0)), 12u);
  EXPECT_EQ(at_least(Value(1e300)), 13u);
  EXPECT_EQ(RowsOf(values->Range(std::nullopt, Bound{Value(int64_t{-1}), false})),
            Rows({0, 1, 2, 3}));
}

TEST_F(JsonLeavesTest, KeysWithZeroBytesAndKeysThatBeginAlikeStayApart) {
  Build({R"({"a": {"b": 1}})", R"({"a\u0000\u0001b": 1})", R"({"a\u0000": {"b": 1}})",
         R"({"ab": 1})", R"({"": {"": 1}})"},
        {});
  const auto one = [this](std::vector<std::string> path) {
    return RowsOf(Under(std::move(path), DataType::kDouble)->In({Value(int64_t{1})}));
  };
  using namespace std::string_literals;
  EXPECT_EQ(one({"a", "b"}), Rows({0}));
  EXPECT_EQ(one({"a\0\1b"s}), Rows({1}));
  EXPECT_EQ(one({"a\0"s, "b"}), Rows({2}));
  EXPECT_EQ(one({"ab"}), Rows({3}));
  EXPECT_EQ(one({"", ""}), Rows({4}));
}

TEST_F(JsonLeavesTest, StringsAnswerByRangeAndPrefix) {
  Build({R"({"s": "ab"})", R"({"s": "abc"})", R"({"s": "b"})", R"({"s": ""})", R"({"t": "ab"})"},
        {"s"});
  const auto strings = Under({"s"}, DataType::kVarChar);
  EXPECT_EQ(RowsOf(strings->Prefix("ab")), Rows({0, 1}));
  EXPECT_EQ(RowsOf(strings->Prefix("")), Rows({0, 1, 2, 3}));
  EXPECT_EQ(RowsOf(strings->Range(Bound{Value("ab"), false}, std::nullopt)), Rows({1, 2}));
  EXPECT_EQ(RowsOf(strings->Range(std::nullopt, Bound{Value("ab"), true})), Rows({0, 3}));
}

TEST_F(JsonLeavesTest, WhatIsNotUnderItsPathOrMayBeAnElementIsNotItsBusiness) {
  Build({R"({"s": {"x": 1}, "t": 1})"}, {"s"});
  EXPECT_EQ(Under({"t"}, DataType::kDouble), nullptr);
  EXPECT_EQ(Under({}, DataType::kDouble), nullptr);
  EXPECT_EQ(Under({"s", "0"}, DataType::kDouble), nullptr);
  EXPECT_NE(Under({"s", "x"}, DataType::kDouble), nullptr);
}

}  // namespace
}  // namespace elanus::index
