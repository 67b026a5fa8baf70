#include "wal/file/file_pool.h"

#include <algorithm>
#include <utility>

#include "base/crash_point.h"
#include "wal/file/file_names.h"

namespace elanus::wal {

FilePool::FilePool(io::FileSystem& fs, std::string dir, uint64_t file_bytes, uint64_t reserve_bytes,
                   int spare_files_max)
    : fs_(fs),
      dir_(std::move(dir)),
      file_bytes_(file_bytes),
      reserve_bytes_(reserve_bytes),
      spare_files_max_(static_cast<size_t>(std::max(spare_files_max, 0))),
      reserve_path_(io::JoinPath(dir_, kReserveName)) {}

Status FilePool::Adopt(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string path = io::JoinPath(dir_, name);
    const auto number = NumberOf(name, kSparePrefix);
    if (!number) continue;
    next_number_ = std::max(next_number_, *number + 1);
    if (spares_.size() < spare_files_max_ && TRY(fs_.SizeOf(path)) <= 2 * file_bytes_) {
      spares_.push_back(path);
    } else {
      TRY(fs_.Remove(path));
    }
  }
  return {};
}

Result<std::string> FilePool::Take() {
  if (!spares_.empty()) {
    std::string path = std::move(spares_.back());
    spares_.pop_back();
    return path;
  }
  const std::string path = NewSparePath();
  TRY(fs_.Create(path));
  CrashHere(CrashPoint::kLogSpareMade);
  return path;
}

Status FilePool::EnsureReserve() {
  if (has_reserve_) return {};
  // One that is there keeps what space it has.
  const auto file = TRY(fs_.OpenWritable(reserve_path_, {.truncate = false}));
  TRY(file->Preallocate(reserve_bytes_));
  CrashHere(CrashPoint::kLogReserveMade);
  has_reserve_ = true;
  return {};
}

std::string FilePool::TakeReserve() {
  CHECK(has_reserve_);
  has_reserve_ = false;
  return reserve_path_;
}

Status FilePool::Give(const std::string& path) {
  Status status = TryGive(path);
  // Should it still have its name, it must lose it before a later file does.
  if (!status.ok()) discarded_.push_back(path);
  return status;
}

Status FilePool::TryGive(const std::string& path) {
  TRY(TidyUp());
  const bool keep = spares_.size() < spare_files_max_ && TRY(fs_.SizeOf(path)) <= 2 * file_bytes_;
  unsynced_ = true;
  if (!keep) {
    TRY(fs_.Remove(path));
    CrashHere(CrashPoint::kLogFileRemoved);
    return TidyUp();
  }
  const std::string spare = NewSparePath();
  TRY(fs_.Rename(path, spare));
  CrashHere(CrashPoint::kLogFileSpared);
  // Only now may it be written: were the old name to come back, it would be a damaged log file.
  if (Status status = TidyUp(); !status.ok()) {
    discarded_.push_back(spare);
    return status;
  }
  spares_.push_back(spare);
  return {};
}

void FilePool::Discard(const std::string& path) {
  unsynced_ = true;
  if (!fs_.Remove(path).ok()) discarded_.push_back(path);
}

Status FilePool::TidyUp() {
  while (!discarded_.empty()) {
    const Status status = fs_.Remove(discarded_.back());
    if (!status.ok() && status.code() != Code::kNotFound) return status;
    discarded_.pop_back();
  }
  if (!unsynced_) return {};
  TRY(fs_.SyncDir(dir_));
  unsynced_ = false;
  return {};
}

std::string FilePool::NewSparePath() {
  return io::JoinPath(dir_, NumberedName(kSparePrefix, next_number_++));
}

}  // namespace elanus::wal
