// Reads a log that nobody has open, and changes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file_system.h"
#include "wal/log.h"

namespace elanus::wal {

struct LogSurvey {
  struct File {
    std::string path;
    uint64_t bytes = 0;  // of the file
    uint64_t end = 0;    // behind its last frame
    Lsn first = 0;
    uint64_t frames = 0;
    Status damage;  // its frames up to it are whole
  };
  std::vector<File> files;           // oldest first
  std::vector<std::string> orphans;  // log files that are not part of it
  Lsn next = 1;
};

// Calls `fn`, if there is one, for each whole frame in order. An error, naming file and offset:
// where the log begins and ends cannot be found.
Result<LogSurvey> SurveyLog(io::FileSystem& fs, const std::string& dir, const Log::FrameFn& fn);

}  // namespace elanus::wal
