#include "index/graph.h"

#include <limits>

namespace elanus::index {
namespace {

void PrefetchLinks(const GraphLayer& layer, uint32_t node) {
  if (node == Graph::kNone) return;
  const auto* links = reinterpret_cast<const char*>(layer.Links(node));
  for (size_t at = 0; at < layer.degree * sizeof(uint32_t); at += 64)
    __builtin_prefetch(links + at);
}

// Collects the neighbours of `node` not seen before. Ids past the layer are never followed, so a
// damaged file gives wrong answers rather than a crash.
size_t Unvisited(const GraphLayer& layer, uint32_t node, GraphScratch* scratch) {
  return scratch->visited.AddAll(layer.Links(node), layer.degree, layer.count, scratch->ids.data());
}

void Measure(const uint32_t* order, const Space& space, const Space::Probe& probe, size_t n,
             GraphScratch* scratch) {
  const uint32_t* rows = scratch->ids.data();
  if (order != nullptr) {
    for (size_t i = 0; i < n; ++i) scratch->rows[i] = order[scratch->ids[i]];
    rows = scratch->rows.data();
  }
  space.Distances(probe, rows, n, scratch->distances.data());
}

void Fit(const GraphLayer& layer, GraphScratch* scratch) {
  if (scratch->ids.size() >= layer.degree) return;
  scratch->ids.resize(layer.degree);
  scratch->rows.resize(layer.degree);
  scratch->distances.resize(layer.degree);
}

void Start(const GraphLayer& layer, const uint32_t* order, const Space& space,
           const Space::Probe& probe, uint32_t entry, GraphScratch* scratch) {
  Fit(layer, scratch);
  scratch->visited.Reset(layer.count);
  scratch->visited.Add(entry);
  scratch->ids[0] = entry;
  Measure(order, space, probe, 1, scratch);
}

}  // namespace

Space Space::OfCodes(const uint8_t* codes, size_t dim) {
  Space space;
  space.codes_ = true;
  space.base_ = codes;
  space.stride_ = CodeStride(dim);
  space.size_ = dim;
  return space;
}

Space Space::OfBits(const VectorView& vectors, Metric metric) {
  Space space;
  space.bits_ = metric == Metric::kJaccard ? simd::Get().jaccard : simd::Get().hamming;
  space.base_ = vectors.data;
  space.stride_ = vectors.stride;
  space.size_ = static_cast<size_t>(vectors.dim) / 8;
  return space;
}

void Space::BindRow(uint32_t row, Probe* probe) const {
  const auto* at = static_cast<const uint8_t*>(base_) + row * stride_;
  if (codes_) {
    probe->code.BindRow(at, size_);
  } else {
    probe->bits = at;
  }
}

uint32_t Descend(const Graph& graph, const Space& space, const Space::Probe& probe, size_t lowest,
                 GraphScratch* scratch) {
  uint32_t slot = 0;
  float best = space.Distance(probe, graph.order[0]);
  for (size_t l = graph.layers.size() - 1; l >= lowest; --l) {
    const GraphLayer& layer = graph.layers[l];
    Fit(layer, scratch);
    for (bool moved = true; moved;) {
      moved = false;
      const uint32_t* links = layer.Links(slot);
      size_t n = 0;
      for (; n < layer.degree && links[n] < layer.count; ++n) scratch->ids[n] = links[n];
      Measure(graph.order, space, probe, n, scratch);
      for (size_t i = 0; i < n; ++i) {
        if (!(scratch->distances[i] < best)) continue;
        best = scratch->distances[i];
        slot = scratch->ids[i];
        moved = true;
      }
    }
  }
  return slot;
}

uint32_t EntryRow(const Graph& graph, const Space& space, const Space::Probe& probe,
                  GraphScratch* scratch) {
  if (graph.layers.size() <= 1) return graph.entry_row;
  return graph.order[Descend(graph, space, probe, 1, scratch)];
}

void SearchLayer(const GraphLayer& layer, const uint32_t* order, const Space& space,
                 const Space::Probe& probe, uint32_t entry, size_t ef, GraphScratch* scratch) {
  Start(layer, order, space, probe, entry, scratch);
  Beam& beam = scratch->beam;
  beam.Reset(ef);
  beam.Insert(scratch->distances[0], entry);
  float distance;
  for (uint32_t node = beam.Next(&distance); node != Beam::kNone; node = beam.Next(&distance)) {
    PrefetchLinks(layer, beam.Peek());
    const size_t n = Unvisited(layer, node, scratch);
    Measure(order, space, probe, n, scratch);
    float bound = beam.bound();
    for (size_t i = 0; i < n; ++i) {
      if (scratch->distances[i] < bound) {
        beam.Insert(scratch->distances[i], scratch->ids[i]);
        bound = beam.bound();
      }
    }
  }
}

void SearchFiltered(const GraphLayer& layer, const Space& space, const Space::Probe& probe,
                    uint32_t entry, size_t ef, size_t guides, const RowMask& allowed,
                    GraphScratch* scratch) {
  Start(layer, nullptr, space, probe, entry, scratch);
  Beam& beam = scratch->beam;
  Beam& accepted = scratch->accepted;
  beam.Reset(guides);
  accepted.Reset(ef);
  beam.Insert(scratch->distances[0], entry);
  if (allowed.Test(entry)) accepted.Insert(scratch->distances[0], entry);
  float distance;
  for (uint32_t node = beam.Next(&distance); node != Beam::kNone; node = beam.Next(&distance)) {
    if (distance > accepted.bound()) break;
    PrefetchLinks(layer, beam.Peek());
    const size_t n = Unvisited(layer, node, scratch);
    Measure(nullptr, space, probe, n, scratch);
    for (size_t i = 0; i < n; ++i) {
      const float d = scratch->distances[i];
      if (!(d < accepted.bound())) continue;
      beam.Insert(d, scratch->ids[i]);
      if (allowed.Test(scratch->ids[i])) accepted.Insert(d, scratch->ids[i]);
    }
  }
}

void SearchReach(const GraphLayer& layer, const Space& space, const Space::Probe& probe,
                 uint32_t entry, const Reach& reach, const RowMask& allowed,
                 GraphScratch* scratch) {
  Start(layer, nullptr, space, probe, entry, scratch);
  Beam& beam = scratch->beam;
  Beam& accepted = scratch->accepted;
  beam.Reset(reach.beam);
  accepted.Reset(reach.found);
  float limit = std::numeric_limits<float>::infinity();
  const auto offer = [&](float d, uint32_t node) {
    beam.Insert(d, node);
    if (!allowed.Test(node) || !accepted.Insert(d, node)) return;
    if (accepted.size() >= reach.k)
      limit = std::min(accepted.bound(), reach.Limit(accepted.distance(reach.k - 1)));
  };
  offer(scratch->distances[0], entry);
  float distance;
  for (uint32_t node = beam.Next(&distance); node != Beam::kNone; node = beam.Next(&distance)) {
    if (distance > limit) break;
    PrefetchLinks(layer, beam.Peek());
    const size_t n = Unvisited(layer, node, scratch);
    Measure(nullptr, space, probe, n, scratch);
    for (size_t i = 0; i < n; ++i) {
      const float d = scratch->distances[i];
      if (d < limit && d < beam.bound()) offer(d, scratch->ids[i]);
    }
  }
}

}  // namespace elanus::index
