// Writes the frames of one log file: each Append is one write and one sync.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "io/file_system.h"
#include "wal/file/format.h"

namespace elanus::wal {

// Bytes at a page's start, as direct writes want them.
class AlignedBuffer {
 public:
  static constexpr size_t kAlignment = 4096;
  // Keeps the first `keep` bytes. Gives memory back when far less than it has is needed.
  void Resize(size_t size, size_t keep);
  char* data() { return bytes_.get(); }

 private:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<char, Free> bytes_;
  size_t capacity_ = 0;
};

class FrameWriter {
 public:
  // Writes and syncs the header into the file at `path`, which exists; `capacity` bytes of disk are
  // reserved. Not to be used after an error.
  static Result<std::unique_ptr<FrameWriter>> Begin(io::FileSystem& fs, const std::string& path,
                                                    const FileHeader& header, uint64_t capacity,
                                                    bool direct);

  bool HasRoomFor(uint64_t frame_bytes) const { return end_ + frame_bytes <= capacity_; }
  // Durable once it returns OK. Not to be used after an error: the outcome is unknown then.
  Status Append(std::span<const std::string_view> records, Lsn lsn);
  // Behind the last durable frame.
  uint64_t end() const { return end_; }

 private:
  FrameWriter(std::unique_ptr<io::WritableFile> file, uint32_t seed, uint64_t capacity)
      : file_(std::move(file)), seed_(seed), capacity_(capacity) {}
  Status ZeroAhead(uint64_t write_end);

  const std::unique_ptr<io::WritableFile> file_;
  const uint32_t seed_;
  const uint64_t capacity_;
  uint64_t end_ = kFileHeaderBytes;
  // Begins with the bytes between the last aligned offset and end_, which the next write repeats.
  AlignedBuffer staging_;
};

}  // namespace elanus::wal
