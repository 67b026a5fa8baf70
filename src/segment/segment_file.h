// SegmentFile: a mapped segment file. The header and footer are checked when it is opened, the
// blocks of a section when they are first asked for. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "segment/segment_format.h"

namespace elanus::segment {

class SegmentFile {
 public:
  static Result<std::unique_ptr<SegmentFile>> Open(io::FileSystem* fs, const std::string& path);

  const std::string& path() const { return path_; }
  uint64_t bytes() const { return mapping_->size(); }
  const SegmentFooter& footer() const { return footer_; }
  uint64_t memory_bytes() const;

  // A section with the state of its checks. Lives as long as the file. Null: there is none.
  struct Blocks;
  const Blocks* Find(FieldId field, SectionKind kind) const;
  std::vector<std::span<const std::byte>> SectionsOf(FieldId field) const;

  // kCorruption, with file and offset, for "what": contradictions the checksums do not show.
  Status Damaged(const std::string& what) const;

 private:
  SegmentFile() = default;
  Status CheckSections();

  std::string path_;
  std::shared_ptr<const io::Mapping> mapping_;
  SegmentFooter footer_;
  std::vector<std::unique_ptr<Blocks>> blocks_;
};

struct SegmentFile::Blocks {
  const SegmentFile* file = nullptr;
  const Section* section = nullptr;
  const std::byte* data = nullptr;
  uint64_t size = 0;
  mutable std::vector<std::atomic<uint64_t>> good;  // a bit a block: its checksum was right
  mutable std::atomic<bool> all_good{false};
  mutable std::mutex checking;  // held by who checks all: others wait for the outcome

  // OK: bytes [offset, offset + size) are what was written. An offset beyond the end is
  // kCorruption.
  Status Check(uint64_t offset, uint64_t count) const {
    if (all_good.load(std::memory_order_acquire) && offset <= size && count <= size - offset)
        [[likely]]
      return {};
    return CheckBlocks(offset, count);
  }
  Status CheckAll() const;

  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(data);
  }

 private:
  Status CheckBlocks(uint64_t offset, uint64_t count) const;
};

}  // namespace elanus::segment
