// Delta objects: the LiveTables of several segments in one checksummed file
// (docs/formats/segment.md).
#include <string>

#include "base/coding.h"
#include "base/crc32c.h"
#include "segment/sealed_segment.h"

namespace elanus::segment {
namespace {

constexpr std::string_view kMagic = "ELANUSDL";
constexpr uint32_t kVersion = 1;
constexpr size_t kChecksumSize = sizeof(uint32_t);

using Tables = std::vector<std::pair<SegmentId, LiveTable::Ptr>>;

Result<Tables> Decode(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + kChecksumSize) {
    return Status(Code::kCorruption, "not a delta file");
  }
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumSize);
  Reader end(bytes.substr(body.size()));
  if (TRY(end.U32()) != Crc32c(body))
    return Status(Code::kCorruption, "checksum mismatch at offset 0");
  Reader r(body.substr(kMagic.size()));
  const uint32_t version = TRY(r.U32());
  if (version != kVersion) {
    return Status(Code::kCorruption, "delta format " + std::to_string(version) +
                                         ", this binary reads " + std::to_string(kVersion));
  }
  Tables tables;
  for (uint64_t count = TRY(r.Varint()); count > 0; --count) {
    const SegmentId id(TRY(r.I64()));
    tables.emplace_back(id, TRY(LiveTable::Decode(TRY(r.Bytes()))));
  }
  if (!r.done()) return Status(Code::kCorruption, "bytes follow the end");
  return tables;
}

}  // namespace

Status WriteDelta(io::FileSystem* fs, const std::string& path,
                  std::span<const std::pair<SegmentId, LiveTable::Ptr>> tables) {
  std::string bytes(kMagic);
  Writer w(&bytes);
  w.U32(kVersion);
  w.Varint(tables.size());
  std::string table_bytes;
  for (const auto& [id, table] : tables) {
    w.I64(id.value);
    table_bytes.clear();
    table->EncodeTo(&table_bytes);
    w.Bytes(table_bytes);
  }
  w.U32(Crc32c(bytes));
  return io::WriteFileAtomically(*fs, path, bytes);
}

Result<Tables> ReadDelta(io::FileSystem* fs, const std::string& path) {
  const std::string bytes = TRY(io::ReadFile(*fs, path));
  auto tables = Decode(bytes);
  if (!tables.ok())
    return Fail(Code::kCorruption, "delta file " + path + ": " + tables.status().message());
  return tables;
}

}  // namespace elanus::segment
