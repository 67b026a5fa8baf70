// What of a loaded collection is to be read into memory before anybody asks for it: Milvus's warmup
// policies of fields and indexes. Here all is mapped, so to warm up is to touch pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

#include "shard/snapshot.h"

namespace elanus::shard {

enum class WarmUp { kDisable, kAsync, kSync };

// The field's or index's own "warmup", else the collection's "warmup.vectorField" and its like.
WarmUp WarmUpOf(const CollectionInfo& collection, const Field& field);
WarmUp WarmUpOf(const CollectionInfo& collection, const IndexInfo& index);
// Loaded, and some field or index of it is to be warmed up.
bool HasWarmUps(const CollectionInfo& collection);

// Reads what is to be warmed up, a step at a time. One thread.
class WarmUps {
 public:
  // Everything in the snapshot, what is kSync first, up to `bytes_max`: more would push out what
  // was read before.
  void Plan(const Snapshot& snapshot, uint64_t bytes_max);
  bool empty() const { return waiting_.empty(); }
  // Touches every page of the next `bytes`.
  void Read(size_t bytes);

 private:
  struct Piece {
    std::shared_ptr<const void> owner;
    std::span<const std::byte> bytes;
  };
  std::deque<Piece> waiting_;
};

}  // namespace elanus::shard
