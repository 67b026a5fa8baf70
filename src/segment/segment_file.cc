#include "segment/segment_file.h"

#include <algorithm>

#include "base/crc32c.h"

namespace elanus::segment {

Status SegmentFile::Damaged(const std::string& what) const {
  return Fail(Code::kCorruption, "segment file " + path_ + ": " + what);
}

Result<std::unique_ptr<SegmentFile>> SegmentFile::Open(io::FileSystem* fs,
                                                       const std::string& path) {
  auto file = std::unique_ptr<SegmentFile>(new SegmentFile());
  file->path_ = path;
  file->mapping_ = TRY(fs->Map(path));
  const std::string_view bytes = file->mapping_->view();
  if (const Status status = CheckHeader(bytes); !status.ok())
    return file->Damaged(status.message());
  const auto footer = FindFooter(bytes);
  if (!footer.ok()) return file->Damaged(footer.status().message());
  auto decoded = DecodeFooter(*footer);
  if (!decoded.ok()) return file->Damaged(decoded.status().message());
  file->footer_ = std::move(decoded).take();
  TRY(file->CheckSections());
  return file;
}

Status SegmentFile::CheckSections() {
  for (const Section& section : footer_.sections) {
    if (section.offset > mapping_->size() || section.size > mapping_->size() - section.offset ||
        section.offset % kLineBytes != 0) {
      return Damaged("a section is out of place");
    }
    auto blocks = std::make_unique<Blocks>();
    blocks->file = this;
    blocks->section = &section;
    blocks->data = mapping_->data() + section.offset;
    blocks->size = section.size;
    blocks->good = std::vector<std::atomic<uint64_t>>((section.checksums.size() + 63) / 64);
    blocks_.push_back(std::move(blocks));
  }
  return {};
}

const SegmentFile::Blocks* SegmentFile::Find(FieldId field, SectionKind kind) const {
  for (const auto& blocks : blocks_) {
    if (blocks->section->field == field && blocks->section->kind == kind) return blocks.get();
  }
  return nullptr;
}

std::vector<std::span<const std::byte>> SegmentFile::SectionsOf(FieldId field) const {
  std::vector<std::span<const std::byte>> sections;
  for (const auto& blocks : blocks_) {
    if (blocks->section->field == field) sections.emplace_back(blocks->data, blocks->size);
  }
  return sections;
}

uint64_t SegmentFile::memory_bytes() const {
  uint64_t bytes = sizeof *this + footer_.partitions.size() * sizeof(meta::PartitionRange) +
                   footer_.columns.size() * sizeof(ColumnFooter);
  for (const auto& blocks : blocks_) {
    bytes += sizeof(Blocks) + sizeof(Section) + blocks->good.size() * sizeof(uint64_t) +
             blocks->section->checksums.size() * sizeof(uint32_t);
  }
  return bytes;
}

Status SegmentFile::Blocks::CheckAll() const {
  if (all_good.load(std::memory_order_acquire)) return {};
  const std::lock_guard lock(checking);
  if (all_good.load(std::memory_order_acquire)) return {};
  TRY(CheckBlocks(0, size));
  all_good.store(true, std::memory_order_release);
  return {};
}

Status SegmentFile::Blocks::CheckBlocks(uint64_t offset, uint64_t count) const {
  if (offset > size || count > size - offset) {
    return file->Damaged("a value lies beyond the section at offset " +
                         std::to_string(section->offset));
  }
  if (count == 0) return {};
  const uint64_t last = (offset + count - 1) / kChecksumBytes;
  for (uint64_t block = offset / kChecksumBytes; block <= last; ++block) {
    const uint64_t bit = 1ULL << (block % 64);
    if ((good[block / 64].load(std::memory_order_acquire) & bit) != 0) continue;
    const uint64_t begin = block * kChecksumBytes;
    if (Crc32c(data + begin, std::min<uint64_t>(kChecksumBytes, size - begin)) !=
        section->checksums[block]) {
      return file->Damaged("checksum mismatch at offset " +
                           std::to_string(section->offset + begin));
    }
    good[block / 64].fetch_or(bit, std::memory_order_release);
  }
  return {};
}

}  // namespace elanus::segment
