// Building a DISKANN index: the graph over 8-bit codes as HNSW's base layer, its rows dealt out to
// blocks, and the codes that stay in memory.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "index/array.h"
#include "index/codes.h"
#include "index/disk.h"
#include "index/disk_codes.h"
#include "index/disk_layout.h"
#include "index/distance.h"
#include "index/hnsw_build.h"
#include "index/params.h"

namespace elanus::index {
namespace {

constexpr size_t kEntries = 256;

double FloatParam(const Properties& params, std::string_view key, double otherwise) {
  const std::string* text = FindProperty(params, key);
  if (text == nullptr) return otherwise;
  double v = otherwise;
  std::from_chars(text->data(), text->data() + text->size(), v);
  return v;
}

// Bytes that a budget leaves, of a column of `raw` bytes: so many GB where that is given, else a
// part.
double Budget(const Properties& params, const std::string& name, double ratio, size_t raw) {
  const double gb = FloatParam(params, name, 0);
  if (gb > 0) return gb * 1e9;
  return FloatParam(params, name + "_ratio", ratio) * static_cast<double>(raw);
}

// The rows in the order of their slots: block by block, a block begun by the next row of a breadth
// first walk from the entry and filled with rows linked to those in it. So the first blocks are
// those that all searches pass.
std::vector<uint32_t> Arrange(const BuiltGraph& graph, size_t rows, size_t per_block,
                              std::vector<uint32_t>* slot_of) {
  const GraphLayer layer = graph.View().layers[0];
  const auto for_links = [&](uint32_t row, auto fn) {
    const uint32_t* links = layer.Links(row);
    for (size_t i = 0; i < layer.degree && links[i] < rows; ++i) {
      if (!fn(links[i])) return;
    }
  };
  slot_of->assign(rows, DiskLayout::kNone);
  std::vector<uint32_t> order;
  const auto place = [&](uint32_t row) {
    (*slot_of)[row] = static_cast<uint32_t>(order.size());
    order.push_back(row);
  };
  std::vector<bool> queued(rows);
  std::vector<uint32_t> queue = {graph.entry_row};
  queued[graph.entry_row] = true;
  for (size_t at = 0; at < queue.size(); ++at) {
    for_links(queue[at], [&](uint32_t link) {
      if (!queued[link]) queue.push_back(link);
      queued[link] = true;
      return true;
    });
    if ((*slot_of)[queue[at]] != DiskLayout::kNone) continue;
    const size_t begin = order.size();
    // A block that others did not fill takes the next row of the walk as well.
    place(queue[at]);
    for (size_t from = begin; from < order.size() && order.size() % per_block != 0; ++from) {
      for_links(order[from], [&](uint32_t link) {
        if (order.size() % per_block == 0) return false;
        if ((*slot_of)[link] == DiskLayout::kNone) place(link);
        return true;
      });
    }
  }
  return order;
}

}  // namespace

Status BuildDisk(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                 int threads, const Progress& progress, const Sink& sink) {
  const auto degree =
      static_cast<size_t>(std::clamp<int64_t>(IntParam(spec.params, "max_degree", 48), 1, 2048));
  GraphParams params;
  params.m = (degree + 1) / 2;  // the base layer keeps twice as many
  params.ef_construction =
      static_cast<size_t>(std::max<int64_t>(IntParam(spec.params, "search_list_size", 128), 1));
  params.ef_construction = std::max(params.ef_construction, 2 * params.m);
  const auto dim = static_cast<size_t>(vectors.dim);
  const size_t width = WidthOf(vectors.type, vectors.dim);
  const size_t raw = vectors.rows * width;

  Workers workers(std::max(threads, 1));
  BuiltGraph graph;
  {
    CodeModel model = TrainCodes(vectors, spec.metric, &workers);
    Array<uint8_t> codes(vectors.rows * CodeStride(dim));
    EncodeRows(vectors, nullptr, vectors.rows, &workers, &model, &codes);
    const Progress most = [&](double done) {
      if (progress != nullptr) progress(0.8 * done);
    };
    TRY(BuildGraph(context, Space::OfCodes(codes.data(), dim), vectors.rows, vectors.valid, params,
                   &workers, most, &graph));
  }
  DiskMeta meta;
  meta.degree = static_cast<uint32_t>(2 * params.m);
  const DiskLayout layout = DiskLayout::Of(width, meta.degree);
  std::vector<uint32_t> slot_of;
  std::vector<uint32_t> order;
  if (graph.entry_row != Graph::kNone)
    order = Arrange(graph, vectors.rows, layout.per_block, &slot_of);
  meta.slots = order.size();

  const double part = Budget(spec.params, "pq_code_budget_gb", 0.125, raw) /
                      static_cast<double>(std::max<size_t>(vectors.rows, 1));
  meta.m = static_cast<uint32_t>(std::clamp(part, 1.0, static_cast<double>(dim)));
  meta.cached = std::min<uint64_t>(
      layout.Blocks(order.size()),
      static_cast<uint64_t>(Budget(spec.params, "search_cache_budget_gb", 0, raw) /
                            static_cast<double>(layout.block)));
  TRY(context.Check());
  const DiskCodes model = DiskCodes::Train(vectors, spec.metric, meta.m, &workers);
  Array<uint8_t> codes(order.size() * meta.m);
  Array<std::byte> blocks(layout.Blocks(order.size()) * layout.block);
  workers.For(order.size(), 1024, [&](size_t begin, size_t end, int worker) {
    if (!context.Check().ok()) return;
    std::vector<float> floats(dim);
    std::vector<uint32_t> links(layout.degree);
    for (size_t slot = begin; slot < end; ++slot) {
      const uint32_t row = order[slot];
      model.Encode(vectors, row, codes.data() + slot * meta.m);
      std::byte* const record = blocks.data() + slot / layout.per_block * layout.block +
                                slot % layout.per_block * layout.stride;
      std::memcpy(record, vectors.Row(row), width);
      float inverse_norm = 0;
      if (vectors.inverse_norms != nullptr) {
        inverse_norm = vectors.inverse_norms[row];
      } else {
        ReadFloats(vectors, row, floats.data());
        const float square = simd::Get().f32_ip.row(floats.data(), floats.data(), dim);
        if (square > 0) inverse_norm = 1.0f / std::sqrt(square);
      }
      layout.Write(record, row, inverse_norm);
      const uint32_t* from = graph.links[0].data() + size_t{row} * layout.degree;
      for (size_t i = 0; i < layout.degree; ++i)
        links[i] = from[i] == Graph::kNone ? DiskLayout::kNone : slot_of[from[i]];
      std::memcpy(layout.Links(record), links.data(), links.size() * sizeof(uint32_t));
    }
    if (worker == 0 && progress != nullptr)
      progress(0.8 + 0.2 * static_cast<double>(end) / static_cast<double>(order.size()));
  });
  TRY(context.Check());
  // Where searches begin: the nearest of these by their codes. Spread over the file, as neighbours
  // lie side by side.
  std::vector<uint32_t> entries;
  const size_t count = std::min(order.size(), kEntries);
  for (size_t i = 0; i < count; ++i)
    entries.push_back(static_cast<uint32_t>(order.size() * i / count));
  meta.entries = count;

  BlobWriter blob({BlobKind::kDisk, vectors.type, spec.metric, vectors.rows,
                   static_cast<uint64_t>(vectors.dim), meta.Encode()});
  blob.Add(BytesOf(model.values()));
  blob.Add(codes.view());
  blob.Add(BytesOf(order));
  blob.Add(BytesOf(entries));
  blob.Add(blocks.view());
  return blob.Write(sink);
}

}  // namespace elanus::index
