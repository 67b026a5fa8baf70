// Composing error texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/status.h"

namespace elanus::gateway {

template <typename... Parts>
std::string Concat(const Parts&... parts) {
  std::string text;
  auto append = [&text](const auto& part) {
    using Part = std::decay_t<decltype(part)>;
    if constexpr (std::is_same_v<Part, char>) {
      text += part;
    } else if constexpr (std::is_arithmetic_v<Part>) {
      text += std::to_string(part);
    } else {
      text += std::string_view(part);
    }
  };
  (append(parts), ...);
  return text;
}

// "<parts>: invalid parameter"
template <typename... Parts>
Status Invalid(const Parts&... parts) {
  return Fail(Code::kParameterInvalid, Concat(parts...));
}

// "<message>: invalid parameter[expected=..][actual=..]"
inline Status InvalidExpected(std::string_view expected, std::string_view actual,
                              std::string_view message) {
  return FailWith(Code::kParameterInvalid, message, {{"expected", expected}, {"actual", actual}});
}

// What Milvus can do and this build cannot; names the thing.
template <typename... Parts>
Status NotBuilt(const Parts&... parts) {
  return Fail(Code::kUnimplemented, Concat(parts..., " is not built yet"));
}

}  // namespace elanus::gateway
