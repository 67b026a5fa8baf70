#include "app/data_folder.h"

#include <utility>

namespace elanus::app {

Result<std::unique_ptr<DataFolder>> DataFolder::Open(io::FileSystem& fs, const std::string& path) {
  TRY(fs.CreateDirs(path));
  auto lock = TRY(fs.LockFile(io::JoinPath(path, "LOCK")));
  std::unique_ptr<DataFolder> folder(new DataFolder(path, std::move(lock)));
  TRY(fs.CreateDirs(folder->wal()));
  TRY(fs.CreateDirs(folder->shards()));
  return folder;
}

DataFolder::DataFolder(std::string path, std::unique_ptr<io::FileLock> lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

}  // namespace elanus::app
