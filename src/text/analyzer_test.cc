#include "text/analyzer.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/unicode.h"

namespace elanus::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Terms(std::string_view params, std::string_view text) {
  auto analyzer = Analyzer::Make(params);
  if (!analyzer.ok()) return {std::move(analyzer).error().message()};
  TokenList list;
  (*analyzer)->Analyze(text, &list);
  std::vector<std::string> terms;
  for (const Token& token : list.tokens()) terms.emplace_back(token.text);
  return terms;
}

constexpr const char* kInvalid = ": invalid parameter";

std::string ErrorOf(std::string_view params) {
  auto analyzer = Analyzer::Make(params);
  return analyzer.ok() ? "" : std::move(analyzer).error().message();
}

TEST(Analyzer, CutsAtWhatIsNoLetterAndLowersByDefault) {
  EXPECT_THAT(Terms("", "The Quick-brown fox, 42x!"),
              ElementsAre("the", "quick", "brown", "fox", "42x"));
  EXPECT_THAT(Terms("{}", "ÀÉ ΣΟΦΙΑ Москва"), ElementsAre("àé", "σοφια", "москва"));
  EXPECT_THAT(Terms(R"({"type": "standard", "stop_words": ["fox"]})", "A Fox"), ElementsAre("a"));
  EXPECT_THAT(Terms("", " \xff\xfe "), IsEmpty());
}

TEST(Analyzer, TellsWhereTermsStand) {
  const auto analyzer = Analyzer::Make(R"({"tokenizer": "standard", "filter": [
      {"type": "stop", "stop_words": ["b"]}]})");
  ASSERT_TRUE(analyzer.ok());
  TokenList list;
  (*analyzer)->Analyze("a é b c", &list);
  std::vector<std::vector<uint32_t>> places;
  for (const Token& token : list.tokens())
    places.push_back({token.begin, token.end, token.position, token.length});
  EXPECT_THAT(places, ElementsAre(ElementsAre(0, 1, 0, 1), ElementsAre(2, 4, 1, 1),
                                  ElementsAre(7, 8, 3, 1)));
}

TEST(Analyzer, StemsEnglishAndDropsItsStopWords) {
  EXPECT_THAT(Terms(R"({"type": "english"})", "The runners were running and jumped"),
              ElementsAre("runner", "were", "run", "jump"));
}

TEST(Analyzer, HasTokenizersByName) {
  EXPECT_THAT(Terms(R"({"tokenizer": "whitespace"})", "a-b  C\td"), ElementsAre("a-b", "C", "d"));
  EXPECT_THAT(Terms(R"({"tokenizer": {"type": "char_group", "delimiters": ["-", "whitespace"]}})",
                    "a-b C,d"),
              ElementsAre("a", "b", "C,d"));
  EXPECT_THAT(
      Terms(R"({"tokenizer": {"type": "char_group", "delimiters": ["punctuation"]}})", "a,b。c d"),
      ElementsAre("a", "b", "c d"));
}

TEST(Analyzer, HasFiltersByName) {
  const auto filtered = [](const std::string& filter, std::string_view text) {
    return Terms(R"({"tokenizer": "whitespace", "filter": [)" + filter + "]}", text);
  };
  EXPECT_THAT(filtered(R"("lowercase")", "ÄB c"), ElementsAre("äb", "c"));
  EXPECT_THAT(filtered(R"("asciifolding")", "Café straße Œuvre Ａ"),
              ElementsAre("Cafe", "strasse", "OEuvre", "A"));
  EXPECT_THAT(filtered(R"("alphanumonly")", "ab1 a-b é"), ElementsAre("ab1"));
  EXPECT_THAT(filtered(R"("cncharonly")", "ab 中a é"), ElementsAre("中a"));
  EXPECT_THAT(filtered(R"("cnalphanumonly")", "ab 中 é ?"), ElementsAre("ab", "中"));
  EXPECT_THAT(filtered(R"("removepunct")", "a. b ? 。"), ElementsAre("b"));
  EXPECT_THAT(filtered(R"("decimaldigit")", "١٢٣ ๑x"), ElementsAre("123", "1x"));
  EXPECT_THAT(filtered(R"("arabic_normalization")", "كِتَابٌ أحمد"), ElementsAre("كتاب", "احمد"));
  EXPECT_THAT(filtered(R"({"type": "length", "max": 3})", "abc abcd é"), ElementsAre("abc", "é"));
  EXPECT_THAT(filtered(R"({"type": "stop", "stop_words": ["_english_", "x"]})", "the x end"),
              ElementsAre("end"));
  EXPECT_THAT(filtered(R"({"type": "stemmer", "language": "german"})", "häuser laufen"),
              ElementsAre("haus", "lauf"));
  EXPECT_THAT(filtered(R"({"type": "regex", "expr": "^a"})", "ab ba"), ElementsAre("ab"));
  EXPECT_THAT(filtered(R"({"type": "decompounder", "word_list": ["dampf", "schiff", "fahrt"]})",
                       "dampfschifffahrt dampfer"),
              ElementsAre("dampf", "schiff", "fahrt", "dampfer"));
  EXPECT_THAT(
      filtered(R"({"type": "synonym", "synonyms": ["car, auto", "tv => television"]})", "a car tv"),
      ElementsAre("a", "auto", "car", "television", "tv"));
  EXPECT_THAT(
      filtered(R"({"type": "synonym", "expand": false, "synonyms": ["car, auto", "tv => set"]})",
               "auto tv"),
      ElementsAre("car", "set"));
}

