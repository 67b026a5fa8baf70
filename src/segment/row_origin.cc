#include "segment/row_origin.h"

#include <algorithm>
#include <vector>

#include "base/status.h"

namespace elanus::segment {

void ClearRange(Bitmap* bitmap, size_t begin, size_t end) {
  while (begin < end && begin % 64 != 0) bitmap->Clear(begin++);
  for (; begin + 64 <= end; begin += 64) bitmap->words()[begin / 64] = 0;
  while (begin < end) bitmap->Clear(begin++);
}

RowOrigin::RowOrigin(BlockArena* arena)
    : runs_(arena, sizeof(Run)),
      ordinals_(arena, sizeof(uint16_t)),
      partitions_(arena, sizeof(PartitionId)) {}

void RowOrigin::Append(size_t first, size_t count, std::span<const PartitionId> partitions,
                       Timestamp ts) {
  CHECK(partitions.size() == 1 || partitions.size() == count);
  const size_t runs = run_count_.load(std::memory_order_relaxed);
  const Timestamp last = runs == 0 ? 0 : runs_.As<Run>(runs - 1).ts;
  CHECK(runs == 0 || ts >= last);
  if (runs == 0 || ts > last) {
    runs_.Make(ChunkOf(runs));
    runs_.As<Run>(runs) = {ts, first};
    run_count_.store(runs + 1, std::memory_order_release);
  }

  uint16_t ordinal = OrdinalOf(partitions.front());
  ForEachPiece(first, first + count, [&](size_t chunk, size_t at, size_t n) {
    auto* to = reinterpret_cast<uint16_t*>(ordinals_.Make(chunk)) + at;
    if (partitions.size() == 1) {
      std::fill_n(to, n, ordinal);
      return;
    }
    const size_t from = ChunkBegin(chunk) + at - first;
    for (size_t i = 0; i < n; ++i) {
      const size_t row = from + i;
      if (row > 0 && partitions[row] != partitions[row - 1]) ordinal = OrdinalOf(partitions[row]);
      to[i] = ordinal;
    }
  });
}

uint16_t RowOrigin::OrdinalOf(PartitionId partition) {
  const size_t count = partition_count_.load(std::memory_order_relaxed);
  const auto [it, fresh] = ordinal_of_.try_emplace(partition, static_cast<uint16_t>(count));
  if (fresh) {
    CHECK(count <= UINT16_MAX);
    partitions_.Make(ChunkOf(count));
    partitions_.As<PartitionId>(count) = partition;
    partition_count_.store(count + 1, std::memory_order_release);
  }
  return it->second;
}

Timestamp RowOrigin::InsertedAt(size_t row) const {
  size_t low = 0,
         high = run_count_.load(std::memory_order_acquire);  // the last run with first <= row
  while (high - low > 1) {
    const size_t middle = (low + high) / 2;
    (runs_.As<Run>(middle).first <= row ? low : high) = middle;
  }
  return runs_.As<Run>(low).ts;
}

size_t RowOrigin::RowsUpTo(Timestamp ts, size_t rows) const {
  size_t low = 0, high = run_count_.load(std::memory_order_acquire);  // the first run after ts
  const size_t end = high;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (runs_.As<Run>(middle).ts <= ts) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == end ? rows : std::min<size_t>(rows, runs_.As<Run>(low).first);
}

PartitionId RowOrigin::PartitionOf(size_t row) const {
  return partitions_.As<PartitionId>(ordinals_.As<uint16_t>(row));
}

void RowOrigin::MaskPartitions(std::span<const PartitionId> partitions, size_t rows,
                               Bitmap* allowed) const {
  const size_t count = partition_count_.load(std::memory_order_acquire);
  std::vector<uint8_t> wanted(count);
  size_t wanted_count = 0;
  for (size_t i = 0; i < count; ++i) {
    wanted[i] =
        std::binary_search(partitions.begin(), partitions.end(), partitions_.As<PartitionId>(i));
    wanted_count += wanted[i];
  }
  if (wanted_count == count) return;
  if (wanted_count == 0) return ClearRange(allowed, 0, rows);
  ForEachPiece(0, rows, [&](size_t chunk, size_t at, size_t n) {
    const auto* ordinals = ordinals_.ChunkAs<const uint16_t>(chunk) + at;
    const size_t first = ChunkBegin(chunk) + at;
    for (size_t i = 0; i < n; i += 64) {
      uint64_t keep = 0;
      for (size_t bit = 0; bit < std::min<size_t>(64, n - i); ++bit) {
        keep |= static_cast<uint64_t>(wanted[ordinals[i + bit]]) << bit;
      }
      allowed->words()[(first + i) / 64] &= keep;
    }
  });
}

PartitionId PartitionAt(std::span<const meta::PartitionRange> ranges, uint32_t row) {
  const auto range =
      std::upper_bound(ranges.begin(), ranges.end(), row,
                       [](uint32_t r, const meta::PartitionRange& one) { return r < one.end; });
  return range == ranges.end() ? PartitionId() : range->partition;
}

void KeepPartitions(std::span<const meta::PartitionRange> ranges,
                    std::span<const PartitionId> partitions, size_t rows, Bitmap* allowed) {
  for (const meta::PartitionRange& range : ranges) {
    if (std::binary_search(partitions.begin(), partitions.end(), range.partition)) continue;
    ClearRange(allowed, std::min<size_t>(rows, range.begin), std::min<size_t>(rows, range.end));
  }
}

}  // namespace elanus::segment
