// Where the rows of a DISKANN index lie: a record each, in blocks of whole pages. Rows are named by
// slot, their place in the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "base/coding.h"
#include "base/status.h"

namespace elanus::index {

// A record: the vector, filled up to a multiple of 4; u32 row; f32 1/|v|; u32 links, those unused
// all ones and last.
struct DiskLayout {
  static constexpr uint32_t kNone = ~0u;
  static constexpr size_t kPage = 4096;

  size_t width = 0;  // of the vector
  size_t degree = 0;
  size_t stride = 0;     // of a record
  size_t per_block = 0;  // records
  size_t block = 0;      // bytes

  static DiskLayout Of(size_t width, size_t degree) {
    DiskLayout l;
    l.width = width;
    l.degree = degree;
    l.stride = (width + 3) / 4 * 4 + 8 + 4 * degree;
    l.block = (l.stride + kPage - 1) / kPage * kPage;
    l.per_block = l.block / l.stride;
    return l;
  }
  size_t Blocks(size_t rows) const { return (rows + per_block - 1) / per_block; }

  uint32_t Row(const std::byte* record) const { return Read<uint32_t>(record, RowAt()); }
  float InverseNorm(const std::byte* record) const { return Read<float>(record, RowAt() + 4); }
  uint32_t Link(const std::byte* record, size_t i) const {
    return Read<uint32_t>(record, RowAt() + 8 + 4 * i);
  }
  void Write(std::byte* record, uint32_t row, float inverse_norm) const {
    std::memcpy(record + RowAt(), &row, 4);
    std::memcpy(record + RowAt() + 4, &inverse_norm, 4);
  }
  std::byte* Links(std::byte* record) const { return record + RowAt() + 8; }

 private:
  size_t RowAt() const { return (width + 3) / 4 * 4; }
  template <typename T>
  static T Read(const std::byte* record, size_t at) {
    T v;
    std::memcpy(&v, record + at, sizeof v);
    return v;
  }
};

// Sections of the file.
enum DiskSection : size_t { kDiskValues, kDiskCodes, kDiskRows, kDiskEntries, kDiskBlocks };

struct DiskMeta {
  uint32_t degree = 0;
  uint32_t m = 0;
  uint64_t slots = 0;  // valid rows
  uint64_t entries = 0;
  uint64_t cached = 0;  // blocks

  std::string Encode() const {
    std::string bytes;
    Writer w(&bytes);
    w.U32(degree);
    w.U32(m);
    w.U64(slots);
    w.U64(entries);
    w.U64(cached);
    return bytes;
  }
  static Result<DiskMeta> Decode(std::string_view bytes) {
    DiskMeta meta;
    Reader r(bytes);
    meta.degree = TRY(r.U32());
    meta.m = TRY(r.U32());
    meta.slots = TRY(r.U64());
    meta.entries = TRY(r.U64());
    meta.cached = TRY(r.U64());
    return meta;
  }
};

}  // namespace elanus::index
