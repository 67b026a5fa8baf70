#include "server/rest/vector_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include <milvus/common.pb.h>

#include "base/base64.h"
#include "server/rest/json_text.h"
#include "simd/half.h"

namespace elanus::server {
namespace {

namespace pb_common = ::milvus::proto::common;
using pb_schema::DataType;

Status Problem(const JsonReader& reader) { return Fail(Code::kParameterInvalid, reader.problem()); }

Status WrongLength(std::string_view what, int64_t dim, std::string_view got) {
  return Fail(Code::kParameterInvalid, std::string(what) + " of dimension " + std::to_string(dim) +
                                           " is expected, got " + std::string(got));
}

template <typename T>
void AppendRaw(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}

Status ReadBase64(JsonReader* reader, size_t bytes, int64_t dim, std::string* out) {
  std::string_view text;
  if (!reader->ReadString(&text)) return Problem(*reader);
  const auto decoded = DecodeBase64(text);
  if (!decoded) return Fail(Code::kParameterInvalid, "illegal base64 data");
  if (decoded->size() != bytes) {
    return WrongLength("a vector", dim, std::to_string(decoded->size()) + " bytes");
  }
  *out += *decoded;
  return {};
}

Status ReadIntegers(JsonReader* reader, size_t count, int64_t min, int64_t max, int64_t dim,
                    std::string* out) {
  size_t got = 0;
  if (!reader->BeginArray()) return Problem(*reader);
  while (reader->NextElement()) {
    std::string_view spelling;
    if (!reader->ReadNumber(&spelling)) break;
    int64_t value = 0;
    const char* end = spelling.data() + spelling.size();
    const auto [stop, error] = std::from_chars(spelling.data(), end, value);
    if (error != std::errc() || stop != end || value < min || value > max) {
      return Fail(Code::kParameterInvalid, "integers from " + std::to_string(min) + " to " +
                                               std::to_string(max) + " are expected, got " +
                                               std::string(spelling.substr(0, 40)));
    }
    if (++got > count) return WrongLength("a vector", dim, "more than that");
    out->push_back(static_cast<char>(value));
  }
  if (!reader->ok()) return Problem(*reader);
  if (got != count) return WrongLength("a vector", dim, std::to_string(got) + " elements");
  return {};
}

Status ReadHalves(JsonReader* reader, DataType type, int64_t dim, std::string* out) {
  const auto elements = static_cast<size_t>(dim);
  if (reader->Peek() == JsonKind::kString) return ReadBase64(reader, 2 * elements, dim, out);
  std::vector<float> floats(elements);
  TRY(ReadFloats(reader, dim, floats.data()));
  for (const float value : floats) {
    AppendRaw(
        type == DataType::Float16Vector ? simd::FloatToHalf(value) : simd::FloatToBFloat16(value),
        out);
  }
  return {};
}

using Pairs = std::vector<std::pair<uint32_t, float>>;

Status SparseIndex(std::string_view spelling, uint32_t* index) {
  const char* end = spelling.data() + spelling.size();
  const auto [stop, error] = std::from_chars(spelling.data(), end, *index);
  if (error == std::errc() && stop == end && *index != UINT32_MAX) return {};
  return Fail(Code::kParameterInvalid,
              "invalid index in sparse float vector: " + std::string(spelling.substr(0, 40)));
}

Status ReadSparse(JsonReader* reader, std::string* out) {
  Pairs pairs;
  std::vector<uint32_t> indices;
  std::vector<float> values;
  bool in_lists = false;
  std::string_view key;
  if (!reader->BeginObject()) return Problem(*reader);
  while (reader->NextMember(&key)) {
    if (key != "indices" && key != "values") {
      auto& [index, value] = pairs.emplace_back();
      TRY(SparseIndex(key, &index));
      if (!reader->ReadFloat(&value)) break;
      continue;
    }
    in_lists = true;
    const bool is_indices = key == "indices";
    if (!reader->BeginArray()) break;
    while (reader->NextElement()) {
      std::string_view spelling;
      if (!is_indices) {
        if (!reader->ReadFloat(&values.emplace_back())) break;
      } else if (reader->ReadNumber(&spelling)) {
        TRY(SparseIndex(spelling, &indices.emplace_back()));
      }
    }
  }
  if (!reader->ok()) return Problem(*reader);
  if (in_lists) {
    if (!pairs.empty() || indices.size() != values.size()) {
      return Fail(Code::kParameterInvalid,
                  "invalid sparse float vector: " + std::to_string(indices.size()) +
                      " indices and " + std::to_string(values.size()) + " values");
    }
    for (size_t i = 0; i < indices.size(); ++i) pairs.emplace_back(indices[i], values[i]);
  }
  std::ranges::sort(pairs, {}, &Pairs::value_type::first);
  for (const auto& [index, value] : pairs) {
    AppendRaw(index, out);
    AppendRaw(value, out);
  }
  return {};
}

Result<pb_common::PlaceholderType> PlaceholderOf(DataType type) {
  switch (static_cast<int>(type)) {
    case DataType::FloatVector:
      return pb_common::PlaceholderType::FloatVector;
    case DataType::BinaryVector:
      return pb_common::PlaceholderType::BinaryVector;
    case DataType::Float16Vector:
      return pb_common::PlaceholderType::Float16Vector;
    case DataType::BFloat16Vector:
      return pb_common::PlaceholderType::BFloat16Vector;
    case DataType::SparseFloatVector:
      return pb_common::PlaceholderType::SparseFloatVector;
    case DataType::Int8Vector:
      return pb_common::PlaceholderType::Int8Vector;
    default:
      return Fail(Code::kParameterInvalid,
                  "cannot search in a field of type " + pb_schema::DataType_Name(type));
  }
}

}  // namespace

Status ReadFloats(JsonReader* reader, int64_t dim, float* out) {
  float* const end = out + dim;
  float* at = out;
  if (!reader->BeginArray()) return Problem(*reader);
  while (reader->NextElement()) {
    if (at == end) return WrongLength("an array of numbers", dim, "more than that");
    if (!reader->ReadFloat(at)) break;
    ++at;
  }
  if (!reader->ok()) return Problem(*reader);
  if (at != end) return WrongLength("an array of numbers", dim, std::to_string(at - out));
  return {};
}

Status ReadVector(JsonReader* reader, DataType type, int64_t dim, std::string* out) {
  const auto elements = static_cast<size_t>(dim);
  switch (static_cast<int>(type)) {
    case DataType::FloatVector: {
      std::vector<float> floats(elements);
      TRY(ReadFloats(reader, dim, floats.data()));
      out->append(reinterpret_cast<const char*>(floats.data()), elements * sizeof(float));
      return {};
    }
    case DataType::Float16Vector:
    case DataType::BFloat16Vector:
      return ReadHalves(reader, type, dim, out);
    case DataType::Int8Vector:
      return ReadIntegers(reader, elements, -128, 127, dim, out);
    case DataType::BinaryVector:
      if (reader->Peek() == JsonKind::kString) return ReadBase64(reader, elements / 8, dim, out);
      return ReadIntegers(reader, elements / 8, 0, 255, dim, out);
    case DataType::SparseFloatVector:
      return ReadSparse(reader, out);
    default:
      return Status(Code::kInternal, pb_schema::DataType_Name(type) + " is no vector");
  }
}

bool IsVectorType(DataType type) {
  return type >= DataType::BinaryVector && type <= DataType::Int8Vector;
}

int64_t DimOf(const pb_schema::FieldSchema& field) {
  int64_t dim = 0;
  for (const auto& param : field.type_params()) {
    if (param.key() == "dim") {
      std::from_chars(param.value().data(), param.value().data() + param.value().size(), dim);
    }
  }
  return dim;
}

Result<std::string> ReadQueries(JsonReader* reader, const pb_schema::FieldSchema& field,
                                bool as_text) {
  pb_common::PlaceholderGroup group;
  pb_common::PlaceholderValue* queries = group.add_placeholders();
  queries->set_tag("$0");
  queries->set_type(as_text ? pb_common::PlaceholderType::VarChar
                            : TRY(PlaceholderOf(field.data_type())));
  const int64_t dim = DimOf(field);
  if (!reader->BeginArray()) return Problem(*reader);
  while (reader->NextElement()) {
    std::string* query = queries->add_values();
    if (!as_text) {
      TRY(ReadVector(reader, field.data_type(), dim, query));
      continue;
    }
    std::string_view text;
    if (reader->ReadString(&text)) *query = text;
  }
  if (!reader->ok()) return Problem(*reader);
  return group.SerializeAsString();
}

}  // namespace elanus::server
