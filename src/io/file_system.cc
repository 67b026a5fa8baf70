#include "io/file_system.h"

#include "base/crash_point.h"

namespace elanus::io {

Status ReadableFile::ReadExactly(uint64_t offset, std::span<char> out) const {
  const size_t got = TRY(ReadAt(offset, out));
  if (got == out.size()) return {};
  return Fail(Code::kCorruption, "'" + path() + "' ends at " + std::to_string(offset + got) +
                                     ", expected " + std::to_string(offset + out.size()));
}

std::string JoinPath(std::string_view dir, std::string_view name) {
  std::string path(dir);
  if (!path.empty() && path.back() != '/') path += '/';
  return path.append(name);
}

std::string ParentPath(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

Result<std::string> ReadFile(FileSystem& fs, const std::string& path) {
  const auto file = TRY(fs.OpenRandomAccess(path));
  std::string bytes(file->size(), '\0');
  TRY(file->ReadExactly(0, bytes));
  return bytes;
}

Status WriteFileAtomically(FileSystem& fs, const std::string& path, std::string_view bytes) {
  const std::string temp = path + ".tmp";
  auto file = TRY(fs.Create(temp));
  TRY(file->Append(bytes));
  CrashHere(CrashPoint::kFileWritten);
  TRY(file->Sync());
  CrashHere(CrashPoint::kFileSynced);
  TRY(file->Close());
  TRY(fs.Rename(temp, path));
  CrashHere(CrashPoint::kFileRenamed);
  TRY(fs.SyncDir(ParentPath(path)));
  CrashHere(CrashPoint::kFileDurable);
  return {};
}

}  // namespace elanus::io
