#include "meta/rocksdb/rocks_files.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include "base/crash_point.h"
#include "base/log.h"

namespace elanus::meta {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus ToRocks(const Status& status) {
  if (status.ok()) return IOStatus::OK();
  if (status.code() == Code::kNotFound) return IOStatus::PathNotFound(status.message());
  if (status.code() == Code::kDiskLimitExceeded) return IOStatus::NoSpace(status.message());
  return IOStatus::IOError(status.message());
}

IOStatus ReadInto(const io::ReadableFile& file, uint64_t offset, size_t size, Slice* result,
                  char* scratch) {
  const auto got = file.ReadAt(offset, {scratch, size});
  *result = Slice(scratch, got.ok() ? *got : 0);
  return ToRocks(got.status());
}

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  explicit SequentialFile(std::unique_ptr<io::ReadableFile> file) : file_(std::move(file)) {}

  IOStatus Read(size_t size, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) override {
    const IOStatus status = ReadInto(*file_, at_, size, result, scratch);
    at_ += result->size();
    return status;
  }
  IOStatus Skip(uint64_t size) override {
    at_ += size;
    return IOStatus::OK();
  }

 private:
  const std::unique_ptr<io::ReadableFile> file_;
  uint64_t at_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  explicit RandomAccessFile(std::unique_ptr<io::ReadableFile> file) : file_(std::move(file)) {}

  IOStatus Read(uint64_t offset, size_t size, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return ReadInto(*file_, offset, size, result, scratch);
  }

 private:
  const std::unique_ptr<io::ReadableFile> file_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  explicit WritableFile(std::unique_ptr<io::WritableFile> file) : file_(std::move(file)) {}
  ~WritableFile() override { CloseFile().PermitUncheckedError(); }

  using FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    IOStatus status =
        Try([&] { return file_->Append(std::string_view(data.data(), data.size())); });
    CrashHere(CrashPoint::kCatalogWritten);
    return status;
  }
  IOStatus Truncate(uint64_t size, const IOOptions&, IODebugContext*) override {
    return Try([&] { return file_->Truncate(size); });
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return CloseFile(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return ToRocks(failed_); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    IOStatus status = Try([&] { return file_->Sync(); });
    CrashHere(CrashPoint::kCatalogSynced);
    return status;
  }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return file_->size(); }
  // A hint: RocksDB goes on without.
  IOStatus Allocate(uint64_t offset, uint64_t size, const IOOptions&, IODebugContext*) override {
    allocated_ = true;
    return ToRocks(file_->Preallocate(offset + size));
  }

 private:
  template <typename Call>
  IOStatus Try(Call call) {
    if (failed_.ok()) failed_ = call();
    return ToRocks(failed_);
  }
  IOStatus CloseFile() {
    if (std::exchange(closed_, true)) return IOStatus::OK();
    // What was reserved behind the end is given back.
    if (allocated_ && failed_.ok()) failed_ = file_->Truncate(file_->size());
    const Status closed = file_->Close();
    return ToRocks(failed_.ok() ? closed : failed_);
  }

  const std::unique_ptr<io::WritableFile> file_;
  Status failed_;
  bool allocated_ = false;
  bool closed_ = false;
};

class Folder final : public rocksdb::FSDirectory {
 public:
  Folder(io::FileSystem* fs, std::string path) : fs_(fs), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    IOStatus status = ToRocks(fs_->SyncDir(path_));
    CrashHere(CrashPoint::kCatalogFolderSynced);
    return status;
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  io::FileSystem* const fs_;
  const std::string path_;
};

class Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::unique_ptr<io::FileLock> lock) : lock_(std::move(lock)) {}

 private:
  const std::unique_ptr<io::FileLock> lock_;
};

