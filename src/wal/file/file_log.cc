#include "wal/file/file_log.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "base/crash_point.h"
#include "base/log.h"
#include "wal/file/file_names.h"
#include "wal/file/file_pool.h"
#include "wal/file/frame_reader.h"
#include "wal/file/frame_writer.h"
#include "wal/file/recovery.h"

namespace elanus::wal {
namespace {

class OpenFileLog : public Log {
 public:
  OpenFileLog(io::FileSystem& fs, std::string dir, const FileLogOptions& options,
              std::unique_ptr<io::FileLock> lock)
      : fs_(fs),
        dir_(std::move(dir)),
        options_(options),
        lock_(std::move(lock)),
        pool_(fs, dir_, options.file_bytes, options.reserve_bytes, options.spare_files_max) {}

  // Called once, first.
  Status Start();

  Result<Lsn> Append(std::span<const std::string_view> records) override {
    return AppendWith(records, /*from_reserve=*/false);
  }
  Result<Lsn> AppendFromReserve(std::span<const std::string_view> records) override {
    return AppendWith(records, /*from_reserve=*/true);
  }
  Status Reopen() override;
  Status Read(Lsn from, const FrameFn& fn) override;
  Status Truncate(Lsn keep_from) override;

  Lsn next() const override { return next_; }
  Lsn LowWater() const override { return low_water_; }
  uint64_t bytes() const override { return bytes_; }
  bool healthy() const override { return healthy_; }
  uint64_t epoch() const override { return epoch_; }

 private:
  Result<Lsn> AppendWith(std::span<const std::string_view> records, bool from_reserve);
  // Ends the file that is written and begins the next one, with room for a frame of `frame_bytes`.
  // Durable. After an error no file is being written, or the same as before.
  Status BeginFile(uint64_t frame_bytes, bool from_reserve);
  Result<std::unique_ptr<FrameWriter>> PrepareFile(const FileHeader& header, uint64_t frame_bytes,
                                                   bool from_reserve, std::string* path);
  void CountFiles();

  io::FileSystem& fs_;
  const std::string dir_;
  const FileLogOptions options_;
  const std::unique_ptr<io::FileLock> lock_;
  FilePool pool_;
  std::vector<LogFile> files_;           // oldest first
  std::unique_ptr<FrameWriter> writer_;  // of files_.back(); nullptr: nothing may be added there
  uint64_t last_number_ = 0;

