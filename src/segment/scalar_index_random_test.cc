// Indexes of scalar fields against a scan of the same segment: for random rows, indexes and filters
// both let the same rows pass, and a copy read back from its file does too.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "expr/field_path.h"
#include "expr/filter.h"
#include "io/memory/memory_file_system.h"
#include "model/array.h"
#include "model/json.h"
#include "segment/growing_segment.h"
#include "segment/random_rows_testing.h"
#include "segment/sealed_segment.h"

namespace elanus::segment {
namespace {

constexpr size_t kRows = 3000;

Field MakeField(int64_t id, std::string name, DataType type, bool nullable) {
  Field field;
  field.id = FieldId(id);
  field.name = std::move(name);
  field.type = type;
  field.nullable = nullable;
  return field;
}

Schema MixedSchema() {
  Schema schema;
  schema.fields = {MakeField(100, "id", DataType::kInt64, false),
                   MakeField(101, "text", DataType::kVarChar, true),
                   MakeField(102, "js", DataType::kJson, true),
                   MakeField(103, "ints", DataType::kArray, true),
                   MakeField(104, "words", DataType::kArray, false)};
  schema.fields[0].primary = true;
  schema.fields[3].element_type = DataType::kInt32;
  schema.fields[4].element_type = DataType::kVarChar;
  return schema;
}

IndexInfo Declared(std::string type, Properties params = {}) {
  IndexInfo info;
  info.type = std::move(type);
  info.params = std::move(params);
  return info;
}

class Dice {
 public:
  explicit Dice(Random* random) : random_(random) {}
  size_t Below(size_t n) { return (*random_)() % n; }
  template <typename T>
  T Of(std::initializer_list<T> list) {
    return *(list.begin() + static_cast<std::ptrdiff_t>(Below(list.size())));
  }

  std::string Word() {
    std::string word;
    for (size_t i = Below(5); i > 0; --i) word += Of({"a", "b", "c", "é", "%", "ab"});
    return word;
  }
  std::string Text() {
    std::string text;
    for (size_t i = Below(4); i > 0; --i) text += Word() + " ";
    return text;
  }
  // Numbers that a double cannot hold are among them.
  std::string Number() {
    const std::string small = std::to_string(static_cast<int64_t>(Below(9)) - 4);
    switch (Below(8)) {
      case 0:
        return small + ".5";
      case 1:
        return small + ".0";
      case 2:
        return std::to_string(9007199254740992 + static_cast<int64_t>(Below(3)));
      default:
        return small;
    }
  }
  std::string Json(int depth) {
    switch (Below(depth > 0 ? 8 : 6)) {
      case 0:
        return "null";
      case 1:
        return Of({"true", "false"});
      case 2:
        return "\"" + Word() + "\"";
      case 3:
        return "\"" + Text() + "\"";
      case 6: {
        std::string array = "[";
        for (size_t i = Below(4); i > 0; --i) array += (array.size() > 1 ? "," : "") + Json(0);
        return array + "]";
      }
      case 7:
        return R"({"x": )" + Json(depth - 1) + R"(, "y": )" + Json(depth - 1) + "}";
      default:
        return Number();
    }
  }

