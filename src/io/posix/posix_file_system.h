// The files of the machine.
#pragma once

#include <memory>

#include "io/file_system.h"

namespace elanus::io {

std::unique_ptr<FileSystem> NewPosixFileSystem();

}  // namespace elanus::io
