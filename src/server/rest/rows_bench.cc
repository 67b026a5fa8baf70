// Rows of 768 numbers: from the text of a body to columns, and back to text.
#include <charconv>
#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "base/status.h"
#include "server/rest/json_text.h"
#include "server/rest/row_reader.h"
#include "server/rest/row_writer.h"
#include "server/rest/vector_reader.h"

namespace elanus::server {
namespace {

constexpr int kDim = 768;
constexpr int kRows = 1000;

pb_schema::CollectionSchema MakeSchema() {
  pb_schema::CollectionSchema schema;
  auto* key = schema.add_fields();
  key->set_name("id");
  key->set_data_type(pb_schema::Int64);
  key->set_is_primary_key(true);
  auto* vector = schema.add_fields();
  vector->set_name("vector");
  vector->set_data_type(pb_schema::FloatVector);
  auto* dim = vector->add_type_params();
  dim->set_key("dim");
  dim->set_value(std::to_string(kDim));
  return schema;
}

// `wide`: as clients write doubles, with 16 or 17 digits; else as floats, with 8 or 9.
std::string MakeText(bool wide) {
  std::mt19937_64 random(7);
  std::string text = "[";
  for (int row = 0; row < kRows; ++row) {
    if (row > 0) text += ',';
    JsonObject object(&text);
    object.Add("id", row);
    std::string* out = object.Key("vector");
    for (int i = 0; i < kDim; ++i) {
      *out += i == 0 ? '[' : ',';
      const double value = static_cast<double>(random()) * 0x1p-64;
      if (wide) {
        AppendDouble(value, out);
      } else {
        AppendFloat(static_cast<float>(value), out);
      }
    }
    *out += ']';
  }
  return text + "]";
}

void BM_ReadRows(benchmark::State& state) {
  const auto schema = MakeSchema();
  const std::string text = MakeText(state.range(0) != 0);
  for (auto _ : state) {
    JsonReader reader(text);
    uint32_t rows = 0;
    google::protobuf::RepeatedPtrField<pb_schema::FieldData> columns;
    CHECK(ReadRows(&reader, {schema}, &rows, &columns).ok());
    benchmark::DoNotOptimize(columns);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(BM_ReadRows)->ArgName("wide")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void BM_WriteRows(benchmark::State& state) {
  const auto schema = MakeSchema();
  const std::string text = MakeText(false);
  JsonReader reader(text);
  uint32_t rows = 0;
  google::protobuf::RepeatedPtrField<pb_schema::FieldData> columns;
  CHECK(ReadRows(&reader, {schema}, &rows, &columns).ok());
  const google::protobuf::RepeatedPtrField<std::string> names;
  for (auto _ : state) {
    std::string out;
    CHECK(AppendRows({columns, names, "id"}, true, &out).ok());
    benchmark::DoNotOptimize(out);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(BM_WriteRows)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace elanus::server
