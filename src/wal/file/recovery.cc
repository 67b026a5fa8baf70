#include "wal/file/recovery.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/crash_point.h"
#include "wal/file/file_names.h"
#include "wal/file/frame_reader.h"

namespace elanus::wal {
namespace {

Result<FileHeader> ReadHeader(io::FileSystem& fs, const std::string& path, uint64_t number) {
  const auto file = TRY(fs.OpenRandomAccess(path));
  std::string bytes(kFileHeaderBytes, '\0');
  // Its header was durable before a file got a log file's name, so there is no torn header.
  if (TRY(file->ReadAt(0, bytes)) < bytes.size()) {
    return DamagedAt(path, file->size(), "the file ends within its header");
  }
  auto header = DecodeFileHeader(bytes);
  if (!header.ok() && header.status().code() == Code::kCorruption) {
    return DamagedAt(path, 0, header.status().message());
  }
  if (!header.ok()) return Fail(header.status().code(), path + ": " + header.status().message());
  if (header->number != number) return DamagedAt(path, 0, "it is another file's header");
  return header;
}

// The frames of the last file: up to the first that is not whole, which must be the last.
Status FindEnd(io::FileSystem& fs, LastFrame last_frame, LogFile* last, Lsn* next) {
  FrameReader reader = TRY(FrameReader::Open(fs, last->path, last->header, ~0ULL));
  while (TRY(reader.Next())) {
  }
  if (const auto later = TRY(reader.FindLaterFrame())) {
    return DamagedAt(last->path, reader.end(),
                     "a frame is broken, and another follows at " + std::to_string(*later));
  }
  last->end = reader.end();
  *next = reader.next_lsn();
  if (reader.last_begin() == 0 || last_frame == LastFrame::kLeave) return {};
  // Its sync may have failed, or never have been: then it may be in memory alone, marked as
  // written. It was read, so it counts from now on, and must not be lost: written again, it is
  // synced indeed.
  std::string bytes(reader.end() - reader.last_begin(), '\0');
  TRY(TRY(fs.OpenRandomAccess(last->path))->ReadExactly(reader.last_begin(), bytes));
  auto file = TRY(fs.OpenWritable(last->path, {.create = false, .truncate = false}));
  TRY(file->WriteAt(reader.last_begin(), bytes));
  CrashHere(CrashPoint::kLogTailRewritten);
  TRY(file->Sync());
  CrashHere(CrashPoint::kLogTailSynced);
  return {};
}

}  // namespace

Status DamagedAt(const std::string& path, uint64_t offset, std::string_view what) {
  return Fail(Code::kCorruption, "log file '" + path + "' is damaged at offset " +
                                     std::to_string(offset) + ": " + std::string(what));
}

Result<RecoveredLog> Recover(io::FileSystem& fs, const std::string& dir,
                             const std::vector<std::string>& names, LastFrame last_frame) {
  std::map<uint64_t, std::string> paths;
  for (const std::string& name : names) {
    if (const auto number = NumberOf(name, kLogPrefix)) paths[*number] = io::JoinPath(dir, name);
  }
  RecoveredLog log;
  if (paths.empty()) return log;

  // From the newest back: each header names the file before it and where that one ends.
  uint64_t number = paths.rbegin()->first;
  uint64_t end = 0;
  while (number != 0 && paths.contains(number)) {
    const std::string path = paths[number];
    paths.erase(number);
    const FileHeader header = TRY(ReadHeader(fs, path, number));
    if (!log.files.empty() && header.first_lsn > log.files.back().header.first_lsn) {
      return DamagedAt(path, 0, "its frames would come after those of the next file");
    }
    log.files.push_back({header, path, end});
    CHECK(header.previous < number || header.previous == 0);
    number = header.previous;
    end = header.previous_end;
  }
  std::ranges::reverse(log.files);
  // What is older than the log was truncated, oldest first, so a hole is a loss.
  for (const auto& [other, path] : paths) {
    if (number != 0 && other < number) {
      return Fail(
          Code::kCorruption,
          "log file '" + io::JoinPath(dir, NumberedName(kLogPrefix, number)) + "' is missing");
    }
    log.orphans.push_back(path);
  }
  LogFile& last = log.files.back();
  TRY(FindEnd(fs, last_frame, &last, &log.next));
  log.last_number = last.header.number;
  log.last_epoch = last.header.epoch;
  return log;
}

}  // namespace elanus::wal
