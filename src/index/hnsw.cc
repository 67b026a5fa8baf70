#include "index/hnsw.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>

#include "base/coding.h"
#include "index/allowed_rows.h"
#include "index/bit_scan.h"
#include "index/flat.h"
#include "index/graph.h"
#include "index/hnsw_build.h"
#include "index/params.h"
#include "index/qg.h"
#include "index/qg_build.h"
#include "index/refine.h"

namespace elanus::index {
namespace {

// Sections of the file. kOrder: the rows of the upper layers' slots, or the seeds. kCodes: of the
// lean form. kLayers: layer l is section kLayers + l; of the fast form the rows.
enum : size_t { kOrder, kMean, kCodes, kSeeds, kLayers };

// How the graph is laid out and walked.
enum class Form : uint32_t {
  kBits,  // layers over the bits of a binary column
  kLean,  // one layer over 8-bit codes
  kFast,  // rows that hold codes of their neighbours (qg.h)
};

constexpr int64_t kDefaultEf = 64;

// A search of the graph costs about as much per unit of ef as comparing so many allowed rows in a
// scan does (wordnet, M = 16).
constexpr double kRowsPerEf = 50;
// The fast form's takes nanoseconds: so many per unit of ef, behind a filter more by the root of
// what it leaves; and a row of a scan, and a byte of it (wordnet, M = 16).
constexpr double kFastEfCost = 600;
constexpr double kFilteredEfCost = 1200;
constexpr double kRowCost = 8;
constexpr double kByteCost = 0.03;
// While a walk has not found k rows it may go on for about as long as a scan would take.
constexpr size_t kRowsPerGuide = 128;
constexpr size_t kPollBlocks = 64;

struct Meta {
  Form form = Form::kBits;
  bool rotated = false;
  uint32_t entry_row = Graph::kNone;
  uint32_t ef = 0;                                    // 0: kDefaultEf
  std::vector<std::pair<uint64_t, uint32_t>> layers;  // count, degree
  uint64_t upper = 0;                                 // length of order
  float error = 0, norm = 0, norm2_max = 0;
  Growth growth;

  std::string Encode() const {
    std::string bytes;
    Writer w(&bytes);
    w.U32(static_cast<uint32_t>(form));
    w.U32(rotated ? 1 : 0);
    w.U32(entry_row);
    w.U32(ef);
    w.U64(upper);
    w.F64(static_cast<double>(error));
    w.F64(static_cast<double>(norm));
    w.F64(static_cast<double>(norm2_max));
    for (const float g : growth.growth) w.F64(static_cast<double>(g));
    w.U32(static_cast<uint32_t>(layers.size()));
    for (const auto& [count, degree] : layers) {
      w.U64(count);
      w.U32(degree);
    }
    return bytes;
  }
  static Result<Meta> Decode(std::string_view bytes) {
    Meta m;
    Reader r(bytes);
    m.form = static_cast<Form>(TRY(r.U32()));
    m.rotated = TRY(r.U32()) != 0;
    m.entry_row = TRY(r.U32());
    m.ef = TRY(r.U32());
    m.upper = TRY(r.U64());
    m.error = static_cast<float>(TRY(r.F64()));
    m.norm = static_cast<float>(TRY(r.F64()));
    m.norm2_max = static_cast<float>(TRY(r.F64()));
    for (float& g : m.growth.growth) g = static_cast<float>(TRY(r.F64()));
    const uint32_t n = TRY(r.U32());
    for (uint32_t i = 0; i < n; ++i) {
      const uint64_t count = TRY(r.U64());
      m.layers.emplace_back(count, TRY(r.U32()));
    }
    return m;
  }
};

// One search's memory. A thread keeps its own: indexes of any number share it.
struct Scratch {
  GraphScratch graph;
  QgScratch qg;
  QgQuery fast;
  Space::Probe probe;
  RowDistance::Query query;
  std::vector<float> floats;
  std::vector<Estimate> candidates;
};

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

// 8-bit codes, wherever they lie.
struct Codes {
  const uint8_t* base = nullptr;
  size_t stride = 0;
};

class Hnsw final : public VectorIndex {
 public:
  Hnsw(const VectorView& vectors, Metric metric, Form form, Graph graph, Seeds seeds, QgView qg,
       CodeModel model, Codes codes, const Growth& growth, size_t ef)
      : exact_(vectors, metric),
        form_(form),
        graph_(std::move(graph)),
        seeds_(seeds),
        qg_(qg),
        model_(std::move(model)),
        codes_(codes),
        space_(form == Form::kBits ? Space::OfBits(vectors, metric)
                                   : Space::OfCodes(codes.base, model_.width())),
        growth_(growth),
        ef_(ef) {}

