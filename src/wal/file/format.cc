#include "wal/file/format.h"

#include <cstring>

#include "base/coding.h"
#include "base/crc32c.h"

namespace elanus::wal {
namespace {

constexpr std::string_view kMagic = "ELANUSWL";

uint64_t BodyBytes(std::span<const std::string_view> records) {
  uint64_t bytes = records.size() * sizeof(uint32_t);
  for (const std::string_view record : records) bytes += record.size();
  return bytes;
}

uint64_t Padded(uint64_t bytes) {
  return (bytes + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
}

template <typename T>
char* Put(char* out, T value) {
  std::memcpy(out, &value, sizeof value);
  return out + sizeof value;
}

template <typename T>
T Get(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

}  // namespace

uint32_t FileHeader::seed() const {
  char bytes[24];
  Put(Put(Put(bytes, number), epoch), salt);
  return Crc32c(bytes, sizeof bytes);
}

std::string EncodeFileHeader(const FileHeader& header) {
  std::string bytes(kMagic);
  Writer writer(&bytes);
  writer.U32(kLogFormatVersion);
  writer.U32(0);
  writer.U64(header.number);
  writer.U64(header.epoch);
  writer.U64(header.first_lsn);
  writer.U64(header.previous);
  writer.U64(header.previous_end);
  writer.U64(header.salt);
  writer.U32(Crc32c(bytes));
  bytes.resize(kFileHeaderBytes);
  return bytes;
}

Result<FileHeader> DecodeFileHeader(std::string_view bytes) {
  Reader reader(bytes);
  if (TRY(reader.Raw(kMagic.size())) != kMagic) {
    return Status(Code::kCorruption, "it does not begin as a log file does");
  }
  const uint32_t version = TRY(reader.U32());
  if (version > kLogFormatVersion) {
    return Status(Code::kOperationNotSupported, "it has log format " + std::to_string(version) +
                                                    ", this program reads up to " +
                                                    std::to_string(kLogFormatVersion));
  }
  TRY(reader.U32());
  FileHeader header;
  header.number = TRY(reader.U64());
  header.epoch = TRY(reader.U64());
  header.first_lsn = TRY(reader.U64());
  header.previous = TRY(reader.U64());
  header.previous_end = TRY(reader.U64());
  header.salt = TRY(reader.U64());
  const uint32_t expected = Crc32c(bytes.substr(0, bytes.size() - reader.remaining()));
  if (TRY(reader.U32()) != expected || version == 0) {
    return Status(Code::kCorruption, "the file header's checksum is wrong");
  }
  return header;
}

uint64_t FrameHeader::frame_bytes() const { return kFrameHeaderBytes + Padded(body_bytes); }

uint64_t FrameBytes(std::span<const std::string_view> records) {
  return kFrameHeaderBytes + Padded(BodyBytes(records));
}

void EncodeFrame(std::span<const std::string_view> records, Lsn lsn, uint32_t seed, char* out) {
  char* const body = out + kFrameHeaderBytes;
  char* at = body;
  for (const std::string_view record : records) at = Put(at, static_cast<uint32_t>(record.size()));
  for (const std::string_view record : records) {
    if (!record.empty()) std::memcpy(at, record.data(), record.size());
    at += record.size();
  }
  const auto body_bytes = static_cast<uint64_t>(at - body);
  std::memset(at, 0, Padded(body_bytes) - body_bytes);
  char* field = out + sizeof(uint32_t);
  field = Put(field, Crc32c(body, body_bytes, seed));
  field = Put(field, lsn);
  field = Put(field, static_cast<uint32_t>(body_bytes));
  Put(field, static_cast<uint32_t>(records.size()));
  Put(out, Crc32c(out + sizeof(uint32_t), kFrameHeaderBytes - sizeof(uint32_t), seed));
}

std::optional<FrameHeader> DecodeFrameHeader(const char* bytes, uint32_t seed) {
  const uint32_t expected =
      Crc32c(bytes + sizeof(uint32_t), kFrameHeaderBytes - sizeof(uint32_t), seed);
  if (Get<uint32_t>(bytes) != expected) return std::nullopt;
  return FrameHeader{.body_checksum = Get<uint32_t>(bytes + 4),
                     .lsn = Get<uint64_t>(bytes + 8),
                     .body_bytes = Get<uint32_t>(bytes + 16),
                     .record_count = Get<uint32_t>(bytes + 20)};
}

bool DecodeFrameBody(const FrameHeader& header, std::string_view body, uint32_t seed,
                     std::vector<std::string_view>* records) {
  if (Crc32c(body, seed) != header.body_checksum) return false;
  const uint64_t lengths_bytes = uint64_t{header.record_count} * sizeof(uint32_t);
  if (lengths_bytes > body.size()) return false;
  records->clear();
  records->reserve(header.record_count);
  uint64_t at = lengths_bytes;
  for (uint32_t i = 0; i < header.record_count; ++i) {
    const auto length = Get<uint32_t>(body.data() + i * sizeof(uint32_t));
    if (length > body.size() - at) return false;
    records->push_back(body.substr(at, length));
    at += length;
  }
  return at == body.size();
}

}  // namespace elanus::wal
