// The data folder: who holds it, and where things are in it.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "io/file_system.h"

namespace elanus::app {

class DataFolder {
 public:
  // Makes it if need be and locks it until destruction. Fails with "data folder DIR is used by
  // another process" while another holds it. `fs` must outlive it.
  static Result<std::unique_ptr<DataFolder>> Open(io::FileSystem& fs, const std::string& path);

  const std::string& path() const { return path_; }
  std::string meta() const { return io::JoinPath(path_, "meta"); }      // the catalog
  std::string wal() const { return io::JoinPath(path_, "wal"); }        // the log
  std::string shards() const { return io::JoinPath(path_, "shards"); }  // a folder per shard

 private:
  DataFolder(std::string path, std::unique_ptr<io::FileLock> lock);

  const std::string path_;
  const std::unique_ptr<io::FileLock> lock_;
};

}  // namespace elanus::app
