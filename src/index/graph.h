// A layered proximity graph in flat arrays, and the search through it. Upper layers name their
// nodes by slot: the nodes of layer l are the first counts[l] of `order`, which gives their rows.
// Layer 0 names rows. A node has `degree` places for neighbours, the unused ones at the end hold
// kNone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/beam.h"
#include "index/codes.h"

namespace elanus::index {

struct GraphLayer {
  size_t count = 0;  // slots; layer 0: rows
  size_t degree = 0;
  const uint32_t* links = nullptr;
  const uint32_t* Links(uint32_t node) const { return links + node * degree; }
};

struct Graph {
  static constexpr uint32_t kNone = Beam::kNone;
  const uint32_t* order = nullptr;  // slots of the upper layers -> rows
  std::vector<GraphLayer> layers;   // [0] is the base
  uint32_t entry_row = kNone;       // when there is no upper layer; kNone: no rows at all
};

// The rows a graph search compares: 8-bit codes, or the bits of a binary column.
class Space {
 public:
  // One side of the comparisons.
  struct Probe {
    CodeProbe code;
    const void* bits = nullptr;
  };

  static Space OfCodes(const uint8_t* codes, size_t dim);
  static Space OfBits(const VectorView& vectors, Metric metric);

  void BindRow(uint32_t row, Probe* probe) const;
  void Distances(const Probe& probe, const uint32_t* rows, size_t n, float* out) const {
    if (codes_) {
      kernels_->codes(probe.code.query(), base_, stride_, rows, n, size_, out);
    } else {
      bits_.rows(probe.bits, base_, stride_, rows, n, size_, out);
    }
  }
  float Distance(const Probe& probe, uint32_t row) const {
    float out;
    Distances(probe, &row, 1, &out);
    return out;
  }
  // Up to this distance from the bound row a row may be a copy of it.
  float Same(const Probe& probe) const { return codes_ ? probe.code.same() : 0.0f; }

 private:
  const simd::Kernels* kernels_ = &simd::Get();
  bool codes_ = false;
  simd::Kernel bits_{};
  const void* base_ = nullptr;
  size_t stride_ = 0;
  size_t size_ = 0;
};

// How far a search that ends by distance goes (reach.h).
struct Reach {
  size_t k = 1;
  size_t beam = 1;   // nodes kept to step on
  size_t found = 1;  // nodes kept of those stepped on
  float factor = 1;
  // Behind a filter: how many rows that are not allowed may guide the search, and how many more
  // while k rows are not found.
  size_t guides = 0;
  size_t spare_guides = 0;
  float shift = 0;  // of engine distances: where the space's distance is zero

  // How far away a node may be, given the k-th best.
  float Limit(float kth) const { return shift + (kth - shift) * factor; }
};

// What a search needs besides the graph; reused from one to the next.
struct GraphScratch {
  Beam beam;
  Beam accepted;  // filtered searches: what may be returned
  Visited visited;
  std::vector<uint32_t> ids;
  std::vector<uint32_t> rows;
  std::vector<float> distances;
};

// Greedy descent through the upper layers from the top down to `lowest` (>= 1): the slot it ends
// at. Only with at least one layer above the base.
uint32_t Descend(const Graph& graph, const Space& space, const Space::Probe& probe, size_t lowest,
                 GraphScratch* scratch);
// The row at which a search of layer 0 begins; kNone for a graph without rows.
uint32_t EntryRow(const Graph& graph, const Space& space, const Space::Probe& probe,
                  GraphScratch* scratch);

// Best-first search of one layer from `entry`; afterwards scratch->beam holds up to `ef` nearest
// nodes. `order` maps the layer's nodes to rows; null for layer 0.
void SearchLayer(const GraphLayer& layer, const uint32_t* order, const Space& space,
                 const Space::Probe& probe, uint32_t entry, size_t ef, GraphScratch* scratch);

// A search of layer 0 that ends by distance: scratch->accepted holds the nearest allowed nodes.
// Others guide the search.
void SearchReach(const GraphLayer& layer, const Space& space, const Space::Probe& probe,
                 uint32_t entry, const Reach& reach, const RowMask& allowed, GraphScratch* scratch);

// As SearchLayer on layer 0, but scratch->accepted holds the up to `ef` nearest allowed rows. Rows
// that are not allowed guide the search; `guides` is how many nodes it may keep for that.
void SearchFiltered(const GraphLayer& layer, const Space& space, const Space::Probe& probe,
                    uint32_t entry, size_t ef, size_t guides, const RowMask& allowed,
                    GraphScratch* scratch);

}  // namespace elanus::index
