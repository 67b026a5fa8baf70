#include "io/io_error.h"

#include <cerrno>
#include <system_error>

#include "io/file_system.h"

namespace elanus::io {

Status IoError(std::string_view action, std::string_view path, int error_number) {
  Code code = Code::kIoFailed;
  if (error_number == ENOSPC || error_number == EDQUOT) code = Code::kDiskLimitExceeded;
  if (error_number == ENOENT) code = Code::kNotFound;
  std::string message(action);
  message.append(" '").append(path).append("': ");
  message += std::generic_category().message(error_number);
  return Fail(code, message);
}

Status LockedElsewhere(std::string_view path) {
  return Fail(Code::kIoFailed, "data folder " + ParentPath(path) + " is used by another process");
}

}  // namespace elanus::io
