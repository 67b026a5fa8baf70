#include "meta/record.h"

#include "base/coding.h"
#include "base/crc32c.h"

namespace elanus::meta {

Status CorruptValue(std::string_view key, std::string_view why) {
  return Fail(Code::kCorruption, "catalog value '" + std::string(key) + "': " + std::string(why));
}

void RecordWriter::Number(uint64_t tag, uint64_t value) {
  std::string bytes;
  Writer(&bytes).Varint(value);
  Bytes(tag, bytes);
}

void RecordWriter::Bytes(uint64_t tag, std::string_view bytes) {
  Writer writer(&fields_);
  writer.Varint(tag);
  writer.Bytes(bytes);
}

std::string RecordWriter::Seal(std::string_view key) const {
  std::string rest(1, static_cast<char>(kRecordFormat));
  rest += fields_;
  std::string value;
  Writer(&value).U32(Crc32c(rest, Crc32c(key)));
  return value + rest;
}

Result<RecordReader> RecordReader::Open(std::string_view key, std::string_view value) {
  if (value.size() < sizeof(uint32_t) + 1) return CorruptValue(key, "bytes end too early");
  Reader reader(value);
  const uint32_t expected = TRY(reader.U32());
  const std::string_view rest = TRY(reader.Raw(reader.remaining()));
  if (Crc32c(rest, Crc32c(key)) != expected) return CorruptValue(key, "checksum does not match");
  const auto format = static_cast<uint8_t>(rest.front());
  if (format != kRecordFormat) {
    return CorruptValue(key, "has format " + std::to_string(format) + ", this binary reads " +
                                 std::to_string(kRecordFormat));
  }
  return OpenNested(key, rest.substr(1));
}

Result<RecordReader> RecordReader::OpenNested(std::string_view key, std::string_view fields) {
  RecordReader record(key);
  Reader reader(fields);
  while (!reader.done()) {
    const auto tag = reader.Varint();
    if (!tag.ok()) return CorruptValue(key, tag.status().message());
    const auto bytes = reader.Bytes();
    if (!bytes.ok()) return CorruptValue(key, bytes.status().message());
    record.fields_.emplace_back(*tag, *bytes);
  }
  return record;
}

Result<uint64_t> RecordReader::Number(uint64_t tag) const {
  const std::string_view bytes = Bytes(tag);
  if (bytes.empty()) return uint64_t{0};
  auto value = Reader(bytes).Varint();
  if (!value.ok()) return CorruptValue(key_, value.status().message());
  return value;
}

std::string_view RecordReader::Bytes(uint64_t tag) const {
  for (const auto& [field, bytes] : fields_) {
    if (field == tag) return bytes;
  }
  return {};
}

std::vector<std::string_view> RecordReader::All(uint64_t tag) const {
  std::vector<std::string_view> found;
  for (const auto& [field, bytes] : fields_) {
    if (field == tag) found.push_back(bytes);
  }
  return found;
}

}  // namespace elanus::meta