 private:
  Random* random_;
};

Batch MixedRows(const Schema& schema, Dice* dice) {
  Batch batch;
  batch.rows = kRows;
  for (const Field& field : schema.fields) batch.columns.emplace_back(field.id, field.type, 0);
  for (size_t row = 0; row < kRows; ++row) {
    const auto key = static_cast<int64_t>(row);
    batch.columns[0].AppendFixed(&key, 1);
    const auto append = [&](size_t field, const std::string& bytes) {
      if (schema.fields[field].nullable && dice->Below(8) == 0) {
        batch.columns[field].AppendNull();
      } else {
        batch.columns[field].AppendString(bytes);
      }
    };
    append(1, dice->Text());
    // n, s, b and o.n have mostly one kind, so that segments keep columns of them.
    const std::string small = dice->Below(4) == 0 ? dice->Json(0) : std::to_string(dice->Below(9));
    append(2, *EncodeJson(R"({"x": )" + dice->Json(2) + R"(, "y": )" + dice->Json(1) +
                          R"(, "n": )" + std::to_string(dice->Below(19)) + "e-1" + R"(, "s": )" +
                          (dice->Below(4) == 0 ? dice->Json(0) : "\"" + dice->Word() + "\"") +
                          R"(, "b": )" + dice->Of({"true", "false", "null"}) + R"(, "o": {"n": )" +
                          (small.size() > 9 ? "0" : small) + "}}"));
    std::vector<Value> ints, words;
    for (size_t i = dice->Below(4); i > 0; --i)
      ints.emplace_back(static_cast<int64_t>(dice->Below(6)));
    for (size_t i = dice->Below(4); i > 0; --i) words.emplace_back(dice->Word());
    append(3, *EncodeArray(DataType::kInt32, ints));
    append(4, *EncodeArray(DataType::kVarChar, words));
  }
  return batch;
}

class ScalarIndexRandom : public ::testing::Test {
 protected:
  ScalarIndexRandom() : schema_(MixedSchema()) { CHECK(fs_.CreateDirs("shard").ok()); }

  std::shared_ptr<SealedSegment> Seal(const Batch& batch) {
    growing_ = GrowingSegment::Make(schema_);
    const std::vector<PartitionId> partitions{PartitionId(1)};
    growing_->Append(batch, partitions, 1000);
    const MergeInput input{growing_, kRows, LiveTable::AllLive()};
    const auto written =
        WriteSegment(Context(), &fs_, "shard/s", SegmentId(1), schema_, {&input, 1}, partitions, 0);
    CHECK(written.ok());
    return *SealedSegment::Open(&fs_, "shard/s", written->meta, schema_);
  }

  void AddIndex(const SealedSegment& segment, const std::string& name, IndexInfo info) {
    const Field& field = *schema_.Find(name);
    std::vector<std::string> path;
    if (const std::string* text = info.Param("json_path"))
      path = expr::ParseFieldPath(*text, schema_)->keys;
    const auto spec = index::ResolveScalarSpec(field, info, path);
    ASSERT_TRUE(spec.has_value());
    auto bytes = std::make_unique<std::string>();
    const Status built =
        index::BuildScalar(*segment.Scalars(field), *spec, [&](std::string_view piece) {
          *bytes += piece;
          return Status();
        });
    ASSERT_TRUE(built.ok()) << built.message();
    auto opened = index::OpenScalar(*bytes, *segment.LendScalars(field));
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    EXPECT_EQ((*opened)->part().path, spec->part.path);
    const auto id = IndexId(static_cast<int64_t>(files_.size()));
    files_.push_back(std::move(bytes));
    indexes_.scalars[id] = {field.id, std::move(opened).take()};
  }

  void AddIndexes(const SealedSegment& segment, Dice* dice) {
    for (const char* path : {"js", "js['x']", "js['y']", "js['x']['y']", "js[\"x\"][0]"}) {
      for (const char* cast :
           {"DOUBLE", "varchar", "BOOL", "ARRAY_DOUBLE", "ARRAY_VARCHAR", "ARRAY_BOOL", "json"}) {
        if (dice->Below(3) != 0) continue;
        AddIndex(segment, "js",
                 Declared("INVERTED", {{"json_path", path}, {"json_cast_type", cast}}));
      }
    }
    if (dice->Below(2) == 0) AddIndex(segment, "ints", Declared("INVERTED"));
    if (dice->Below(2) == 0) AddIndex(segment, "words", Declared("BITMAP"));
    const Properties grams{{"min_gram", dice->Of({"1", "2", "3"})},
                           {"max_gram", dice->Of({"3", "4", "9"})}};
    switch (dice->Below(3)) {
      case 0:
        return AddIndex(segment, "text", Declared("TRIE"));
      case 1:
        AddIndex(segment, "text", Declared("NGRAM", grams));
        break;
      default:
        break;
    }
    Properties json = grams;
    json.emplace_back("json_path", "js['x']");
    json.emplace_back("json_cast_type", "VARCHAR");
    AddIndex(segment, "js", Declared("NGRAM", json));
  }

