#include "segment/vector_codes.h"

#include <algorithm>
#include <cstring>

#include "index/distance.h"

namespace elanus::segment {

VectorCodes::VectorCodes(int64_t dim, Metric metric, BlockArena* arena)
    : coder_(dim, metric),
      signs_(arena, coder_.plane_bytes() / index::kBitBlockRows),
      seconds_(arena, coder_.plane_bytes() / index::kBitBlockRows),
      squares_(arena, sizeof(float)),
      sign_scales_(arena, sizeof(float)),
      sign_errors_(arena, sizeof(float)),
      scales_(arena, sizeof(float)),
      errors_(arena, sizeof(float)) {}

bool VectorCodes::Due(size_t rows) const {
  return !stopped_ && rows >= kRowsMin &&
         rows - rows_.load(std::memory_order_relaxed) >= index::kBitBlockRows;
}

void VectorCodes::CatchUp(std::span<const VectorPart> parts, size_t rows) {
  if (!Due(rows)) return;
  size_t coded = rows_.load(std::memory_order_relaxed);
  if (coder_.center().empty() && !Train(parts)) {
    stopped_ = true;
    return;
  }
  index::BitBlock block;
  for (const VectorPart& part : parts) {  // blocks never straddle chunks
    while (coded < part.begin + part.vectors.rows && coded + index::kBitBlockRows <= rows) {
      if (!coder_.Encode(part.vectors, coded - part.begin, index::kBitBlockRows, &block)) {
        stopped_ = true;
        rows_.store(coded, std::memory_order_release);
        return;
      }
      Put(coded, block);
      coded += index::kBitBlockRows;
    }
  }
  rows_.store(coded, std::memory_order_release);
}

// The mean of the first kRowsMin rows, as the metric sees them.
bool VectorCodes::Train(std::span<const VectorPart> parts) {
  index::RowMean mean(parts.front().vectors.dim, metric());
  for (const VectorPart& part : parts) {
    if (part.begin >= kRowsMin) break;
    mean.Add(part.vectors, std::min(part.vectors.rows, kRowsMin - part.begin));
  }
  return coder_.SetCenter(mean.Take().data());
}

void VectorCodes::Put(size_t first, const index::BitBlock& block) {
  const auto put = [&](ChunkedArray& array, const void* from, size_t bytes) {
    array.Make(ChunkOf(first));
    std::memcpy(array.At(first), from, bytes);
  };
  put(signs_, block.signs.data(), block.signs.size());
  put(seconds_, block.seconds.data(), block.seconds.size());
  put(squares_, block.squares, sizeof block.squares);
  put(sign_scales_, block.sign_scales, sizeof block.sign_scales);
  put(sign_errors_, block.sign_errors, sizeof block.sign_errors);
  put(scales_, block.scales, sizeof block.scales);
  put(errors_, block.errors, sizeof block.errors);
}

Result<bool> VectorCodes::Search(const Context& context, const std::byte* query,
                                 std::span<const VectorPart> parts, size_t rows,
                                 const RowMask& allowed, TopK* top) const {
  std::vector<index::BitRun> runs;
  for (const VectorPart& part : parts) {  // one chunk each
    if (part.begin >= rows) break;
    const auto at = [&](const ChunkedArray& array) { return &array.As<float>(part.begin); };
    runs.push_back({part.begin,
                    std::min(rows - part.begin, part.vectors.rows),
                    part.vectors,
                    {&signs_.As<uint8_t>(part.begin), &seconds_.As<uint8_t>(part.begin),
                     at(squares_), at(sign_scales_), at(sign_errors_), at(scales_), at(errors_)}});
  }
  return coder_.Search(context, query, runs, allowed, 1, top);
}

}  // namespace elanus::segment
