#include "segment/segment_writer.h"

#include <algorithm>

#include "base/crash_point.h"
#include "base/crc32c.h"

namespace elanus::segment {
namespace {

constexpr size_t kPendingMax = 256 << 10;  // stays in the cache until it is written

}  // namespace

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::Create(io::FileSystem* fs,
                                                             const std::string& path) {
  auto file = TRY(fs->Create(path));
  return std::unique_ptr<SegmentWriter>(new SegmentWriter(std::move(file)));
}

SegmentWriter::SegmentWriter(std::unique_ptr<io::WritableFile> file) : file_(std::move(file)) {
  pending_.reserve(kPendingMax + kChecksumBytes + kPageBytes);
  pending_ = EncodeHeader();
}

void SegmentWriter::Begin(FieldId field, SectionKind kind) {
  Section& section = sections_.emplace_back();
  section.field = field;
  section.kind = kind;
  pending_.resize((pending_.size() + kLineBytes - 1) / kLineBytes * kLineBytes);
  block_begin_ = pending_.size();
}

Status SegmentWriter::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t taken = std::min(bytes.size(), kChecksumBytes - BlockSize());
    pending_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (BlockSize() == kChecksumBytes) {
      FinishBlock();
      if (pending_.size() >= kPendingMax) TRY(Flush());
    }
  }
  return {};
}

Status SegmentWriter::End() {
  if (BlockSize() != 0) FinishBlock();
  if (sections_.back().size == 0) sections_.pop_back();
  return {};
}

Status SegmentWriter::Write(FieldId field, SectionKind kind, std::string_view bytes) {
  Begin(field, kind);
  TRY(Append(bytes));
  return End();
}

void SegmentWriter::FinishBlock() {
  Section& section = sections_.back();
  if (section.size == 0) {
    if (BlockSize() == kChecksumBytes) {  // only now is it known that the section is large
      const size_t past = (file_->size() + block_begin_) % kPageBytes;
      const size_t gap = past == 0 ? 0 : kPageBytes - past;
      pending_.insert(block_begin_, gap, '\0');
      block_begin_ += gap;
    }
    section.offset = file_->size() + block_begin_;
  }
  const std::string_view block = std::string_view(pending_).substr(block_begin_);
  section.checksums.push_back(Crc32c(block));
  section.size += block.size();
  block_begin_ = pending_.size();
}

// Between blocks only.
Status SegmentWriter::Flush() {
  const size_t whole =
      pending_.size() / kLineBytes * kLineBytes;  // so that Begin can count in pending_
  TRY(file_->Append(std::string_view(pending_).substr(0, whole)));
  pending_.erase(0, whole);
  block_begin_ = pending_.size();
  return {};
}

Result<uint64_t> SegmentWriter::Finish(SegmentFooter footer) {
  footer.sections = std::move(sections_);
  std::string bytes;
  EncodeFooter(footer, &bytes);
  const uint64_t footer_offset = file_->size() + pending_.size();
  pending_ += bytes;
  pending_ += EncodeTrailer(footer_offset, bytes);
  TRY(file_->Append(pending_));
  CrashHere(CrashPoint::kSegmentWritten);
  TRY(file_->Sync());
  CrashHere(CrashPoint::kSegmentSynced);
  const uint64_t size = file_->size();
  TRY(file_->Close());
  return size;
}

}  // namespace elanus::segment
