// The error of parameters that no analyzer can be made of. Private to the module.
#pragma once

#include <string>
#include <utility>

#include "base/status.h"

namespace elanus::text {

inline Status Bad(std::string reason) { return Fail(Code::kParameterInvalid, std::move(reason)); }

}  // namespace elanus::text
