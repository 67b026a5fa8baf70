#include "segment/segment_writer.h"

#include <algorithm>

#include "base/crc32c.h"

namespace elanus::segment {
namespace {

constexpr size_t kPendingMax = 1 << 20;

}  // namespace

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::Create(io::FileSystem* fs, const std::string& path) {
  auto writer = std::unique_ptr<SegmentWriter>(new SegmentWriter(TRY(fs->Create(path))));
  TRY(writer->Put(EncodeHeader()));
  return writer;
}

SegmentWriter::SegmentWriter(std::unique_ptr<io::WritableFile> file) : file_(std::move(file)) {
  pending_.reserve(kPendingMax + kChecksumBytes);
  block_.reserve(kChecksumBytes);
}

void SegmentWriter::Begin(FieldId field, SectionKind kind) {
  Section& section = sections_.emplace_back();
  section.field = field;
  section.kind = kind;
}

Status SegmentWriter::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t taken = std::min(bytes.size(), kChecksumBytes - block_.size());
    block_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (block_.size() == kChecksumBytes) TRY(PutBlock());
  }
  return {};
}

Status SegmentWriter::End() {
  if (!block_.empty()) TRY(PutBlock());
  if (sections_.back().size == 0) sections_.pop_back();
  return {};
}

Status SegmentWriter::Write(FieldId field, SectionKind kind, std::string_view bytes) {
  Begin(field, kind);
  TRY(Append(bytes));
  return End();
}

Status SegmentWriter::PutBlock() {
  Section& section = sections_.back();
  if (section.size == 0) {  // only now is it known whether the section is large
    const size_t unit = block_.size() == kChecksumBytes ? kPageBytes : kLineBytes;
    TRY(Put(std::string((unit - written_ % unit) % unit, '\0')));
    section.offset = written_;
  }
  section.checksums.push_back(Crc32c(block_));
  section.size += block_.size();
  TRY(Put(block_));
  block_.clear();
  return {};
}

Status SegmentWriter::Put(std::string_view bytes) {
  pending_.append(bytes);
  written_ += bytes.size();
  return pending_.size() >= kPendingMax ? Flush() : Status();
}

Status SegmentWriter::Flush() {
  TRY(file_->Append(pending_));
  pending_.clear();
  return {};
}

Result<uint64_t> SegmentWriter::Finish(SegmentFooter footer) {
  footer.sections = std::move(sections_);
  std::string bytes;
  EncodeFooter(footer, &bytes);
  const std::string trailer = EncodeTrailer(written_, bytes);
  TRY(Put(bytes));
  TRY(Put(trailer));
  TRY(Flush());
  TRY(file_->Sync());
  TRY(file_->Close());
  return written_;
}

}  // namespace elanus::segment
