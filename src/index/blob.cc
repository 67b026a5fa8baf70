#include "index/blob.h"

#include <algorithm>

#include "base/coding.h"
#include "base/crc32c.h"

namespace elanus::index {
namespace {

constexpr char kMagic[] = "ELANUSIX";
constexpr uint32_t kVersion = 3;
constexpr size_t kHeaderBytes = 4096;
constexpr size_t kPageBytes = 4096;
constexpr size_t kHugeBytes = 2u << 20;
// From this size on a section begins on a huge page: the padding stays under 4 %.
constexpr size_t kHugeSectionBytes = 64u << 20;

size_t AlignTo(size_t n, size_t alignment) { return (n + alignment - 1) / alignment * alignment; }

Status Corrupt(std::string_view what) {
  return Status(Code::kCorruption, "index file: " + std::string(what));
}

}  // namespace

void BlobWriter::Add(std::string_view bytes) {
  Add(bytes.size(), [bytes](const Sink& sink) -> Status {
    constexpr size_t kPieceBytes = 8u << 20;
    for (size_t from = 0; from < bytes.size(); from += kPieceBytes)
      TRY(sink(bytes.substr(from, kPieceBytes)));
    return {};
  });
}

Status BlobWriter::Write(const Sink& sink) const {
  std::string head;
  Writer w(&head);
  w.Raw(kMagic, 8);
  w.U32(kVersion);
  w.U32(static_cast<uint32_t>(header_.kind));
  w.U32(static_cast<uint32_t>(header_.type));
  w.U32(static_cast<uint32_t>(header_.metric));
  w.U64(header_.rows);
  w.U64(header_.dim);
  w.U32(static_cast<uint32_t>(sections_.size()));
  std::vector<size_t> offsets;
  size_t at = kHeaderBytes;
  for (const Section& section : sections_) {
    at = AlignTo(at, section.length >= kHugeSectionBytes ? kHugeBytes : kPageBytes);
    offsets.push_back(at);
    w.U64(at);
    w.U64(section.length);
    at += section.length;
  }
  w.Bytes(header_.meta);
  w.Varint(header_.description.size());
  for (const auto& [key, value] : header_.description) {
    w.Bytes(key);
    w.Bytes(value);
  }
  CHECK(head.size() <= kHeaderBytes - sizeof(uint32_t));
  head.resize(kHeaderBytes - sizeof(uint32_t));
  w.U32(Crc32c(head));
  TRY(sink(head));

  size_t written = kHeaderBytes;
  std::string checksums;
  Writer sums(&checksums);
  for (size_t i = 0; i < sections_.size(); ++i) {
    const std::string padding(offsets[i] - written, '\0');
    if (!padding.empty()) TRY(sink(padding));
    uint64_t length = 0;
    uint32_t crc = Crc32c({});
    TRY(sections_[i].fill([&](std::string_view piece) -> Status {
      length += piece.size();
      crc = Crc32c(piece, crc);
      return sink(piece);
    }));
    CHECK(length == sections_[i].length);
    sums.U32(crc);
    written = offsets[i] + length;
  }
  sums.U32(Crc32c(checksums));
  return sink(checksums);
}

Result<Blob> Blob::Open(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return Corrupt("no index header");
  Reader tail(bytes.substr(kHeaderBytes - sizeof(uint32_t), sizeof(uint32_t)));
  const uint32_t crc = TRY(tail.U32());
  if (Crc32c(bytes.substr(0, kHeaderBytes - sizeof(uint32_t))) != crc)
    return Corrupt("header checksum mismatch");
  Reader r(bytes.substr(8, kHeaderBytes - 8));
  const uint32_t version = TRY(r.U32());
  if (version != kVersion) {
    return Status(Code::kUnexpected, "index file: version " + std::to_string(version) + " is " +
                                         (version > kVersion ? "newer" : "older") +
                                         " than this build's " + std::to_string(kVersion));
  }
  Blob blob;
  blob.header_.kind = static_cast<BlobKind>(TRY(r.U32()));
  blob.header_.type = static_cast<DataType>(TRY(r.U32()));
  blob.header_.metric = static_cast<Metric>(TRY(r.U32()));
  blob.header_.rows = TRY(r.U64());
  blob.header_.dim = TRY(r.U64());
  const uint32_t count = TRY(r.U32());
  uint64_t end = kHeaderBytes;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t offset = TRY(r.U64());
    const uint64_t size = TRY(r.U64());
    if (offset > bytes.size() || size > bytes.size() - offset)
      return Corrupt("a section ends past the file");
    blob.sections_.push_back({bytes.substr(offset, size), offset});
    end = offset + size;
  }
  const uint64_t checksums = (uint64_t{count} + 1) * sizeof(uint32_t);
  if (bytes.size() - end < checksums) return Corrupt("the checksums are missing");
  blob.checksums_ = bytes.substr(end, checksums);
  blob.header_.meta = std::string(TRY(r.Bytes()));
  const uint64_t described = TRY(r.Varint());
  for (uint64_t i = 0; i < described; ++i) {
    std::string key(TRY(r.Bytes()));
    blob.header_.description.emplace_back(std::move(key), std::string(TRY(r.Bytes())));
  }
  return blob;
}

Status Blob::Verify() const {
  TRY(VerifyChecksums());
  for (size_t i = 0; i < sections_.size(); ++i) {
    if (Crc32c(sections_[i].bytes) != TRY(ChecksumOf(i))) return SectionDamaged(i);
  }
  return {};
}

Result<uint32_t> Blob::ChecksumOf(size_t number) const {
  return Reader(checksums_.substr(number * sizeof(uint32_t), sizeof(uint32_t))).U32();
}

Status Blob::VerifyChecksums() const {
  const std::string_view all = checksums_.substr(0, sections_.size() * sizeof(uint32_t));
  if (Crc32c(all) != TRY(ChecksumOf(sections_.size()))) return Corrupt("the checksums are damaged");
  return {};
}

Status Blob::SectionDamaged(size_t number) {
  return Corrupt("section " + std::to_string(number) + " checksum mismatch");
}

Status Blob::Mismatch(size_t number, size_t got, size_t want) {
  return Corrupt("section " + std::to_string(number) + " is " + std::to_string(got) +
                 " bytes, expected " + std::to_string(want));
}

}  // namespace elanus::index
