#include "server/rest/shape.h"

#include <algorithm>
#include <string>

namespace elanus::server {
namespace {

bool IsInteger(const Json& value, int64_t min, int64_t max) {
  int64_t number = 0;
  return value.kind == JsonKind::kNumber && value.ToInt(&number) && number >= min && number <= max;
}

Status WrongKind(const std::string& path, std::string_view expected, const Json& value) {
  std::string got(NameOf(value.kind));
  if (value.kind == JsonKind::kNumber) got += " " + value.text.substr(0, 40);
  return RestError(Code::kRestIncorrectFormat,
                   path + ": " + std::string(expected) + " is expected, not " + got);
}

Status CheckKinds(const Json& body, const Shape& shape, const std::string& path);

Status CheckElements(const Json& value, JsonKind kind, const std::string& path) {
  for (const Json& item : value.items) {
    if (item.kind != kind && !item.null()) {
      return WrongKind(
          path, "an array of " + std::string(kind == JsonKind::kString ? "strings" : "objects"),
          item);
    }
  }
  return {};
}

Status CheckKind(const Json& value, const Param& param, const std::string& path) {
  const auto is = [&](JsonKind kind) {
    return value.kind == kind ? Status() : WrongKind(path, NameOf(kind), value);
  };
  switch (param.kind) {
    case ParamKind::kAny:
      return {};
    case ParamKind::kBool:
      return is(JsonKind::kBool);
    case ParamKind::kInt32:
      if (IsInteger(value, INT32_MIN, INT32_MAX)) return {};
      return WrongKind(path, "a 32-bit integer", value);
    case ParamKind::kInt64:
      if (IsInteger(value, INT64_MIN, INT64_MAX)) return {};
      return WrongKind(path, "a 64-bit integer", value);
    case ParamKind::kString:
      return is(JsonKind::kString);
    case ParamKind::kStrings:
      TRY(is(JsonKind::kArray));
      return CheckElements(value, JsonKind::kString, path);
    case ParamKind::kMap:
      return is(JsonKind::kObject);
    case ParamKind::kStringMap:
      TRY(is(JsonKind::kObject));
      for (const auto& [key, item] : value.members) {
        if (item.kind != JsonKind::kString && !item.null())
          return WrongKind(path + "." + key, "a string", item);
      }
      return {};
    case ParamKind::kStruct:
      TRY(is(JsonKind::kObject));
      return CheckKinds(value, *param.shape, path + ".");
    case ParamKind::kStructs:
      TRY(is(JsonKind::kArray));
      TRY(CheckElements(value, JsonKind::kObject, path));
      for (const Json& item : value.items) TRY(CheckKinds(item, *param.shape, path + "."));
      return {};
    case ParamKind::kList:
      return is(JsonKind::kArray);
    case ParamKind::kRows:
      if (value.kind == JsonKind::kObject) return {};
      return is(JsonKind::kArray);
  }
  return {};
}

Status CheckKinds(const Json& body, const Shape& shape, const std::string& path) {
  for (const Param& param : shape.params) {
    const Json& value = body[param.name];
    if (!value.null()) TRY(CheckKind(value, param, path + std::string(param.name)));
  }
  return {};
}

Status CheckRequired(const Json& body, const Shape& shape) {
  for (const Param& param : shape.params) {
    const Json& value = body[param.name];
    const bool is_number = param.kind == ParamKind::kInt32 || param.kind == ParamKind::kInt64;
    const bool empty = value.null() || (param.kind == ParamKind::kString && value.text.empty()) ||
                       (is_number && value.Int() == 0);
    if (param.required && empty) {
      return RestError(Code::kRestParameterMissing,
                       std::string(shape.name) + "." + std::string(param.name) + " is required");
    }
    if (param.kind == ParamKind::kStruct && !value.null()) {
      TRY(CheckRequired(value, *param.shape));
    }
  }
  return {};
}

}  // namespace

Status CheckShape(const Json& body, const Shape& shape) {
  TRY(CheckKinds(body, shape, ""));
  return CheckRequired(body, shape);
}

Status RestError(Code code, std::string_view message) {
  return Status(code, std::string(TraitsOf(code).text) + ", error: " + std::string(message));
}

}  // namespace elanus::server
