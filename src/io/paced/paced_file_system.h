// A file system whose writes keep to so many bytes a second, so that work in the background leaves
// the disk to those who wait for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/file_system.h"

namespace elanus::io {

// How fast. Thread-safe: those who share it share the rate.
class Pace {
 public:
  struct Time {
    std::function<int64_t()> now_us;
    std::function<void(int64_t us)> sleep;
  };
  static Time RealTime();

  // 0: as fast as it goes.
  explicit Pace(uint64_t bytes_per_second, Time time = RealTime());

  // Returns when so many more bytes may be written: at once after a pause, else when those before
  // have had their time. What is asked for while nothing was is not saved up.
  void Take(uint64_t bytes);
  // From now on nobody waits.
  void Stop() { stopped_ = true; }

 private:
  static constexpr int64_t kSliceUs = 20'000;  // how soon a stop is noticed

  const uint64_t bytes_per_second_;
  const Time time_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  int64_t free_at_us_ = 0;  // guarded by mutex_
};

// Writes to `fs` by `pace`; everything else goes straight on. Both outlive it and its files.
class PacedFileSystem final : public FileSystem {
 public:
  PacedFileSystem(FileSystem* fs, Pace* pace) : fs_(*fs), pace_(*pace) {}

  Result<std::unique_ptr<WritableFile>> OpenWritable(const std::string& path,
                                                     const OpenOptions& options) override;
  Result<std::unique_ptr<ReadableFile>> OpenRandomAccess(const std::string& path) override {
    return fs_.OpenRandomAccess(path);
  }
  Result<std::shared_ptr<const Mapping>> Map(const std::string& path) override {
    return fs_.Map(path);
  }
  Status Rename(const std::string& from, const std::string& to) override {
    return fs_.Rename(from, to);
  }
  Status Remove(const std::string& path) override { return fs_.Remove(path); }
  Status RemoveTree(const std::string& path) override { return fs_.RemoveTree(path); }
  Status CreateDirs(const std::string& path) override { return fs_.CreateDirs(path); }
  Result<std::vector<std::string>> List(const std::string& dir) override { return fs_.List(dir); }
  Status SyncDir(const std::string& dir) override { return fs_.SyncDir(dir); }
  Result<bool> Exists(const std::string& path) override { return fs_.Exists(path); }
  Result<uint64_t> SizeOf(const std::string& path) override { return fs_.SizeOf(path); }
  Result<std::unique_ptr<FileLock>> LockFile(const std::string& path) override {
    return fs_.LockFile(path);
  }
  Result<uint64_t> FreeBytes(const std::string& path) override { return fs_.FreeBytes(path); }

 private:
  FileSystem& fs_;
  Pace& pace_;
};

}  // namespace elanus::io