  Status Search(const Context& context, const Queries& queries, size_t k,
                const SearchParams& params, const RowMask& allowed,
                std::vector<std::vector<Hit>>* hits) const override {
    const size_t rows = exact_.vectors().rows;
    const size_t count = CountAllowed(allowed, rows);
    const size_t ef =
        std::max(k, static_cast<size_t>(params.ef.value_or(static_cast<int64_t>(ef_))));
    Scratch& scratch = ThreadScratch();
    hits->assign(queries.count, {});
    for (size_t q = 0; q < queries.count; ++q) {
      TRY(context.Check());
      Bind(queries.Row(q), &scratch);
      TopK top(k);
      const bool scan = graph_.entry_row == Graph::kNone || CheaperToScan(count, rows, ef);
      if (!scan) SearchGraph(ef, k, allowed, count, &scratch, &top);
      std::vector<Hit>& out = (*hits)[q];
      out = top.Take();
      // The graph may fail to lead to enough rows of a mask; no one gets fewer than there are.
      if (scan || out.size() < std::min(k, count)) {
        top = TopK(k);
        TRY(Scan(context, k, allowed, nullptr, &scratch, &top));
        out = top.Take();
      }
    }
    return {};
  }

  // Searches with a growing ef until the beam reaches past the range.
  Status RangeSearch(const Context& context, const Queries& queries, const Range& range,
                     size_t limit, const SearchParams& params, const RowMask& allowed,
                     std::vector<std::vector<Hit>>* hits) const override {
    const size_t rows = exact_.vectors().rows;
    const size_t count = CountAllowed(allowed, rows);
    Scratch& scratch = ThreadScratch();
    hits->assign(queries.count, {});
    for (size_t q = 0; q < queries.count; ++q) {
      Bind(queries.Row(q), &scratch);
      std::vector<Hit>& out = (*hits)[q];
      size_t ef = std::max<size_t>(
          limit, static_cast<size_t>(params.ef.value_or(static_cast<int64_t>(ef_))));
      for (;; ef *= 2) {
        TRY(context.Check());
        TopK top(ef);
        const bool scan = graph_.entry_row == Graph::kNone || CheaperToScan(count, rows, ef);
        if (scan) {
          top = TopK(limit);
          TRY(Scan(context, limit, allowed, &range, &scratch, &top));
          out = top.Take();
          break;
        }
        SearchGraph(ef, ef, allowed, count, &scratch, &top);
        std::vector<Hit> found = top.Take();
        const bool past = found.size() == ef && !(found.back().distance < range.upper);
        std::erase_if(found, [&](const Hit& h) {
          return !(h.distance >= range.lower && h.distance < range.upper);
        });
        if (past || found.size() >= limit) {
          if (found.size() > limit) found.resize(limit);
          out = std::move(found);
          break;
        }
      }
    }
    return {};
  }

  std::string_view type() const override { return "HNSW"; }
  size_t memory_bytes() const override { return sizeof *this + model_.mean.size() * sizeof(float); }

 private:
  bool CheaperToScan(size_t count, size_t rows, size_t ef) const {
    if (count == 0) return true;
    const double part = static_cast<double>(count) / static_cast<double>(rows);
    if (form_ == Form::kFast) {
      const double row = kRowCost + kByteCost * static_cast<double>(CodeStride(model_.width()));
      const double step = count == rows ? kFastEfCost : kFilteredEfCost / std::sqrt(part);
      return row * static_cast<double>(count) < step * static_cast<double>(ef);
    }
    return static_cast<double>(count) < kRowsPerEf * static_cast<double>(ef) / part;
  }

  void Bind(const std::byte* query, Scratch* scratch) const {
    exact_.Prepare(query, &scratch->query);
    if (form_ == Form::kBits) {
      scratch->probe.bits = query;
      return;
    }
    const size_t dim = model_.dim;
    scratch->floats.resize(dim);
    ToFloats(exact_.vectors().type, query, dim, scratch->floats.data());
    if (model_.metric == Metric::kCosine) {
      for (float& v : scratch->floats) v *= -scratch->query.scale;  // 1/|q|
    }
    scratch->probe.code.BindQuery(model_, scratch->floats.data());
    scratch->fast.Bind(scratch->probe.code, model_.width());
  }

