// PacedVerify: Verify() of an index file in steps of bounded length, for one who has other things
// to do in between. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "index/blob.h"

namespace elanus::index {

class PacedVerify {
 public:
  // The bytes are borrowed.
  explicit PacedVerify(std::string_view bytes) : bytes_(bytes) {}

  // Reads up to `max` bytes more. True: all were read and are good.
  Result<bool> Step(size_t max);

 private:
  std::string_view bytes_;
  std::optional<Blob> blob_;
  size_t section_ = 0;
  size_t offset_ = 0;  // in the section
  uint32_t crc_ = 0;   // of its bytes so far
};

}  // namespace elanus::index
