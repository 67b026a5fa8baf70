// BlockReader: reads blocks of equal size of a file region, several at a time. From the file itself
// past the page cache (O_DIRECT) by io_uring, where the kernel permits both; by pread where not;
// from the mapping where there is no file. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace elanus::index {

class BlockReader {
 public:
  enum class Way { kMapping, kRead, kRing };

  // `region` lies at `offset` of the file at `path`, both multiples of 4,096; an empty path: no
  // file. `block` is a multiple of 4,096. The region is borrowed.
  static Result<std::unique_ptr<BlockReader>> Open(std::string_view region, size_t block,
                                                   const std::string& path, uint64_t offset);
  ~BlockReader();
  BlockReader(const BlockReader&) = delete;
  BlockReader& operator=(const BlockReader&) = delete;

  size_t blocks() const { return region_.size() / block_; }
  Way way() const { return way_; }
  bool direct() const { return direct_; }

  // blocks[i] into buffers[i], which are aligned to 4,096 bytes; with the mapping buffers[i] is
  // made to point into it instead. Blocks are below blocks().
  Status Read(std::span<const uint32_t> blocks, std::span<const std::byte*> buffers) const;

 private:
  BlockReader(std::string_view region, size_t block) : region_(region), block_(block) {}
  Status ReadEach(std::span<const uint32_t> blocks, std::span<const std::byte*> buffers) const;

  std::string_view region_;
  size_t block_;
  uint64_t offset_ = 0;
  int fd_ = -1;
  bool direct_ = false;
  Way way_ = Way::kMapping;
};

}  // namespace elanus::index
