// The handles of the posix file system.
#pragma once

#include <memory>
#include <string>

#include "io/file_system.h"
#include "io/posix/descriptor.h"

namespace elanus::io {

// `direct`: the descriptor was opened with O_DIRECT.
std::unique_ptr<WritableFile> NewPosixWritableFile(Descriptor fd, std::string path, uint64_t size,
                                                   bool direct);
std::unique_ptr<ReadableFile> NewPosixReadableFile(Descriptor fd, std::string path, uint64_t size);
Result<std::shared_ptr<const Mapping>> NewPosixMapping(Descriptor fd, const std::string& path,
                                                       uint64_t size);

}  // namespace elanus::io
