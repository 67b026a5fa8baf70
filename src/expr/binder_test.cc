// What the language accepts, and the words with which it refuses the rest.
#include <optional>

#include <gtest/gtest.h>

#include "expr/filter.h"

namespace elanus::expr {
namespace {

Field MakeField(int64_t id, std::string name, DataType type, DataType element = DataType::kNone) {
  Field field;
  field.id = FieldId(id);
  field.name = std::move(name);
  field.type = type;
  field.element_type = element;
  return field;
}

Schema MakeSchema(bool dynamic = true) {
  Schema schema;
  schema.fields = {
      MakeField(100, "id", DataType::kInt64),
      MakeField(101, "b", DataType::kBool),
      MakeField(102, "i8", DataType::kInt8),
      MakeField(103, "i32", DataType::kInt32),
      MakeField(104, "f", DataType::kFloat),
      MakeField(105, "d", DataType::kDouble),
      MakeField(106, "s", DataType::kVarChar),
      MakeField(107, "s2", DataType::kVarChar),
      MakeField(108, "js", DataType::kJson),
      MakeField(109, "ai", DataType::kArray, DataType::kInt64),
      MakeField(110, "as", DataType::kArray, DataType::kVarChar),
      MakeField(111, "ts", DataType::kTimestamptz),
      MakeField(112, "vec", DataType::kFloatVector),
      MakeField(113, "text", DataType::kText),
      MakeField(114, "af", DataType::kArray, DataType::kFloat),
      MakeField(116, "g", DataType::kGeometry),
  };
  schema.fields[0].primary = true;
  schema.fields[6].type_params = {{"enable_match", "true"}};
  if (dynamic) {
    schema.enable_dynamic_field = true;
    schema.fields.push_back(MakeField(115, "$meta", DataType::kJson));
    schema.fields.back().dynamic = true;
  }
  return schema;
}

std::string ErrorOf(std::string_view text, const TemplateValues& templates = {},
                    bool dynamic = false) {
  const auto filter = Compile(text, MakeSchema(dynamic), templates);
  if (filter.ok()) return "";
  const std::string& message = filter.status().message();
  EXPECT_TRUE(
      message.starts_with("cannot parse expression: " + std::string(text) + ", error: ") ||
      message.starts_with("predicate is not a boolean expression: " + std::string(text) + ", "))
      << message;
  return message;
}

TEST(Binder, AcceptsTheLanguage) {
  for (const char* text : {
           "id > 0",
           "1 < id",
           "b == true",
           "b != false",
           "b in [true, false]",
           "i8 == 1000",
           "f == 2",
           "f in [1, 2.5]",
           "d >= 1.5",
           "s == 'x'",
           "'x' < s",
           "s in ['a', \"b\"]",
           "id in []",
           "id not in []",
           "id in [1,]",
           "id in [-1, 2 + 3]",
           "1 < i32 <= 5",
           "5 > f >= 1",
           "'a' <= s < 'b'",
           "id < i32",
           "f == d",
           "s != s2",
           "i8 == f",
           "ai[0] == id",
           "as[0] == s",
           "as[1] like 'x%'",
           "s like \"a\\\\%b_\"",
           "s =~ '^a\\d+$'",
           "s !~ r'\\.'",
           "js['k'] == 1",
           "js['k'] == 'x' or js[\"k\"][0]['z'] > 1.5",
           "js['k'] in [1, 'a', 2.5, true]",
           "js['k'] == [1, 2]",
           "1 < js['k'] < 3.5",
           "'a' < js['k'] < 'b'",
           "js like 'x%'",
           "js['k'] =~ 'x'",
           "js == 1",
           "st_intersects(g, 'POINT (1 2)')",
           "ST_DWITHIN(g, 'point(1 2)', 10.5) and st_isvalid(g)",
           "g is not null",
           "exists js['k']",
           "js['k'] is null",
           "js is not null",
           "ai is null",
           "id + 1 == 2",
           "2 * id > 4",
           "id % 10 == 9",
           "(id & 4) == 4",
           "f + 1.5 < 2",
           "d - 13 <= 14",
           "js['k'] * 2 > 3",
           "js['k'] % 2 == 1",
           "ai[0] % 19 >= 20",
           "id + (2**3) > 0",
           "json_contains(js['k'], 1)",
           "json_contains_all(js['k'], [1, 'a', [1]])",
           "json_contains_any(js, [])",
           "array_contains(ai, 1)",
           "array_contains_all(as, ['x'])",
           "array_contains_any(ai, [1, 2])",
           "array_length(ai) == 3",
           "array_length(js['k']) > 1",
           "ai == [1, 2]",
           "ai != [1]",
           "af == [1.5]",
           "true",
           "false",
           "3 > 2",
           "true or id > 1",
           "not (id in [1])",
           "not s like 'x'",
           "empty(s)",
           "STARTS_WITH(s, 'x')",
           "starts_with(s, s2)",
           "ts > ISO '2025-01-01T00:00:00Z'",
           "ts + INTERVAL 'P1DT2H' <= iso '2025-01-01 00:00:00'",
           "ISO '2025-01-01T00:00:00+08:00' < ts - interval 'P1M'",
           "id > 0 and random_sample(0.5)",
           "random_sample(0.1)",
           "((id) > (0))",
           "id > -9223372036854775808",
           "+id == 3",
           "s == ''",
           "js[r\"a\\b\"] == 1",
           "text is null or true",
       }) {
    if (std::string_view(text).starts_with("text")) continue;  // refused, below
    EXPECT_EQ(ErrorOf(text), "") << text;
  }
  for (const char* text : {"color == 'red'", "$meta['color'] == 1", "$meta in [1]", "a['x'][0] > 1",
                           "a in ['1', 2, 'abc', 2.2]", "a + 1 == 2", "exists $meta['a']",
                           "exists a", "array_contains(tags, 'x')", "10 < a < 25", "a is null"}) {
    EXPECT_EQ(ErrorOf(text, {}, /*dynamic=*/true), "") << text;
  }
}

TEST(Binder, RefusesInMilvusWords) {
  const std::pair<const char*, const char*> cases[] = {
      {"int64 inn [1, 2]", "invalid expression: int64 inn [1, 2]"},
      {"nowhere > 1", "field nowhere not exist"},
      {"nowhere is null", "field nowhere not exist"},
      {"id == null", "NULL literal is not supported"},
      {"id in [1, NULL]", "NULL literal is not supported"},
      {"s == 0", "comparisons between VarChar and Int64 are not supported: invalid parameter"},
      {"0 == s", "comparisons between Int64 and VarChar are not supported"},
      {"b == 1", "comparisons between Bool and Int64 are not supported"},
      {"s < id", "comparisons between VarChar and Int64 are not supported"},
      {"ts == '2025-01-01T00:00:00Z'",
       "comparisons between Timestamptz and VarChar are not supported"},
      {"vec == 1", "comparisons between FloatVector and Int64 are not supported"},
      {"ai == []", "comparisons between Array[Int64] and Array[None] are not supported"},
      {"b < true", "invalid range operations on boolean expr"},
      {"false < b < true", "invalid range operations on boolean expr"},
      {"id == 2.1", "cannot cast value to Int64, value: float_val:2.1"},
      {"id in [1.0]", "value 'float_val:1' in list cannot be casted to Int64"},
      {"b in [0]", "value 'int64_val:0' in list cannot be casted to Bool"},
      {"s in [1]", "value 'int64_val:1' in list cannot be casted to VarChar"},
      {"id in 1", "the right-hand side of 'in' must be a list, but got: 1"},
      {"id in (s)", "value '(s)' in list cannot be a non-const expression"},
      {"id in not [1, 2]", "not can only apply on boolean"},
      {"1 in [1]", "'term' can only be used on non-const expression, but got: 1"},
      {"id + 1 in [1]", "'term' can only be used on single field, but got: id+1"},
      {"id in [s]", "array element type must be generic value, but got: s"},
      {"ai > 1", "can not comparisons array fields directly"},
      {"1 < ai < 3", "can not comparisons array fields directly"},
      {"ai + 1 == 2", "can not comparisons array fields directly"},
      {"ai['x'] == 1", "can only access array field with integer index"},
      {"id['x'] == 1", "Int64 data type not supported accessed with []"},
      {"js[''] == 1", "invalid identifier: js['']"},
      {"js['a'] == js['b']", "two column comparison with JSON type is not supported"},
      {"id == js['b']", "two column comparison with JSON type is not supported"},
      {"5 < id < 1", "invalid range: lowerbound is greater than upperbound"},
      {"1 < id < 1", "invalid range: lowerbound is greater than upperbound"},
      {"1 < id < 2.5", "invalid range operations"},
      {"1 < s < 2", "invalid range operations"},
      {"i8 < id < 3", "lowerbound cannot be a non-const expression: i8"},
      {"id + i32 == 3", "not supported to do arithmetic operations between multiple fields"},
      {"(id + 1) / 2 == 3", "complicated arithmetic operations are not supported"},
      {"2 - id == 1", "module field is not yet supported"},
      {"id / 0 == 1", "division or modulus by zero"},
      {"id % 0 == 1", "division or modulus by zero"},
      {"f % 2 == 1", "modulo can only apply on integer types"},
      {"(f & 1) == 1", "bitwise operations can only apply on integer types"},
      {"id + 1.1 == 2", "'add' cannot perform arithmetic between Int64 field and Double"},
      {"s + 1 == 2", "'add' cannot perform arithmetic between VarChar field and Int64"},
      {"id == 1 / 0", "cannot divide by zero"},
      {"id == 1.5 % 2", "modulo can only apply on integer"},
      {"s == 'a' + 'b'", "add cannot apply on string field"},
      {"b == true + false", "add cannot apply on bool field"},
      {"id << 2 == 1", "shift is not supported"},
      {"id ** 2 == 1", "power can only apply on constants"},
      {"1 == 'a'", "comparison operations cannot be applied to two incompatible operands: 1=='a'"},
      {"id", "predicate is not a boolean expression: id, data type: Int64"},
      {"b", "predicate is not a boolean expression: b, data type: Bool"},
      {"1", "predicate is not a boolean expression: 1, data type: Int64"},
      {"not id == 1", "not op can only be applied on boolean expression"},
      {"not b", "not op can only be applied on boolean expression"},
      {"b and id > 1", "'and' can only be used between boolean expressions"},
      {"id > 1 or 1", "'or' can only be used between boolean expressions"},
      {"1 and 2", "and can only apply on boolean"},
      {"id like 'x'", "like operation on non-string or no-json field is unsupported"},
      {"s like 1", "like pattern should be a string literal or template variable, got: 1"},
      {"s like '\\%'", "invalid syntax"},
      {"s like 'x\\\\'", "nothing follows the last backslash"},
      {"s =~ '('", "invalid regex pattern"},
      {"id =~ 'x'", "regex match on non-string or non-json field is unsupported"},
      {"exists id", "exists operations are only supportted on json field, got:Int64"},
      {"exists js", "exists operations are only supportted on json key"},
      {"vec is null", "IsNull/IsNotNull operations are not supported on vector fields"},
      {"ai[0] is null",
       "IsNull/IsNotNull operations are not supported on array element access, got: ai[0]is null"},
      {"array_contains(ai, 'x')", "cannot cast value to Int64"},
      {"array_contains_any(ai, ['x'])",
       "ContainsAny operation can't compare between array element type: Int64 and VarChar"},
      {"array_contains_any(ai, 1)", "ContainsAny operation element must be an array"},
      {"json_contains(id, 1)",
       "contains operation are only supported on json or array fields now, got: id"},
      {"json_contains_all(js, id)",
       "contains_all operation are only supported explicitly specified element, got: id"},
      {"array_length(id) == 1",
       "array_length operation are only supported on json, array or array-of-vector fields now"},
      {"array_length(ai) == 1.5", "cannot cast value to Int64"},
      {"random_sample(1)",
       "the sample factor should be between 0 and 1 and not too close to 0 or 1"},
      {"random_sample(1.5)", "the sample factor should be between 0 and 1"},
      {"random_sample(id)", "\"float factor\" should be a const float expression"},
      {"random_sample(0.5) and id > 1", "random sample expression can only be the last expression"},
      {"random_sample(0.5) or id > 1",
       "random sample expression cannot be used in logical and expression"},
      {"not random_sample(0.5)", "random sample expression cannot be used in unary expression"},
      {"id > ISO '2025-01-01T00:00:00Z'", "field 'id' is not a timestamptz datatype"},
      {"ts > ISO 'tomorrow'", "invalid timestamp string: 'tomorrow'"},
      {"ts + INTERVAL 'x' > ISO '2025-01-01T00:00:00Z'", "invalid ISO 8601 duration: x"},
      {"text == 'x'", "filter on text field (text) is not supported yet"},
      {"text_match(id, 'x')", "text match operation on non-string is unsupported"},
      {"text_match(s2, 'x')", "field \"s2\" does not enable match"},
      {"text_match(s, 5)", "text_match query should be a string literal or template variable"},
      {"phrase_match(s, 'x', -1)", "\"slop\" should not be a negative interger"},
      {"phrase_match(s, 'x', 'y')", "\"slop\" should be a const integer expression"},
      {"st_within(s, 'POINT(0 0)')",
       "spatial operation are only supported on geometry fields now, got: st_within(s,'POINT(0 "
       "0)')"},
      {"st_isvalid(id)", "STIsValid operation are only supported on geometry fields now, got: "},
      {"st_dwithin(id, 'POINT(0 0)', 1)",
       "ST_DWITHIN operation are only supported on geometry fields now, got: "},
      {"st_isvalid(nowhere)", "field nowhere not exist"},
      {"st_within(g, 'CIRCLE (1 2)')", "syntax error: invalid keyword at line 1, pos 0"},
      {"st_within(g, 5)", "WKT string should be a string literal or template variable, got: 5"},
      {"st_within(g, s)", "WKT string should be a string literal or template variable, got: s"},
      {"st_within(g)", "mismatched input ')'"},
      {"st_within()", "mismatched input ')'"},
      {"st_within(g, 'POINT(1 1)', 'POINT(2 2)')", "mismatched input ','"},
      {"st_isvalid(g, 1)", "mismatched input ','"},
      {"st_dwithin(g, 'POINT(1 1)')", "mismatched input ')'"},
      {"st_dwithin(g, 'POINT(1 1)', 1, 2)", "mismatched input ','"},
      {"st_dwithin(g, 'LINESTRING(1 1, 2 2)', 1)",
       "only supports POINT geometry: LINESTRING(1 1, 2 2)"},
      {"st_dwithin(g, 'POINT(1 1)', -100)",
       "distance parameter must be non-negative, got: -100.000000"},
      {"st_dwithin(g, 'POINT(1 1)', '5')",
       "distance parameter must be a numeric value (int or float), got: '5'"},
      {"st_dwithin(g, 'POINT(1 1)', id)",
       "distance parameter must be a constant numeric value, got: id"},
      {"st_inside(g, 'POINT(1 1)')", "function st_inside(geometry, varChar) not found"},
      {"g == 'POINT (1 1)'", "comparisons between Geometry and VarChar are not supported"},
      {"g == g", "comparisons between Geometry and Geometry are not supported"},
      {"g in []", "'term' can only be used on single field, but got: g"},
      {"g + 1 == 2", "'add' cannot perform arithmetic between Geometry field and Int64"},
      {"g like 'P%'", "like operation on non-string or no-json field is unsupported"},
      {"1 < g < 2", "cannot cast value to Geometry"},
      {"g['x'] == 1", "Geometry data type not supported accessed with []"},
      {"element_filter(st, $[x] > 1)", "element_filter is not built yet"},
      {"MATCH_ANY(st, $[x] > 1)", "MATCH_ANY is not built yet"},
      {"st[x] == 1", "struct field not found: st[x]"},
      {"nothing(id) == 1", "function nothing(int64_t) not found"},
      {"empty()", "function empty() not found"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_NE(ErrorOf(text).find(expected), std::string::npos)
        << text << "\n gave " << ErrorOf(text);
  }
  EXPECT_EQ(Compile("nowhere > 1", MakeSchema(false), {}).status().code(), Code::kParameterInvalid);
  EXPECT_EQ(Compile("MATCH_ANY(st, $[x] > 1)", MakeSchema(false), {}).status().code(),
            Code::kUnimplemented);
}

TEST(Binder, FillsTemplates) {
  const TemplateValues templates = {{"i", Value(int64_t{5})},
                                    {"f", Value(1.5)},
                                    {"s", Value("x%")},
                                    {"w", Value("POINT (1 2)")},
                                    {"list", Value(Value::Array{int64_t{1}, int64_t{2}})},
                                    {"mixed", Value(Value::Array{int64_t{1}, "a"})}};
  for (const char* text :
       {"id == {i}", "{i} < id", "f > {i}", "d == {f}", "s == {s}", "s like {s}", "s =~ {s}",
        "id in {list}", "js['k'] in {mixed}", "0 < id < {i}", "id + {i} == 7", "id % {i} == {i}",
        "array_contains(ai, {i})", "json_contains_any(js['k'], {mixed})", "array_length(ai) == {i}",
        "f in {list}", "st_within(g, {w})", "st_dwithin(g, {w}, 5)"}) {
    EXPECT_EQ(ErrorOf(text, templates), "") << text;
  }
  const std::pair<const char*, const char*> cases[] = {
      {"id == {none}", "the value of expression template variable name {none} is not found"},
      {"id in {none}", "the value of expression template variable name {none} is not found"},
      {"id in {i}", "the value of term expression template variable {i} is not array"},
      {"id == {s}", "cannot cast value to Int64, value: string_val:\"x%\""},
      {"id in {mixed}", "in list cannot be casted to Int64"},
      {"s like {i}", "the value of like expression template variable {i} is not string"},
      {"{i} == {i}", "placeholder was not supported between two constants with operator: =="},
      {"{i} + 1 == id", "placeholder was not supported between two constants with operator: +"},
      {"{i} < id < 1", "invalid range: lowerbound is greater than upperbound"},
      {"{b}", "is not found"},
      {"st_within(g, {none})",
       "the value of expression template variable name {none} is not found"},
      {"st_within(g, {i})", "the value of GIS WKT template variable {i} is not string"},
      {"st_within(g, {s})", "syntax error: invalid keyword"},
      {"st_dwithin(g, {w}, {i})", "invalid distance value: {i}"},
      {"g == {w}", "cannot cast value to Geometry"},
      {"g in {none}", "is not found"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_NE(ErrorOf(text, templates).find(expected), std::string::npos)
        << text << "\n gave " << ErrorOf(text, templates);
  }
}

TEST(Binder, KnowsPointReadsByKey) {
  const auto keys = [](std::string_view text,
                       const TemplateValues& templates = {}) -> std::optional<Value::Array> {
    const auto filter = Compile(text, MakeSchema(), templates);
    EXPECT_TRUE(filter.ok()) << text;
    const std::vector<Value>* found = (*filter)->primary_keys();
    return found == nullptr ? std::nullopt : std::optional(*found);
  };
  EXPECT_EQ(keys("id == 7"), (Value::Array{int64_t{7}}));
  EXPECT_EQ(keys("7 == id"), (Value::Array{int64_t{7}}));
  EXPECT_EQ(keys("(id in [3, 1])"), (Value::Array{int64_t{3}, int64_t{1}}));
  EXPECT_EQ(keys("id in {k}", {{"k", Value(Value::Array{int64_t{9}})}}),
            (Value::Array{int64_t{9}}));
  EXPECT_EQ(keys("id in []"), Value::Array());
  for (const char* text : {"id != 7", "id > 7", "i32 == 7", "id == 7 and i32 == 1", "id not in [1]",
                           "id + 1 == 2", ""}) {
    EXPECT_EQ(keys(text), std::nullopt) << text;
  }
}

TEST(Binder, KnowsWhatIsAlwaysTrue) {
  const auto always = [](std::string_view text) {
    return (*Compile(text, MakeSchema(), {}))->always_true();
  };
  for (const char* text :
       {"", "  \n", "true", "TRUE", "1 < 2", "not false", "true or id > 1", "true and true"}) {
    EXPECT_TRUE(always(text)) << text;
  }
  for (const char* text :
       {"false", "id > 0", "true and id > 0", "random_sample(0.5)", "id is null"})
    EXPECT_FALSE(always(text)) << text;
}

TEST(Binder, ListsTheFieldsItReads) {
  const auto filter =
      Compile("id > 1 and (s like 'x' or id < 0) and color == 'red'", MakeSchema(), {});
  EXPECT_EQ((*filter)->fields(), (std::vector<FieldId>{FieldId(100), FieldId(106), FieldId(115)}));
}

}  // namespace
}  // namespace elanus::expr
