// Finds the log in its folder: which files it is made of and where each ends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file_system.h"
#include "wal/file/format.h"

namespace elanus::wal {

struct LogFile {
  FileHeader header;
  std::string path;
  uint64_t end;  // behind its last frame that counts
};

struct RecoveredLog {
  std::vector<LogFile> files;        // oldest first
  std::vector<std::string> orphans;  // log files that are not part of it
  Lsn next = 1;
  uint64_t last_number = 0;
  uint64_t last_epoch = 0;
};

// What is done with the newest frame, which may be in memory alone.
enum class LastFrame { kMakeDurable, kLeave };

// `names` are those in `dir`. Leaves a torn frame at the end out.
Result<RecoveredLog> Recover(io::FileSystem& fs, const std::string& dir,
                             const std::vector<std::string>& names,
                             LastFrame last_frame = LastFrame::kMakeDurable);

Status DamagedAt(const std::string& path, uint64_t offset, std::string_view what);

}  // namespace elanus::wal
