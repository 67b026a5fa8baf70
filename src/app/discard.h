// What `elanus discard` does: it gives up a damaged segment, whose rows are lost, so that the rest
// of its collection is served again.
#pragma once

#include <iosfwd>
#include <string>

#include "app/data_folder.h"
#include "base/status.h"
#include "io/file_system.h"
#include "meta/meta_store.h"

namespace elanus::app {

// `file`: DIR/shards/ID/N.seg, as `elanus verify` names it; the folder it lies in.
Result<std::string> FolderOfSegment(const std::string& file);

// Takes the segment out of its collection in one commit and writes to `out` what was lost. Refuses,
// and changes nothing, if it is no segment of the catalog's, or its file and its ended rows are as
// they were written. The files themselves go at the next start.
Status DiscardSegment(io::FileSystem& fs, const DataFolder& folder, meta::MetaStore& store,
                      const std::string& file, std::ostream& out);

}  // namespace elanus::app