TEST(Analyzer, CutsChineseIntoWordsAndTheWordsWithin) {
  EXPECT_THAT(Terms(R"({"type": "chinese"})", "我来到北京清华大学。"),
              ElementsAre("我", "来到", "北京", "清华", "华大", "大学", "清华大学"));
  EXPECT_THAT(Terms(R"({"tokenizer": {"type": "jieba", "mode": "exact"}})", "我来到北京清华大学。"),
              ElementsAre("我", "来到", "北京", "清华大学", "。"));
  // Words that no dictionary has, by the model; and letters among them.
  EXPECT_THAT(
      Terms(R"({"tokenizer": {"type": "jieba", "mode": "exact"}})", "他来到了网易杭研大厦 on v2.0"),
      ElementsAre("他", "来到", "了", "网易", "杭研", "大厦", " ", "on", " ", "v2.0"));
  EXPECT_THAT(
      Terms(R"({"tokenizer": {"type": "jieba", "mode": "exact", "hmm": false}})", "杭研大厦"),
      ElementsAre("杭", "研", "大厦"));
  EXPECT_THAT(
      Terms(
          R"({"tokenizer": {"type": "jieba", "mode": "exact", "dict": ["_default_", "杭研大厦"]}})",
          "网易杭研大厦"),
      ElementsAre("网易", "杭研大厦"));
  EXPECT_THAT(Terms(R"({"tokenizer": {"type": "jieba", "dict": ["结巴分词器"], "hmm": false}})",
                    "milvus结巴分词器中文测试"),
              ElementsAre("milvus", "结巴分词器", "中", "文", "测", "试"));
}

TEST(Analyzer, CutsWordsOfAllScriptsByIcu) {
  EXPECT_THAT(Terms(R"({"tokenizer": "icu"})", "Hello, world"),
              ElementsAre("Hello", ",", " ", "world"));
  EXPECT_THAT(Terms(R"({"tokenizer": "icu", "filter": ["removepunct"]})", "北京大学 Straße"),
              ElementsAre("北京", "大学", "Straße"));
}

TEST(Analyzer, SaysWhatIsWrongWithItsParameters) {
  EXPECT_THAT(ErrorOf("[1]"), HasSubstr("JSON object"));
  EXPECT_EQ(ErrorOf(R"({"filter": []})"),
            std::string("tokenizer name or type must be set") + kInvalid);
  EXPECT_EQ(ErrorOf(R"({"tokenizer": "nope"})"),
            std::string("unsupported tokenizer: nope") + kInvalid);
  EXPECT_EQ(ErrorOf(R"({"type": "klingon"})"),
            std::string("unknown build-in analyzer type: klingon") + kInvalid);
  EXPECT_EQ(ErrorOf(R"({"tokenizer": "standard", "x": 1})"),
            std::string("unknown analyzer option key: x") + kInvalid);
  EXPECT_EQ(ErrorOf(R"({"tokenizer": "standard", "filter": ["nope"]})"),
            std::string("build analyzer failed, filter not found :nope") + kInvalid);
  EXPECT_EQ(ErrorOf(R"({"tokenizer": "standard", "filter": [{"type": "nope"}]})"),
            std::string("unsupport filter type: nope") + kInvalid);
  EXPECT_THAT(ErrorOf(R"({"tokenizer": "standard", "filter": [{"type": "regex", "expr": "("}]})"),
              HasSubstr("regex expression invalid"));
  EXPECT_THAT(
      ErrorOf(R"({"tokenizer": "standard", "filter": [{"type": "synonym", "synonyms": ["a b"]}]})"),
      HasSubstr("has space between words"));
  EXPECT_THAT(ErrorOf(R"({"tokenizer": "lindera"})"), HasSubstr("not built yet"));
}

TEST(Analyzer, GivesTheSameObjectForTheSameParameters) {
  const auto first = Analyzer::Make(R"({"tokenizer": "whitespace"})");
  const auto second = Analyzer::Make(R"({"tokenizer": "whitespace"})");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->get(), second->get());
}

TEST(Analyzer, HashesTermsAsMilvusDoes) {
  EXPECT_EQ(HashOfTerm("hello"), 0x3610a686u);
  EXPECT_EQ(HashOfTerm(std::string(200, 'x')), HashOfTerm(std::string(100, 'x')));
}

TEST(Unicode, KnowsCharactersAndBrokenBytes) {
  EXPECT_TRUE(IsUtf8("aé中𝄞"));
  EXPECT_TRUE(IsUtf8("\xEF\xBF\xBD"));
  for (const char* bad : {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80"})
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  EXPECT_TRUE(IsAlphanumeric(U'é') && IsAlphanumeric(U'中') && IsAlphanumeric(U'²'));
  EXPECT_FALSE(IsAlphanumeric(U'—') || IsAlphanumeric(U'_') || IsAlphanumeric(U'€'));
  EXPECT_TRUE(IsHan(U'中') && IsHan(U'𠀀') && !IsHan(U'あ'));
  EXPECT_TRUE(IsPunctuation(U'。') && IsSymbol(U'€') && IsSpace(0x3000));
  std::string lower;
  AppendLower("ÀΣДǅẞＡ", &lower);
  EXPECT_EQ(lower, "àσдǆßａ");
}

}  // namespace
}  // namespace elanus::text
