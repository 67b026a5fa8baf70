#include "expr/field_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus::expr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Schema TestSchema(bool dynamic) {
  const auto field = [](int64_t id, const char* name, DataType type) {
    Field made;
    made.id = FieldId(id);
    made.name = name;
    made.type = type;
    return made;
  };
  Schema schema;
  schema.fields = {field(100, "id", DataType::kInt64), field(101, "meta", DataType::kJson)};
  if (dynamic) {
    schema.fields.push_back(field(102, "$meta", DataType::kJson));
    schema.fields.back().dynamic = true;
  }
  return schema;
}

TEST(FieldPath, NamesFieldsAndWhatLiesInJson) {
  const Schema schema = TestSchema(true);
  EXPECT_THAT(ParseFieldPath("id", schema)->keys, IsEmpty());
  const FieldPath path = ParseFieldPath(R"(meta["a"]['b c'][0])", schema).take();
  EXPECT_EQ(path.field->name, "meta");
  EXPECT_THAT(path.keys, ElementsAre("a", "b c", "0"));
}

TEST(FieldPath, UnknownNamesAreDynamicKeys) {
  const Schema schema = TestSchema(true);
  EXPECT_THAT(ParseFieldPath("color", schema)->keys, ElementsAre("color"));
  EXPECT_THAT(ParseFieldPath("$meta[\"color\"]", schema)->keys, ElementsAre("color"));
  EXPECT_EQ(ParseFieldPath("color[\"r\"]", schema)->field->name, "$meta");
  EXPECT_FALSE(ParseFieldPath("color", TestSchema(false)).ok());
}

TEST(FieldPath, RefusesWhatIsNoName) {
  const Schema schema = TestSchema(true);
  for (const char* text : {"21", "", "a b", "id == 1", "meta[\"a\"", "a,b", "'a'"}) {
    const auto path = ParseFieldPath(text, schema);
    ASSERT_FALSE(path.ok()) << text;
    EXPECT_THAT(path.status().message(), HasSubstr("cannot parse identifier: "));
  }
  EXPECT_THAT(ParseFieldPath("/", schema).status().message(),
              HasSubstr("cannot parse identifier: /, error: line 1:0 mismatched input '/'"));
}

}  // namespace
}  // namespace elanus::expr
