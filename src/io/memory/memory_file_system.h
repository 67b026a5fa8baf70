// Files in memory for tests: a crash forgets what was not synced, and any call can be made to fail.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/file_system.h"

namespace elanus::io {

struct MemoryState;

// One call that changes something or syncs it, as a fault hook sees it.
struct FileCall {
  enum class Kind {
    kOpen,
    kWrite,
    kSync,
    kTruncate,
    kPreallocate,
    kRename,
    kRemove,
    kCreateDir,
    kSyncDir
  };
  Kind kind;
  std::string_view path;
  uint64_t number;  // counts all such calls from 1
};

// Thread-safe. Handles from before a Crash() fail with kIoFailed.
class MemoryFileSystem : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  // The machine loses power: only synced bytes and synced names are left, locks are free. With a
  // seed, what was not synced survives in part, at random: any 512-byte sector of unsynced bytes
  // and any prefix of a folder's unsynced name changes.
  void Crash(std::optional<uint64_t> seed = std::nullopt);
  // The process dies (kill -9): everything written stays, handles and locks are gone.
  void Kill();

  // Until the next Crash() or Kill() each changing call fails and changes nothing: what the dying
  // process still does has no effect.
  void Halt();

  // Becomes what a power loss would leave of `other` at this moment, and nothing else; `other` goes
  // on. `seed` as of Crash.
  void BecomeImageOf(const MemoryFileSystem& other, std::optional<uint64_t> seed);

  // Called before each changing call; an error returned is the call's answer. A write that fails
  // has written a prefix of its bytes (all of them for a failed Sync: they stay readable, and are
  // lost in a crash). Must not call the file system. nullptr: none.
  void SetFault(std::function<Status(const FileCall&)> fault);
  // Fails the n-th changing call from now (1 = the next) once with an error of the system, EIO if
  // 0.
  void FailCall(uint64_t n, int error_number = 0);
  // Changing calls so far.
  uint64_t calls() const;
  // The same of calls that open a file to be read, map it, read of it, list a folder or ask for a
  // size.
  void FailRead(uint64_t n);
  uint64_t reads() const;
  // Writes that would take all files above this fail with "No space left on device".
  void SetCapacity(uint64_t bytes);

  // Reaches into the durable and the current bytes, as rot would. `offset` must be in the file.
  void FlipBit(const std::string& path, uint64_t offset, int bit);

  Result<std::unique_ptr<WritableFile>> OpenWritable(const std::string& path,
                                                     const OpenOptions& options) override;
  Result<std::unique_ptr<ReadableFile>> OpenRandomAccess(const std::string& path) override;
  Result<std::shared_ptr<const Mapping>> Map(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status RemoveTree(const std::string& path) override;
  Status CreateDirs(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& dir) override;
  Status SyncDir(const std::string& dir) override;
  Result<bool> Exists(const std::string& path) override;
  Result<uint64_t> SizeOf(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> LockFile(const std::string& path) override;
  Result<uint64_t> FreeBytes(const std::string& path) override;

 private:
  std::shared_ptr<MemoryState> state_;  // shared with open handles
};

}  // namespace elanus::io
