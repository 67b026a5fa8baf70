// Expiry: rows that are gone although nobody ended them, by the TTL of their collection or by the
// moment that they carry in its ttl_field. A row that expired is seen by no read, at whatever
// earlier timestamp it asks.
#pragma once

#include <cstdint>

#include "model/bitmap.h"
#include "model/schema.h"
#include "model/types.h"
#include "segment/sealed_segment.h"
#include "segment/segment.h"

namespace elanus::shard {

struct Expiry {
  Timestamp inserted_before = 0;  // such rows outlived the collection's TTL; 0: none did
  const Field* field = nullptr;   // Timestamptz: rows with a value up to `micros`; null: none
  int64_t micros = 0;

  bool none() const { return inserted_before == 0 && field == nullptr; }
};

// What has expired at `now`, by rows as old as `now` less `grace_ms` for the collection's TTL: so
// long its rows are kept though nobody sees them, so that a TTL set too short can be taken back.
// Borrows the collection.
Expiry ExpiryAt(const CollectionInfo& collection, Timestamp now, int64_t grace_ms = 0);

// Clears the expired among the first `rows` rows in `allowed`. Afterwards ask segment.damage().
void MaskExpired(const segment::Segment& segment, const Schema& schema, const Expiry& expiry,
                 size_t rows, Bitmap* allowed);

// Whether one row has expired; lane thread.
bool HasExpired(const segment::Segment& segment, const Expiry& expiry, uint32_t row);

// About how many rows have: up to 1/32 of them fewer, but all of them if all have.
size_t CountExpired(const segment::SealedSegment& segment, const Expiry& expiry);

}  // namespace elanus::shard
