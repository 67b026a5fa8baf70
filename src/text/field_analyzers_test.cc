#include "text/field_analyzers.h"

#include <cstring>
#include <map>

#include <gtest/gtest.h>

namespace elanus::text {
namespace {

Field FieldWith(Properties params) {
  Field field;
  field.type_params = std::move(params);
  return field;
}

std::map<uint32_t, float> Frequencies(std::string_view text, const Analyzer& analyzer) {
  TokenList list;
  const std::string row = TermFrequencies(text, analyzer, &list);
  std::map<uint32_t, float> terms;
  uint32_t last = 0;
  for (size_t at = 0; at < row.size(); at += 8) {
    uint32_t hash;
    float count;
    std::memcpy(&hash, row.data() + at, 4);
    std::memcpy(&count, row.data() + at + 4, 4);
    EXPECT_TRUE(at == 0 || hash > last);
    last = hash;
    terms[hash] = count;
  }
  return terms;
}

TEST(TermFrequencies, CountsEachTermByItsHash) {
  const auto analyzers = FieldAnalyzers::Of(FieldWith({}));
  ASSERT_TRUE(analyzers.ok());
  EXPECT_EQ(analyzers->by_field(), "");
  EXPECT_EQ(Frequencies("The fox, the FOX: the end", analyzers->Named("any")),
            (std::map<uint32_t, float>{
                {HashOfTerm("the"), 3}, {HashOfTerm("fox"), 2}, {HashOfTerm("end"), 1}}));
  EXPECT_TRUE(Frequencies("", analyzers->Named("")).empty());
  EXPECT_TRUE(Frequencies(" ,.", analyzers->Named("")).empty());
}

TEST(FieldAnalyzers, ARowNamesItsOwnOrAnAlias) {
  const auto analyzers = FieldAnalyzers::Of(FieldWith({{"multi_analyzer_params", R"({
      "by_field": "language", "alias": {"en": "english"},
      "analyzers": {"english": {"type": "english"}, "default": {"tokenizer": "whitespace"}}})"}}));
  ASSERT_TRUE(analyzers.ok()) << analyzers.status().message();
  EXPECT_EQ(analyzers->by_field(), "language");
  const auto stemmed = Frequencies("Running", analyzers->Named("english"));
  EXPECT_EQ(stemmed, (std::map<uint32_t, float>{{HashOfTerm("run"), 1}}));
  EXPECT_EQ(Frequencies("Running", analyzers->Named("en")), stemmed);
  const auto plain = Frequencies("Running", analyzers->Named("klingon"));
  EXPECT_EQ(plain, (std::map<uint32_t, float>{{HashOfTerm("Running"), 1}}));
}

TEST(FieldAnalyzers, SayWhatIsWrongWithTheirParameters) {
  const auto error = [](const char* params) {
    return FieldAnalyzers::Of(FieldWith({{"multi_analyzer_params", params}})).status().message();
  };
  EXPECT_NE(error(R"({"analyzers": {}})").find("must set by_field"), std::string::npos);
  EXPECT_NE(error(R"({"by_field": 1})").find("by_field must be string but now: 1"),
            std::string::npos);
  EXPECT_NE(error(R"({"by_field": "l", "alias": "en"})").find("alias must be string map"),
            std::string::npos);
  EXPECT_NE(error(R"({"by_field": "l"})").find("must set analyzers"), std::string::npos);
  EXPECT_NE(error(R"({"by_field": "l", "analyzers": {"en": {"type": "english"}}})")
                .find("must set default analyzer"),
            std::string::npos);
  EXPECT_NE(
      error(R"({"by_field": "l", "analyzers": {"default": {"type": "elvish"}}})").find("elvish"),
      std::string::npos);
}

}  // namespace
}  // namespace elanus::text
