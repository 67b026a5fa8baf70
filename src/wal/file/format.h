// The bytes of a log file (docs/formats/log.md): one header block, then frames back to back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "wal/log.h"

namespace elanus::wal {

constexpr uint32_t kLogFormatVersion = 1;
constexpr size_t kFileHeaderBytes = 4096;
constexpr size_t kFrameHeaderBytes = 24;
constexpr size_t kFrameAlignment = 8;
constexpr uint64_t kFrameBytesMax = 1 << 30;

struct FileHeader {
  uint64_t number = 0;        // from 1, rising
  uint64_t epoch = 0;         // of the owner that writes the file
  Lsn first_lsn = 0;          // of its first frame; the others follow without gaps
  uint64_t previous = 0;      // the file before it, 0: none
  uint64_t previous_end = 0;  // where that one ends: what follows there is not in the log
  uint64_t salt = 0;

  // Where checksums of the file's frames begin: a frame left by another life of a recycled file, or
  // made up by a user, fails them.
  uint32_t seed() const;
};

// kFileHeaderBytes bytes.
std::string EncodeFileHeader(const FileHeader& header);
// kCorruption if it is not one; kOperationNotSupported for a newer format, naming its version.
Result<FileHeader> DecodeFileHeader(std::string_view bytes);

struct FrameHeader {
  uint32_t body_checksum;
  Lsn lsn;
  uint32_t body_bytes;
  uint32_t record_count;

  uint64_t frame_bytes() const;  // with header and padding
};

// Size of the frame that holds `records`, padding included.
uint64_t FrameBytes(std::span<const std::string_view> records);
// Writes FrameBytes(records) <= kFrameBytesMax bytes.
void EncodeFrame(std::span<const std::string_view> records, Lsn lsn, uint32_t seed, char* out);
// nullopt if the kFrameHeaderBytes bytes are no frame's beginning.
std::optional<FrameHeader> DecodeFrameHeader(const char* bytes, uint32_t seed);
// The records of a body, or false if its checksum or its inner lengths are wrong.
bool DecodeFrameBody(const FrameHeader& header, std::string_view body, uint32_t seed,
                     std::vector<std::string_view>* records);

}  // namespace elanus::wal
