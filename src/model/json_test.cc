#include "model/json.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace elanus {
namespace {

std::string Binary(std::string_view text) {
  Result<std::string> binary = EncodeJson(text);
  EXPECT_TRUE(binary.ok()) << text << ": " << binary.status().message();
  return binary.ok() ? *binary : std::string();
}

TEST(Json, KeepsKeyOrderAndNumberSpelling) {
  for (
      const std::string text :
      {R"({"b":1,"a":2.50,"c":[1.0,1e3,-0,0.1,1E+2,123456789012345678901234567890]})",
       R"([9223372036854775807,-9223372036854775808,18446744073709551615,-128,127,32768,2147483648])",
       R"({"":null,"x":{"y":{"z":[true,false,[],{}]}}})", R"("tab\there \"quoted\" \\ \u0001")",
       "null", "-1.5"}) {
    EXPECT_EQ(JsonText(Binary(text)), text);
  }
}

TEST(Json, DecodesEscapesAndSurrogatePairs) {
  EXPECT_EQ(JsonView(Binary(R"("\u00e9\u4e2d\ud83d\ude00\/\n")")).string(),
            "\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80/\n");
  EXPECT_EQ(JsonView(Binary("\"a\\u0000b\"")).string(), std::string_view("a\0b", 3));
}

TEST(Json, RefusesWhatIsNotStrict) {
  for (const std::string text : {"",
                                 " ",
                                 "{",
                                 "[1,]",
                                 "{\"a\":1,}",
                                 "{a:1}",
                                 "'a'",
                                 "01",
                                 "1.",
                                 ".5",
                                 "+1",
                                 "1e",
                                 "nul",
                                 "truex",
                                 "\"\\x\"",
                                 "\"\\ud800\"",
                                 "\"\\ud800\\u0041\"",
                                 "\"\x01\"",
                                 "\"\xff\"",
                                 "\"\xc0\x80\"",
                                 "\"\xed\xa0\x80\"",
                                 "1 2",
                                 "1e999",
                                 "NaN",
                                 "Infinity",
                                 "[1",
                                 "\"abc",
                                 "{\"a\"}",
                                 "//",
                                 "-"}) {
    const Result<std::string> binary = EncodeJson(text);
    ASSERT_FALSE(binary.ok()) << text;
    EXPECT_EQ(binary.status().code(), Code::kParameterInvalid);
    EXPECT_NE(binary.status().message().find("invalid JSON at byte"), std::string::npos);
  }
}

TEST(Json, LimitsDepth) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(JsonText(Binary(nested(kJsonDepthMax))), nested(kJsonDepthMax));
  EXPECT_FALSE(EncodeJson(nested(kJsonDepthMax + 2)).ok());
  EXPECT_FALSE(EncodeJson(nested(1000000)).ok());
}

TEST(Json, OfEqualKeysTheLastWinsInTheFirstsPlace) {
  EXPECT_EQ(JsonText(Binary(R"({"a":1,"b":2,"a":{"x":3},"c":4,"b":5})")),
            R"({"a":{"x":3},"b":5,"c":4})");
}

TEST(Json, FindsKeysAndPaths) {
  const std::string binary =
      Binary(R"({"z":{"list":[10,{"k":"v"}],"3":"three"},"a":1.5,"t":true,"n":null})");
  const JsonView json(binary);
  EXPECT_EQ(json.size(), 4u);
  EXPECT_EQ(json.Find("a").number(), 1.5);
  EXPECT_TRUE(json.Find("t").boolean());
  EXPECT_TRUE(json.Find("n").is_null());
  EXPECT_FALSE(json.Find("missing").exists());
  EXPECT_EQ(json.Walk(std::vector<std::string>{"z", "list", "1", "k"}).string(), "v");
  EXPECT_EQ(json.Walk(std::vector<std::string>{"z", "list", "0"}).int64(), 10);
  EXPECT_EQ(json.Walk(std::vector<std::string>{"z", "3"}).string(), "three");
  EXPECT_FALSE(json.Walk(std::vector<std::string>{"z", "list", "2"}).exists());
  EXPECT_FALSE(json.Walk(std::vector<std::string>{"z", "list", "-1"}).exists());
  EXPECT_FALSE(json.Walk(std::vector<std::string>{"a", "b"}).exists());
  EXPECT_EQ(json.At(1).number(), 1.5);
  std::string keys;
  json.ForEachMember([&](std::string_view key, const JsonView&) {
    keys += key;
    return true;
  });
  EXPECT_EQ(keys, "zatn");
}