  // The effort that finds behind a filter about what `ef` finds without (fitted on wordnet, k = 10,
  // ef = 10 to 100). Below 2 k a walk does not end any earlier (reach.cc); far above k it meets
  // most of the allowed rows as neighbours of others.
  static size_t FilteredEf(size_t ef, size_t k, double part) {
    const auto much = static_cast<double>(3 * k);
    auto effort = static_cast<double>(std::max(ef, 2 * k));
    if (effort > much) effort = much * std::pow(effort / much, 0.75);
    return static_cast<size_t>(effort * std::max(1.0, std::pow(0.5 / part, 0.2)));
  }
  // How many rows that are not allowed guide it.
  static size_t FastGuides(size_t ef, double part) {
    return static_cast<size_t>(2 * static_cast<double>(ef) * std::sqrt(1 / part - 1)) + 16;
  }
  // How many rows the beam of the other forms keeps for those that are not allowed.
  static size_t BeamGuides(size_t ef, double part) {
    return static_cast<size_t>(1.5 * static_cast<double>(ef) / part) + ef;
  }

  void SearchGraph(size_t ef, size_t k, const RowMask& allowed, size_t count, Scratch* scratch,
                   TopK* top) const {
    GraphScratch& g = scratch->graph;
    const Beam* found = &g.beam;
    const double part = static_cast<double>(count) / static_cast<double>(exact_.vectors().rows);
    if (form_ == Form::kFast && !allowed.all()) ef = FilteredEf(ef, k, part);
    Reach reach = ReachOf(growth_, k, ef, scratch->probe.code.shift(), form_ == Form::kFast);
    if (!allowed.all()) {
      if (form_ == Form::kFast) {
        reach.guides = FastGuides(ef, part);
        reach.spare_guides = count / kRowsPerGuide;
      } else {
        reach.beam = std::max(reach.beam, BeamGuides(ef, part));
      }
    }
    switch (form_) {
      case Form::kFast:
        SearchQg(qg_, seeds_, scratch->probe.code, scratch->fast, reach, allowed, &scratch->qg);
        found = &scratch->qg.found;
        break;
      case Form::kLean: {
        NearSeeds(seeds_, scratch->fast, model_.width(), 1, &g.beam);
        const bool seeded = g.beam.size() > 0 && g.beam.node(0) < exact_.vectors().rows;
        SearchReach(graph_.layers[0], space_, scratch->probe,
                    seeded ? g.beam.node(0) : graph_.entry_row, reach, allowed, &g);
        found = &g.accepted;
        break;
      }
      case Form::kBits: {
        const uint32_t entry = EntryRow(graph_, space_, scratch->probe, &g);
        if (allowed.all()) {
          SearchLayer(graph_.layers[0], nullptr, space_, scratch->probe, entry, ef, &g);
        } else {
          SearchFiltered(graph_.layers[0], space_, scratch->probe, entry, ef, BeamGuides(ef, part),
                         allowed, &g);
          found = &g.accepted;
        }
      }
    }
    scratch->candidates.clear();
    for (size_t i = 0; i < found->size(); ++i)
      scratch->candidates.push_back({found->distance(i), found->node(i)});
    Refine(exact_, scratch->query, form_ != Form::kBits ? &scratch->probe.code : nullptr,
           scratch->candidates, k, top);
  }

