#include "meta/rocksdb/rocks_log.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/crc32c.h"

namespace elanus::meta {
namespace {

// Blocks of records: masked crc32c of type and payload, length, type, payload. A block's last
// bytes, too few for a header, are zeros.
constexpr size_t kBlockBytes = 32 << 10;
constexpr size_t kHeaderBytes = 7;
constexpr uint8_t kFull = 1, kFirst = 2, kTypeMax = 4;  // middle is 3, last is 4

struct Record {
  uint8_t type;
  size_t end;
};

std::optional<Record> RecordAt(std::string_view log, size_t at) {
  const size_t block_end = std::min(log.size(), at / kBlockBytes * kBlockBytes + kBlockBytes);
  if (block_end - at < kHeaderBytes) return std::nullopt;
  uint32_t masked;
  uint16_t length;
  std::memcpy(&masked, &log[at], sizeof masked);
  std::memcpy(&length, &log[at + 4], sizeof length);
  const auto type = static_cast<uint8_t>(log[at + 6]);
  if (type == 0 || type > kTypeMax || length > block_end - at - kHeaderBytes) return std::nullopt;
  const uint32_t rotated = masked - 0xa282ead8U;
  const uint32_t expected = (rotated >> 17) | (rotated << 15);
  if (Crc32c(log.substr(at + 6, 1 + size_t{length})) != expected) return std::nullopt;
  return Record{type, at + kHeaderBytes + length};
}

size_t SkipPadding(size_t at) {
  const size_t left = kBlockBytes - at % kBlockBytes;
  return left < kHeaderBytes ? at + left : at;
}

Status CheckLog(const std::string& path, std::string_view log) {
  size_t at = 0;
  while (at < log.size()) {
    const auto record = RecordAt(log, at);
    if (!record) break;
    at = SkipPadding(record->end);
  }
  // Parts of the same commit may have become durable without the part before them.
  for (size_t later = at + 1; later + kHeaderBytes <= log.size(); ++later) {
    const auto record = RecordAt(log, later);
    if (!record || (record->type != kFull && record->type != kFirst)) continue;
    return Fail(Code::kCorruption, "catalog: '" + path + "' is damaged at offset " +
                                       std::to_string(at) + ", and a commit follows at " +
                                       std::to_string(later));
  }
  return {};
}

}  // namespace

Status CheckRocksLogs(io::FileSystem* fs, const std::string& folder) {
  if (!TRY(fs->Exists(folder))) return {};
  for (const std::string& name : TRY(fs->List(folder))) {
    if (!name.ends_with(".log")) continue;
    const std::string path = io::JoinPath(folder, name);
    TRY(CheckLog(path, TRY(io::ReadFile(*fs, path))));
  }
  return {};
}

}  // namespace elanus::meta
