// RocksDB's files over io::FileSystem, so that whatever faults, crash points and power losses our
// own files meet, the catalog's meet too. What RocksDB would log goes to our log.
#pragma once

#include <memory>

#include "io/file_system.h"

namespace rocksdb {
class Env;
class Logger;
}  // namespace rocksdb

namespace elanus::meta {

// Files by `fs`, which must outlive it; threads and clock are RocksDB's own. After a failed write
// or sync of a file each later write and sync of it fails as well: RocksDB would go on behind a
// torn record.
std::unique_ptr<rocksdb::Env> NewRocksEnv(io::FileSystem* fs);

std::shared_ptr<rocksdb::Logger> NewRocksLogger();

}  // namespace elanus::meta
