#include "server/rest/json_reader.h"

#include <charconv>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "server/rest/json.h"
#include "server/rest/json_text.h"

namespace elanus::server {
namespace {

std::string ProblemOf(const std::string& text) {
  JsonReader reader(text);
  reader.Skip();
  reader.AtEnd();
  return reader.problem();
}

float FloatOf(const std::string& text) {
  JsonReader reader(text);
  float value = -77;
  EXPECT_TRUE(reader.ReadFloat(&value) && reader.AtEnd()) << text << ": " << reader.problem();
  return value;
}

std::string StringOf(const std::string& text) {
  JsonReader reader(text);
  std::string_view value;
  EXPECT_TRUE(reader.ReadString(&value)) << text << ": " << reader.problem();
  return std::string(value);
}

TEST(JsonReader, TakesWhatIsJson) {
  for (const char* text :
       {"null", "true", "false", " 0 ", "-0", "-12.5e+3", "1E5", "\"\"", "[]", "{}", "[1, 2]",
        "{\"a\": [{}, {\"b\": null}], \"c\": \"\\u00e9\\n\"}", "\t[\r\n]"}) {
    EXPECT_EQ(ProblemOf(text), "") << text;
  }
}

TEST(JsonReader, RefusesWhatIsNot) {
  for (const char* text :
       {"",    " ",       "nul",         "tru",        "01",       "-",
        "+1",  ".5",      "1.",          "1e",         "1e+",      "-01",
        "\"",  "\"\\x\"", "\"\\u12g4\"", "\"\n\"",     "\"\xff\"", "\"\xed\xa0\x80\"",
        "[",   "[1",      "[1,",         "[1,]",       "[,1]",     "[1 2]",
        "{",   "{\"a\"}", "{\"a\":}",    "{\"a\":1,}", "{a:1}",    "{1:1}",
        "1 2", "[]]",     "'a'"}) {
    EXPECT_NE(ProblemOf(text), "") << text;
  }
  EXPECT_EQ(ProblemOf("[1, x]"), "a value is expected at offset 4");
  EXPECT_EQ(ProblemOf(std::string(1000, '[')), "nested too deep at offset 128");
  EXPECT_EQ(ProblemOf(std::string(128, '[') + std::string(128, ']')), "");
}

TEST(JsonReader, UnescapesStrings) {
  EXPECT_EQ(StringOf(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(StringOf(R"("\u0041\u00e9\u20ac\ud83d\ude00")"), "A\u00e9\u20ac\U0001F600");
  EXPECT_EQ(StringOf(R"("\ud83d!")"), "\ufffd!");
  EXPECT_EQ(StringOf(R"("\ude00\u0041")"), "\ufffdA");
}

TEST(JsonReader, WritesAndReadsAnyStringTheSame) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (auto size = random() % 20; size > 0; --size) {
      static constexpr const char* kPieces[] = {"a", "\"", "\\", "\n", "\x01", "\u00e9", "\u20ac"};
      text += kPieces[random() % std::size(kPieces)];
    }
    std::string json;
    AppendQuoted(text, &json);
    EXPECT_EQ(StringOf(json), text) << json;
  }
}

TEST(JsonReader, RoundsFloatsAsTheLibraryDoes) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto check = [](const std::string& text) {
    float expected = 0;
    std::from_chars(text.data(), text.data() + text.size(), expected);
    const float got = FloatOf(text);
    EXPECT_EQ(std::memcmp(&got, &expected, sizeof got), 0)
        << text << ": " << got << " for " << expected;
  };
  for (int round = 0; round < 20'000; ++round) {
    char text[64];
    const auto bits = static_cast<uint32_t>(random());
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (value != value || value - value != 0) continue;
    check(std::string(text, std::to_chars(text, text + 64, value).ptr));
    const double unit = static_cast<double>(random()) * 0x1p-64;
    check(std::string(text, std::to_chars(text, text + 64, unit).ptr));
    check(std::string(text, std::to_chars(text, text + 64, unit * 2000 - 1000).ptr));
    // Halfway between two floats, where it matters most, and just beside it.
    const double half = 1 + (static_cast<double>(random() % 0x800000) + 0.5) * 0x1p-23;
    for (const double d : {half, half - 0x1p-52, half + 0x1p-52}) {
      check(std::string(text, std::to_chars(text, text + 64, d).ptr));
    }
  }
  for (const char* text : {"0", "-0.0", "0.1", "16777217", "16777217.0000000001", "3.4028235e38",
                           "12345678901234567890123", "0.00000000000000000000000001", "1e-30"}) {
    check(text);
  }
  EXPECT_EQ(FloatOf("1e-60"), 0.0F);
  EXPECT_EQ(FloatOf("1e-400"), 0.0F);
  for (const std::string text : {"1e39", "-1e400", "1e", "0x1p3", "inf", "nan", "--1", "1.e3"}) {
    JsonReader reader(text);
    float value = 0;
    EXPECT_FALSE(reader.ReadFloat(&value) && reader.AtEnd()) << text;
  }
}

TEST(Json, FindsMembersWhateverTheirLetterCase) {
  const std::string text = R"({"AutoID": true, "autoid": 1, "x": null, "n": 1e3, "s": "12"})";
  JsonReader reader(text);
  Json json;
  ASSERT_TRUE(ReadJson(&reader, SetAside::kNothing, nullptr, &json)) << reader.problem();
  EXPECT_EQ(json["autoid"].Int(), 1);
  EXPECT_TRUE(json["AutoID"].boolean);
  EXPECT_TRUE(json["X"].null());
  EXPECT_TRUE(json["missing"].null());
  EXPECT_EQ(json["n"].Int(), 1000);
  EXPECT_EQ(json["n"].Spelled(), "1000");
  int64_t number = 0;
  EXPECT_TRUE(json["s"].ToInt(&number));
  EXPECT_EQ(number, 12);
}

TEST(Json, SetsTheBulkAside) {
  const std::string text =
      R"({"data": [[1]], "search": [{"data": [[2]], "params": {"data": 3}}], "x": {"y": {"data": 4}}})";
  JsonReader reader(text);
  Json json;
  ASSERT_TRUE(ReadJson(&reader, SetAside::kSearchData, nullptr, &json));
  EXPECT_EQ(json["data"].items.size(), 1U);
  EXPECT_TRUE(json["search"].items[0]["data"].items.empty());
  EXPECT_EQ(json["search"].items[0]["data"].kind, JsonKind::kArray);
  EXPECT_EQ(json["search"].items[0]["params"]["data"].Int(), 3);
  EXPECT_EQ(json["x"]["y"]["data"].Int(), 4);
  JsonReader again(text);
  again.Return(json["search"].items[0]["data"].place);
  std::string_view raw;
  ASSERT_TRUE(again.Skip(&raw));
  EXPECT_EQ(raw, "[[2]]");
}

TEST(Json, LimitsItsTrees) {
  std::string text = "[";
  for (size_t i = 0; i < kJsonValuesMax; ++i) text += "1,";
  text += "1]";
  JsonReader reader(text);
  Json json;
  EXPECT_FALSE(ReadJson(&reader, SetAside::kNothing, nullptr, &json));
  EXPECT_TRUE(reader.problem().starts_with("too many values")) << reader.problem();
}

}  // namespace
}  // namespace elanus::server
