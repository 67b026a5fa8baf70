// Which rows pass: small tables with every kind of predicate, nulls and odd values among them.
#include <limits>

#include <gtest/gtest.h>

#include "base/profile.h"
#include "expr/filter.h"
#include "expr/test_source.h"
#include "geo/wkt.h"
#include "model/array.h"
#include "model/json.h"
#include "model/timestamptz.h"

namespace elanus::expr {
namespace {

// A table built row by row; nullptr in a cell is null.
class Table {
 public:
  Table& Add(std::string name, DataType type, DataType element = DataType::kNone) {
    Field field;
    field.id = FieldId(100 + static_cast<int64_t>(schema.fields.size()));
    field.name = std::move(name);
    field.type = type;
    field.element_type = element;
    field.dynamic = field.name == kDynamicFieldName;
    schema.enable_dynamic_field |= field.dynamic;
    columns.emplace_back(field.id, type);
    schema.fields.push_back(std::move(field));
    return *this;
  }
  // Values of the last column added.
  template <typename T>
  Table& Fixed(std::initializer_list<std::optional<T>> values) {
    for (const auto& value : values) {
      if (value) {
        columns.back().Append<T>(*value);
      } else {
        columns.back().AppendNull();
      }
    }
    return *this;
  }
  Table& Strings(std::initializer_list<const char*> values) {
    for (const char* value : values) {
      if (value != nullptr) {
        columns.back().AppendString(Stored(value));
      } else {
        columns.back().AppendNull();
      }
    }
    return *this;
  }
  Table& Arrays(std::initializer_list<std::optional<Value::Array>> values) {
    for (const auto& value : values) {
      if (value) {
        columns.back().AppendString(*EncodeArray(schema.fields.back().element_type, *value));
      } else {
        columns.back().AppendNull();
      }
    }
    return *this;
  }

  // The passing rows, as "0 2 5".
  std::string Rows(std::string_view text, const TemplateValues& templates = {}) const {
    const auto filter = Compile(text, schema, templates);
    if (!filter.ok()) return filter.status().message();
    Batch batch;
    batch.columns = columns;
    batch.rows = columns[0].rows();
    TestSource source(std::move(batch));
    std::string scanned;
    for (const bool answer_index : {false, true}) {
      source.answer_index = answer_index;
      Bitmap passed(source.rows());
      EXPECT_TRUE((*filter)->Evaluate(Context(), source, &passed).ok());
      std::string rows;
      passed.ForEach([&](size_t row) { rows += (rows.empty() ? "" : " ") + std::to_string(row); });
      if (answer_index) {
        EXPECT_EQ(rows, scanned) << "with an index: " << text;
      }
      scanned = rows;
    }
    return scanned;
  }

  Schema schema;
  std::vector<Column> columns;

