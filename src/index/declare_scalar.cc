// The checks of an index declaration on a scalar field.
#include <algorithm>
#include <charconv>

#include "index/params.h"
#include "index/scalar_index.h"

namespace elanus::index {
namespace {

Status Plain(const std::string& message) { return Fail(Code::kParameterInvalid, message); }

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
  return upper;
}

Status CheckJson(const std::string& type, const Properties& params) {
  const std::string* cast = FindProperty(params, "json_cast_type");
  if (cast == nullptr) return Fail(Code::kParameterMissing, "json index must specify cast type");
  const std::string upper = Upper(*cast);
  constexpr std::string_view kCasts[] = {"BOOL",          "DOUBLE",     "VARCHAR",
                                         "JSON",          "ARRAY_BOOL", "ARRAY_DOUBLE",
                                         "ARRAY_VARCHAR", "TIMESTAMPTZ"};
  if (std::find(std::begin(kCasts), std::end(kCasts), upper) == std::end(kCasts)) {
    return Plain("json_cast_type " + *cast + " is not supported");
  }
  if (const std::string* function = FindProperty(params, "json_cast_function");
      function != nullptr) {
    if (*function != "STRING_TO_DOUBLE")
      return Plain("json_cast_function " + *function + " is not supported");
    if (upper != "DOUBLE") {
      return Plain("json_cast_function " + *function + " is not supported for json_cast_type " +
                   *cast);
    }
  }
  if ((type == "STL_SORT" || type == "BITMAP") && FindProperty(params, "json_path") == nullptr) {
    return Fail(Code::kParameterMissing, "json index must specify json path");
  }
  return {};
}

Status CheckNgram(const Field& field, const Properties& params) {
  if (!IsString(field.type) && field.type != DataType::kJson) {
    return Plain("ngram index can only be created on VARCHAR or JSON field");
  }
  if (field.type == DataType::kJson) {
    const std::string* cast = FindProperty(params, "json_cast_type");
    if (cast == nullptr) {
      return Fail(Code::kParameterMissing,
                  "JSON field with ngram index must specify json_cast_type");
    }
    if (Upper(*cast) != "VARCHAR") {
      return Plain("JSON field with ngram index only supports VARCHAR cast type, got: " +
                   Upper(*cast));
    }
  }
  const std::string* low = FindProperty(params, "min_gram");
  const std::string* high = FindProperty(params, "max_gram");
  if (low == nullptr || high == nullptr)
    return Plain("Ngram index must specify both min_gram and max_gram");
  int64_t sizes[2] = {};
  for (const auto& [name, text, size] :
       {std::tuple("min_gram", low, &sizes[0]), std::tuple("max_gram", high, &sizes[1])}) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *size);
    if (error != std::errc() || end != text->data() + text->size()) {
      return Plain(std::string(name) + " for Ngram index must be an integer, got: " + *text);
    }
  }
  if (sizes[0] <= 0 || sizes[1] <= 0 || sizes[0] > sizes[1]) {
    return Plain("invalid min_gram or max_gram value for Ngram index, min_gram: " +
                 std::to_string(sizes[0]) + ", max_gram: " + std::to_string(sizes[1]));
  }
  return {};
}

bool IsKind(const Field& field, bool (*kind)(DataType)) {
  return kind(field.type == DataType::kArray ? field.element_type : field.type);
}

Status CheckType(const Field& field, const std::string& type, const Properties& params) {
  const DataType t = field.type;
  const bool json = t == DataType::kJson;
  if (type == "INVERTED") {
    if (t != DataType::kBool && !IsNumber(t) && !IsString(t) && t != DataType::kArray && !json) {
      return Plain("INVERTED are not supported on " + std::string(NameOf(t)) + " field");
    }
  } else if (type == "STL_SORT") {
    if (!IsNumber(t) && !IsString(t) && t != DataType::kTimestamptz && !json) {
      return Plain("STL_SORT are only supported on numeric, varchar or timestamptz field, got " +
                   std::string(NameOf(t)));
    }
  } else if (type == "TRIE") {
    if (!IsString(t)) return Plain("TRIE are only supported on varchar field");
  } else if (type == "BITMAP") {
    if (field.primary) return Plain("create bitmap index on primary key not supported");
    if (!json && t != DataType::kBool && !IsInteger(t) && !IsString(t) && t != DataType::kArray) {
      return Plain("bitmap index are only supported on bool, int, string and array field");
    }
    if (t == DataType::kArray && !IsKind(field, [](DataType e) {
          return e == DataType::kBool || IsInteger(e) || IsString(e);
        })) {
      return Plain("bitmap index are only supported on bool, int, string for array field");
    }
  } else if (type == "NGRAM") {
    return CheckNgram(field, params);
  } else if (type == "RTREE") {
    if (t != DataType::kGeometry) return Plain("RTREE index can only be built on geometry field");
  }
  return {};
}

}  // namespace

Status CheckScalarIndexParams(const Field& field, const std::string& given_type,
                              const Properties& params) {
  const std::string type = given_type.empty()     ? "AUTOINDEX"
                           : given_type == "Trie" ? "TRIE"
                                                  : given_type;
  if (type != "AUTOINDEX" && !IsScalarIndexType(type)) {
    if (FindIndexType(type) != nullptr)
      return Plain("index " + type + " only supports vector data type");
    return FailWith(Code::kParameterInvalid,
                    {{"expected", "valid index"}, {"actual", "invalid index type: " + given_type}});
  }
  if (type != "AUTOINDEX") TRY(CheckType(field, type, params));
  if (field.type == DataType::kText)
    return Plain("TEXT field does not support user-created scalar index");
  if (field.type == DataType::kJson) TRY(CheckJson(type, params));
  return {};
}

}  // namespace elanus::index
