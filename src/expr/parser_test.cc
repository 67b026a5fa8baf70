#include <gtest/gtest.h>

#include "expr/fold.h"
#include "expr/syntax.h"

namespace elanus::expr {
namespace {

// The tree as fully bracketed text.
std::string Show(std::string_view source, const Node& node) {
  const auto joined = [&](const std::string& separator) {
    std::string text;
    for (const auto& child : node.children)
      text += (text.empty() ? "" : separator) + Show(source, *child);
    return text;
  };
  switch (node.kind) {
    case Node::Kind::kLiteral:
      return Describe(node.value).substr(Describe(node.value).find(':') + 1);
    case Node::Kind::kUnary:
      return "(" + std::string(node.token.text) + " " + joined("") + ")";
    case Node::Kind::kExists:
      return "(exists " + joined("") + ")";
    case Node::Kind::kArithmetic:
    case Node::Kind::kPower:
    case Node::Kind::kShift:
    case Node::Kind::kCompare:
    case Node::Kind::kLike:
    case Node::Kind::kRegex:
      return "(" + joined(" " + std::string(node.token.text) + " ") + ")";
    case Node::Kind::kIn:
      return "(" + joined(node.negated ? " not in " : " in ") + ")";
    case Node::Kind::kAnd:
      return "(" + joined(" and ") + ")";
    case Node::Kind::kOr:
      return "(" + joined(" or ") + ")";
    case Node::Kind::kRange:
      return "(" + joined(" .. " + std::string(node.token.text) + " .. ") + ")";
    case Node::Kind::kIsNull:
      return "(" + std::string(node.token.text) + (node.negated ? " is not null)" : " is null)");
    case Node::Kind::kCall:
    case Node::Kind::kContains:
      return std::string(node.token.text) + "(" + joined(", ") + ")";
    case Node::Kind::kArray:
      return "[" + std::to_string(node.values.size() + node.children.size()) + "]";
    case Node::Kind::kInt64Overflow:
    case Node::Kind::kString:
    case Node::Kind::kIdentifier:
    case Node::Kind::kPath:
    case Node::Kind::kStructField:
    case Node::Kind::kStructIndexField:
    case Node::Kind::kStructSubField:
    case Node::Kind::kTemplate:
    case Node::Kind::kArrayLength:
    case Node::Kind::kTimestamptz:
    case Node::Kind::kRandomSample:
    case Node::Kind::kSpatial:
    case Node::Kind::kTextMatch:
    case Node::Kind::kNotBuilt:
      break;
  }
  return TextOf(source, node);
}

std::string Parsed(std::string_view text) {
  const Result<std::unique_ptr<Node>> root = ParseFilter(text);
  return root.ok() ? Show(text, **root) : "error: " + root.status().message();
}

TEST(Parser, BindsOperatorsAsTheTableSays) {
  const std::pair<const char*, const char*> cases[] = {
      {"a == 1 and b == 2 or c == 3", "(((a == 1) and (b == 2)) or (c == 3))"},
      {"a == 1 or b == 2 and c == 3", "((a == 1) or ((b == 2) and (c == 3)))"},
      {"a or b or c and d and e", "(a or b or (c and d and e))"},
      {"a && b || !c", "((a and b) or (! c))"},
      {"not a == 1", "((not a) == 1)"},
      {"not a in [1]", "((not a) in [1])"},
      {"a not in [1, 2]", "(a not in [2])"},
      {"not a like 'x%'", "(not (a like 'x%'))"},
      {"not a =~ 'x'", "(not (a =~ 'x'))"},
      {"a & 4 == 4", "(a & (4 == 4))"},
      {"a | b ^ c & d", "(a | (b ^ (c & d)))"},
      {"a + 2 * 3 - 1 == 4 % 3", "(((a + (2 * 3)) - 1) == (4 % 3))"},
      {"-2 ** 2", "(- (2 ** 2))"},
      {"2 ** 3 ** 2", "((2 ** 3) ** 2)"},
      {"2 ** -1", "(2 ** (- 1))"},
      {"a - 1 - 2", "((a - 1) - 2)"},
      {"1 << 2 + 3", "(1 << (2 + 3))"},
      {"1 < a < 5", "(1 .. a .. 5)"},
      {"5 >= js[\"k\"] > 1", "(5 .. js[\"k\"] .. 1)"},
      {"1 < a == true", "((1 < a) == true)"},
      {"1 + 1 < a <= 2 * 3 and b == 1", "(((1 + 1) .. a .. (2 * 3)) and (b == 1))"},
      {"a < 5 > 3", "((a < 5) > 3)"},
      {"exists js['a'] and b is null", "((exists js['a']) and (b is null))"},
      {"js['a'] is not null or a IS NULL", "((js['a'] is not null) or (a is null))"},
      {"a in [1,2,] == true", "((a in [2]) == true)"},
      {"(a or b) and c", "((a or b) and c)"},
      {"starts_with(a, 'x',) && empty(b)", "(starts_with(a, 'x') and empty(b))"},
      {"JSON_CONTAINS(js['a'], [1,2])", "JSON_CONTAINS(js['a'], [2])"},
      {"a == -9223372036854775808", "(a == (- 9223372036854775808))"},
      {"0x1F + 017 + 0b11 + 1.5e1 + 0x1p4 + .5 + 1.",
       "((((((31 + 15) + 3) + 15) + 16) + 0.5) + 1)"},
      {"AND == 1", "error: line 1:0 mismatched input 'AND': invalid parameter"},
      {"And == 1 and True == tRue", "((And == 1) and (true == tRue))"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Parsed(text), expected) << text;
}

TEST(Parser, TellsWhereSyntaxBreaks) {
  const std::pair<const char*, const char*> cases[] = {
      {"int64 inn [1, 2]", "invalid expression: int64 inn [1, 2]"},
      {"a is  null", "invalid expression"},
      {"a == ", "line 1:5 mismatched input '<EOF>'"},
      {"(a == 1", "mismatched input '<EOF>'"},
      {"a == 1)", "invalid expression"},
      {"a in [1, 2", "mismatched input '<EOF>'"},
      {"a == 'x", "token recognition error at: ''x'"},
      {"a == 1 # b", "token recognition error at: '#'"},
      {"a = 1", "invalid expression"},
      {"a == 99999999999999999999", "value out of range"},
      {"a == 1e999", "value out of range"},
      {"a == 09", "invalid expression"},
      {"{x == 1", "mismatched input '=='"},
      {"array_length(1) > 0", "mismatched input '1'"},
      {"text_match(a, 'x', minimum_should_match=0)", "minimum_should_match should be >= 1"},
      {"text_match(a, 'x', minimum_should_match=1001)", "minimum_should_match should be <= 1000"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_NE(Parsed(text).find(expected), std::string::npos) << text << " gave " << Parsed(text);
    EXPECT_TRUE(Parsed(text).starts_with("error: ")) << text;
  }
}

TEST(Parser, LimitsDepthButNotTheLengthOfChains) {
  EXPECT_NE(Parsed(std::string(100000, '(')).find("nested too deeply"), std::string::npos);
  std::string nots;
  for (int i = 0; i < 100000; ++i) nots += "not ";
  EXPECT_NE(Parsed(nots + "a").find("nested too deeply"), std::string::npos);
  std::string sum = "a";
  for (int i = 0; i < 100000; ++i) sum += "+1";
  EXPECT_NE(Parsed(sum).find("nested too deeply"), std::string::npos);
  std::string chain = "a == 0";
  for (int i = 1; i < 20000; ++i) chain += " or a == " + std::to_string(i);
  EXPECT_TRUE(ParseFilter(chain).ok());
}

TEST(Parser, LimitsTheNumberOfValues) {
  std::string list = "a in [";
  for (size_t i = 0; i < kFilterLiteralsMax; ++i) list += "1,";
  EXPECT_TRUE(ParseFilter(list + "]").ok());
  EXPECT_NE(Parsed(list + "1]").find("more than 1000000 values"), std::string::npos);
}

TEST(Lexer, UnquotesAsGoDoes) {
  EXPECT_EQ(*Unquote(R"("a\tb\"\'\\\x41\u4e2d\101")"),
            "a\tb\"'\\A\xe4\xb8\xad"
            "A");
  EXPECT_EQ(*Unquote(R"('it "is" \'so\'')"), "it \"is\" 'so'");
  EXPECT_EQ(*Unquote(R"(r"a\b")"), R"(a\b)");
  EXPECT_EQ(*Unquote(R"(u8"x")"), "x");
  for (const char* bad :
       {R"("\%")", R"("\d")", R"("\x4")", R"("\u12")", R"("\ud800")", R"("\8")"}) {
    EXPECT_FALSE(Unquote(bad).ok()) << bad;
  }
  EXPECT_EQ(*UnquoteRegex(R"("\d+\.\\ \"")"), R"(\d+\.\ ")");
}

TEST(Lexer, TakesChineseInQuotesAlone) {
  EXPECT_EQ(Parsed(R"(a["年龄"] == "中文")"), R"((a["年龄"] == "中文"))");
  EXPECT_FALSE(ParseFilter("年龄 > 3").ok());
}

}  // namespace
}  // namespace elanus::expr
