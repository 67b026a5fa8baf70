// CRC-32C (Castagnoli), the checksum of every block at rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace elanus {

// Continues `crc` (0 to begin) over `data`. SSE4.2 where present, >= 10 GB/s; a table elsewhere.
uint32_t Crc32c(const void* data, size_t size, uint32_t crc = 0);
inline uint32_t Crc32c(std::string_view bytes, uint32_t crc = 0) {
  return Crc32c(bytes.data(), bytes.size(), crc);
}

namespace internal {
// The portable kernel, so that a test can hold both to the same answers.
uint32_t Crc32cByTable(const void* data, size_t size, uint32_t crc = 0);
}  // namespace internal

}  // namespace elanus