class Files final : public rocksdb::FileSystem {
 public:
  explicit Files(io::FileSystem* fs) : fs_(fs) {}
  const char* Name() const override { return "elanus"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext*) override {
    auto file = fs_->OpenRandomAccess(path);
    if (file.ok()) result->reset(new SequentialFile(std::move(file).take()));
    return ToRocks(file.status());
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext*) override {
    auto file = fs_->OpenRandomAccess(path);
    if (file.ok()) result->reset(new RandomAccessFile(std::move(file).take()));
    return ToRocks(file.status());
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext*) override {
    auto file = fs_->Create(path);
    if (file.ok()) result->reset(new WritableFile(std::move(file).take()));
    CrashHere(CrashPoint::kCatalogFileMade);
    return ToRocks(file.status());
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext*) override {
    result->reset(new Folder(fs_, path));
    return IOStatus::OK();
  }

  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    const auto exists = fs_->Exists(path);
    if (exists.ok() && !*exists) return IOStatus::NotFound(path);
    return ToRocks(exists.status());
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* names,
                       IODebugContext*) override {
    auto listed = fs_->List(path);
    if (!listed.ok() && listed.status().code() == Code::kNotFound) return IOStatus::NotFound(path);
    if (listed.ok()) *names = std::move(listed).take();
    return ToRocks(listed.status());
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    IOStatus status = ToRocks(fs_->Remove(path));
    CrashHere(CrashPoint::kCatalogFileRemoved);
    return status;
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    const auto exists = fs_->Exists(path);
    if (exists.ok() && *exists) return IOStatus::IOError("folder exists: " + path);
    return ToRocks(exists.ok() ? fs_->CreateDirs(path) : exists.status());
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) override {
    return ToRocks(fs_->CreateDirs(path));
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return ToRocks(fs_->Remove(path));
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, uint64_t* size,
                       IODebugContext*) override {
    const auto found = fs_->SizeOf(path);
    if (found.ok()) *size = *found;
    return ToRocks(found.status());
  }
  IOStatus GetFileModificationTime(const std::string&, const IOOptions&, uint64_t*,
                                   IODebugContext*) override {
    return IOStatus::NotSupported("modification times");
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override {
    IOStatus status = ToRocks(fs_->Rename(from, to));
    CrashHere(CrashPoint::kCatalogRenamed);
    return status;
  }
  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock,
                    IODebugContext*) override {
    auto held = fs_->LockFile(path);
    *lock = held.ok() ? new Lock(std::move(held).take()) : nullptr;
    return ToRocks(held.status());
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    delete static_cast<Lock*>(lock);
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string*, IODebugContext*) override {
    return IOStatus::NotSupported("a folder for tests");
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext*) override {
    *result = NewRocksLogger();
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* result,
                           IODebugContext*) override {
    *result = path;
    return IOStatus::OK();
  }
  IOStatus GetFreeSpace(const std::string& path, const IOOptions&, uint64_t* bytes,
                        IODebugContext*) override {
    const auto free = fs_->FreeBytes(path);
    if (free.ok()) *bytes = *free;
    return ToRocks(free.status());
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is,
                       IODebugContext*) override {
    *is = fs_->List(path).ok();
    return IOStatus::OK();
  }

 private:
  io::FileSystem* const fs_;
};

class ForwardingLogger final : public rocksdb::Logger {
 public:
  ForwardingLogger() : Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char text[1024];
    std::vsnprintf(text, sizeof text, format, arguments);
    LOG_WARNING("catalog store", {"says", std::string_view(text)});
  }
};

// RocksDB sleeps a second after a failed write in the background, and closing waits for it.
class HastyClock final : public rocksdb::SystemClockWrapper {
 public:
  HastyClock() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
  const char* Name() const override { return "elanus"; }
  void SleepForMicroseconds(int micros) override {
    SystemClockWrapper::SleepForMicroseconds(std::min(micros, kSleepMicrosMax));
  }

 private:
  static constexpr int kSleepMicrosMax = 10'000;
};

class OurEnv final : public rocksdb::EnvWrapper {
 public:
  explicit OurEnv(io::FileSystem* fs)
      : EnvWrapper(rocksdb::NewCompositeEnv(std::make_shared<Files>(fs))) {
    system_clock_ = std::make_shared<HastyClock>();
  }
  const char* Name() const override { return "elanus"; }
};

}  // namespace

std::unique_ptr<rocksdb::Env> NewRocksEnv(io::FileSystem* fs) {
  return std::make_unique<OurEnv>(fs);
}

std::shared_ptr<rocksdb::Logger> NewRocksLogger() { return std::make_shared<ForwardingLogger>(); }

}  // namespace elanus::meta
