// A graph whose nodes carry codes of their neighbours (Gou, Gao, Xu, Long, "SymphonyQG", SIGMOD
// 2025, sections 3.2 and 3.3). A node's row is read front to back and holds all that one step of a
// search needs: the node's own 8-bit code, for its distance, and per 32 neighbours one block of the
// signs of their difference from the node, from which FastScan estimates all 32 distances at once.
// One bit a dimension is enough because the difference is short. Rows live in the turned space of
// codes.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "index/array.h"
#include "index/codes.h"
#include "index/frontier.h"
#include "index/graph.h"
#include "index/reach.h"
#include "index/workers.h"
#include "simd/fastscan.h"

namespace elanus::index {

struct QgLayout {
  size_t width = 0;   // of a code; a multiple of 64
  size_t degree = 0;  // places for neighbours; a multiple of 32

  size_t blocks() const { return degree / simd::kFastRows; }
  size_t edges_at() const { return (CodeBytes() + 15) / 16 * 16; }
  size_t edges_bytes() const { return simd::FastEdgeBytes(width / 4); }
  size_t links_at() const { return edges_at() + blocks() * edges_bytes(); }
  // Whole cache lines.
  size_t stride() const { return (links_at() + degree * sizeof(uint32_t) + 63) / 64 * 64; }

 private:
  size_t CodeBytes() const { return simd::CodeFactorsOffset(width) + sizeof(simd::CodeFactors); }
};

// Nodes at which searches begin, as blocks of signs of their difference from the mean.
struct Seeds {
  size_t count = 0;
  const uint32_t* rows = nullptr;
  const uint8_t* blocks = nullptr;  // FastEdgeBytes(m) each, m = width / 4 rounded up

  static size_t Blocks(size_t count) { return (count + simd::kFastRows - 1) / simd::kFastRows; }
};

struct QgView {
  QgLayout layout;
  size_t count = 0;
  const uint8_t* rows = nullptr;

  const uint8_t* Row(uint32_t node) const { return rows + node * layout.stride(); }
  // What a step reads first; the processor follows once it is read in order.
  void PrefetchRow(uint32_t node) const {
    Prefetch(Row(node), std::min(layout.stride(), kPrefetchBytes));
  }
  // Link `i` of those that begin at `links`, which need not be aligned. It may lie past the graph
  // in a damaged file.
  static uint32_t LinkAt(const uint8_t* links, size_t i) {
    uint32_t to;
    std::memcpy(&to, links + i * sizeof to, sizeof to);
    return to;
  }
  void PrefetchCode(uint32_t node) const { Prefetch(Row(node), layout.edges_at()); }
  void PrefetchLinks(uint32_t node) const {
    Prefetch(Row(node) + layout.links_at(), layout.degree * sizeof(uint32_t));
  }

 private:
  static constexpr size_t kPrefetchBytes = 24 * 64;
  static void Prefetch(const uint8_t* at, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(at + i, 0, 3);
  }
};

// A query ready for FastScan.
struct QgQuery {
  std::vector<uint8_t> lut;
  std::vector<float> padded;
  float weight = 1, slope = 0, shift = 0, origin = 0;

  void Bind(const CodeProbe& probe, size_t width);
};

// Writes the rows [begin, end): layout.stride() bytes each, zero before. codes: all rows, of
// CodeStride(width) bytes; links: theirs too, layout.degree places, kNone where there is none.
void EncodeEdges(const uint8_t* codes, const uint32_t* links, size_t begin, size_t end,
                 const QgLayout& layout, uint8_t* out);
// The blocks of `seeds`.
std::vector<uint8_t> EncodeSeeds(const uint8_t* codes, size_t width,
                                 const std::vector<uint32_t>& seeds);

// The most promising of the seeds, at most `limit` of them, into *out, nearest first.
void NearSeeds(const Seeds& seeds, const QgQuery& query, size_t width, size_t limit, Beam* out);

struct QgScratch {
  Frontier frontier;
  Frontier guides;
  Beam seeds;
  Beam found;  // nodes whose distance was computed from their own code
  Visited expanded;
  Visited measured;
  Estimated estimated;
  std::vector<uint32_t> fresh, pending;
  std::vector<float> distances;
};

// Best-first search; afterwards scratch->found holds the nearest allowed nodes whose own distance
// was computed. Nodes that are not allowed guide the search.
void SearchQg(const QgView& graph, const Seeds& seeds, const CodeProbe& probe, const QgQuery& query,
              const Reach& reach, const RowMask& allowed, QgScratch* scratch);

// SearchQg behind a filter, from `seeds`.
void WalkFiltered(const QgView& graph, const Beam& seeds, const CodeProbe& probe,
                  const QgQuery& query, const Reach& reach, const RowMask& allowed,
                  QgScratch* scratch);

}  // namespace elanus::index
