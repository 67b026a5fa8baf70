// Files that are not, or no longer, part of the log: spare ones to write again, the reserve that is
// kept for a full disk, and what is yet to be removed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file_system.h"

namespace elanus::wal {

class FilePool {
 public:
  FilePool(io::FileSystem& fs, std::string dir, uint64_t file_bytes, uint64_t reserve_bytes,
           int spare_files_max);

  // Takes over the spare files among the folder's `names`; removes those too many.
  Status Adopt(const std::vector<std::string>& names);

  // The path of a file to be written as the caller likes: a spare one, else a new one.
  Result<std::string> Take();
  // Makes the reserve if there is none, with its disk space.
  Status EnsureReserve();
  bool has_reserve() const { return has_reserve_; }
  // As Take, but gives the reserve away. There must be one.
  std::string TakeReserve();

  // Takes a file out of the log, as a spare one or to be removed; durable when it returns OK. After
  // an error the pool goes on with it at its next TidyUp, without which it takes no other file.
  Status Give(const std::string& path);
  // Removes, now or at a later TidyUp.
  void Discard(const std::string& path);
  Status TidyUp();

 private:
  Status TryGive(const std::string& path);
  std::string NewSparePath();

  io::FileSystem& fs_;
  const std::string dir_;
  const uint64_t file_bytes_;
  const uint64_t reserve_bytes_;
  const size_t spare_files_max_;
  const std::string reserve_path_;
  uint64_t next_number_ = 1;
  bool has_reserve_ = false;
  bool unsynced_ = false;  // names changed that a SyncDir has not covered
  std::vector<std::string> spares_;
  std::vector<std::string> discarded_;
};

}  // namespace elanus::wal
