// One process that holds everything: RocksDB catalog, file log, local shards, one gateway.
#pragma once

#include <memory>

#include "app/run.h"
#include "app/settings.h"
#include "base/status.h"
#include "io/file_system.h"

namespace elanus::app {

// Opens the data folder, recovers, and serves. `fs` must outlive the service.
Result<std::unique_ptr<Service>> StartStandalone(const Settings& settings, io::FileSystem& fs);

// The catalog at `path`, to be read only.
Result<std::unique_ptr<meta::MetaStore>> ReadCatalog(io::FileSystem& fs, const std::string& path);

}  // namespace elanus::app
