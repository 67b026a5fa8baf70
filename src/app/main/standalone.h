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

// The catalog at `path`.
Result<std::unique_ptr<meta::MetaStore>> OpenCatalog(io::FileSystem& fs, const std::string& path,
                                                     CatalogUse use);

}  // namespace elanus::app
