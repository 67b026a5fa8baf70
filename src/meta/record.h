// The bytes of one catalog value: checksum, format, then tagged fields.
//
//   u32 crc32c of (key, rest) | u8 format | { varint tag | varint length | bytes }...
//
// The checksum covers the key, so a value under a wrong key is found out too. Readers skip tags
// they do not know. docs/formats/catalog.md has the tags.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace elanus::meta {

inline constexpr uint8_t kRecordFormat = 1;

class RecordWriter {
 public:
  void Number(uint64_t tag, uint64_t value);
  void Bytes(uint64_t tag, std::string_view bytes);
  // The value to store under `key`.
  std::string Seal(std::string_view key) const;
  // The fields alone, to nest them in another record.
  const std::string& fields() const { return fields_; }

 private:
  std::string fields_;
};

// Fields of one record, in the order written; a tag may repeat. Views into the bytes given.
class RecordReader {
 public:
  // Checks the checksum and the format; kCorruption names the key.
  static Result<RecordReader> Open(std::string_view key, std::string_view value);
  // Of RecordWriter::fields().
  static Result<RecordReader> OpenNested(std::string_view key, std::string_view fields);

  // 0 and "" where the tag is absent.
  Result<uint64_t> Number(uint64_t tag) const;
  std::string_view Bytes(uint64_t tag) const;
  std::vector<std::string_view> All(uint64_t tag) const;

 private:
  explicit RecordReader(std::string_view key) : key_(key) {}

  std::string_view key_;
  std::vector<std::pair<uint64_t, std::string_view>> fields_;
};

Status CorruptValue(std::string_view key, std::string_view why);

}  // namespace elanus::meta
