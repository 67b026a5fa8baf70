#include "index/ivf.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/coding.h"
#include "index/kmeans.h"
#include "index/params.h"
#include "index/refine.h"
#include "index/self_check.h"

namespace elanus::index {
namespace {

// Sections of the file.
enum : size_t { kCentres, kEnds, kRows, kCodes, kMean };

constexpr int64_t kDefaultNlist = 128;
constexpr int64_t kDefaultNprobe = 8;
constexpr size_t kBlock = 256;
// Of the lists' rows allowed: below this part only those are compared.
constexpr double kGatherBelow = 0.25;
// A range search goes on until so many lists in a row gave nothing.
constexpr size_t kEmptyLists = 2;

struct Meta {
  uint64_t lists = 0;
  uint64_t entries = 0;  // valid rows
  uint32_t nprobe = 0;
  float error = 0, norm = 0;
  std::string name;

  std::string Encode() const {
    std::string bytes;
    Writer w(&bytes);
    w.U64(lists);
    w.U64(entries);
    w.U32(nprobe);
    w.F64(static_cast<double>(error));
    w.F64(static_cast<double>(norm));
    w.Bytes(name);
    return bytes;
  }
  static Result<Meta> Decode(std::string_view bytes) {
    Meta m;
    Reader r(bytes);
    m.lists = TRY(r.U64());
    m.entries = TRY(r.U64());
    m.nprobe = TRY(r.U32());
    m.error = static_cast<float>(TRY(r.F64()));
    m.norm = static_cast<float>(TRY(r.F64()));
    m.name = std::string(TRY(r.Bytes()));
    return m;
  }
};

// The lists' place in the file.
struct Lists {
  size_t count = 0;
  const void* centres = nullptr;
  const uint64_t* ends = nullptr;
  const uint32_t* rows = nullptr;  // by list; a row that the column lacks is skipped
  const uint8_t* codes = nullptr;  // by list; binary: the bits
  size_t stride = 0;
  size_t entries = 0;

  std::pair<size_t, size_t> Span(uint32_t list) const {
    const size_t begin = list == 0 ? 0 : ends[list - 1];
    const size_t end = std::min<size_t>(ends[list], entries);
    return {std::min(begin, end), end};
  }
};

struct Scratch {
  RowDistance::Query query;
  CodeProbe probe;
  std::vector<float> floats;
  std::vector<float> distances;
  std::vector<Estimate> order;  // lists, nearest first
  std::vector<uint32_t> gathered;
};

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

class Ivf final : public VectorIndex {
 public:
  Ivf(const VectorView& vectors, Metric metric, const Lists& lists, CodeModel model, Meta meta)
      : exact_(vectors, metric), lists_(lists), model_(std::move(model)), meta_(std::move(meta)) {}

  Status Search(const Context& context, const Queries& queries, size_t k,
                const SearchParams& params, const RowMask& allowed,
                std::vector<std::vector<Hit>>* hits) const override {
    return Probe(context, queries, k, nullptr, params, allowed, hits);
  }
  Status RangeSearch(const Context& context, const Queries& queries, const Range& range,
                     size_t limit, const SearchParams& params, const RowMask& allowed,
                     std::vector<std::vector<Hit>>* hits) const override {
    return Probe(context, queries, limit, &range, params, allowed, hits);
  }
  std::string_view type() const override { return meta_.name; }
  size_t memory_bytes() const override { return sizeof *this + model_.mean.size() * sizeof(float); }

 private:
  bool binary() const { return exact_.vectors().type == DataType::kBinaryVector; }

  Status Probe(const Context& context, const Queries& queries, size_t k, const Range* range,
               const SearchParams& params, const RowMask& allowed,
               std::vector<std::vector<Hit>>* hits) const {
    const size_t rows = exact_.vectors().rows;
    const size_t count = allowed.all() ? rows : allowed.Count(rows);
    const bool gather = static_cast<double>(count) < kGatherBelow * static_cast<double>(rows);
    const auto nprobe = std::min<size_t>(
        lists_.count,
        static_cast<size_t>(std::max<int64_t>(1, params.nprobe.value_or(meta_.nprobe))));
    Scratch& scratch = ThreadScratch();
    hits->assign(queries.count, {});
    for (size_t q = 0; q < queries.count; ++q) {
      TRY(context.Check());
      Bind(queries.Row(q), &scratch);
      RankLists(queries.Row(q), nprobe, &scratch);
      TopK top(k);
      EstimateTop estimates(k, &scratch.probe);
      size_t seen = 0;   // allowed rows met
      size_t empty = 0;  // lists in a row without one in range
      for (size_t i = 0; i < scratch.order.size(); ++i) {
        // Past nprobe: until there are enough rows, or the range seems left behind.
        if (i >= nprobe && (range == nullptr ? seen >= std::min(k, count) : empty >= kEmptyLists))
          break;
        if (i == nprobe) RankRest(nprobe, &scratch);
        if (i % 64 == 63) TRY(context.Check());
        const size_t found = ScanList(scratch.order[i].row, range, allowed, gather, &scratch,
                                      &estimates, &top, &seen);
        empty = found == 0 ? empty + 1 : 0;
      }
      if (!binary() && range == nullptr) {
        Refine(exact_, scratch.query, &scratch.probe, estimates.Take(), k, &top);
      }
      (*hits)[q] = top.Take();
    }
    return {};
  }