  std::atomic<Lsn> next_ = 1;
  std::atomic<Lsn> low_water_ = 1;
  std::atomic<uint64_t> bytes_ = 0;
  std::atomic<uint64_t> epoch_ = 0;
  std::atomic<bool> healthy_ = true;
};

Status OpenFileLog::Start() {
  // Names that a process before us changed may not be durable yet.
  TRY(fs_.SyncDir(dir_));
  CrashHere(CrashPoint::kLogFolderSynced);
  const std::vector<std::string> names = TRY(fs_.List(dir_));
  RecoveredLog log = TRY(Recover(fs_, dir_, names));
  files_ = std::move(log.files);
  next_ = log.next;
  epoch_ = log.last_epoch + 1;
  last_number_ = log.last_number;
  TRY(pool_.Adopt(names));
  for (const std::string& path : log.orphans) pool_.Discard(path);
  CountFiles();

  // A new file, so that the epoch and the old file's end are durable. A full disk does not keep the
  // log from being read: then the first Append begins the file.
  Status begun = pool_.EnsureReserve();
  const size_t old_files = files_.size();
  if (begun.ok()) begun = BeginFile(0, /*from_reserve=*/false);
  if (begun.code() == Code::kDiskLimitExceeded) {
    LOG_WARNING("disk is full, log opened for reading", {"folder", dir_},
                {"error", begun.message()});
    return {};
  }
  TRY(std::move(begun));
  if (old_files > 0 && files_.size() == old_files + 1) {
    // What was reserved behind the end is not needed any more.
    const LogFile& old = files_[old_files - 1];
    auto file = TRY(fs_.OpenWritable(old.path, {.create = false, .truncate = false}));
    TRY(file->Truncate(old.end));
    CrashHere(CrashPoint::kLogOldEndCut);
  }
  return {};
}

Result<Lsn> OpenFileLog::AppendWith(std::span<const std::string_view> records, bool from_reserve) {
  if (!healthy_) {
    return Fail(Code::kIoFailed, "log '" + dir_ + "': an earlier write failed, reopen first");
  }
  if (records.empty()) return Fail(Code::kParameterInvalid, "log: a frame needs a record");
  const uint64_t frame_bytes = FrameBytes(records);
  if (frame_bytes > kFrameBytesMax) {
    return Fail(Code::kParameterTooLarge, "log: a frame of " + std::to_string(frame_bytes) +
                                              " bytes, the most is " +
                                              std::to_string(kFrameBytesMax));
  }
  // Without a reserve the disk counts as full, though this file may have room.
  if (!from_reserve) TRY(pool_.EnsureReserve());
  if (writer_ == nullptr || !writer_->HasRoomFor(frame_bytes)) {
    TRY(BeginFile(frame_bytes, from_reserve));
  }
  const Lsn lsn = next_++;
  if (Status status = writer_->Append(records, lsn); !status.ok()) {
    healthy_ = false;
    writer_.reset();
    return status;
  }
  bytes_ += frame_bytes;
  files_.back().end = writer_->end();
  return lsn;
}

Status OpenFileLog::Reopen() {
  if (healthy_) return {};
  TRY(BeginFile(0, /*from_reserve=*/true));
  healthy_ = true;
  CrashHere(CrashPoint::kLogReopened);
  LOG_WARNING("log goes on after a failed write", {"folder", dir_}, {"lsn", next_.load()});
  return {};
}

Status OpenFileLog::BeginFile(uint64_t frame_bytes, bool from_reserve) {
  // A file without frames is left out: the new one follows the file before it.
  const bool drop_last = !files_.empty() && files_.back().end == kFileHeaderBytes;
  FileHeader header{.number = last_number_ + 1,
                    .epoch = epoch_,
                    .first_lsn = next_,
                    .previous = 0,
                    .previous_end = 0,
                    .salt = options_.salt};
  if (drop_last) {
    header.previous = files_.back().header.previous;
    header.previous_end = files_.back().header.previous_end;
  } else if (!files_.empty()) {
    header.previous = files_.back().header.number;
    header.previous_end = files_.back().end;
  }
  std::string prepared;
  auto writer = TRY(PrepareFile(header, frame_bytes, from_reserve, &prepared));
  const std::string path = io::JoinPath(dir_, NumberedName(kLogPrefix, header.number));
  // From here on the new header may be what a crash leaves: nothing may be added to the old file.
  writer_.reset();
  Status status = fs_.Rename(prepared, path);
  if (!status.ok()) {
    pool_.Discard(prepared);
    return status;
  }
  CrashHere(CrashPoint::kLogFileRenamed);
  TRY(fs_.SyncDir(dir_));
  CrashHere(CrashPoint::kLogFileBegun);

  if (drop_last) {
    pool_.Discard(files_.back().path);
    files_.pop_back();
  }
  files_.push_back({header, path, kFileHeaderBytes});
  last_number_ = header.number;
  writer_ = std::move(writer);
  CountFiles();
  return {};
}

Result<std::unique_ptr<FrameWriter>> OpenFileLog::PrepareFile(const FileHeader& header,
                                                              uint64_t frame_bytes,
                                                              bool from_reserve,
                                                              std::string* path) {
  constexpr uint64_t kBlock = AlignedBuffer::kAlignment;
  const uint64_t needed = (kFileHeaderBytes + frame_bytes + kBlock - 1) / kBlock * kBlock;
  const auto begin = [&](uint64_t capacity) {
    auto writer = FrameWriter::Begin(fs_, *path, header, capacity, options_.direct);
    if (!writer.ok()) pool_.Discard(*path);
    return writer;
  };
  Status failed;
  if (auto taken = pool_.Take(); taken.ok()) {
    *path = *taken;
    auto writer = begin(std::max(options_.file_bytes, needed));
    if (writer.ok()) return writer;
    failed = writer.status();
  } else {
    failed = taken.status();
  }
  const bool use_reserve = from_reserve && failed.code() == Code::kDiskLimitExceeded &&
                           pool_.has_reserve() && needed <= options_.reserve_bytes;
  if (!use_reserve) return failed;
  *path = pool_.TakeReserve();
  return begin(options_.reserve_bytes);
}

Status OpenFileLog::Read(Lsn from, const FrameFn& fn) {
  const std::vector<LogFile> files = files_;  // `fn` may append and truncate
  for (size_t i = 0; i < files.size(); ++i) {
    const LogFile& file = files[i];
    if (i + 1 < files.size() && files[i + 1].header.first_lsn <= from) continue;
    FrameReader reader = TRY(FrameReader::Open(fs_, file.path, file.header, file.end));
    while (TRY(reader.Next())) {
      if (reader.lsn() >= from) TRY(fn(reader.lsn(), reader.records()));
    }
    if (reader.end() != file.end) return DamagedAt(file.path, reader.end(), "a frame is broken");
  }
  return {};
}

Status OpenFileLog::Truncate(Lsn keep_from) {
  while (files_.size() > 1 && files_[1].header.first_lsn <= keep_from) {
    const std::string path = files_.front().path;
    // Out of the list first: after an error its name may be gone already.
    files_.erase(files_.begin());
    CountFiles();
    CrashHere(CrashPoint::kLogFileLeft);
    TRY(pool_.Give(path));
    CrashHere(CrashPoint::kLogTruncated);
  }
  return {};
}

void OpenFileLog::CountFiles() {
  uint64_t bytes = 0;
  for (const LogFile& file : files_) bytes += file.end - kFileHeaderBytes;
  bytes_ = bytes;
  low_water_ = files_.empty() ? next_.load() : files_.front().header.first_lsn;
}

}  // namespace

Result<std::unique_ptr<Log>> FileLog::Open(io::FileSystem& fs, const std::string& dir,
                                           const FileLogOptions& options) {
  for (const uint64_t bytes : {options.file_bytes, options.reserve_bytes}) {
    if (bytes % AlignedBuffer::kAlignment != 0 || bytes < 2 * kFileHeaderBytes) {
      return Fail(Code::kParameterInvalid,
                  "log: file sizes are multiples of 4096 from 8192, got " + std::to_string(bytes));
    }
  }
  TRY(fs.CreateDirs(dir));
  auto lock = TRY(fs.LockFile(io::JoinPath(dir, kLockName)));
  auto log = std::make_unique<OpenFileLog>(fs, dir, options, std::move(lock));
  TRY(log->Start());
  return std::unique_ptr<Log>(std::move(log));
}

}  // namespace elanus::wal
