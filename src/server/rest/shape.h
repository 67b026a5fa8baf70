// What a request's body consists of: the names, kinds and needs of its members. One table serves
// the check of requests and the OpenAPI document.
#pragma once

#include <span>
#include <string_view>

#include "base/status.h"
#include "server/rest/json.h"

namespace elanus::server {

enum class ParamKind : uint8_t {
  kAny,
  kBool,
  kInt32,
  kInt64,
  kString,
  kStrings,    // an array of them
  kMap,        // an object of anything
  kStringMap,  // an object of strings
  kStruct,     // an object of `shape`
  kStructs,    // an array of such
  kList,       // an array of anything
  kRows,       // an object, or an array of them
};

struct Shape;

struct Param {
  std::string_view name;
  ParamKind kind;
  bool required = false;
  const Shape* shape = nullptr;
};

struct Shape {
  std::string_view name;
  std::span<const Param> params;
};

// Members that the shape does not name are passed over, null ones count as missing, names are
// compared without regard to letter case. kRestIncorrectFormat: a member of another kind;
// kRestParameterMissing: a required one is missing, or an empty string or zero. What is required
// within the elements of an array is left to the handlers, as in Milvus.
Status CheckShape(const Json& body, const Shape& shape);

// "<text of the code>, error: <message>"
Status RestError(Code code, std::string_view message);

}  // namespace elanus::server