  void Bind(const std::byte* query, Scratch* scratch) const {
    exact_.Prepare(query, &scratch->query);
    if (binary()) return;
    scratch->floats.resize(model_.dim);
    ToFloats(exact_.vectors().type, query, model_.dim, scratch->floats.data());
    if (model_.metric == Metric::kCosine) {
      for (float& v : scratch->floats) v *= -scratch->query.scale;  // 1/|q|
    }
    scratch->probe.BindQuery(model_, scratch->floats.data());
  }

  // Puts the `nprobe` nearest lists first, in order.
  void RankLists(const std::byte* query, size_t nprobe, Scratch* scratch) const {
    scratch->distances.resize(lists_.count);
    float* out = scratch->distances.data();
    const simd::Kernels& k = simd::Get();
    if (binary()) {
      const size_t bytes = static_cast<size_t>(exact_.vectors().dim) / 8;
      const simd::Kernel& kernel = exact_.metric() == Metric::kJaccard ? k.jaccard : k.hamming;
      kernel.rows(query, lists_.centres, bytes, nullptr, lists_.count, bytes, out);
    } else {
      const bool ip = exact_.metric() == Metric::kIP;
      (ip ? k.f32_ip : k.f32_l2)
          .rows(scratch->floats.data(), lists_.centres, model_.dim * sizeof(float), nullptr,
                lists_.count, model_.dim, out);
      for (size_t i = 0; ip && i < lists_.count; ++i) out[i] = -out[i];
    }
    scratch->order.resize(lists_.count);
    for (uint32_t i = 0; i < lists_.count; ++i) scratch->order[i] = {out[i], i};
    std::partial_sort(scratch->order.begin(),
                      scratch->order.begin() + static_cast<std::ptrdiff_t>(nprobe),
                      scratch->order.end());
  }
  static void RankRest(size_t nprobe, Scratch* scratch) {
    std::sort(scratch->order.begin() + static_cast<std::ptrdiff_t>(nprobe), scratch->order.end());
  }

  // Returns how many rows of the list were in range.
  size_t ScanList(uint32_t list, const Range* range, const RowMask& allowed, bool gather,
                  Scratch* scratch, EstimateTop* estimates, TopK* top, size_t* seen) const {
    const auto [begin, end] = lists_.Span(list);
    const size_t rows = exact_.vectors().rows;
    float out[kBlock];
    size_t in_range = 0;
    const auto offer = [&](float distance, size_t at) {
      const uint32_t row = lists_.rows[at];
      if (row >= rows || !allowed.Test(row)) return;
      ++*seen;
      if (range != nullptr) {
        if (!binary()) {
          if (distance - scratch->probe.Slack(distance) >= range->upper) return;
          exact_.Rows(scratch->query, &row, 0, 1, &distance);
        }
        if (!(distance >= range->lower && distance < range->upper)) return;
        ++in_range;
        top->Offer(distance, row);
      } else if (binary()) {
        top->Offer(distance, row);
      } else {
        estimates->Offer(distance, row);
      }
    };
    if (gather) {
      scratch->gathered.clear();
      for (size_t at = begin; at < end; ++at) {
        if (lists_.rows[at] < rows && allowed.Test(lists_.rows[at]))
          scratch->gathered.push_back(static_cast<uint32_t>(at));
      }
      for (size_t i = 0; i < scratch->gathered.size(); i += kBlock) {
        const size_t n = std::min(kBlock, scratch->gathered.size() - i);
        const uint32_t* ids = scratch->gathered.data() + i;
        Measure(lists_.codes, ids, n, *scratch, out);
        for (size_t j = 0; j < n; ++j) offer(out[j], ids[j]);
      }
      return in_range;
    }
    for (size_t at = begin; at < end; at += kBlock) {
      const size_t n = std::min(kBlock, end - at);
      Measure(lists_.codes + at * lists_.stride, nullptr, n, *scratch, out);
      for (size_t j = 0; j < n; ++j) offer(out[j], at + j);
    }
    return in_range;
  }

  void Measure(const uint8_t* base, const uint32_t* ids, size_t n, const Scratch& scratch,
               float* out) const {
    if (binary()) {
      const simd::Kernels& k = simd::Get();
      (exact_.metric() == Metric::kJaccard ? k.jaccard : k.hamming)
          .rows(scratch.query.data, base, lists_.stride, ids, n, lists_.stride, out);
    } else {
      simd::Get().codes(scratch.probe.query(), base, lists_.stride, ids, n, model_.dim, out);
    }
  }