  // Every allowed row: by codes first, exactly where it can matter.
  Status Scan(const Context& context, size_t k, const RowMask& allowed, const Range* range,
              Scratch* scratch, TopK* top) const {
    const VectorView& vectors = exact_.vectors();
    float out[kScanBlock];
    const auto offer_exact = [&](float distance, uint32_t row) {
      if (range == nullptr || (distance >= range->lower && distance < range->upper))
        top->Offer(distance, row);
    };
    if (form_ == Form::kBits || range != nullptr) {
      for (size_t begin = 0; begin < vectors.rows; begin += kPollBlocks * kScanBlock) {
        TRY(context.Check());
        ForAllowed(
            vectors, allowed, begin, std::min(vectors.rows, begin + kPollBlocks * kScanBlock),
            [&](const uint32_t* ids, size_t first, size_t n) {
              exact_.Rows(scratch->query, ids, first, n, out);
              for (size_t i = 0; i < n; ++i) {
                offer_exact(out[i], ids != nullptr ? ids[i] : static_cast<uint32_t>(first + i));
              }
            });
      }
      return {};
    }
    EstimateTop estimates(k, &scratch->probe.code);
    const simd::CodesKernel distances = simd::Get().codes;
    const auto offer = [&](const uint32_t* ids, size_t first, size_t n) {
      distances(scratch->probe.code.query(),
                ids != nullptr ? codes_.base : codes_.base + first * codes_.stride, codes_.stride,
                ids, n, model_.width(), out);
      for (size_t i = 0; i < n; ++i)
        estimates.Offer(out[i], ids != nullptr ? ids[i] : static_cast<uint32_t>(first + i));
    };
    ScanIds sparse(codes_.base, codes_.stride);
    for (size_t begin = 0; begin < vectors.rows; begin += kPollBlocks * kScanBlock) {
      TRY(context.Check());
      const size_t end = std::min(vectors.rows, begin + kPollBlocks * kScanBlock);
      ForAllowed(vectors, allowed, begin, end, [&](const uint32_t* ids, size_t first, size_t n) {
        if (ids == nullptr) {
          offer(nullptr, first, n);
        } else {
          sparse.Add(ids, n, offer);
        }
      });
    }
    sparse.Finish(offer);
    Refine(exact_, scratch->query, &scratch->probe.code, estimates.Take(), k, top);
    return {};
  }

