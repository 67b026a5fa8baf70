// What `elanus verify` and `elanus inspect` do: they read a data folder that no server uses, and
// change nothing in it.
#pragma once

#include <iosfwd>

#include "app/data_folder.h"
#include "base/status.h"
#include "io/file_system.h"
#include "meta/meta_store.h"

namespace elanus::app {

// Reads every file and block of log, segments, deltas, indexes and catalog, and writes a line for
// each damage: what, in which file, of which collection. True: there was none. An error: the folder
// could not be read.
Result<bool> VerifyData(io::FileSystem& fs, const DataFolder& folder, meta::MetaStore& store,
                        std::ostream& out);

// The catalog, heads with their segments, the log, and how much disk each collection takes.
Status InspectData(io::FileSystem& fs, const DataFolder& folder, meta::MetaStore& store,
                   std::ostream& out);

}  // namespace elanus::app
