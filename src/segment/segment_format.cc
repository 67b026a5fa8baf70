#include "segment/segment_format.h"

#include "base/coding.h"
#include "base/crc32c.h"

namespace elanus::segment {
namespace {

Status Damaged(std::string_view what) { return Status(Code::kCorruption, std::string(what)); }

enum class ValueTag : uint8_t { kNull = 0, kInt = 1, kDouble = 2, kString = 3 };

void EncodeValue(const Value& value, Writer* w) {
  if (value.is_int()) {
    w->U8(static_cast<uint8_t>(ValueTag::kInt));
    w->I64(value.as_int());
  } else if (value.is_double()) {
    w->U8(static_cast<uint8_t>(ValueTag::kDouble));
    w->F64(value.as_double());
  } else if (value.is_string()) {
    w->U8(static_cast<uint8_t>(ValueTag::kString));
    w->Bytes(value.as_string());
  } else {
    w->U8(static_cast<uint8_t>(ValueTag::kNull));
  }
}

Result<Value> DecodeValue(Reader* r) {
  switch (static_cast<ValueTag>(TRY(r->U8()))) {
    case ValueTag::kNull:
      return Value();
    case ValueTag::kInt:
      return Value(TRY(r->I64()));
    case ValueTag::kDouble:
      return Value(TRY(r->F64()));
    case ValueTag::kString:
      return Value(std::string(TRY(r->Bytes())));
  }
  return Damaged("unknown kind of value");
}

// Counts of things that take at least a byte each.
Result<uint64_t> Count(Reader* r) {
  const uint64_t count = TRY(r->Varint());
  if (count > r->remaining()) return Damaged("a count is too large");
  return count;
}

Status DecodePartitions(Reader* r, SegmentFooter* footer) {
  const uint64_t count = TRY(Count(r));
  uint32_t begin = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const PartitionId partition(TRY(r->I64()));
    const uint32_t end = TRY(r->U32());
    if (end < begin) return Damaged("partitions are out of order");
    footer->partitions.push_back({partition, begin, end});
    begin = end;
  }
  if (begin != footer->rows) return Damaged("partitions do not cover the rows");
  return {};
}

Status DecodeColumns(Reader* r, SegmentFooter* footer) {
  const uint64_t count = TRY(Count(r));
  for (uint64_t i = 0; i < count; ++i) {
    ColumnFooter column;
    column.field = FieldId(TRY(r->I64()));
    column.type = static_cast<DataType>(TRY(r->U8()));
    column.dim = TRY(r->I64());
    column.stats.nulls = TRY(r->U64());
    column.stats.min = TRY(DecodeValue(r));
    column.stats.max = TRY(DecodeValue(r));
    footer->columns.push_back(std::move(column));
  }
  return {};
}

Status DecodeSections(Reader* r, SegmentFooter* footer) {
  const uint64_t count = TRY(Count(r));
  for (uint64_t i = 0; i < count; ++i) {
    Section section;
    section.field = FieldId(TRY(r->I64()));
    section.kind = static_cast<SectionKind>(TRY(r->U8()));
    section.offset = TRY(r->U64());
    section.size = TRY(r->U64());
    const uint64_t blocks = section.size / kChecksumBytes + (section.size % kChecksumBytes != 0);
    if (blocks > r->remaining() / sizeof(uint32_t)) return Damaged("checksums are missing");
    section.checksums.resize(blocks);
    const std::string_view checksums = TRY(r->Raw(blocks * sizeof(uint32_t)));
    std::memcpy(section.checksums.data(), checksums.data(), checksums.size());
    footer->sections.push_back(std::move(section));
  }
  return {};
}

}  // namespace

const Section* SegmentFooter::Find(FieldId field, SectionKind kind) const {
  for (const Section& section : sections) {
    if (section.field == field && section.kind == kind) return &section;
  }
  return nullptr;
}

std::string EncodeHeader() {
  std::string header(kSegmentMagic);
  Writer w(&header);
  w.U32(kSegmentVersion);
  header.resize(kHeaderBytes - sizeof(uint32_t));
  w.U32(Crc32c(header));
  return header;
}