TEST(Json, AStringIsADocumentOfItsOwn) {
  EXPECT_EQ(EncodeJsonString("a\"b"), *EncodeJson(R"("a\"b")"));
  const std::string array = *EncodeJson(R"(["x", "a\"b"])");
  EXPECT_TRUE(JsonView(array).BytesAt(1).starts_with(EncodeJsonString("a\"b")));
  EXPECT_FALSE(JsonView(array).BytesAt(0).starts_with(EncodeJsonString("a\"b")));
  EXPECT_TRUE(JsonView(array).BytesAt(2).empty());
}

TEST(Json, LargeObjectsUseWideOffsets) {
  std::string text = "{";
  for (int i = 0; i < 20000; ++i)
    text += (i ? ",\"k" : "\"k") + std::to_string(i * 7919 % 20000) + "\":" + std::to_string(i);
  text += "}";
  const std::string binary = Binary(text);
  EXPECT_EQ(JsonText(binary), text);
  for (int i = 0; i < 20000; i += 37) {
    EXPECT_EQ(JsonView(binary).Find("k" + std::to_string(i * 7919 % 20000)).int64(), i);
  }
}

TEST(Json, ComparesByValue) {
  const auto equal = [](std::string_view a, std::string_view b) {
    return JsonView(Binary(a)) == JsonView(Binary(b));
  };
  EXPECT_TRUE(equal("1", "1.0"));
  EXPECT_TRUE(equal(R"({"a":1,"b":[2,3e0]})", R"({"b":[2.0,3],"a":1})"));
  EXPECT_FALSE(equal(R"({"a":1})", R"({"b":1})"));
  EXPECT_FALSE(equal(R"({"a":1})", R"({"a":1,"b":1})"));
  EXPECT_FALSE(equal("[1,2]", "[2,1]"));
  EXPECT_FALSE(equal("1", "\"1\""));
  EXPECT_FALSE(
      equal("9007199254740993", "9007199254740992.0"));  // one apart: not equal as doubles either
  EXPECT_TRUE(equal("18446744073709551615", "18446744073709551615"));
  EXPECT_FALSE(equal("true", "false"));
}

TEST(Json, MergesObjectsByTopLevelKey) {
  const Result<std::string> merged =
      MergeJsonObjects(Binary(R"({"a":1,"b":{"x":1},"c":3})"), Binary(R"({"d":4,"b":{"y":2}})"));
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(JsonText(*merged), R"({"a":1,"b":{"y":2},"c":3,"d":4})");
  EXPECT_EQ(JsonView(*merged).Find("d").int64(), 4);
  EXPECT_FALSE(MergeJsonObjects(Binary("[]"), Binary("{}")).ok());
}

TEST(Json, ReadsDamagedBytesWithoutLeavingThem) {
  const uint32_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random(seed);
  const std::string whole = Binary(
      R"({"a":[1,2.5,"three",{"k":null}],"b":{"c":{"d":[[],[1]]}},"n":18446744073709551615})");
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = whole.substr(0, random() % 4 == 0 ? random() % whole.size() : whole.size());
    for (uint32_t flips = random() % 4; flips > 0 && !bytes.empty(); --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    // An own allocation, so that a sanitizer sees a read past the end.
    const std::vector<char> exact(bytes.begin(), bytes.end());
    const JsonView view(std::string_view(exact.data(), exact.size()));
    std::string text;
    view.AppendText(&text);
    (void)(view == view);
    (void)view.Walk(std::vector<std::string>{"b", "c", "d", "1", "0"}).number();
  }
}

}  // namespace
}  // namespace elanus
