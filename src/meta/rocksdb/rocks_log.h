// RocksDB's write-ahead log, read beside RocksDB: it takes whatever follows a broken record for
// torn and drops it, which is right for the last commit only.
#pragma once

#include <string>

#include "base/status.h"
#include "io/file_system.h"

namespace elanus::meta {

// kCorruption with file and offset where a log file in the folder has a broken record and a later
// commit behind it. Every commit is synced before the next one begins, so no power loss leaves
// that.
Status CheckRocksLogs(io::FileSystem* fs, const std::string& folder);

}  // namespace elanus::meta
