#include "wal/file/survey.h"

#include <utility>

#include "wal/file/frame_reader.h"
#include "wal/file/recovery.h"

namespace elanus::wal {
namespace {

Status WalkFrames(io::FileSystem& fs, const LogFile& file, const Log::FrameFn& fn,
                  LogSurvey::File* out) {
  FrameReader reader = TRY(FrameReader::Open(fs, file.path, file.header, file.end));
  while (TRY(reader.Next())) {
    ++out->frames;
    if (fn) TRY(fn(reader.lsn(), reader.records()));
  }
  if (reader.end() == file.end) return {};
  return DamagedAt(file.path, reader.end(), "a frame is broken");
}

}  // namespace

Result<LogSurvey> SurveyLog(io::FileSystem& fs, const std::string& dir, const Log::FrameFn& fn) {
  RecoveredLog log = TRY(Recover(fs, dir, TRY(fs.List(dir)), LastFrame::kLeave));
  LogSurvey survey;
  survey.orphans = std::move(log.orphans);
  survey.next = log.next;
  for (const LogFile& file : log.files) {
    LogSurvey::File found;
    found.path = file.path;
    found.end = file.end;
    found.first = file.header.first_lsn;
    found.bytes = TRY(fs.SizeOf(file.path));
    found.damage = WalkFrames(fs, file, fn, &found);
    survey.files.push_back(std::move(found));
  }
  return survey;
}

}  // namespace elanus::wal