  const Schema schema_;
  io::MemoryFileSystem fs_;
  std::shared_ptr<GrowingSegment> growing_;  // the same rows in the same order
  std::vector<std::unique_ptr<std::string>> files_;
  IndexSet indexes_;
};

std::string Constant(Dice* dice) {
  switch (dice->Below(4)) {
    case 0:
      return "'" + dice->Word() + "'";
    case 1:
      return dice->Of({"true", "false"});
    default:
      return dice->Number();
  }
}

std::string List(Dice* dice) {
  std::string list = "[";
  for (size_t i = 1 + dice->Below(3); i > 0; --i)
    list += (list.size() > 1 ? ", " : "") + Constant(dice);
  return list + "]";
}

std::string TextFilter(const std::string& column, Dice* dice) {
  switch (dice->Below(5)) {
    case 0:
      return column + " == '" + dice->Word() + " '";
    case 1:
      return column + " =~ '" + dice->Of({"a", "ab+c", "b.c", "^c", "[ab]a b"}) + "'";
    case 2:
      return column + " > '" + dice->Word() + "'";
    default:
      return column + " like '" + dice->Of({"%", "", "%_"}) + dice->Word() +
             dice->Of({"", "_", "%"}) + dice->Word() + dice->Of({"%", ""}) + "'";
  }
}

std::string RandomFilter(Dice* dice) {
  const std::string path =
      dice->Of({"js", "js['x']", "js['y']", "js['x']['y']", "js['x'][0]", "js[\"x\"][\"0\"]",
                "js['n']", "js['s']", "js['b']", "js['o']['n']"});
  switch (dice->Below(11)) {
    case 10:  // rows ascend by it
      return std::string("id") + dice->Of({" < ", " >= ", " == ", " != "}) + std::to_string(dice->Below(kRows));
    case 0:
      return TextFilter("text", dice);
    case 1:
      return TextFilter(path, dice);
    case 2:
      return path + dice->Of({" == ", " != "}) + Constant(dice);
    case 3:
      return path + dice->Of({" < ", " <= ", " > ", " >= "}) + dice->Number();
    case 4:
      return "-4 < " + path + " <= " + dice->Of({"3", "9007199254740993"});
    case 5:
      return path + dice->Of({" in ", " not in "}) + List(dice);
    case 6:
      return "json_contains(" + path + ", " + Constant(dice) + ")";
    case 7:
      return dice->Of({"json_contains_all(", "json_contains_any("}) + path + ", " + List(dice) +
             ")";
    case 8:
      return dice->Of({"array_contains_all(ints, [", "array_contains_any(ints, ["}) +
             std::to_string(dice->Below(7)) + ", " + std::to_string(dice->Below(7)) + "])";
    default:
      return dice->Of({"array_contains_all(words, ['", "array_contains_any(words, ['"}) +
             dice->Word() + "', '" + dice->Word() + "'])";
  }
}

TEST_F(ScalarIndexRandom, AnswersAsAScanDoes) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  Dice dice(&random);
  const auto segment = Seal(MixedRows(schema_, &dice));
  const auto columns = segment->MakeSource(schema_, kRows, nullptr);
  const FieldId json = schema_.Find("js")->id;
  EXPECT_TRUE(columns->FindPath(json, {"n"}, DataType::kDouble));
  EXPECT_TRUE(columns->FindPath(json, {"s"}, DataType::kVarChar));
  EXPECT_TRUE(columns->FindPath(json, {"b"}, DataType::kBool));
  EXPECT_FALSE(columns->FindPath(json, {"x"}, DataType::kDouble));
  size_t asked = 0;
  const int rounds = std::getenv("ELANUS_TEST_ALL") != nullptr ? 800 : 8;
  for (int round = 0; round < rounds; ++round) {
    indexes_ = {};
    AddIndexes(*segment, &dice);
    const auto scan = segment->MakeSource(schema_, kRows, nullptr);
    const auto indexed = segment->MakeSource(schema_, kRows, &indexes_);
    const auto documents = growing_->MakeSource(schema_, kRows, nullptr);
    for (int i = 0; i < 60; ++i) {
      std::string text = RandomFilter(&dice);
      if (dice.Below(4) == 0) text = "not (" + text + ")";
      if (dice.Below(3) == 0) text += dice.Of({" and ", " or "}) + RandomFilter(&dice);
      SCOPED_TRACE(text);
      const auto filter = expr::Compile(text, schema_, {});
      ASSERT_TRUE(filter.ok()) << filter.status().message();
      Bitmap by_scan, by_index, by_documents;
      ASSERT_TRUE((*filter)->Evaluate(Context(), *scan, &by_scan).ok());
      ASSERT_TRUE((*filter)->Evaluate(Context(), *indexed, &by_index).ok());
      ASSERT_TRUE((*filter)->Evaluate(Context(), *documents, &by_documents).ok());
      ASSERT_TRUE(std::ranges::equal(by_scan.words(), by_index.words()));
      ASSERT_TRUE(std::ranges::equal(by_scan.words(), by_documents.words()));
      asked += by_scan.None() ? 0 : 1;
    }
  }
  EXPECT_GT(asked, 100u) << "filters that nothing passes show little";
}

TEST_F(ScalarIndexRandom, TheNumbersOfAPathAreFoundByValueWhateverTheirSpelling) {
  Batch batch;
  batch.rows = kRows;
  for (const Field& field : schema_.fields) batch.columns.emplace_back(field.id, field.type, 0);
  for (size_t row = 0; row < kRows; ++row) {
    const auto key = static_cast<int64_t>(row);
    batch.columns[0].AppendFixed(&key, 1);
    batch.columns[1].AppendString("");
    batch.columns[2].AppendString(*EncodeJson("{\"x\": " +
                                              std::string(row == 7    ? "5"
                                                          : row == 8  ? "5.0"
                                                          : row == 9  ? "\"5\""
                                                          : row == 10 ? "9007199254740993"
                                                                      : "0") +
                                              "}"));
    batch.columns[3].AppendString(*EncodeArray(DataType::kInt32, {}));
    batch.columns[4].AppendString(*EncodeArray(DataType::kVarChar, {}));
  }
  const auto segment = Seal(batch);
  AddIndex(*segment, "js",
           Declared("INVERTED", {{"json_path", "js['x']"}, {"json_cast_type", "DOUBLE"}}));
  const auto indexed = segment->MakeSource(schema_, kRows, &indexes_);
  const auto rows = [&](const std::string& text) {
    Bitmap passed;
    EXPECT_TRUE((*expr::Compile(text, schema_, {}))->Evaluate(Context(), *indexed, &passed).ok());
    std::vector<size_t> found;
    passed.ForEach([&](size_t row) { found.push_back(row); });
    return found;
  };
  EXPECT_EQ(rows("js['x'] == 5"), (std::vector<size_t>{7, 8}));
  EXPECT_EQ(rows("js['x'] == 9007199254740993"), std::vector<size_t>{10});
  EXPECT_EQ(rows("js['x'] == 9007199254740992"), std::vector<size_t>{});
  EXPECT_EQ(rows("js['x'] > 9007199254740992"), std::vector<size_t>{10});
}

}  // namespace
}  // namespace elanus::segment
