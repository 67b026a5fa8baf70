#include "segment/path_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus::segment {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Taken(const std::vector<std::string>& documents) {
  PathCensus census;
  for (const std::string& text : documents) census.Add(*EncodeJson(text));
  std::vector<std::string> shown;
  for (const PathCensus::Path& path : census.Take()) {
    std::string keys;
    for (const std::string& key : path.keys) keys += (keys.empty() ? "" : ".") + key;
    shown.push_back(keys + " " + std::string(NameOf(path.type)));
  }
  return shown;
}

TEST(PathCensus, TakesWhatThreeInTenDocumentsHave) {
  const std::string padding = R"(, "x": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]})";
  std::vector<std::string> documents;
  for (int i = 0; i < 10; ++i) {
    documents.push_back(
        R"({"all": )" + std::to_string(i) + (i < 3 ? R"(, "some": true)" : R"(, "some": "text")") +
        (i < 2 ? R"(, "few": 1)" : "") + R"(, "deep": {"in": {"there": "s"}})" + padding);
  }
  EXPECT_THAT(Taken(documents),
              ElementsAre("all Double", "deep.in.there VarChar", "some VarChar", "some Bool"));
}

TEST(PathCensus, LeavesColumnsThatAreLargerThanTheDocuments) {
  EXPECT_THAT(Taken({R"({"a": 1})", R"({"b": 1})"}), ElementsAre("a Double"));
  EXPECT_THAT(Taken({"{}", "[1, 2]", "3"}), IsEmpty());
}

TEST(PathCensus, CountsWithoutEnd) {
  PathCensus census;
  for (int i = 0; i < 20'000; ++i)
    census.Add(*EncodeJson("{\"key" + std::to_string(i) + "\": 1, \"a\": \"same everywhere\"}"));
  const std::vector<PathCensus::Path> taken = census.Take();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_THAT(taken[0].keys, ElementsAre("a"));
}

TEST(PathTable, ReadsBackAndRefusesWhatMakesNoSense) {
  const std::vector<PathColumn> paths = {
      {FieldId(101), {"a", "b"}, DataType::kDouble, FieldId(kPathTable.value + 1)},
      {FieldId(102), {""}, DataType::kVarChar, FieldId(kPathTable.value + 2)}};
  std::string bytes;
  EncodePaths(paths, &bytes);
  const auto back = DecodePaths(bytes);
  ASSERT_TRUE(back.ok());
  ASSERT_EQ(back->size(), 2u);
  EXPECT_THAT((*back)[0].path, ElementsAre("a", "b"));
  EXPECT_EQ((*back)[1].column, FieldId(kPathTable.value + 2));
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(DecodePaths(std::string_view(bytes).substr(0, size)).ok());
  bytes[17] = 77;  // the first type
  EXPECT_FALSE(DecodePaths(bytes).ok());
}

}  // namespace
}  // namespace elanus::segment
