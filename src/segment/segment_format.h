// The parts of a segment file (docs/formats/segment.md): sections of bytes, found through a footer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "meta/catalog.h"
#include "model/types.h"
#include "model/value.h"

namespace elanus::segment {

inline constexpr std::string_view kSegmentMagic = "ELANUSSG";
inline constexpr uint32_t kSegmentVersion = 1;
inline constexpr size_t kHeaderBytes = 64;
inline constexpr size_t kTrailerBytes = 32;
// A section begins at a page if it fills a checksummed block, else at a cache line.
inline constexpr size_t kPageBytes = 4096;
inline constexpr size_t kLineBytes = 64;
inline constexpr size_t kChecksumBytes = 64 << 10;

enum class SectionKind : uint8_t {
  kValues = 1,     // fixed types: packed rows; others: the bytes of all rows
  kEnds = 2,       // u64 a row: where its bytes end in kValues
  kValid = 3,      // a byte a row, 0 = null; absent: no nulls
  kNorms = 4,      // f32 a row: 1/|v|
  kTimes = 5,      // distinct insert timestamps, ascending, less min_ts, bit-packed
  kTimeIndex = 6,  // per row the number of its timestamp, bit-packed
  kPaths = 7,      // the path columns (path_columns.h)
  kZones = 8,      // the least and the greatest value of each 1,024 rows (zones.h)
  kBlooms = 9,     // which strings 1,024 rows have (blooms.h)
};

struct Section {
  FieldId field;  // kTimestampField for the times
  SectionKind kind = SectionKind::kValues;
  uint64_t offset = 0;
  uint64_t size = 0;
  std::vector<uint32_t> checksums;  // crc32c of each 64 KiB
};

// What is known of a column's values. Values are null where nothing is known (no rows, other types,
// long strings).
struct ColumnStats {
  uint64_t nulls = 0;
  Value min, max;
};

struct ColumnFooter {
  FieldId field;
  DataType type = DataType::kNone;
  int64_t dim = 0;
  ColumnStats stats;
};

struct SegmentFooter {
  SegmentId id;
  uint32_t rows = 0;
  Timestamp min_ts = 0, max_ts = 0;
  uint32_t distinct_times = 0;
  std::vector<meta::PartitionRange> partitions;
  std::vector<ColumnFooter> columns;
  std::vector<Section> sections;

  const Section* Find(FieldId field, SectionKind kind) const;
};

std::string EncodeHeader();
Status CheckHeader(std::string_view bytes);

void EncodeFooter(const SegmentFooter& footer, std::string* out);
Result<SegmentFooter> DecodeFooter(std::string_view bytes);

// The last bytes of the file, which find the footer.
std::string EncodeTrailer(uint64_t footer_offset, std::string_view footer);
// The footer's bytes, checked.
Result<std::string_view> FindFooter(std::string_view file);

// Numbers of `bits` bits each (0 to 64) in little-endian words, one word of padding behind.
constexpr unsigned BitsFor(uint64_t max) {
  return max == 0 ? 0 : 64 - static_cast<unsigned>(__builtin_clzll(max));
}
constexpr uint64_t PackedBytes(uint64_t count, unsigned bits) {
  return bits == 0 ? 0 : ((count * bits + 63) / 64 + 1) * 8;
}
std::vector<uint64_t> PackBits(const std::vector<uint64_t>& values, unsigned bits);
inline uint64_t UnpackBits(const uint64_t* words, unsigned bits, uint64_t index) {
  if (bits == 0) return 0;
  const uint64_t at = index * bits;
  const unsigned shift = at % 64;
  uint64_t value = words[at / 64] >> shift;
  if (shift + bits > 64) value |= words[at / 64 + 1] << (64 - shift);
  return bits == 64 ? value : value & ((1ULL << bits) - 1);
}

}  // namespace elanus::segment