Status CheckHeader(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kSegmentMagic))
    return Damaged("not a segment file");
  Reader r(bytes.substr(kSegmentMagic.size(), kHeaderBytes - kSegmentMagic.size()));
  const uint32_t version = TRY(r.U32());
  Reader end(bytes.substr(kHeaderBytes - sizeof(uint32_t)));
  if (TRY(end.U32()) != Crc32c(bytes.substr(0, kHeaderBytes - sizeof(uint32_t)))) {
    return Damaged("checksum mismatch at offset 0");
  }
  if (version != kSegmentVersion) {
    return Damaged("segment format " + std::to_string(version) + ", this binary reads " +
                   std::to_string(kSegmentVersion));
  }
  return {};
}

void EncodeFooter(const SegmentFooter& footer, std::string* out) {
  Writer w(out);
  w.I64(footer.id.value);
  w.U32(footer.rows);
  w.U64(footer.min_ts);
  w.U64(footer.max_ts);
  w.U32(footer.distinct_times);
  w.Varint(footer.partitions.size());
  for (const meta::PartitionRange& range : footer.partitions) {
    w.I64(range.partition.value);
    w.U32(range.end);
  }
  w.Varint(footer.columns.size());
  for (const ColumnFooter& column : footer.columns) {
    w.I64(column.field.value);
    w.U8(static_cast<uint8_t>(column.type));
    w.I64(column.dim);
    w.U64(column.stats.nulls);
    EncodeValue(column.stats.min, &w);
    EncodeValue(column.stats.max, &w);
  }
  w.Varint(footer.sections.size());
  for (const Section& section : footer.sections) {
    w.I64(section.field.value);
    w.U8(static_cast<uint8_t>(section.kind));
    w.U64(section.offset);
    w.U64(section.size);
    w.Raw(section.checksums.data(), section.checksums.size() * sizeof(uint32_t));
  }
}

Result<SegmentFooter> DecodeFooter(std::string_view bytes) {
  Reader r(bytes);
  SegmentFooter footer;
  footer.id = SegmentId(TRY(r.I64()));
  footer.rows = TRY(r.U32());
  footer.min_ts = TRY(r.U64());
  footer.max_ts = TRY(r.U64());
  footer.distinct_times = TRY(r.U32());
  TRY(DecodePartitions(&r, &footer));
  TRY(DecodeColumns(&r, &footer));
  TRY(DecodeSections(&r, &footer));
  if (!r.done()) return Damaged("bytes follow the footer");
  if (footer.max_ts < footer.min_ts || (footer.rows != 0 && footer.distinct_times == 0)) {
    return Damaged("timestamps are wrong");
  }
  return footer;
}

std::string EncodeTrailer(uint64_t footer_offset, std::string_view footer) {
  std::string trailer;
  Writer w(&trailer);
  w.U64(footer_offset);
  w.U64(footer.size());
  w.U32(Crc32c(footer));
  w.U32(Crc32c(trailer));
  w.Raw(kSegmentMagic.data(), kSegmentMagic.size());
  return trailer;
}

Result<std::string_view> FindFooter(std::string_view file) {
  if (file.size() < kHeaderBytes + kTrailerBytes || !file.ends_with(kSegmentMagic)) {
    return Damaged("the file is cut short");
  }
  const uint64_t trailer_offset = file.size() - kTrailerBytes;
  const std::string_view trailer = file.substr(trailer_offset);
  Reader r(trailer);
  const uint64_t offset = TRY(r.U64());
  const uint64_t size = TRY(r.U64());
  const uint32_t footer_crc = TRY(r.U32());
  const uint32_t trailer_crc = TRY(r.U32());
  if (trailer_crc != Crc32c(trailer.substr(0, 20))) {
    return Damaged("checksum mismatch at offset " + std::to_string(trailer_offset));
  }
  if (offset > trailer_offset || size != trailer_offset - offset)
    return Damaged("the footer is out of place");
  const std::string_view footer = file.substr(offset, size);
  if (Crc32c(footer) != footer_crc)
    return Damaged("checksum mismatch at offset " + std::to_string(offset));
  return footer;
}

std::vector<uint64_t> PackBits(const std::vector<uint64_t>& values, unsigned bits) {
  std::vector<uint64_t> words(PackedBytes(values.size(), bits) / 8);
  if (bits == 0) return words;
  for (size_t i = 0; i < values.size(); ++i) {
    const uint64_t at = i * bits;
    const unsigned shift = at % 64;
    words[at / 64] |= values[i] << shift;
    if (shift + bits > 64) words[at / 64 + 1] |= values[i] >> (64 - shift);
  }
  return words;
}

}  // namespace elanus::segment
