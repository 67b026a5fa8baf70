#include "wal/file/frame_writer.h"

#include <algorithm>
#include <cstring>

#include "base/crash_point.h"

namespace elanus::wal {
namespace {

constexpr uint64_t kZeroBytes = 1 << 20;
constexpr size_t kKeptBytes = 8 << 20;

uint64_t RoundUp(uint64_t value, uint64_t step) { return (value + step - 1) / step * step; }

// Zeros at a page's start, for writing.
std::string_view Zeros() {
  alignas(AlignedBuffer::kAlignment) static char
      zeros[kZeroBytes];  // not const: costs no bytes in the binary
  return {zeros, kZeroBytes};
}

}  // namespace

void AlignedBuffer::Resize(size_t size, size_t keep) {
  size = RoundUp(std::max<size_t>(size, kAlignment), kAlignment);
  const bool too_much = capacity_ > kKeptBytes && size < capacity_ / 4;
  if (size <= capacity_ && !too_much) return;
  size = RoundUp(size + size / 2, kAlignment);
  std::unique_ptr<char, Free> bytes(static_cast<char*>(std::aligned_alloc(kAlignment, size)));
  CHECK(bytes != nullptr);
  if (keep > 0) std::memcpy(bytes.get(), bytes_.get(), keep);
  bytes_ = std::move(bytes);
  capacity_ = size;
}

Result<std::unique_ptr<FrameWriter>> FrameWriter::Begin(io::FileSystem& fs, const std::string& path,
                                                        const FileHeader& header, uint64_t capacity,
                                                        bool direct) {
  auto file = TRY(fs.OpenWritable(path, {.create = false, .truncate = false, .direct = direct}));
  CHECK(AlignedBuffer::kAlignment % file->alignment() == 0);
  TRY(file->Preallocate(capacity));
  std::unique_ptr<FrameWriter> writer(new FrameWriter(std::move(file), header.seed(), capacity));
  writer->staging_.Resize(kFileHeaderBytes, 0);
  std::memcpy(writer->staging_.data(), EncodeFileHeader(header).data(), kFileHeaderBytes);
  TRY(writer->file_->WriteAt(0, {writer->staging_.data(), kFileHeaderBytes}));
  CrashHere(CrashPoint::kLogHeaderWritten);
  TRY(writer->file_->Sync());
  CrashHere(CrashPoint::kLogHeaderSynced);
  return writer;
}

Status FrameWriter::Append(std::span<const std::string_view> records, Lsn lsn) {
  const uint64_t alignment = file_->alignment();
  const uint64_t begin = end_ / alignment * alignment;
  const uint64_t repeated = end_ - begin;
  const uint64_t frame_bytes = FrameBytes(records);
  const uint64_t write_bytes = RoundUp(repeated + frame_bytes, alignment);
  staging_.Resize(write_bytes, repeated);
  char* const bytes = staging_.data();
  EncodeFrame(records, lsn, seed_, bytes + repeated);
  std::memset(bytes + repeated + frame_bytes, 0, write_bytes - repeated - frame_bytes);

  CrashHere(CrashPoint::kLogFrameEncoded);
  TRY(ZeroAhead(begin + write_bytes));
  TRY(file_->WriteAt(begin, {bytes, write_bytes}));
  CrashHere(CrashPoint::kLogFrameWritten);
  TRY(file_->Sync());
  CrashHere(CrashPoint::kLogFrameSynced);
  end_ += frame_bytes;
  const uint64_t tail = end_ % alignment;
  std::memmove(bytes, bytes + repeated + frame_bytes - tail, tail);
  return {};
}

// Growing a file costs its sync a commit of the file system's journal. So where a small write would
// grow it, a run of zeros behind it grows it for the writes to come.
Status FrameWriter::ZeroAhead(uint64_t write_end) {
  if (write_end <= file_->size() || write_end - file_->size() > kZeroBytes / 4) return {};
  const uint64_t from = RoundUp(file_->size(), AlignedBuffer::kAlignment);
  const uint64_t to = std::min(from + kZeroBytes,
                               capacity_ / AlignedBuffer::kAlignment * AlignedBuffer::kAlignment);
  if (to <= from) return {};
  TRY(file_->WriteAt(from, Zeros().substr(0, to - from)));
  CrashHere(CrashPoint::kLogZerosWritten);
  return {};
}

}  // namespace elanus::wal
