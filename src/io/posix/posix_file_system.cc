#include "io/posix/posix_file_system.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "io/io_error.h"
#include "io/posix/descriptor.h"
#include "io/posix/posix_files.h"

namespace elanus::io {
namespace {

class PosixFileLock : public FileLock {
 public:
  explicit PosixFileLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  const Descriptor fd_;  // flock lives as long as the open file
};

Result<Descriptor> Open(const std::string& path, int flags) {
  while (true) {
    Descriptor fd(::open(path.c_str(), flags | O_CLOEXEC, 0644));
    if (fd.valid()) return fd;
    if (errno != EINTR) return IoError("open", path, errno);
  }
}

Result<uint64_t> SizeOfOpen(const Descriptor& fd, const std::string& path) {
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return IoError("stat", path, errno);
  // Folders open for reading, but have nothing to read.
  if (S_ISDIR(info.st_mode)) return IoError("open", path, EISDIR);
  return static_cast<uint64_t>(info.st_size);
}

class PosixFileSystem : public FileSystem {
 public:
  Result<std::unique_ptr<WritableFile>> OpenWritable(const std::string& path,
                                                     const OpenOptions& options) override {
    const int flags = O_RDWR | (options.create ? O_CREAT : 0) | (options.truncate ? O_TRUNC : 0);
    bool direct = options.direct;
    auto opened = Open(path, flags | (direct ? O_DIRECT : 0));
    if (!opened.ok() && direct) {  // the file system has no direct I/O (EINVAL), or a true error
      direct = false;
      opened = Open(path, flags);
    }
    Descriptor fd = TRY(std::move(opened));
    const uint64_t size = TRY(SizeOfOpen(fd, path));
    return NewPosixWritableFile(std::move(fd), path, size, direct);
  }

  Result<std::unique_ptr<ReadableFile>> OpenRandomAccess(const std::string& path) override {
    Descriptor fd = TRY(Open(path, O_RDONLY));
    const uint64_t size = TRY(SizeOfOpen(fd, path));
    return NewPosixReadableFile(std::move(fd), path, size);
  }

  Result<std::shared_ptr<const Mapping>> Map(const std::string& path) override {
    Descriptor fd = TRY(Open(path, O_RDONLY));
    const uint64_t size = TRY(SizeOfOpen(fd, path));
    return NewPosixMapping(std::move(fd), path, size);
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return IoError("rename", from, errno);
    return {};
  }

  Status Remove(const std::string& path) override {
    if (::remove(path.c_str()) != 0) return IoError("remove", path, errno);
    return {};
  }

  Status RemoveTree(const std::string& path) override {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) {
      if (errno == ENOENT) return {};
      return IoError("stat", path, errno);
    }
    if (S_ISDIR(info.st_mode)) {
      for (const std::string& name : TRY(List(path))) TRY(RemoveTree(JoinPath(path, name)));
    }
    return Remove(path);
  }

  Status CreateDirs(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0) {
      return S_ISDIR(info.st_mode) ? Status() : IoError("create folder", path, ENOTDIR);
    }
    const std::string parent = ParentPath(path);
    if (parent != path) TRY(CreateDirs(parent));
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
      return IoError("create folder", path, errno);
    }
    return SyncDir(parent);
  }

  Result<std::vector<std::string>> List(const std::string& dir) override {
    struct Closer {
      void operator()(DIR* open) const { ::closedir(open); }
    };
    const std::unique_ptr<DIR, Closer> open(::opendir(dir.c_str()));
    if (open == nullptr) return IoError("list", dir, errno);
    std::vector<std::string> names;
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(open.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return IoError("list", dir, errno);
    std::ranges::sort(names);
    return names;
  }

  Status SyncDir(const std::string& dir) override {
    const Descriptor fd = TRY(Open(dir, O_RDONLY | O_DIRECTORY));
    if (::fsync(fd.get()) != 0) return IoError("sync", dir, errno);
    return {};
  }

  Result<bool> Exists(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return IoError("stat", path, errno);
  }

  Result<uint64_t> SizeOf(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return IoError("stat", path, errno);
    return static_cast<uint64_t>(info.st_size);
  }

  Result<std::unique_ptr<FileLock>> LockFile(const std::string& path) override {
    Descriptor fd = TRY(Open(path, O_RDWR | O_CREAT));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return IoError("lock", path, errno);
      return LockedElsewhere(path);
    }
    return std::unique_ptr<FileLock>(new PosixFileLock(std::move(fd)));
  }

  Result<uint64_t> FreeBytes(const std::string& path) override {
    struct statvfs info{};
    if (::statvfs(path.c_str(), &info) != 0) return IoError("stat", path, errno);
    return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  }
};

}  // namespace

std::unique_ptr<FileSystem> NewPosixFileSystem() { return std::make_unique<PosixFileSystem>(); }

}  // namespace elanus::io
