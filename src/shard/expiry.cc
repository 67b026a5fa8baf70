#include "shard/expiry.h"

#include <algorithm>
#include <cstdlib>

namespace elanus::shard {
namespace {

constexpr std::string_view kTtlSeconds = "collection.ttl.seconds";
constexpr std::string_view kTtlField = "ttl_field";

void MaskByValue(const expr::Source& source, FieldId field, int64_t micros, size_t rows,
                 Bitmap* allowed) {
  expr::BlockScratch scratch;
  for (size_t first = 0; first < rows;) {
    const size_t end = source.RunEnd(first);
    const expr::Block block = source.Read(field, first, end - first, &scratch);
    const auto* values = block.as<int64_t>();
    for (size_t i = 0; i < block.count; i += 64) {
      uint64_t expired = 0;
      const size_t count = std::min<size_t>(64, block.count - i);
      for (size_t bit = 0; bit < count; ++bit) {
        const bool valid = block.valid == nullptr || block.valid[i + bit] != 0;
        expired |= static_cast<uint64_t>(valid && values[i + bit] <= micros) << bit;
      }
      allowed->words()[(first + i) / 64] &= ~expired;
    }
    first = end;
  }
}

}  // namespace

Expiry ExpiryAt(const CollectionInfo& collection, Timestamp now, int64_t grace_ms) {
  Expiry expiry;
  if (const std::string* name = FindProperty(collection.properties, kTtlField)) {
    expiry.field = collection.schema.Find(*name);
    expiry.micros = MsOfTimestamp(now) * 1000;
  }
  if (const std::string* ttl = FindProperty(collection.properties, kTtlSeconds)) {
    const int64_t seconds = std::strtoll(ttl->c_str(), nullptr, 10);  // the gateway has checked it
    const int64_t ms = MsOfTimestamp(now) - seconds * 1000 - grace_ms;
    if (seconds > 0 && ms > 0) expiry.inserted_before = TimestampFromMs(ms);
  }
  return expiry;
}

void MaskExpired(const segment::Segment& segment, const Schema& schema, const Expiry& expiry,
                 size_t rows, Bitmap* allowed) {
  if (expiry.inserted_before != 0) {
    Bitmap expired(rows, true);
    segment.MaskInsertedAfter(expiry.inserted_before - 1, rows, &expired);
    allowed->AndNot(expired);
  }
  if (expiry.field == nullptr || !segment.MayHoldUpTo(*expiry.field, expiry.micros)) return;
  MaskByValue(*segment.MakeSource(schema, rows, nullptr), expiry.field->id, expiry.micros, rows,
              allowed);
}

bool HasExpired(const segment::Segment& segment, const Expiry& expiry, uint32_t row) {
  if (segment.InsertedAt(row) < expiry.inserted_before) return true;
  if (expiry.field == nullptr) return false;
  Column value(expiry.field->id, expiry.field->type);
  const uint32_t one[] = {row};
  return segment.Fetch(*expiry.field, one, &value).ok() && !value.IsNull(0) &&
         value.as<int64_t>()[0] <= expiry.micros;
}

size_t CountExpired(const segment::SealedSegment& segment, const Expiry& expiry) {
  size_t count = 0;
  if (expiry.inserted_before != 0) count += segment.RowsInsertedBefore(expiry.inserted_before);
  if (expiry.field != nullptr) count += segment.RowsUpTo(*expiry.field, expiry.micros);
  return std::min(count, segment.rows());
}

}  // namespace elanus::shard
