// Filters over 1,048,576 rows in memory: items_per_second is rows, so its inverse is the time a
// row.
#include <random>

#include <benchmark/benchmark.h>

#include "expr/filter.h"
#include "geo/wkt.h"
#include "model/column.h"
#include "model/json.h"

namespace elanus::expr {
namespace {

constexpr size_t kRows = 1 << 20;

class BenchSource final : public Source {
 public:
  BenchSource() {
    const auto add = [this](std::string name, DataType type) {
      Field field;
      field.id = FieldId(100 + static_cast<int64_t>(schema.fields.size()));
      field.name = std::move(name);
      field.type = type;
      columns_.emplace_back(field.id, type);
      schema.fields.push_back(std::move(field));
    };
    for (const auto& [name, type] : {std::pair{"a", DataType::kInt64},
                                     {"i", DataType::kInt32},
                                     {"f", DataType::kFloat},
                                     {"s", DataType::kVarChar},
                                     {"js", DataType::kJson},
                                     {"g", DataType::kGeometry},
                                     {"areas", DataType::kGeometry}}) {
      add(name, type);
    }
    std::mt19937_64 random(1);
    for (size_t row = 0; row < kRows; ++row) {
      const uint64_t r = random();
      columns_[0].Append(static_cast<int64_t>(r % 100'000'000));
      columns_[1].Append(static_cast<int32_t>(r % 1000));
      columns_[2].Append(static_cast<float>(r % 1000) / 1000);
      columns_[3].AppendString("the title of document " + std::to_string(r % 1'000'000) +
                               " in a library");
      if (row < kRows / 8) {
        columns_[4].AppendString(
            *EncodeJson(R"({"color": "red", "price": )" + std::to_string(r % 100) +
                        R"(, "tags": ["a", "b"], "stock": 17, "vendor": {"name": "x"}})"));
      } else {
        columns_[4].AppendString(columns_[4].String(row - kRows / 8));
      }
      // Points in a square of 100 x 100, and triangles of half a unit in it.
      const auto at = [](uint64_t x, uint64_t y) {
        return std::to_string(static_cast<double>(x) / 10000) + " " +
               std::to_string(static_cast<double>(y) / 10000);
      };
      const uint64_t x = r % 1'000'000, y = (r >> 32) % 1'000'000;
      columns_[5].AppendString(*geo::WktToWkb("POINT (" + at(x, y) + ")"));
      columns_[6].AppendString(*geo::WktToWkb("POLYGON ((" + at(x, y) + ", " + at(x + 5000, y) +
                                              ", " + at(x, y + 5000) + ", " + at(x, y) + "))"));
    }
  }
  size_t rows() const override { return kRows; }
  Block Read(FieldId field, size_t first, size_t count, BlockScratch* scratch) const override {
    const Column& column = columns_[static_cast<size_t>(field.value - 100)];
    return BlockOf(column, first, count, scratch);
  }

  Schema schema;

 private:
  std::vector<Column> columns_;
};

void Run(benchmark::State& state, const std::string& text, const TemplateValues& templates = {}) {
  static const BenchSource source;
  const auto filter = Compile(text, source.schema, templates);
  CHECK(filter.ok());
  Bitmap passed(kRows);
  for (auto _ : state) CHECK((*filter)->Evaluate(Context(), source, &passed).ok());
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kRows));
  state.counters["passed"] = static_cast<double>(passed.Count());
}

void BM_Int64Range(benchmark::State& state) { Run(state, "1000000 <= a < 50000000"); }
void BM_Int32Compare(benchmark::State& state) { Run(state, "i > 500"); }
void BM_FloatCompare(benchmark::State& state) { Run(state, "f > 0.5"); }
void BM_In1000(benchmark::State& state) {
  std::mt19937_64 random(2);
  Value::Array values;
  for (int i = 0; i < 1000; ++i) values.emplace_back(static_cast<int64_t>(random() % 100'000'000));
  Run(state, "a in {list}", {{"list", Value(values)}});
}
void BM_StringEqual(benchmark::State& state) {
  Run(state, "s == 'the title of document 1234 in a library'");
}
void BM_LikeInner(benchmark::State& state) { Run(state, "s like '%1234%'"); }
void BM_LikePrefix(benchmark::State& state) { Run(state, "s like 'the title of document 12%'"); }
void BM_Regex(benchmark::State& state) { Run(state, "s =~ 'document 12[0-9]+ in'"); }
void BM_Json(benchmark::State& state) { Run(state, "js['price'] < 10"); }
void BM_NarrowThenLike(benchmark::State& state) { Run(state, "s like '%1234%' and i < 10"); }
constexpr const char* kHexagon =
    "'POLYGON ((45 40, 55 40, 60 48.7, 55 57.3, 45 57.3, 40 48.7, 45 40))'";  // 2.6 %
void BM_PointsWithin(benchmark::State& state) {
  Run(state, std::string("st_within(g, ") + kHexagon + ")");
}
void BM_AreasIntersect(benchmark::State& state) {
  Run(state, std::string("st_intersects(areas, ") + kHexagon + ")");
}
void BM_PointsNear(benchmark::State& state) {
  Run(state, "st_dwithin(g, 'POINT (50 50)', 1000000)");
}
void BM_Arithmetic(benchmark::State& state) { Run(state, "a % 10 == 3"); }
void BM_CompileIn10000(benchmark::State& state) {
  Schema schema;
  Field field;
  field.id = FieldId(100);
  field.name = "a";
  field.type = DataType::kInt64;
  schema.fields = {field};
  std::string text = "a in [";
  for (int i = 0; i < 10000; ++i) text += std::to_string(i * 7919) + ", ";
  text += "1]";
  for (auto _ : state) CHECK(Compile(text, schema, {}).ok());
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * 10001));
}
void BM_CompileSmall(benchmark::State& state) {
  static const BenchSource source;
  for (auto _ : state)
    CHECK(Compile("a > 5 and s == 'x' or js['price'] < 10", source.schema, {}).ok());
}

BENCHMARK(BM_Int64Range);
BENCHMARK(BM_Int32Compare);
BENCHMARK(BM_FloatCompare);
BENCHMARK(BM_In1000);
BENCHMARK(BM_StringEqual);
BENCHMARK(BM_LikeInner);
BENCHMARK(BM_LikePrefix);
BENCHMARK(BM_Regex);
BENCHMARK(BM_Json);
BENCHMARK(BM_NarrowThenLike);
BENCHMARK(BM_PointsWithin);
BENCHMARK(BM_AreasIntersect);
BENCHMARK(BM_PointsNear);
BENCHMARK(BM_Arithmetic);
BENCHMARK(BM_CompileIn10000);
BENCHMARK(BM_CompileSmall);

}  // namespace
}  // namespace elanus::expr