  RowDistance exact_;
  Lists lists_;
  CodeModel model_;
  Meta meta_;
};

}  // namespace

Status BuildIvf(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                int threads, const Progress& progress, const Sink& sink) {
  const auto nlist = static_cast<size_t>(
      std::clamp<int64_t>(IntParam(spec.params, "nlist", kDefaultNlist), 1, 65536));
  const bool binary = vectors.type == DataType::kBinaryVector;
  Workers workers(std::max(threads, 1));
  Centres centres;
  std::vector<uint32_t> owner;
  TRY(ClusterRows(context, vectors, spec.metric, nlist, &workers, &centres, &owner));
  if (progress != nullptr) progress(0.8);

  // Rows by list, ascending within it.
  std::vector<uint64_t> ends(centres.count + 1);
  for (const uint32_t c : owner) {
    if (c != kNoCentre) ++ends[c + 1];
  }
  for (size_t c = 1; c < ends.size(); ++c) ends[c] += ends[c - 1];
  std::vector<uint32_t> rows(ends.back());
  std::vector<uint64_t> next(ends.begin(), ends.end() - 1);
  for (uint32_t r = 0; r < vectors.rows; ++r) {
    if (owner[r] != kNoCentre) rows[next[owner[r]]++] = r;
  }
  ends.erase(ends.begin());

  CodeModel model;
  Array<uint8_t> codes;
  if (binary) {
    const size_t bytes = static_cast<size_t>(vectors.dim) / 8;
    codes = Array<uint8_t>(rows.size() * bytes);
    for (size_t i = 0; i < rows.size(); ++i)
      std::memcpy(codes.data() + i * bytes, vectors.Row(rows[i]), bytes);
  } else {
    model = TrainCodes(vectors, spec.metric, &workers);
    codes = Array<uint8_t>(rows.size() * CodeStride(model.dim));
    EncodeRows(vectors, rows.data(), rows.size(), &workers, &model, &codes);
  }
  TRY(context.Check());
  Meta meta;
  meta.lists = centres.count;
  meta.entries = rows.size();
  meta.nprobe = static_cast<uint32_t>(IntParam(spec.params, "nprobe", kDefaultNprobe));
  meta.error = model.error;
  meta.norm = model.norm;
  meta.name = spec.type;
  const Lists lists{
      centres.count, binary ? static_cast<const void*>(centres.bits.data()) : centres.floats.data(),
      ends.data(),   rows.data(),
      codes.data(),  binary ? centres.dim / 8 : CodeStride(centres.dim),
      rows.size()};
  const double recall = TRY(MeasureRecall(context, Ivf(vectors, spec.metric, lists, model, meta),
                                          vectors, spec.metric, &workers));
  BlobWriter blob({BlobKind::kIvf,
                   vectors.type,
                   spec.metric,
                   vectors.rows,
                   static_cast<uint64_t>(vectors.dim),
                   meta.Encode(),
                   {{"nlist", std::to_string(meta.lists)},
                    {"nprobe", std::to_string(meta.nprobe)},
                    {"recall", RecallText(recall)}}});
  blob.Add(binary ? BytesOf(centres.bits) : BytesOf(centres.floats));
  blob.Add(BytesOf(ends));
  blob.Add(BytesOf(rows));
  blob.Add(codes.view());
  blob.Add(BytesOf(model.mean));
  return blob.Write(sink);
}

Result<std::unique_ptr<VectorIndex>> OpenIvf(const Blob& blob, const VectorView& vectors) {
  const BlobHeader& header = blob.header();
  Meta meta = TRY(Meta::Decode(header.meta));
  if (meta.entries > header.rows || meta.lists > meta.entries) {
    return Status(Code::kCorruption, "IVF index file: more lists or entries than rows");
  }
  const bool binary = header.type == DataType::kBinaryVector;
  Lists lists;
  lists.count = meta.lists;
  lists.entries = meta.entries;
  lists.ends = TRY(blob.ArrayOf<uint64_t>(kEnds, meta.lists));
  lists.rows = TRY(blob.ArrayOf<uint32_t>(kRows, meta.entries));
  lists.stride = binary ? header.dim / 8 : CodeStride(header.dim);
  lists.codes = TRY(blob.ArrayOf<uint8_t>(kCodes, meta.entries * lists.stride));
  CodeModel model;
  if (binary) {
    lists.centres = TRY(blob.ArrayOf<uint8_t>(kCentres, meta.lists * lists.stride));
  } else {
    lists.centres = TRY(blob.ArrayOf<float>(kCentres, meta.lists * header.dim));
    const float* mean = TRY(blob.ArrayOf<float>(kMean, header.dim));
    model.dim = header.dim;
    model.metric = header.metric;
    model.mean.assign(mean, mean + header.dim);
    model.error = meta.error;
    model.norm = meta.norm;
  }
  return std::unique_ptr<VectorIndex>(
      std::make_unique<Ivf>(vectors, header.metric, lists, std::move(model), std::move(meta)));
}

}  // namespace elanus::index
