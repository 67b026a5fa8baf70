// Any text must give a filter or an error; a filter must evaluate. Run with -max_len=4096.
#include <cstddef>
#include <cstdint>

#include "expr/filter.h"
#include "geo/wkt.h"
#include "model/array.h"
#include "model/column.h"
#include "model/json.h"

namespace elanus::expr {
namespace {

class FuzzSource final : public Source {
 public:
  FuzzSource() {
    const auto add = [this](std::string name, DataType type,
                            DataType element = DataType::kNone) -> Column& {
      Field field;
      field.id = FieldId(100 + static_cast<int64_t>(schema.fields.size()));
      field.name = std::move(name);
      field.type = type;
      field.element_type = element;
      field.dynamic = field.name == kDynamicFieldName;
      columns_.emplace_back(field.id, type);
      schema.fields.push_back(std::move(field));
      return columns_.back();
    };
    Column& id = add("id", DataType::kInt64);
    for (int64_t v : {0, 1, -5}) id.Append(v);
    schema.fields[0].primary = true;
    Column& small = add("i8", DataType::kInt8);
    small.Append<int8_t>(1);
    small.AppendNull();
    small.Append<int8_t>(-128);
    Column& floating = add("f", DataType::kFloat);
    for (float v : {0.5f, -1.0f, 3e38f}) floating.Append(v);
    Column& text = add("s", DataType::kVarChar);
    for (const char* v : {"", "abc", "a%b"}) text.AppendString(v);
    Column& json = add("js", DataType::kJson);
    for (const char* v : {R"({"k":1})", R"({"k":[1,"x",[2]]})", "[]"})
      json.AppendString(*EncodeJson(v));
    Column& array = add("a", DataType::kArray, DataType::kInt64);
    for (const Value::Array& v :
         {Value::Array{}, Value::Array{int64_t{1}}, Value::Array{int64_t{2}, int64_t{3}}}) {
      array.AppendString(*EncodeArray(DataType::kInt64, v));
    }
    Column& instant = add("ts", DataType::kTimestamptz);
    for (int64_t v : {INT64_MIN, int64_t{0}, INT64_MAX}) instant.Append(v);
    Column& shape = add("g", DataType::kGeometry);
    for (const char* v : {"POINT (1 2)", "POLYGON ((0 0, 4 0, 4 4, 0 0))", "MULTIPOINT EMPTY"})
      shape.AppendString(*geo::WktToWkb(v));
    Column& meta = add("$meta", DataType::kJson);
    for (int i = 0; i < 3; ++i) meta.AppendString(*EncodeJson("{}"));
  }

  size_t rows() const override { return 3; }
  Block Read(FieldId field, size_t first, size_t count, BlockScratch* scratch) const override {
    const Column& column = columns_[static_cast<size_t>(field.value - 100)];
    return BlockOf(column, first, count, scratch);
  }

  Schema schema;

 private:
  std::vector<Column> columns_;
};

}  // namespace
}  // namespace elanus::expr

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace elanus;        // NOLINT(google-build-using-namespace)
  using namespace elanus::expr;  // NOLINT(google-build-using-namespace)
  static const FuzzSource source;
  static const TemplateValues templates = {{"x", Value(int64_t{1})},
                                           {"l", Value(Value::Array{int64_t{1}, "a", 2.5})}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto filter = Compile(text, source.schema, templates);
  if (!filter.ok()) return 0;
  Bitmap passed(source.rows());
  CHECK((*filter)->Evaluate(Context(), source, &passed).ok());
  return 0;
}
