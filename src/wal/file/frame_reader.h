// Walks the frames of one log file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/file_system.h"
#include "wal/file/format.h"

namespace elanus::wal {

class FrameReader {
 public:
  // Reads frames that lie in [kFileHeaderBytes, limit) of the file.
  static Result<FrameReader> Open(io::FileSystem& fs, const std::string& path,
                                  const FileHeader& header, uint64_t limit);

  // True and the next frame, or false where no whole frame follows: at the limit or at damage.
  // `lsn` and `records` are then the frame's, until the next call.
  Result<bool> Next();
  Lsn lsn() const { return next_lsn_ - 1; }
  const std::vector<std::string_view>& records() const { return records_; }

  // Behind the last whole frame; that frame's beginning (0: none); the lsn that comes next.
  uint64_t end() const { return end_; }
  uint64_t last_begin() const { return last_begin_; }
  Lsn next_lsn() const { return next_lsn_; }

  // Where a frame later than the next one begins behind end(), if there is one. As each frame is
  // synced before the next is begun, what is broken at end() is then damage, not a torn write.
  Result<std::optional<uint64_t>> FindLaterFrame();

 private:
  FrameReader() = default;
  // At least `size` bytes at `offset`, from the buffer; fewer only at the limit or the file's end.
  Result<std::string_view> Bytes(uint64_t offset, uint64_t size);

  std::unique_ptr<io::ReadableFile> file_;
  uint32_t seed_ = 0;
  uint64_t limit_ = 0;
  uint64_t end_ = kFileHeaderBytes;
  uint64_t last_begin_ = 0;
  Lsn next_lsn_ = 0;
  std::vector<std::string_view> records_;
  std::vector<char> buffer_;
  uint64_t buffer_begin_ = 0;
  uint64_t buffer_size_ = 0;
};

}  // namespace elanus::wal
