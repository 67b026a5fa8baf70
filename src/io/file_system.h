// Files behind one interface, so that everything at rest can be tested over memory with crashes and
// failing calls. Bytes are durable after WritableFile::Sync, names after FileSystem::SyncDir of the
// folder that holds them (creating, renaming and removing change names).
//
// Every error names the path and what the system said. Codes: kDiskLimitExceeded (no space, quota),
// kNotFound (no such file or folder), kIoFailed (all else).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace elanus::io {

// One file open for writing. One thread at a time. The destructor closes without syncing.
// After a failed write the bytes it covers are unknown. After a failed Sync nothing is known of
// what was written since the last good one, and every later call fails: the kernel may have dropped
// the pages, so a second Sync that succeeds would prove nothing.
class WritableFile {
 public:
  virtual ~WritableFile() = default;

  // Writes all of `bytes` at the end; short writes are continued.
  Status Append(std::string_view bytes) { return WriteAt(size(), bytes); }
  Status Append(std::span<const std::byte> bytes) {
    return Append({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  // Overwrites, and extends the file where it reaches beyond its end (a gap reads as zeros).
  virtual Status WriteAt(uint64_t offset, std::string_view bytes) = 0;
  // What was written, and the size, are durable.
  virtual Status Sync() = 0;
  // Cuts, or extends with zeros.
  virtual Status Truncate(uint64_t size) = 0;
  // Reserves disk for the first `size` bytes without changing size(): where the file system can
  // reserve, writes below it do not fail for want of space; elsewhere this does nothing.
  virtual Status Preallocate(uint64_t size) = 0;
  // Idempotent. Reports an error of the close itself; does not sync.
  virtual Status Close() = 0;

  virtual uint64_t size() const = 0;
  // WriteAt's offset, length and address must be multiples of this: 1 unless opened with `direct`.
  virtual size_t alignment() const = 0;
  virtual const std::string& path() const = 0;
};

// Positioned reads of one file. Thread-safe.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  // Fills `out`; less only where the file ends. Returns the bytes read.
  virtual Result<size_t> ReadAt(uint64_t offset, std::span<char> out) const = 0;
  // As ReadAt, but a file that ends too early is kCorruption.
  Status ReadExactly(uint64_t offset, std::span<char> out) const;
  virtual uint64_t size() const = 0;  // when it was opened
  virtual const std::string& path() const = 0;
};

enum class Access { kNormal, kRandom, kSequential, kWillNeed, kDontNeed };

// A whole file in memory, read only, page-aligned; stays valid when the file is removed. The file
// must not be written while it is mapped. Thread-safe.
class Mapping {
 public:
  virtual ~Mapping() = default;
  const std::byte* data() const { return data_; }  // nullptr if empty
  size_t size() const { return size_; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data_), size_}; }
  // A hint on how [offset, offset+size) will be read; clipped to the mapping.
  virtual void Advise(Access access, uint64_t offset, uint64_t size) const = 0;
  void Advise(Access access) const { Advise(access, 0, size_); }

 protected:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// Held until destroyed; also let go when the process ends, however it ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

struct OpenOptions {
  bool create = true;    // false: kNotFound where there is none
  bool truncate = true;  // false: what is there stays
  bool direct = false;   // past the page cache if the file system can; see alignment()
};

// Thread-safe. Paths are absolute or relative to the process; parent folders must exist.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<WritableFile>> OpenWritable(const std::string& path,
                                                             const OpenOptions& options) = 0;
  // A new empty file; what was there is gone.
  Result<std::unique_ptr<WritableFile>> Create(const std::string& path) {
    return OpenWritable(path, OpenOptions());
  }
  virtual Result<std::unique_ptr<ReadableFile>> OpenRandomAccess(const std::string& path) = 0;
  virtual Result<std::shared_ptr<const Mapping>> Map(const std::string& path) = 0;

  // Atomic: `to` is replaced if it exists. Both names become durable by SyncDir.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;      // a file or an empty folder
  virtual Status RemoveTree(const std::string& path) = 0;  // OK if there is nothing
  // With all parents; those that did not exist are durable when it returns. OK if it is there.
  virtual Status CreateDirs(const std::string& path) = 0;
  // Names, without the path, of the files and folders in a folder; sorted.
  virtual Result<std::vector<std::string>> List(const std::string& dir) = 0;
  virtual Status SyncDir(const std::string& dir) = 0;

  virtual Result<bool> Exists(const std::string& path) = 0;
  virtual Result<uint64_t> SizeOf(const std::string& path) = 0;
  // Makes the file if need be. Fails with "data folder <parent> is used by another process" while
  // another holder lives, in this process or another.
  virtual Result<std::unique_ptr<FileLock>> LockFile(const std::string& path) = 0;
  // What a process without privileges may still write on the file system of `path`.
  virtual Result<uint64_t> FreeBytes(const std::string& path) = 0;
};

// "dir/name".
std::string JoinPath(std::string_view dir, std::string_view name);
// "a/b" for "a/b/c", "." for "c", "/" for "/c".
std::string ParentPath(std::string_view path);

Result<std::string> ReadFile(FileSystem& fs, const std::string& path);
// After OK the file is durable with exactly `bytes`; after an error or a crash it is that or what
// it was. Goes through "<path>.tmp".
Status WriteFileAtomically(FileSystem& fs, const std::string& path, std::string_view bytes);

}  // namespace elanus::io
