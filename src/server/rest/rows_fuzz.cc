// Any body is refused or becomes columns that agree in length; what is written of them is JSON.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/status.h"
#include "server/rest/json.h"
#include "server/rest/row_reader.h"
#include "server/rest/row_writer.h"
#include "server/rest/vector_reader.h"

namespace {

using elanus::server::pb_schema::CollectionSchema;
using elanus::server::pb_schema::DataType;

CollectionSchema MakeSchema() {
  CollectionSchema schema;
  schema.set_enable_dynamic_field(true);
  int64_t id = 100;
  for (const DataType type : {DataType::Int64, DataType::Bool, DataType::Int8, DataType::Float,
                              DataType::Double, DataType::VarChar, DataType::JSON, DataType::Array,
                              DataType::FloatVector, DataType::Float16Vector, DataType::Int8Vector,
                              DataType::BinaryVector, DataType::SparseFloatVector}) {
    auto* field = schema.add_fields();
    field->set_name(std::string(1, static_cast<char>('a' + schema.fields_size() - 1)));
    field->set_fieldid(id++);
    field->set_data_type(type);
    field->set_element_type(DataType::Int32);
    field->set_nullable(schema.fields_size() > 1);
    auto* dim = field->add_type_params();
    dim->set_key("dim");
    dim->set_value("8");
  }
  return schema;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace elanus;          // NOLINT(google-build-using-namespace)
  using namespace elanus::server;  // NOLINT(google-build-using-namespace)
  static const CollectionSchema schema = MakeSchema();
  const std::string text(reinterpret_cast<const char*>(data), size);

  JsonReader tree_reader(text);
  Json tree;
  if (ReadJson(&tree_reader, SetAside::kData, nullptr, &tree) && tree_reader.AtEnd()) {
    const std::string again = tree.Text();
    JsonReader reader(again);
    CHECK(reader.Skip() && reader.AtEnd());
  }

  JsonReader reader(text);
  uint32_t rows = 0;
  google::protobuf::RepeatedPtrField<pb_schema::FieldData> columns;
  if (!ReadRows(&reader, {schema, false, size % 2 == 1}, &rows, &columns).ok()) return 0;
  for (const auto& column : columns) {
    CHECK(column.valid_data().empty() || column.valid_data_size() == static_cast<int>(rows));
  }
  google::protobuf::RepeatedPtrField<std::string> names;
  *names.Add() = "$meta";
  std::string out;
  // Requests leave out the scalars that are null, answers do not: only vectors are written here.
  for (int i = columns.size() - 1; i >= 0; --i) {
    if (!columns[i].has_vectors() && !columns[i].is_dynamic()) columns.DeleteSubrange(i, 1);
  }
  CHECK(AppendRows({columns, names, "a"}, true, &out).ok());
  JsonReader answer(out);
  CHECK(answer.Skip() && answer.AtEnd());
  return 0;
}
