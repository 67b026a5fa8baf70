#include "query/json_values.h"

#include <cstdint>

#include "model/json.h"

namespace elanus::query {
namespace {

// False: the value is not of the type.
bool AppendAs(DataType type, const JsonView& value, Column* out) {
  if (type == DataType::kVarChar) {
    if (value.is_string()) out->AppendString(value.string());
    return value.is_string();
  }
  if (type == DataType::kBool) {
    if (value.is_bool()) out->Append<uint8_t>(value.boolean() ? 1 : 0);
    return value.is_bool();
  }
  if (value.type() != JsonType::kInt) return false;
  const int64_t number = value.int64();
  if (type == DataType::kInt8) out->Append(static_cast<int8_t>(number));
  if (type == DataType::kInt16) out->Append(static_cast<int16_t>(number));
  if (type == DataType::kInt32) out->Append(static_cast<int32_t>(number));
  if (type == DataType::kInt64) out->Append(number);
  return true;
}

}  // namespace

Column JsonValues(const Column& documents, std::span<const std::string> path) {
  Column out(documents.field(), DataType::kJson);
  out.MakeNullable();
  for (size_t row = 0; row < documents.rows(); ++row) {
    const JsonView value =
        documents.IsNull(row) ? JsonView() : JsonView(documents.String(row)).Walk(path);
    if (!value.exists() || value.is_null()) {
      out.AppendNull();
    } else {
      out.AppendString(value.bytes());
    }
  }
  return out;
}

Result<Column> JsonGroupKeys(const Column& documents, std::span<const std::string> path,
                             const JsonCast& cast) {
  const bool text = cast.type == DataType::kNone;
  Column out(documents.field(), text ? DataType::kVarChar : cast.type);
  out.MakeNullable();
  std::string spelled;
  for (size_t row = 0; row < documents.rows(); ++row) {
    if (documents.IsNull(row)) {
      out.AppendNull();
      continue;
    }
    const JsonView value = JsonView(documents.String(row)).Walk(path);
    if (text && value.exists()) {
      spelled.clear();
      value.AppendText(&spelled);
      out.AppendString(spelled);
    } else if (text || !AppendAs(cast.type, value, &out)) {
      if (cast.strict) {
        return Fail(Code::kUnexpected, "failed to cast json value to " +
                                           std::string(NameOf(out.type())) +
                                           ", wrong json data inner type");
      }
      out.AppendNull();
    }
  }
  return out;
}

}  // namespace elanus::query
