#include "model/array.h"

#include <gtest/gtest.h>

namespace elanus {
namespace {

TEST(Array, GivesBackWhatWasEncoded) {
  const std::pair<DataType, Value::Array> cases[] = {
      {DataType::kBool, {true, false}},
      {DataType::kInt8, {int64_t{-128}, int64_t{127}}},
      {DataType::kInt16, {int64_t{-32768}, int64_t{7}}},
      {DataType::kInt32, {int64_t{-5}, int64_t{1} << 30}},
      {DataType::kInt64, {INT64_MIN, INT64_MAX, int64_t{0}}},
      {DataType::kFloat, {1.5, -0.25}},
      {DataType::kDouble, {0.1, 1e300}},
      {DataType::kVarChar, {"", "abc", std::string("a\0b", 3)}},
      {DataType::kVarChar, {}},
      {DataType::kInt64, {}},
  };
  for (const auto& [type, values] : cases) {
    const Result<std::string> bytes = EncodeArray(type, values);
    ASSERT_TRUE(bytes.ok()) << bytes.status().message();
    const ArrayView view(type, *bytes);
    ASSERT_TRUE(view.valid());
    ASSERT_EQ(view.size(), values.size());
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(view.element(i), values[i]) << NameOf(type);
    EXPECT_TRUE(view.element(values.size()).is_null());
  }
}

TEST(Array, RefusesElementsOfAnotherKind) {
  const Value::Array strings = {"x"};
  EXPECT_FALSE(EncodeArray(DataType::kInt64, strings).ok());
  const Value::Array numbers = {int64_t{1}};
  EXPECT_FALSE(EncodeArray(DataType::kVarChar, numbers).ok());
  EXPECT_FALSE(EncodeArray(DataType::kBool, numbers).ok());
}

TEST(Array, ReadsMalformedRowsAsEmpty) {
  EXPECT_FALSE(ArrayView(DataType::kInt32, "abc").valid());
  EXPECT_FALSE(ArrayView(DataType::kVarChar, "ab").valid());
  EXPECT_FALSE(ArrayView(DataType::kVarChar, std::string("\xff\xff\xff\xff____", 8)).valid());
  EXPECT_FALSE(ArrayView(DataType::kVarChar, std::string("\1\0\0\0\5\0\0\0ab", 10)).valid());
  EXPECT_TRUE(ArrayView(DataType::kVarChar, "").valid());  // the placeholder of a null row
  EXPECT_EQ(ArrayView(DataType::kVarChar, "").size(), 0u);
}

}  // namespace
}  // namespace elanus
