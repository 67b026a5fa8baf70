#include "wal/file/frame_reader.h"

#include <algorithm>
#include <cstring>

namespace elanus::wal {
namespace {

constexpr uint64_t kChunkBytes = 1 << 20;

}  // namespace

Result<FrameReader> FrameReader::Open(io::FileSystem& fs, const std::string& path,
                                      const FileHeader& header, uint64_t limit) {
  FrameReader reader;
  reader.file_ = TRY(fs.OpenRandomAccess(path));
  reader.seed_ = header.seed();
  reader.limit_ = std::min(limit, reader.file_->size());
  reader.next_lsn_ = header.first_lsn;
  return reader;
}

Result<bool> FrameReader::Next() {
  const std::string_view head = TRY(Bytes(end_, kFrameHeaderBytes));
  if (head.size() < kFrameHeaderBytes) return false;
  const auto header = DecodeFrameHeader(head.data(), seed_);
  if (!header || header->lsn != next_lsn_) return false;
  if (header->frame_bytes() > limit_ - end_) return false;
  const std::string_view frame = TRY(Bytes(end_, header->frame_bytes()));
  if (frame.size() < header->frame_bytes()) return false;
  const std::string_view body = frame.substr(kFrameHeaderBytes, header->body_bytes);
  if (!DecodeFrameBody(*header, body, seed_, &records_)) return false;
  last_begin_ = end_;
  end_ += header->frame_bytes();
  ++next_lsn_;
  return true;
}

Result<std::optional<uint64_t>> FrameReader::FindLaterFrame() {
  // Bounds what a later lsn can be, so that few places need their checksum computed.
  const Lsn lsn_max = next_lsn_ + (limit_ - std::min(limit_, end_)) / kFrameHeaderBytes;
  uint64_t at = end_ + kFrameAlignment;
  while (at < limit_) {
    const std::string_view bytes = TRY(Bytes(at, kChunkBytes));
    if (bytes.size() < kFrameHeaderBytes) break;
    size_t i = 0;
    for (; i + kFrameHeaderBytes <= bytes.size(); i += kFrameAlignment) {
      Lsn lsn;
      std::memcpy(&lsn, &bytes[i + 8], sizeof lsn);
      if (lsn <= next_lsn_ || lsn > lsn_max) continue;
      if (DecodeFrameHeader(&bytes[i], seed_)) return std::optional<uint64_t>(at + i);
    }
    at += i;
  }
  return std::optional<uint64_t>();
}

Result<std::string_view> FrameReader::Bytes(uint64_t offset, uint64_t size) {
  size = offset < limit_ ? std::min(size, limit_ - offset) : 0;
  const uint64_t buffer_end = buffer_begin_ + buffer_size_;
  if (offset < buffer_begin_ || offset + size > buffer_end) {
    const uint64_t wanted =
        std::min(std::max(size, kChunkBytes), limit_ - std::min(offset, limit_));
    if (buffer_.size() < wanted) buffer_.resize(wanted);
    buffer_begin_ = offset;
    buffer_size_ = 0;
    buffer_size_ = TRY(file_->ReadAt(offset, {buffer_.data(), wanted}));
    size = std::min(size, buffer_size_);
  }
  return std::string_view(buffer_.data() + (offset - buffer_begin_), size);
}

}  // namespace elanus::wal
