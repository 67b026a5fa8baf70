#include "shard/warm_up.h"

#include <algorithm>
#include <string>

#include "base/log.h"
#include "base/metrics.h"

namespace elanus::shard {
namespace {

constexpr size_t kPageBytes = 4096;

Counter& WarmedBytes() {
  static MetricFamily<Counter> family("elanus_warmed_bytes_total",
                                      "Bytes read ahead by warmup policies.", {});
  static Counter& bytes = family.With({});
  return bytes;
}

WarmUp PolicyOf(const std::string* own, const std::string* collections) {
  const std::string* policy = own != nullptr ? own : collections;
  if (policy == nullptr) return WarmUp::kDisable;
  return *policy == "sync" ? WarmUp::kSync : *policy == "async" ? WarmUp::kAsync : WarmUp::kDisable;
}

}  // namespace

WarmUp WarmUpOf(const CollectionInfo& collection, const Field& field) {
  return PolicyOf(FindProperty(field.type_params, "warmup"),
                  FindProperty(collection.properties,
                               IsVector(field.type) ? "warmup.vectorField" : "warmup.scalarField"));
}

WarmUp WarmUpOf(const CollectionInfo& collection, const IndexInfo& index) {
  const Field* field = collection.schema.Find(index.field);
  const bool vector = field != nullptr && IsVector(field->type);
  return PolicyOf(
      index.Param("warmup"),
      FindProperty(collection.properties, vector ? "warmup.vectorIndex" : "warmup.scalarIndex"));
}

bool HasWarmUps(const CollectionInfo& collection) {
  const auto warms = [&](const auto& one) { return WarmUpOf(collection, one) != WarmUp::kDisable; };
  return collection.loaded && (std::ranges::any_of(collection.schema.fields, warms) ||
                               std::ranges::any_of(collection.indexes, warms));
}

void WarmUps::Plan(const Snapshot& snapshot, uint64_t bytes_max) {
  waiting_.clear();
  const CollectionInfo& collection = *snapshot.collection;
  uint64_t planned = 0, left_out = 0;
  const auto add = [&](std::shared_ptr<const void> owner, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    if (planned + bytes.size() > bytes_max) {
      left_out += bytes.size();
      return;
    }
    planned += bytes.size();
    waiting_.push_back({std::move(owner), bytes});
  };
  for (const WarmUp wanted : {WarmUp::kSync, WarmUp::kAsync}) {
    for (const SegmentViewPtr& view : snapshot.segments) {
      if (view->sealed == nullptr || !view->sealed->damage().ok()) continue;
      for (const auto& [id, mapping] : view->index_files) {
        const IndexInfo* index = collection.FindIndex(id);
        if (index != nullptr && WarmUpOf(collection, *index) == wanted)
          add(mapping, {mapping->data(), mapping->size()});
      }
      for (const Field& field : collection.schema.fields) {
        if (WarmUpOf(collection, field) != wanted) continue;
        for (const auto bytes : view->sealed->MappedBytes(field.id)) add(view->sealed, bytes);
      }
    }
  }
  if (planned + left_out == 0) return;
  LOG_INFO("warm-up", {"collection", collection.name}, {"bytes", planned}, {"left_out", left_out});
}

void WarmUps::Read(size_t bytes) {
  while (bytes > 0 && !waiting_.empty()) {
    Piece& piece = waiting_.front();
    const size_t count = std::min(bytes, piece.bytes.size());
    for (size_t at = 0; at < count; at += kPageBytes) {
      (void)*static_cast<const volatile std::byte*>(piece.bytes.data() + at);
    }
    WarmedBytes().Add(count);
    bytes -= count;
    piece.bytes = piece.bytes.subspan(count);
    if (piece.bytes.empty()) waiting_.pop_front();
  }
}

}  // namespace elanus::shard
