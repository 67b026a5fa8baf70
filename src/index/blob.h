// The index file (docs/formats/index.md): a 4 KiB header with a table of sections, then the
// sections, aligned, then their checksums: a section can be written while it is made. A header's
// bytes are checked at open, the sections' by Verify().
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/vector_index.h"

namespace elanus::index {

enum class BlobKind : uint32_t {
  kFlat = 1,
  kHnsw = 2,
  kIvf = 3,
  kSparse = 4,
  kSorted = 5,
  kIvfCodes = 6,
  kDisk = 7,
  kBitScan = 8,
  kRTree = 9,
  kSortedPart = 10,
  kGrams = 11
};

struct BlobHeader {
  BlobKind kind = BlobKind::kFlat;
  DataType type = DataType::kNone;
  Metric metric = Metric::kNone;
  uint64_t rows = 0;
  uint64_t dim = 0;
  std::string meta;  // what the kind needs, in its own layout; short
  // What VectorIndex::description gives; short. With a value, so that aggregates may leave it out.
  Properties description = {};  // NOLINT(readability-redundant-member-init)
};

// The bytes of a vector or array, borrowed: what a section holds.
template <typename Values>
std::string_view BytesOf(const Values& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0])};
}

class BlobWriter {
 public:
  explicit BlobWriter(BlobHeader header) : header_(std::move(header)) {}
  // Makes a section in consecutive pieces.
  using Fill = std::function<Status(const Sink& sink)>;

  // Sections are numbered in the order added. The bytes are borrowed until Write returns.
  void Add(std::string_view bytes);
  // `fill` is called once, in its turn, and gives exactly `length` bytes.
  void Add(uint64_t length, Fill fill) { sections_.push_back({length, std::move(fill)}); }
  Status Write(const Sink& sink) const;

 private:
  struct Section {
    uint64_t length;
    Fill fill;
  };
  BlobHeader header_;
  std::vector<Section> sections_;
};

class Blob {
 public:
  // O(1). kCorruption, or kUnexpected for a newer version; `bytes` is borrowed.
  static Result<Blob> Open(std::string_view bytes);

  const BlobHeader& header() const { return header_; }
  size_t sections() const { return sections_.size(); }
  // The bytes of a section; empty when the file has none of that number.
  std::string_view Section(size_t number) const {
    return number < sections_.size() ? sections_[number].bytes : std::string_view();
  }
  // Where it begins in the file.
  uint64_t Offset(size_t number) const {
    return number < sections_.size() ? sections_[number].offset : 0;
  }
  // As Section, for an array of exactly `count` T.
  template <typename T>
  Result<const T*> ArrayOf(size_t number, size_t count) const {
    const std::string_view bytes = Section(number);
    if (bytes.size() != count * sizeof(T)) return Mismatch(number, bytes.size(), count * sizeof(T));
    return reinterpret_cast<const T*>(bytes.data());
  }
  // Reads every section and compares its checksum.
  Status Verify() const;
  // What the checksum of a section should be.
  Result<uint32_t> ChecksumOf(size_t number) const;
  Status VerifyChecksums() const;  // their own
  static Status SectionDamaged(size_t number);

 private:
  struct Entry {
    std::string_view bytes;
    uint64_t offset;
  };
  static Status Mismatch(size_t number, size_t got, size_t want);

  BlobHeader header_;
  std::vector<Entry> sections_;
  std::string_view checksums_;
};

}  // namespace elanus::index
