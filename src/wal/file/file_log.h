// A log in a folder of files (docs/formats/log.md): one pwrite and one fdatasync a frame.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "io/file_system.h"
#include "wal/log.h"

namespace elanus::wal {

// Sizes are multiples of 4096.
struct FileLogOptions {
  uint64_t file_bytes = 64 << 20;    // a file is begun when the last has no room for a frame
  uint64_t reserve_bytes = 4 << 20;  // disk kept back for AppendFromReserve
  int spare_files_max = 2;  // dropped files kept for reuse: overwriting is cheaper than growing
  bool direct = true;       // past the page cache where the file system can
  // Mixed into every checksum, so that bytes sent by a user cannot pass for a frame. Pass a random
  // one.
  uint64_t salt = 0;
};

class FileLog {
 public:
  // Opens the log in `dir`, making it if there is none; `fs` must outlive it. Drops a torn last
  // frame (it was never acknowledged). kIoFailed while another process has it; kCorruption, with
  // file and offset, where a frame is damaged that others follow.
  static Result<std::unique_ptr<Log>> Open(io::FileSystem& fs, const std::string& dir,
                                           const FileLogOptions& options);
};

}  // namespace elanus::wal