 private:
  std::string Stored(const char* value) const {
    if (columns.back().type() == DataType::kGeometry) return *geo::WktToWkb(value);
    if (columns.back().type() != DataType::kJson) return value;
    Result<std::string> binary = EncodeJson(value);
    EXPECT_TRUE(binary.ok()) << value;
    return *binary;
  }
};

constexpr std::nullopt_t kNull = std::nullopt;

TEST(Evaluate, ComparesIntegersAtTheirEnds) {
  Table t;
  t.Add("a", DataType::kInt8).Fixed<int8_t>({-128, -1, 0, 1, 127, kNull});
  t.Add("b", DataType::kInt64).Fixed<int64_t>({INT64_MIN, -1, 0, 1, INT64_MAX, kNull});
  EXPECT_EQ(t.Rows("a == 1"), "3");
  EXPECT_EQ(t.Rows("a != 1"), "0 1 2 4");
  EXPECT_EQ(t.Rows("not (a == 1)"), "0 1 2 4");
  EXPECT_EQ(t.Rows("a < 1000"), "0 1 2 3 4");
  EXPECT_EQ(t.Rows("a > 1000"), "");
  EXPECT_EQ(t.Rows("a != 1000"), "0 1 2 3 4");
  EXPECT_EQ(t.Rows("a == 257"), "");
  EXPECT_EQ(t.Rows("a >= 127"), "4");
  EXPECT_EQ(t.Rows("a <= -128"), "0");
  EXPECT_EQ(t.Rows("-1 <= a < 1"), "1 2");
  EXPECT_EQ(t.Rows("1 >= a > -1"), "2 3");
  EXPECT_EQ(t.Rows("b < -9223372036854775808"), "");
  EXPECT_EQ(t.Rows("b > 9223372036854775807"), "");
  EXPECT_EQ(t.Rows("b >= -9223372036854775808"), "0 1 2 3 4");
  EXPECT_EQ(t.Rows("a in [1, -128, 300]"), "0 3");
  EXPECT_EQ(t.Rows("a not in [1, -128, 300]"), "1 2 4");
  EXPECT_EQ(t.Rows("a in []"), "");
  EXPECT_EQ(t.Rows("a not in []"), "0 1 2 3 4");
  EXPECT_EQ(t.Rows("b in [0, 9223372036854775807]"), "2 4");
  EXPECT_EQ(t.Rows("a < b"), "4");
  EXPECT_EQ(t.Rows("a == b"), "1 2 3");
  EXPECT_EQ(t.Rows("a is null"), "5");
  EXPECT_EQ(t.Rows("a is not null"), "0 1 2 3 4");
}

TEST(Evaluate, ComparesFloatsAsIeeeDoes) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Table t;
  t.Add("f", DataType::kFloat).Fixed<float>({0.1f, -0.0f, nan, 2.5f, kNull});
  t.Add("d", DataType::kDouble).Fixed<double>({0.1, 0.0, 1e300, 2.5, 1.0});
  EXPECT_EQ(t.Rows("f == 0.1"), "0");
  EXPECT_EQ(t.Rows("f == 0"), "1");
  EXPECT_EQ(t.Rows("f in [0.1, 0, 7]"), "0 1");
  EXPECT_EQ(t.Rows("f != 0.1"), "1 2 3");
  EXPECT_EQ(t.Rows("f > 0"), "0 3");
  EXPECT_EQ(t.Rows("0 <= f <= 2.5"), "0 1 3");
  EXPECT_EQ(t.Rows("d in [0.1, 2.5]"), "0 3");
  EXPECT_EQ(t.Rows("f == d"), "1 3");
  EXPECT_EQ(t.Rows("d + 1 == 3.5"), "3");
  EXPECT_EQ(t.Rows("d * 2 > 4"), "2 3");
}

TEST(Evaluate, DoesArithmeticInInt64) {
  Table t;
  t.Add("a", DataType::kInt32).Fixed<int32_t>({-7, 0, 7, INT32_MAX, kNull});
  EXPECT_EQ(t.Rows("a + 1 == 8"), "2");
  EXPECT_EQ(t.Rows("1 + a == 8"), "2");
  EXPECT_EQ(t.Rows("a * 2 > 4294967290"), "3");
  EXPECT_EQ(t.Rows("a / 2 == -3"), "0");
  EXPECT_EQ(t.Rows("a % 2 == -1"), "0");
  EXPECT_EQ(t.Rows("a % -1 == 0"), "0 1 2 3");
  EXPECT_EQ(t.Rows("(a & 3) == 3"), "2 3");
  EXPECT_EQ(t.Rows("(a | 8) == 15"), "2");
  EXPECT_EQ(t.Rows("(a ^ 7) == 0"), "2");
  EXPECT_EQ(t.Rows("a - 7 != 0"), "0 1 3");
}

TEST(Evaluate, MatchesStrings) {
  Table t;
  t.Add("s", DataType::kVarChar)
      .Strings({"", "abc", "abd", "xabcx", "a%c", nullptr, "\xe4\xb8\xad\xe6\x96\x87", "a\nc"});
  t.Add("p", DataType::kVarChar).Strings({"", "ab", "b", nullptr, "a", "x", "\xe4\xb8\xad", "a"});
  EXPECT_EQ(t.Rows("s == 'abc'"), "1");
  EXPECT_EQ(t.Rows("s != 'abc'"), "0 2 3 4 6 7");
  EXPECT_EQ(t.Rows("s >= 'abd'"), "2 3 6");
  EXPECT_EQ(t.Rows("'abc' < s < 'b'"), "2");
  EXPECT_EQ(t.Rows("s in ['abc', '', 'zzz']"), "0 1");
  EXPECT_EQ(t.Rows("s like 'abc'"), "1");
  EXPECT_EQ(t.Rows("s like 'ab%'"), "1 2");
  EXPECT_EQ(t.Rows("s like '%c'"), "1 4 7");
  EXPECT_EQ(t.Rows("s like '%abc%'"), "1 3");
  EXPECT_EQ(t.Rows("s like '%'"), "0 1 2 3 4 6 7");
  EXPECT_EQ(t.Rows("s like ''"), "0");
  EXPECT_EQ(t.Rows("s like 'a_c'"), "1 4 7");
  EXPECT_EQ(t.Rows("s like '__'"), "6");
  EXPECT_EQ(t.Rows("s like '%b%x'"), "3");
  EXPECT_EQ(t.Rows("s like 'a\\\\%c'"), "4");
  EXPECT_EQ(t.Rows("s like r'a\\%c'"), "4");
  EXPECT_EQ(t.Rows("not s like 'ab%'"), "0 3 4 6 7");
  EXPECT_EQ(t.Rows("s =~ '^a.c$'"), "1 4 7");
  EXPECT_EQ(t.Rows("s =~ 'b'"), "1 2 3");
  EXPECT_EQ(t.Rows("s !~ 'b'"), "0 4 6 7");
  EXPECT_EQ(t.Rows("empty(s)"), "0");
  EXPECT_EQ(t.Rows("starts_with(s, 'a%')"), "4");
  EXPECT_EQ(t.Rows("starts_with(s, p)"), "0 1 4 6 7");
  EXPECT_EQ(t.Rows("s == p"), "0");
  EXPECT_EQ(t.Rows("s like {p}", {{"p", Value("x%")}}), "3");
}

TEST(Evaluate, FindsWordsAtEveryPlace) {
  for (size_t size = 0; size < 70; ++size) {
    for (size_t at = 0; at + 3 <= size; ++at) {
      Table t;
      std::string text(size, 'a');
      text.replace(at, 3, "xyz");
      t.Add("s", DataType::kVarChar).Strings({text.c_str(), "aaa"});
      ASSERT_EQ(t.Rows("s like '%xyz%'"), "0") << size << " " << at;
      ASSERT_EQ(t.Rows("s like '%xyzx%'"), "") << size << " " << at;
    }
  }
}

TEST(Evaluate, FollowsKleene) {
  Table t;  // all nine pairs of true, false, unknown
  t.Add("a", DataType::kBool)
      .Fixed<bool>({true, true, true, false, false, false, kNull, kNull, kNull});
  t.Add("b", DataType::kBool)
      .Fixed<bool>({true, false, kNull, true, false, kNull, true, false, kNull});
  const std::string a = "a == true";
  const std::string b = "b == true";
  EXPECT_EQ(t.Rows(a + " and " + b), "0");
  EXPECT_EQ(t.Rows("not (" + a + " and " + b + ")"), "1 3 4 5 7");
  EXPECT_EQ(t.Rows(a + " or " + b), "0 1 2 3 6");
  EXPECT_EQ(t.Rows("not (" + a + " or " + b + ")"), "4");
  EXPECT_EQ(t.Rows("not (" + a + ")"), "3 4 5");
  EXPECT_EQ(t.Rows("not (not (" + a + "))"), "0 1 2");
  EXPECT_EQ(t.Rows("not (not (" + a + ") or not (" + b + "))"), "0");
  EXPECT_EQ(t.Rows("a is null and b is null"), "8");
  EXPECT_EQ(t.Rows("a == b"), "0 4");
  EXPECT_EQ(t.Rows("a != b"), "1 3");
  EXPECT_EQ(t.Rows("a in [true]"), "0 1 2");
  EXPECT_EQ(t.Rows("a not in [true]"), "3 4 5");
  EXPECT_EQ(t.Rows("a == true and true"), "0 1 2");
  EXPECT_EQ(t.Rows("a == true or true"), "0 1 2 3 4 5 6 7 8");
  EXPECT_EQ(t.Rows("a == true and false"), "");
}

TEST(Evaluate, LooksIntoJson) {
  Table t;
  t.Add("js", DataType::kJson)
      .Strings({R"({"k": 1})", R"({"k": 1.0, "n": {"x": [10, "y", {"z": 5}]}})", R"({"k": "1"})",
                R"({"k": null})", R"({})", nullptr, R"({"k": true})",
                R"({"k": [1, 2.0, "a", [3]]})", R"({"k": 18446744073709551615})", R"({"k": {}})",
                R"({"k": [[], {"a": null}]})", R"({"k": 2.5})"});
  EXPECT_EQ(t.Rows("js['k'] == 1"), "0 1");
  EXPECT_EQ(t.Rows("js['k'] == 1.0"), "0 1");
  EXPECT_EQ(t.Rows("js['k'] != 1"), "8 11");
  EXPECT_EQ(t.Rows("not (js['k'] == 1)"), "8 11");
  EXPECT_EQ(t.Rows("js['k'] > 1"), "8 11");
  EXPECT_EQ(t.Rows("1 <= js['k'] < 2.5"), "0 1");
  EXPECT_EQ(t.Rows("js['k'] == '1'"), "2");
  EXPECT_EQ(t.Rows("js['k'] == true"), "6");
  EXPECT_EQ(t.Rows("js['k'] in [1, '1']"), "0 1 2");
  EXPECT_EQ(t.Rows("js['k'] not in [1, 'x']"), "2 8 11");
  EXPECT_EQ(t.Rows("js['k'] not in ['x']"), "2");
  EXPECT_EQ(t.Rows("js['k'] in [2.5, 1]"), "0 1 11");
  EXPECT_EQ(t.Rows("js['k'] in []"), "");
  EXPECT_EQ(t.Rows("js['k'] like '1%'"), "2");
  EXPECT_EQ(t.Rows("js['k'] =~ '^1$'"), "2");
  EXPECT_EQ(t.Rows("js['k'] + 1 == 2"), "0 1");
  EXPECT_EQ(t.Rows("js['k'] * 2 > 4"), "8 11");
  EXPECT_EQ(t.Rows("js['n']['x'][0] == 10"), "1");
  EXPECT_EQ(t.Rows("js['n']['x'][2]['z'] == 5"), "1");
  EXPECT_EQ(t.Rows("js['n']['x'][9] == 5"), "");
  EXPECT_EQ(t.Rows("exists js['k']"), "0 1 2 6 7 8 11");
  EXPECT_EQ(t.Rows("not exists js['k']"), "3 4 5 9 10");
  EXPECT_EQ(t.Rows("js['k'] is null"), "3 4 5 9 10");
  EXPECT_EQ(t.Rows("js['k'] is not null"), "0 1 2 6 7 8 11");
  EXPECT_EQ(t.Rows("js is null"), "5");
  EXPECT_EQ(t.Rows("json_contains(js['k'], 2)"), "7");
  EXPECT_EQ(t.Rows("json_contains(js['k'], [3])"), "7");
  EXPECT_EQ(t.Rows("not json_contains(js['k'], 9)"), "7 10");
  EXPECT_EQ(t.Rows("json_contains_all(js['k'], [1, 'a'])"), "7");
  EXPECT_EQ(t.Rows("json_contains_any(js['k'], ['b', 1])"), "7");
  EXPECT_EQ(t.Rows("json_contains_any(js['k'], [])"), "");
  EXPECT_EQ(t.Rows("array_length(js['k']) == 4"), "7");
  EXPECT_EQ(t.Rows("array_length(js['k']) < 4"), "10");
  EXPECT_EQ(t.Rows("js['k'] == [1, 2, 'a', [3]]"), "7");
}

TEST(Evaluate, TakesUnknownNamesFromTheDynamicField) {
  Table t;
  t.Add("id", DataType::kInt64).Fixed<int64_t>({0, 1, 2, 3});
  t.Add("$meta", DataType::kJson)
      .Strings({R"({"color": "red", "n": 1})", R"({"color": 7})", R"({})",
                R"({"color": "blue", "n": 2.5})"});
  EXPECT_EQ(t.Rows("color == 'red'"), "0");
  EXPECT_EQ(t.Rows("color != 'red'"), "3");
  EXPECT_EQ(t.Rows("$meta['color'] == 7 or n > 2"), "1 3");
  EXPECT_EQ(t.Rows("id > 0 and exists color"), "1 3");
  EXPECT_EQ(t.Rows("n is null"), "1 2");
}

TEST(Evaluate, LooksIntoArrays) {
  Table t;
  t.Add("a", DataType::kArray, DataType::kInt16)
      .Arrays({Value::Array{int64_t{1}, int64_t{2}, int64_t{3}}, Value::Array{}, kNull,
               Value::Array{int64_t{3}}});
  t.Add("s", DataType::kArray, DataType::kVarChar)
      .Arrays({Value::Array{"x", "yy"}, Value::Array{""}, Value::Array{}, kNull});
  t.Add("f", DataType::kArray, DataType::kFloat)
      .Arrays({Value::Array{0.1}, Value::Array{1.0}, kNull, Value::Array{}});
  EXPECT_EQ(t.Rows("a[0] == 1"), "0");
  EXPECT_EQ(t.Rows("a[0] != 1"), "3");
  EXPECT_EQ(t.Rows("a[1] in [2, 5]"), "0");
  EXPECT_EQ(t.Rows("1 < a[0] < 5"), "3");
  EXPECT_EQ(t.Rows("a[0] + 1 == 4"), "3");
  EXPECT_EQ(t.Rows("array_contains(a, 3)"), "0 3");
  EXPECT_EQ(t.Rows("not array_contains(a, 2)"), "1 3");
  EXPECT_EQ(t.Rows("array_contains_all(a, [1, 3])"), "0");
  EXPECT_EQ(t.Rows("array_contains_all(a, [])"), "0 1 3");
  EXPECT_EQ(t.Rows("array_contains_any(a, [2, 9])"), "0");
  EXPECT_EQ(t.Rows("array_length(a) == 0"), "1");
  EXPECT_EQ(t.Rows("array_length(a) > 0"), "0 3");
  EXPECT_EQ(t.Rows("a == [1, 2, 3]"), "0");
  EXPECT_EQ(t.Rows("a != [3]"), "0 1");
  EXPECT_EQ(t.Rows("a is null"), "2");
  EXPECT_EQ(t.Rows("s[1] like 'y%'"), "0");
  EXPECT_EQ(t.Rows("array_contains(s, '')"), "1");
  EXPECT_EQ(t.Rows("array_contains(f, 0.1)"), "0");
  EXPECT_EQ(t.Rows("f[0] == 0.1"), "0");
  EXPECT_EQ(t.Rows("f == [1]"), "1");
}

TEST(Evaluate, ComparesInstants) {
  const auto at = [](std::string_view text) { return *ParseTimestamptz(text, TimeZone::Utc()); };
  Table t;
  t.Add("ts", DataType::kTimestamptz)
      .Fixed<int64_t>({at("2025-01-01T00:00:00Z"), at("2025-01-31T12:00:00Z"), kNull,
                       at("2025-03-01T00:00:00Z")});
  EXPECT_EQ(t.Rows("ts > ISO '2025-01-01T00:00:00Z'"), "1 3");
  EXPECT_EQ(t.Rows("ts == ISO '2025-01-01T08:00:00+08:00'"), "0");
  EXPECT_EQ(t.Rows("ISO '2025-02-01T00:00:00' > ts"), "0 1");
  EXPECT_EQ(t.Rows("ts + INTERVAL 'P1M' >= ISO '2025-02-28T00:00:00Z'"), "1 3");
  EXPECT_EQ(t.Rows("ts - INTERVAL 'PT12H' == ISO '2025-01-31T00:00:00Z'"), "1");
  EXPECT_EQ(t.Rows("ts is not null"), "0 1 3");
}

TEST(Evaluate, SamplesOfTheMatchingRows) {
  Schema schema;
  Field field;
  field.id = FieldId(100);
  field.name = "a";
  field.type = DataType::kInt32;
  schema.fields = {field};
  Batch batch;
  batch.rows = 5000;
  batch.columns.emplace_back(field.id, field.type);
  for (int32_t i = 0; i < 5000; ++i) batch.columns[0].Append(i);
  const TestSource source(std::move(batch));
  const auto sample = [&](std::string_view text) {
    Bitmap passed(source.rows());
    EXPECT_TRUE((*Compile(text, schema, {}))->Evaluate(Context(), source, &passed).ok());
    return passed;
  };
  EXPECT_EQ(sample("random_sample(0.1)").Count(), 500u);
  const Bitmap some = sample("a < 1000 and random_sample(0.25)");
  EXPECT_EQ(some.Count(), 250u);
  some.ForEach([](size_t row) { EXPECT_LT(row, 1000u); });
  EXPECT_EQ(sample("a == 3 and random_sample(0.001)").Count(), 1u);
  EXPECT_EQ(sample("a < 0 and random_sample(0.5)").Count(), 0u);
}

TEST(Evaluate, StopsForACancelledRequest) {
  Schema schema;
  Field field;
  field.id = FieldId(100);
  field.name = "a";
  field.type = DataType::kInt8;
  schema.fields = {field};
  Batch batch;
  batch.rows = 200000;
  batch.columns.emplace_back(field.id, field.type);
  batch.columns[0].ResizeFixed(batch.rows);
  const TestSource source(std::move(batch));
  Context context;
  context.Cancel();
  Bitmap passed(source.rows());
  EXPECT_EQ((*Compile("a == 0", schema, {}))->Evaluate(context, source, &passed).code(),
            Code::kCancelled);
}

// How often a filter over four rows offers a predicate to the index, and how often it asks.
std::pair<size_t, size_t> UseOfTheIndex(std::string_view text, size_t estimate) {
  Table t;
  t.Add("a", DataType::kInt32).Fixed<int32_t>({1, 2, 3, kNull});
  t.Add("s", DataType::kVarChar).Strings({"x", "xy", "z", "x"});
  Batch batch;
  batch.columns = t.columns;
  batch.rows = 4;
  TestSource source(std::move(batch));
  source.answer_index = true;
  source.estimate = estimate;
  Bitmap passed(4);
  EXPECT_TRUE((*Compile(text, t.schema, {}))->Evaluate(Context(), source, &passed).ok());
  return {source.offered.size(), source.asked.size()};
}

TEST(Evaluate, OffersTopLevelPredicatesToTheIndex) {
  EXPECT_EQ(UseOfTheIndex("a == 1", 1).first, 1u);
  EXPECT_EQ(UseOfTheIndex("a > 1 and s like 'x%' and s != 'z'", 1).first, 2u);
  EXPECT_EQ(UseOfTheIndex("not (a == 1)", 1).first, 0u);
  EXPECT_EQ(UseOfTheIndex("not (a == 1 or s == 'x')", 1).first, 0u);
  EXPECT_EQ(UseOfTheIndex("1 < a <= 3 and starts_with(s, 'x')", 1).first, 2u);
}

TEST(Evaluate, AsksTheIndexWhereItNarrows) {
  EXPECT_EQ(UseOfTheIndex("a == 1", 1).second, 1u);
  EXPECT_EQ(UseOfTheIndex("a == 1", 2).second, 0u);            // a look at four is cheaper
  EXPECT_EQ(UseOfTheIndex("a == 1 and a < 2", 1).second, 1u);  // one row is left to look at
}

TEST(Evaluate, AsksTheIndexForADisjunctionOnlyIfItTellsOfEveryOperand) {
  EXPECT_EQ(UseOfTheIndex("s == 'z' or s == 'x'", 0).second, 2u);
  EXPECT_EQ(UseOfTheIndex("s == 'z' or s != 'x'", 0).second, 0u);
  EXPECT_EQ(UseOfTheIndex("s == 'z' or (s == 'x' and a != 2)", 0).second, 2u);
}

TEST(Evaluate, TellsTheProfileWhatEachPredicateDid) {
  Table t;
  t.Add("a", DataType::kInt32).Fixed<int32_t>({1, 2, 3, kNull});
  t.Add("s", DataType::kVarChar).Strings({"x", "xy", "z", "x"});
  Batch batch;
  batch.columns = t.columns;
  batch.rows = 4;
  TestSource source(std::move(batch));
  source.answer_index = true;
  source.estimate = 1;
  Profile profile;
  Context context;
  context.SetProfile(&profile);
  Bitmap passed(4);
  const auto filter = Compile("a >= 2 and (s != 'z' or a == 7)", t.schema, {});
  EXPECT_TRUE((*filter)->Evaluate(context, source, &passed).ok());
  EXPECT_EQ(profile.Plan(), "index `a >= 2` 4 -> 2; scan `(s != 'z' or a == 7)` 2 -> 1");
}

TEST(Evaluate, RelatesGeometries) {
  Table t;
  t.Add("g", DataType::kGeometry)
      .Strings({"POINT (1 1)", "POINT (4 1)", "POLYGON ((3 3, 6 3, 6 6, 3 3))",
                "LINESTRING (-1 2, 5 2)", nullptr, "POINT EMPTY",
                "POLYGON ((8 8, 9 9, 9 8, 8 9, 8 8))"});
  t.Add("a", DataType::kInt32).Fixed<int32_t>({0, 1, 2, 3, 4, 5, 6});
  const std::string square = "'POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))'";
  EXPECT_EQ(t.Rows("st_within(g, " + square + ")"), "0");
  EXPECT_EQ(t.Rows("ST_TOUCHES(g, " + square + ")"), "1");
  EXPECT_EQ(t.Rows("st_crosses(g, " + square + ")"), "3");
  EXPECT_EQ(t.Rows("st_overlaps(g, " + square + ")"), "2");
  EXPECT_EQ(t.Rows("st_contains(g, 'POINT (5 4)')"), "2");
  EXPECT_EQ(t.Rows("st_equals(g, \"point(1.0 1)\")"), "0");
  EXPECT_EQ(t.Rows("st_equals(g, 'LINESTRING EMPTY')"), "5");
  EXPECT_EQ(t.Rows("not st_equals(g, 'POINT (1 1)')"), "1 2 3 5 6");
  EXPECT_EQ(t.Rows("st_isvalid(g)"), "0 1 2 3 5");
  EXPECT_EQ(t.Rows("not st_isvalid(g)"), "6");
  EXPECT_EQ(t.Rows("g is null"), "4");
  EXPECT_EQ(t.Rows("g is not null and a > 4"), "5 6");
  EXPECT_EQ(t.Rows("st_intersects(g, {w}) and a != 3", {{"w", Value("POINT (4 2)")}}), "");
  EXPECT_EQ(t.Rows("st_intersects(g, {w})", {{"w", Value("POINT (4 2)")}}), "3");
  EXPECT_EQ(t.Rows("st_dwithin(g, 'POINT (1 1)', 0)"), "0");
  EXPECT_EQ(t.Rows("ST_DWITHIN(g, {p}, 112000.5)", {{"p", Value("POINT (1 1)")}}), "0 3");
}

}  // namespace
}  // namespace elanus::expr
