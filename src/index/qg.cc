#include "index/qg.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "simd/half.h"

namespace elanus::index {
namespace {

constexpr size_t kSeedStarts = 4;

void Decode(const uint8_t* row, size_t width, const simd::CodeFactors& f, float* out) {
  for (size_t i = 0; i < width; ++i)
    out[i] = f.scale * static_cast<float>(static_cast<int>(row[i]) - 128);
}

simd::CodeFactors FactorsOf(const uint8_t* row, size_t width) {
  simd::CodeFactors f;
  std::memcpy(&f, row + simd::CodeFactorsOffset(width), sizeof f);
  return f;
}

// One edge as it goes into a block: with r = neighbour - node and s its signs, <r, x> is about
// |r|^2 / |r|_1 <s, x>, without bias, so |q - neighbour|^2 = |q - node|^2 + addend + scale <s, q>.
struct Edge {
  float addend;
  float scale;
};

// Writes the sign codes of `difference` (four dimensions a code) and returns the factors. `node`
// may be null: the origin.
Edge Sign(const float* difference, const float* node, size_t width, float extra, uint8_t* codes) {
  float square = 0;
  float length1 = 0;
  float product = 0;
  for (size_t i = 0; i < width; ++i) {
    const float r = difference[i];
    square += r * r;
    length1 += std::abs(r);
    if (node != nullptr) product += r < 0 ? -node[i] : node[i];
  }
  const size_t m = (width + 3) / 4;
  for (size_t j = 0; j < m; ++j) {
    uint8_t code = 0;
    for (size_t i = 4 * j; i < std::min(width, 4 * j + 4); ++i)
      code = static_cast<uint8_t>(code | (difference[i] < 0 ? 0 : 1) << (i % 4));
    codes[j] = code;
  }
  const float f = length1 > 0 ? square / length1 : 0;
  return {square + 2 * f * product + extra, -2 * f};
}

void PutEdges(const uint8_t* codes, size_t m, const Edge* edges, size_t n, uint8_t* block) {
  simd::FastPack(codes, n, m, m, block);
  uint8_t* addends = block + simd::FastBlockBytes(m);
  for (size_t r = 0; r < simd::kFastRows; ++r) {
    // A place without a neighbour is infinitely far away.
    const uint16_t addend = r < n ? simd::FloatToBFloat16(edges[r].addend) : uint16_t{0x7f80};
    const uint16_t scale = r < n ? simd::FloatToBFloat16(edges[r].scale) : uint16_t{0};
    std::memcpy(addends + 2 * r, &addend, 2);
    std::memcpy(addends + 2 * simd::kFastRows + 2 * r, &scale, 2);
  }
}

}  // namespace

void QgQuery::Bind(const CodeProbe& probe, size_t width) {
  const size_t m = (width + 3) / 4;
  lut.resize(simd::FastBlockBytes(m));
  const float* v = probe.turned();
  if (width % 4 != 0) {
    padded.assign(4 * m, 0.0f);
    std::copy(v, v + width, padded.begin());
    v = padded.data();
  }
  const simd::FastScale scale = simd::GetFastScan().signs(v, m, lut.data());
  weight = probe.weight();
  slope = weight * scale.scale;
  shift = weight * scale.bias;
  origin = probe.origin();
}

void EncodeEdges(const uint8_t* codes, const uint32_t* links, size_t begin, size_t end,
                 const QgLayout& layout, uint8_t* out) {
  const size_t width = layout.width;
  const size_t stride = CodeStride(width);
  const size_t m = width / 4;
  const size_t code_bytes = simd::CodeFactorsOffset(width) + sizeof(simd::CodeFactors);
  std::vector<float> node(width), difference(width);
  std::vector<uint8_t> signs(simd::kFastRows * m);
  Edge edges[simd::kFastRows];
  for (size_t row = begin; row < end; ++row) {
    const uint8_t* code = codes + row * stride;
    const uint32_t* to = links + row * layout.degree;
    uint8_t* at = out + (row - begin) * layout.stride();
    std::memcpy(at, code, code_bytes);
    std::memcpy(at + layout.links_at(), to, layout.degree * sizeof(uint32_t));
    const simd::CodeFactors f = FactorsOf(code, width);
    Decode(code, width, f, node.data());
    for (size_t b = 0; b < layout.blocks(); ++b) {
      size_t n = 0;
      for (; n < simd::kFastRows && to[b * simd::kFastRows + n] != Graph::kNone; ++n) {
        const uint8_t* other = codes + to[b * simd::kFastRows + n] * stride;
        const simd::CodeFactors g = FactorsOf(other, width);
        Decode(other, width, g, difference.data());
        for (size_t i = 0; i < width; ++i) difference[i] -= node[i];
        edges[n] = Sign(difference.data(), node.data(), width,
                        g.extra * g.extra - f.extra * f.extra, signs.data() + n * m);
      }
      PutEdges(signs.data(), m, edges, n, at + layout.edges_at() + b * layout.edges_bytes());
    }
  }
}

std::vector<uint8_t> EncodeSeeds(const uint8_t* codes, size_t width,
                                 const std::vector<uint32_t>& seeds) {
  const size_t m = (width + 3) / 4;
  const size_t bytes = simd::FastEdgeBytes(m);
  std::vector<uint8_t> blocks(Seeds::Blocks(seeds.size()) * bytes);
  std::vector<float> row(width);
  std::vector<uint8_t> signs(simd::kFastRows * m);
  Edge edges[simd::kFastRows];
  for (size_t first = 0; first < seeds.size(); first += simd::kFastRows) {
    const size_t n = std::min(simd::kFastRows, seeds.size() - first);
    for (size_t i = 0; i < n; ++i) {
      const uint8_t* code = codes + seeds[first + i] * CodeStride(width);
      const simd::CodeFactors f = FactorsOf(code, width);
      Decode(code, width, f, row.data());
      edges[i] = Sign(row.data(), nullptr, width, f.extra * f.extra, signs.data() + i * m);
    }
    PutEdges(signs.data(), m, edges, n, blocks.data() + first / simd::kFastRows * bytes);
  }
  return blocks;
}

void NearSeeds(const Seeds& seeds, const QgQuery& query, size_t width, size_t limit, Beam* out) {
  const size_t m = (width + 3) / 4;
  const simd::FastScan& fast = simd::GetFastScan();
  const simd::FastEdgeTerms terms{query.origin, query.weight, query.slope, query.shift};
  out->Reset(limit);
  float estimates[simd::kFastRows];
  for (size_t b = 0; b < Seeds::Blocks(seeds.count); ++b) {
    uint32_t mask = fast.edges(terms, query.lut.data(), seeds.blocks + b * simd::FastEdgeBytes(m),
                               m, out->bound(), estimates);
    for (; mask != 0; mask &= mask - 1) {
      const auto r = static_cast<size_t>(std::countr_zero(mask));
      if (b * simd::kFastRows + r < seeds.count)
        out->Insert(estimates[r], seeds.rows[b * simd::kFastRows + r]);
    }
  }
}

namespace {

void Walk(const QgView& graph, const Beam& seeds, const CodeProbe& probe, const QgQuery& query,
          const Reach& reach, QgScratch* scratch) {
  const QgLayout& layout = graph.layout;
  const simd::FastScan& fast = simd::GetFastScan();
  const simd::CodesKernel code_distance = simd::Get().codes;
  const size_t stride = layout.stride();
  const size_t m = layout.width / 4;
  Frontier& frontier = scratch->frontier;
  Beam& found = scratch->found;
  Visited& expanded = scratch->expanded;
  Estimated& estimated = scratch->estimated;
  expanded.Reset(graph.count);
  estimated.Reset(4 * reach.beam);
  frontier.Reset(reach.beam);
  found.Reset(reach.found);
  for (size_t i = 0; i < seeds.size(); ++i) {
    if (seeds.node(i) < graph.count) frontier.Push(seeds.distance(i), seeds.node(i));
  }
  float limit = std::numeric_limits<float>::infinity();
  float estimates[simd::kFastRows];
  float estimate;
  for (uint32_t node = frontier.Pop(&estimate); node != Frontier::kNone;
       node = frontier.Pop(&estimate)) {
    if (estimate > limit) break;
    if (!expanded.Add(node)) continue;
    if (const uint32_t next = frontier.Peek(); next != Frontier::kNone) graph.PrefetchRow(next);
    const uint8_t* row = graph.Row(node);
    float distance;
    code_distance(probe.query(), row, stride, nullptr, 1, layout.width, &distance);
    found.Insert(distance, node);
    if (found.size() >= reach.k) limit = reach.Limit(found.distance(reach.k - 1));
    const simd::FastEdgeTerms terms{distance, query.weight, query.slope, query.shift};
    const uint8_t* links = row + layout.links_at();
    for (size_t b = 0; b < layout.blocks(); ++b) {
      uint32_t mask =
          fast.edges(terms, query.lut.data(), row + layout.edges_at() + b * layout.edges_bytes(), m,
                     std::min(frontier.bound(), limit), estimates);
      for (; mask != 0; mask &= mask - 1) {
        const auto r = static_cast<size_t>(std::countr_zero(mask));
        const uint32_t to = QgView::LinkAt(links, b * simd::kFastRows + r);
        // Ids past the graph are never followed, so a damaged file cannot lead outside of it.
        if (to >= graph.count || expanded.Has(to)) continue;
        bool known;
        float* const before = estimated.At(to, &known);
        if (known && !(estimates[r] < *before)) continue;
        frontier.Push(estimates[r], to);
        *before = estimates[r];
      }
    }
  }
}

}  // namespace

void SearchQg(const QgView& graph, const Seeds& seeds, const CodeProbe& probe, const QgQuery& query,
              const Reach& reach, const RowMask& allowed, QgScratch* scratch) {
  NearSeeds(seeds, query, graph.layout.width, kSeedStarts, &scratch->seeds);
  if (allowed.all()) {
    Walk(graph, scratch->seeds, probe, query, reach, scratch);
  } else {
    WalkFiltered(graph, scratch->seeds, probe, query, reach, allowed, scratch);
  }
}

}  // namespace elanus::index