  RowDistance exact_;
  Form form_;
  Graph graph_;  // kFast: the entry only
  Seeds seeds_;  // but for kBits
  QgView qg_;    // kFast
  CodeModel model_;
  Codes codes_;  // but for kBits
  Space space_;
  Growth growth_;
  size_t ef_;
};

// Rows of codes per edge need a dimension that padding to 64 does not blow up.
bool SuitsFast(const VectorView& vectors) {
  const auto dim = static_cast<size_t>(vectors.dim);
  return dim >= 96 && vectors.type != DataType::kInt8Vector;
}

// The form that `graph_profile` names; none where the choice is ours.
Result<std::optional<Form>> NamedForm(const BuildSpec& spec) {
  const std::string* asked = FindProperty(spec.params, "graph_profile");
  if (asked == nullptr || *asked == "auto") return std::optional<Form>();
  if (*asked == "fast") return std::optional<Form>(Form::kFast);
  if (*asked == "lean") return std::optional<Form>(Form::kLean);
  return Fail(Code::kParameterInvalid,
              "invalid graph_profile: " + *asked + ", optional profiles are [auto, fast, lean]");
}

// HNSW is served by the fast form, its compressed siblings by the lean one.
Form FormFor(const VectorView& vectors, const BuildSpec& spec) {
  if (vectors.type == DataType::kBinaryVector) return Form::kBits;
  return spec.type == "HNSW" && SuitsFast(vectors) ? Form::kFast : Form::kLean;
}

GraphParams ParamsOf(const BuildSpec& spec, Form form) {
  GraphParams params;
  params.m = static_cast<size_t>(std::clamp<int64_t>(IntParam(spec.params, "M", 30), 2, 2048));
  params.ef_construction =
      static_cast<size_t>(std::max<int64_t>(1, IntParam(spec.params, "efConstruction", 360)));
  // A beam shorter than the links it must find would leave holes.
  params.ef_construction = std::max(params.ef_construction, params.m);
  if (form == Form::kFast) {
    // Whole blocks of neighbours.
    const size_t blocks = std::max<size_t>(1, (2 * params.m + 16) / simd::kFastRows);
    params.m = blocks * simd::kFastRows / 2;
    params.ef_construction = std::max(params.ef_construction, params.m);
  }
  return params;
}

bool Rotated(Form form, const VectorView& vectors) {
  const auto dim = static_cast<size_t>(vectors.dim);
  // The lean form's eight bits do well without: not where it pads a row by more than an eighth.
  return form == Form::kFast || simd::Rotation::PaddedDim(dim) * 8 <= dim * 9;
}

// The rows of the fast form are several times as large as all that they are made of, so they are
// made a few at a time while the file is written. All is borrowed until then.
void AddNodeRows(const Context& context, const uint8_t* codes, const uint32_t* links, size_t rows,
                 const QgLayout& layout, Workers* workers, BlobWriter* blob) {
  const size_t stride = layout.stride();
  blob->Add(rows * stride, [=, &context](const Sink& sink) -> Status {
    constexpr size_t kPieceRows = 4096;
    for (size_t first = 0; first < rows; first += kPieceRows) {
      TRY(context.Check());
      const size_t count = std::min(kPieceRows, rows - first);
      Array<uint8_t> piece(count * stride);
      workers->For(count, 256, [&](size_t begin, size_t end, int) {
        EncodeEdges(codes, links, first + begin, first + end, layout,
                    piece.data() + begin * stride);
      });
      TRY(sink(piece.view()));
    }
    return {};
  });
}

}  // namespace

size_t FastRowBytes(const VectorView& vectors, const BuildSpec& spec) {
  if (!spec.type.starts_with("HNSW") || FormFor(vectors, spec) != Form::kFast) return 0;
  const auto named = NamedForm(spec);
  if (!named.ok() || named->has_value() || SuitsBitScan(vectors)) return 0;
  QgLayout layout;
  layout.width = simd::Rotation::PaddedDim(static_cast<size_t>(vectors.dim));
  layout.degree = 2 * ParamsOf(spec, Form::kFast).m;
  return layout.stride();
}

BuildSpec LeanSpec(BuildSpec spec) {
  const size_t m = std::max(ParamsOf(spec, Form::kLean).m, ParamsOf(spec, Form::kFast).m);
  std::erase_if(spec.params, [](const auto& param) { return param.first == "M"; });
  spec.params.emplace_back("M", std::to_string(m));
  spec.params.emplace_back("graph_profile", "lean");
  return spec;
}

Status BuildHnsw(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                 int threads, const Progress& progress, const Sink& sink) {
  CHECK(vectors.rows < Beam::kExpanded);

  std::optional<Form> named;
  if (vectors.type != DataType::kBinaryVector) named = TRY(NamedForm(spec));
  if (!named && SuitsBitScan(vectors) && TRY(BuildBitScan(context, vectors, spec, sink))) return {};
  const Form form = named.value_or(FormFor(vectors, spec));

  const GraphParams params = ParamsOf(spec, form);

  Workers workers(std::max(threads, 1));
  CodeModel model;
  Array<uint8_t> codes;
  Space space;
  if (form == Form::kBits) {
    space = Space::OfBits(vectors, spec.metric);
  } else {
    model = TrainCodes(vectors, spec.metric, &workers, Rotated(form, vectors));
    codes = Array<uint8_t>(vectors.rows * CodeStride(model.width()));
    EncodeRows(vectors, nullptr, vectors.rows, &workers, &model, &codes);
    space = Space::OfCodes(codes.data(), model.width());
  }
  BuiltGraph graph;
  TRY(BuildGraph(context, space, vectors.rows, vectors.valid, params, &workers, progress, &graph));

  Meta meta;
  meta.form = form;
  meta.rotated = model.rotated;
  meta.entry_row = graph.entry_row;
  meta.ef = static_cast<uint32_t>(IntParam(spec.params, "ef", 0));
  meta.error = model.error;
  meta.norm = model.norm;
  meta.norm2_max = model.norm2_max;
  const bool empty = graph.entry_row == Graph::kNone;
  std::vector<uint8_t> seeds;
  if (form != Form::kBits) {
    graph.order = graph.first;
    meta.growth = MeasureGrowth(space, vectors.rows, vectors.valid, graph.first, &workers);
    if (!empty) seeds = EncodeSeeds(codes.data(), model.width(), graph.order);
    graph.links.resize(1);
    graph.counts.resize(1);
    graph.degrees.resize(1);
  }
  QgLayout layout;
  if (form == Form::kFast && !empty) {
    layout.width = model.width();
    layout.degree = graph.degrees[0];
    graph.links[0] = FillLinks(space, graph.links[0].data(), vectors.rows, graph.degrees[0],
                               layout.degree, &workers);
    TRY(context.Check());
  }
  meta.upper = graph.order.size();
  for (size_t l = 0; l < graph.counts.size(); ++l) {
    meta.layers.emplace_back(graph.counts[l], static_cast<uint32_t>(graph.degrees[l]));
  }
  BlobWriter blob({BlobKind::kHnsw, vectors.type, spec.metric, vectors.rows,
                   static_cast<uint64_t>(vectors.dim), meta.Encode()});
  blob.Add(BytesOf(graph.order));
  blob.Add(BytesOf(model.mean));
  blob.Add(form == Form::kFast ? std::string_view() : codes.view());
  blob.Add(BytesOf(seeds));
  if (form == Form::kFast) {
    AddNodeRows(context, codes.data(), graph.links[0].data(), empty ? 0 : vectors.rows, layout,
                &workers, &blob);
  } else {
    for (const Array<uint32_t>& links : graph.links) blob.Add(links.view());
  }
  return blob.Write(sink);
}

Result<std::unique_ptr<VectorIndex>> OpenHnsw(const Blob& blob, const VectorView& vectors) {
  const BlobHeader& header = blob.header();
  const Meta meta = TRY(Meta::Decode(header.meta));
  const auto bad = [](std::string_view what) {
    return Status(Code::kCorruption, "HNSW index file: " + std::string(what));
  };
  const bool binary = header.type == DataType::kBinaryVector;
  if (meta.form > Form::kFast || binary != (meta.form == Form::kBits)) return bad("unknown form");
  Graph graph;
  graph.entry_row = meta.entry_row;
  graph.order = TRY(blob.ArrayOf<uint32_t>(kOrder, meta.upper));
  const bool empty = meta.entry_row == Graph::kNone;
  if (!empty) {
    if (meta.layers.empty() || meta.layers[0].first != header.rows ||
        meta.entry_row >= header.rows) {
      return bad("base layer does not match the rows");
    }
    // The upper slots and seeds name rows: few, checked once.
    for (size_t i = 0; i < meta.upper; ++i) {
      if (graph.order[i] >= header.rows) return bad("a slot names no row");
    }
  }
  CodeModel model;
  Codes codes;
  Seeds seeds;
  QgView qg;
  if (meta.form != Form::kBits) {
    model.dim = header.dim;
    model.metric = header.metric;
    Arrange(&model, meta.rotated);
    model.error = meta.error;
    model.norm = meta.norm;
    model.norm2_max = meta.norm2_max;
    const float* mean = TRY(blob.ArrayOf<float>(kMean, model.dim));
    model.mean.assign(mean, mean + model.dim);
    seeds.count = empty ? 0 : meta.upper;
    seeds.rows = graph.order;
    seeds.blocks = TRY(blob.ArrayOf<uint8_t>(
        kSeeds, Seeds::Blocks(seeds.count) * simd::FastEdgeBytes((model.width() + 3) / 4)));
  }
  if (meta.form == Form::kFast && !empty) {
    qg.layout = {model.width(), meta.layers[0].second};
    if (!meta.rotated || qg.layout.degree == 0 || qg.layout.degree % simd::kFastRows != 0 ||
        qg.layout.degree > 1u << 16) {
      return bad("layer out of bounds");
    }
    qg.count = header.rows;
    qg.rows = TRY(blob.ArrayOf<uint8_t>(kLayers, header.rows * qg.layout.stride()));
    codes = {qg.rows, qg.layout.stride()};
  }
  if (meta.form == Form::kLean) {
    codes.stride = CodeStride(model.width());
    codes.base = TRY(blob.ArrayOf<uint8_t>(kCodes, header.rows * codes.stride));
  }
  for (size_t l = 0; l < meta.layers.size() && !empty && meta.form != Form::kFast; ++l) {
    const auto [count, degree] = meta.layers[l];
    if (degree == 0 || degree > 1u << 16 || count > header.rows) return bad("layer out of bounds");
    if (l > 0 && (count > meta.upper || count == 0)) return bad("layer out of bounds");
    const uint32_t* links = TRY(blob.ArrayOf<uint32_t>(kLayers + l, count * degree));
    graph.layers.push_back({count, degree, links});
  }
  const size_t ef = meta.ef > 0 ? meta.ef : static_cast<size_t>(kDefaultEf);
  return std::unique_ptr<VectorIndex>(
      std::make_unique<Hnsw>(vectors, header.metric, meta.form, std::move(graph), seeds, qg,
                             std::move(model), codes, meta.growth, ef));
}

}  // namespace elanus::index
