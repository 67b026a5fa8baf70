// The Status of a failed system call: the code by errno, the text names the act, the path, the
// cause.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace elanus::io {

// "write '/data/log': No space left on device: disk limit exceeded"
Status IoError(std::string_view action, std::string_view path, int error_number);
// What LockFile answers while another holds `path`.
Status LockedElsewhere(std::string_view path);

}  // namespace elanus::io
