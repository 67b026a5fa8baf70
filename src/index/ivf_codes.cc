#include "index/ivf_codes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <span>

#include "index/codes.h"
#include "index/flat.h"
#include "index/ivf_codes_layout.h"
#include "index/kmeans.h"
#include "index/pq.h"
#include "simd/estimate.h"
#include "simd/narrowscan.h"
#include "simd/rotate.h"

namespace elanus::index {
namespace {

// An estimate is taken to be off by less than so many standard deviations (RaBitQ's epsilon_0):
// from the first, with few lists probed, to the second, from half of them on.
constexpr float kDeviationsMin = 1.2f, kDeviationsMax = 3.0f;
constexpr size_t kPieceBlocks = 8;   // scanned at once
constexpr size_t kPieceQueries = 4;  // for so many queries
constexpr size_t kQueriesAtOnce = 128;
constexpr size_t kRefinePiece = 16;
constexpr size_t kEmptyLists = 2;
// So few allowed rows are compared one by one.
constexpr size_t kExactRows = 512;

using ivf_codes::BlockBytes;
using ivf_codes::Lists;
using ivf_codes::Meta;
using simd::kFastRows;

struct Candidate {
  float estimate, lower;
  uint32_t row;
};
bool Nearer(const Candidate& a, const Candidate& b) {
  return a.estimate != b.estimate ? a.estimate < b.estimate : a.row < b.row;
}

// What one query keeps while its lists are scanned.
class Collector {
 public:
  // `refine` > 0: so many of the nearest estimates are compared exactly. 0: those whose error
  // leaves them a chance.
  Collector(const RowDistance& exact, const RowDistance::Query& query, size_t k, size_t refine,
            const Range* range, std::vector<Candidate>* pending)
      : exact_(exact), query_(query), top_(k), refine_(refine), range_(range), pending_(pending) {
    pending_->clear();
    if (range != nullptr) bound_ = range->upper;
  }

  // Rows whose lower end is not below this are of no use.
  float bound() const { return bound_; }
  bool by_estimate() const { return refine_ > 0 && range_ == nullptr; }
  size_t in_range() const { return in_range_; }

  void Offer(float estimate, float lower, uint32_t row) {
    pending_->push_back({estimate, lower, row});
    if (pending_->size() >= 2 * std::max(refine_, kShrinkAt)) Settle();
  }

  // Compares what is pending and narrows the bound.
  void Settle() {
    if (range_ != nullptr) {
      Compare(pending_->size());
    } else if (refine_ > 0) {
      KeepNearest(refine_);
      if (pending_->size() == refine_) bound_ = pending_->back().estimate;
    } else {
      if (!top_.full() && pending_->size() > top_.k()) {
        KeepFirst(top_.k());
        const std::vector<Candidate> rest(pending_->begin() + static_cast<std::ptrdiff_t>(top_.k()),
                                          pending_->end());
        Compare(top_.k());
        for (const Candidate& c : rest) {
          if (c.lower < bound_) pending_->push_back(c);
        }
      }
      std::sort(pending_->begin(), pending_->end(), Nearer);
      Compare(pending_->size());
    }
  }

  std::vector<Hit> Take() {
    Settle();
    if (by_estimate()) Compare(pending_->size());
    return top_.Take();
  }

 private:
  static constexpr size_t kShrinkAt = 256;

  void KeepFirst(size_t n) {
    std::nth_element(pending_->begin(), pending_->begin() + static_cast<std::ptrdiff_t>(n - 1),
                     pending_->end(), Nearer);
  }
  void KeepNearest(size_t n) {
    if (pending_->size() <= n) return;
    KeepFirst(n);
    pending_->resize(n);
  }

  // Exact distances of the first n of pending, in order; then nothing is pending.
  void Compare(size_t n) {
    uint32_t ids[kRefinePiece];
    float out[kRefinePiece];
    for (size_t at = 0; at < n;) {
      size_t count = 0;
      for (; at < n && count < kRefinePiece; ++at) {
        if (by_estimate() || (*pending_)[at].lower < bound_) ids[count++] = (*pending_)[at].row;
      }
      exact_.Rows(query_, ids, 0, count, out);
      for (size_t i = 0; i < count; ++i) {
        if (range_ != nullptr) {
          if (!(out[i] >= range_->lower && out[i] < range_->upper)) continue;
          ++in_range_;
        }
        top_.Offer(out[i], ids[i]);
      }
      if (range_ == nullptr && !by_estimate() && top_.full()) bound_ = Above(top_.bound());
    }
    pending_->clear();
  }
  // Equal distances go by row: a row at the bound itself may enter.
  static float Above(float bound) {
    return std::nextafter(bound, std::numeric_limits<float>::infinity());
  }

  const RowDistance& exact_;
  const RowDistance::Query& query_;
  TopK top_;
  size_t refine_;
  const Range* range_;
  std::vector<Candidate>* pending_;
  float bound_ = std::numeric_limits<float>::infinity();
  size_t in_range_ = 0;
};

// A query on its way through its lists.
struct Probing {
  RowDistance::Query query;
  std::vector<uint8_t> lut;
  simd::FastScale scale;  // of the lut's sums
  float square = 0;       // |q|^2
  float deviations = 0;
  std::vector<std::pair<float, uint32_t>> order;  // lists, nearest first
  std::vector<Candidate> pending;
  std::optional<Collector> collector;
  size_t seen = 0;  // allowed rows met
};

struct Scratch {
  std::vector<Probing> queries;
  CodeProbe probe;
  std::vector<float> floats, rotated, tables, distances;
  struct Visit {
    uint32_t list;
    Probing* query;
    float base;
  };
  std::vector<Visit> visits;
};

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

void Prefetch(const void* at, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(at) + i, 0, 2);
}

class IvfCodes final : public VectorIndex {
 public:
  IvfCodes(const VectorView& vectors, Metric metric, const Lists& lists, Codebook book,
           CodeModel centres, Meta meta)
      : exact_(vectors, metric),
        lists_(lists),
        book_(std::move(book)),
        rotation_(static_cast<size_t>(vectors.dim), ivf_codes::kRotationSeed),
        centres_(std::move(centres)),
        meta_(std::move(meta)) {}

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
  size_t memory_bytes() const override {
    return sizeof *this + (book_.values().size() + rotation_.padded() * 4) * sizeof(float);
  }

 private:
  Status Probe(const Context& context, const Queries& queries, size_t k, const Range* range,
               const SearchParams& params, const RowMask& allowed,
               std::vector<std::vector<Hit>>* hits) const {
    const size_t rows = exact_.vectors().rows;
    const size_t count = allowed.all() ? lists_.entries : allowed.Count(rows);
    if (count <= kExactRows) return Exact(context, queries, k, range, params, allowed, hits);
    const auto nprobe = std::min<size_t>(
        lists_.count,
        static_cast<size_t>(std::max<int64_t>(1, params.nprobe.value_or(meta_.nprobe))));
    size_t refine = 0;
    if (params.reorder_k) refine = std::max(k, static_cast<size_t>(*params.reorder_k));
    if (params.refine_k > 1)
      refine = static_cast<size_t>(
          std::min(params.refine_k * static_cast<double>(k), static_cast<double>(rows)));
    // Rows to meet before stopping: where a mask leaves out the near ones, more lists are looked
    // at.
    const size_t least =
        std::max(std::min(k, count),
                 allowed.all() ? 0 : count / 2 * nprobe / std::max<size_t>(1, lists_.count));
    const auto empty_lists =
        static_cast<size_t>(params.max_empty_lists.value_or(static_cast<int64_t>(kEmptyLists)));
    Scratch& scratch = ThreadScratch();
    hits->assign(queries.count, {});
    const float part = static_cast<float>(nprobe) / static_cast<float>(lists_.count);
    const float deviations = std::lerp(kDeviationsMin, kDeviationsMax, std::min(1.0f, 2 * part));
    for (size_t first = 0; first < queries.count; first += kQueriesAtOnce) {
      const size_t n = std::min(kQueriesAtOnce, queries.count - first);
      if (scratch.queries.size() < n) scratch.queries.resize(n);
      for (size_t q = 0; q < n; ++q) {
        Probing& probing = scratch.queries[q];
        Bind(queries.Row(first + q), nprobe, &scratch, &probing);
        probing.deviations = deviations;
        probing.collector.emplace(exact_, probing.query, k, refine, range, &probing.pending);
        probing.seen = 0;
      }
      TRY(ScanNearest(context, n, nprobe, allowed, &scratch));
      for (size_t q = 0; q < n; ++q) {
        TRY(ScanMore(context, nprobe, range != nullptr, least, empty_lists, allowed,
                     &scratch.queries[q]));
        (*hits)[first + q] = scratch.queries[q].collector->Take();
        scratch.queries[q].collector.reset();
      }
    }
    return {};
  }

  // The nprobe nearest lists of each query, in waves: the nearest list, two more, four more. What a
  // wave finds narrows the bounds of the next. Within a wave lists are read once for all queries.
  Status ScanNearest(const Context& context, size_t n, size_t nprobe, const RowMask& allowed,
                     Scratch* s) const {
    for (size_t from = 0, to = 1; from < nprobe; from = to, to = std::min(nprobe, 2 * to + 1)) {
      TRY(context.Check());
      s->visits.clear();
      for (size_t q = 0; q < n; ++q) {
        for (size_t i = from; i < to; ++i)
          s->visits.push_back(
              {s->queries[q].order[i].second, &s->queries[q], s->queries[q].order[i].first});
      }
      if (n > 1) {
        std::sort(s->visits.begin(), s->visits.end(), [](const auto& a, const auto& b) {
          return a.list != b.list ? a.list < b.list : a.query < b.query;
        });
      }
      for (size_t i = 0; i < s->visits.size();) {
        size_t end = i + 1;
        while (end < s->visits.size() && end < i + kPieceQueries &&
               s->visits[end].list == s->visits[i].list)
          ++end;
        ScanList(s->visits[i].list, {s->visits.data() + i, end - i}, allowed);
        i = end;
      }
      for (size_t q = 0; q < n; ++q) s->queries[q].collector->Settle();
    }
    return {};
  }

  // Lists past nprobe: until there are enough rows, or the range seems left behind.
  Status ScanMore(const Context& context, size_t nprobe, bool range, size_t least,
                  size_t empty_lists, const RowMask& allowed, Probing* probing) const {
    size_t empty = 0;
    for (size_t i = nprobe; i < lists_.count; ++i) {
      if (range ? empty >= empty_lists : probing->seen >= least) break;
      if (i == nprobe) RankRest(nprobe, probing);
      if (i % 64 == 63) TRY(context.Check());
      const size_t before = probing->collector->in_range();
      const Scratch::Visit visit{probing->order[i].second, probing, probing->order[i].first};
      ScanList(visit.list, {&visit, 1}, allowed);
      probing->collector->Settle();
      empty = probing->collector->in_range() == before ? empty + 1 : 0;
    }
    return {};
  }

  Status Exact(const Context& context, const Queries& queries, size_t k, const Range* range,
               const SearchParams& params, const RowMask& allowed,
               std::vector<std::vector<Hit>>* hits) const {
    const auto flat = MakeDenseFlat(exact_.vectors(), exact_.metric(), "FLAT");
    return range == nullptr ? flat->Search(context, queries, k, params, allowed, hits)
                            : flat->RangeSearch(context, queries, *range, k, params, allowed, hits);
  }

  void Bind(const std::byte* query, size_t nprobe, Scratch* s, Probing* probing) const {
    exact_.Prepare(query, &probing->query);
    s->floats.resize(centres_.dim);
    ToFloats(exact_.vectors().type, query, centres_.dim, s->floats.data());
    if (exact_.metric() == Metric::kCosine) {
      for (float& v : s->floats) v *= -probing->query.scale;  // 1/|q|
    }
    s->rotated.resize(rotation_.padded());
    rotation_.Apply(s->floats.data(), s->rotated.data());
    s->tables.resize(lists_.m * simd::kFastCodes);
    book_.Tables(s->rotated.data(), s->tables.data());
    probing->lut.resize(simd::FastBlockBytes(lists_.m));
    probing->scale = simd::NarrowQuantise(s->tables.data(), lists_.m, probing->lut.data());
    probing->square = simd::Get().f32_ip.row(s->floats.data(), s->floats.data(), s->floats.size());
    RankLists(nprobe, s, probing);
  }

  // Puts the `n` nearest lists first, in order, with the distance to their centres: as the codes of
  // the centres have it, which is near enough to start a row's estimate from.
  void RankLists(size_t n, Scratch* s, Probing* probing) const {
    s->probe.BindQuery(centres_, s->floats.data());
    s->distances.resize(lists_.count);
    simd::Get().codes(s->probe.query(), lists_.centre_codes, CodeStride(centres_.dim), nullptr,
                      lists_.count, centres_.dim, s->distances.data());
    auto& order = probing->order;
    order.resize(lists_.count);
    for (uint32_t i = 0; i < lists_.count; ++i) order[i] = {s->distances[i], i};
    const auto nth = order.begin() + static_cast<std::ptrdiff_t>(n);
    if (n < lists_.count) std::nth_element(order.begin(), nth, order.end());
    std::sort(order.begin(), nth);
  }
  void RankRest(size_t from, Probing* probing) const {
    std::sort(probing->order.begin() + static_cast<std::ptrdiff_t>(from), probing->order.end());
  }

  simd::EstimateTerms TermsOf(const Scratch::Visit& visit) const {
    const Probing& probing = *visit.query;
    const float deviations = probing.collector->by_estimate() ? 0 : probing.deviations;
    const simd::FastScale& scale = probing.scale;
    float product = -visit.base;  // with the centre
    if (exact_.metric() == Metric::kL2) {
      return {visit.base, 1, -2 * scale.scale, -2 * scale.bias,
              deviations * std::sqrt(std::max(visit.base, 0.0f))};
    }
    // The part of the query along the centre adds no error.
    const float norm = lists_.centre_norms[visit.list];
    if (exact_.metric() == Metric::kCosine) product = (probing.square + norm - visit.base) / 2;
    const float along = norm > 0 ? product / norm : 0;
    return {-product, along, -scale.scale, -scale.bias,
            deviations * std::sqrt(std::max(probing.square - along * product, 0.0f))};
  }

  // One list for up to kPieceQueries queries.
  void ScanList(uint32_t list, std::span<const Scratch::Visit> visits,
                const RowMask& allowed) const {
    const auto [begin, end] = lists_.Blocks(list);
    const size_t blocks = end - begin;
    if (blocks == 0) return;
    const size_t block_bytes = simd::FastBlockBytes(lists_.m);
    const uint8_t* codes = lists_.data + begin * BlockBytes(lists_.m);
    const auto* factors = reinterpret_cast<const float*>(codes + blocks * block_bytes);
    const simd::FastScan& fast = simd::GetFastScan();
    const simd::Estimates& estimate = simd::GetEstimates();
    alignas(64) uint16_t sums16[kPieceQueries * kPieceBlocks * kFastRows];
    alignas(64) uint32_t sums32[kPieceBlocks * kFastRows];
    simd::EstimateTerms terms[kPieceQueries];
    const uint8_t* luts[kPieceQueries];
    for (size_t q = 0; q < visits.size(); ++q) {
      terms[q] = TermsOf(visits[q]);
      luts[q] = visits[q].query->lut.data();
    }
    const bool narrow = lists_.m <= simd::kNarrowMost;
    for (size_t b = 0; b < blocks; b += kPieceBlocks) {
      const size_t n = std::min(kPieceBlocks, blocks - b);
      const float* at = factors + b * kFastRows;
      const simd::EstimateFactors row = {at, at + blocks * kFastRows, at + 2 * blocks * kFastRows};
      if (b + n < blocks)
        Prefetch(codes + (b + n) * block_bytes,
                 std::min(kPieceBlocks, blocks - b - n) * block_bytes);
      if (narrow)
        simd::GetNarrowSums()(luts, visits.size(), codes + b * block_bytes, lists_.m, n, sums16);
      const uint32_t* ids = lists_.rows + (begin + b) * kFastRows;
      const size_t passing =
          allowed.all() ? Rows(ids, n * kFastRows) : Allowed(ids, n * kFastRows, allowed);
      for (size_t q = 0; q < visits.size(); ++q) {
        alignas(64) float estimates[kPieceBlocks * kFastRows];
        alignas(64) float lowers[kPieceBlocks * kFastRows];
        uint32_t masks[kPieceBlocks];
        if (narrow) {
          estimate.from16(terms[q], sums16 + q * n * kFastRows, row, n * kFastRows, estimates,
                          lowers);
        } else {
          fast.sums32(luts[q], codes + b * block_bytes, lists_.m, n, sums32);
          estimate.from32(terms[q], sums32, row, n * kFastRows, estimates, lowers);
        }
        Collector& collector = *visits[q].query->collector;
        visits[q].query->seen += passing;
        fast.below_f32(lowers, n, collector.bound(), masks);
        for (size_t i = 0; i < n; ++i) {
          for (uint32_t mask = masks[i]; mask != 0; mask &= mask - 1) {
            const size_t r = i * kFastRows + static_cast<size_t>(std::countr_zero(mask));
            if (ids[r] >= exact_.vectors().rows || !allowed.Test(ids[r])) continue;
            collector.Offer(estimates[r], lowers[r], ids[r]);
          }
        }
      }
    }
  }

  // Rows among the places of whole blocks: only the last may have fewer.
  static size_t Rows(const uint32_t* ids, size_t n) {
    return n - static_cast<size_t>(std::count(ids + n - kFastRows, ids + n, kNoCentre));
  }
  size_t Allowed(const uint32_t* ids, size_t n, const RowMask& allowed) const {
    size_t count = 0;
    for (size_t i = 0; i < n; ++i)
      count += ids[i] < exact_.vectors().rows && allowed.Test(ids[i]) ? 1 : 0;
    return count;
  }

  RowDistance exact_;
  Lists lists_;
  Codebook book_;
  simd::Rotation rotation_;
  CodeModel centres_;
  Meta meta_;
};

}  // namespace

std::unique_ptr<VectorIndex> ivf_codes::Make(const VectorView& vectors, Metric metric,
                                             const Lists& lists, Codebook book, CodeModel centres,
                                             Meta meta) {
  return std::make_unique<IvfCodes>(vectors, metric, lists, std::move(book), std::move(centres),
                                    std::move(meta));
}

Result<std::unique_ptr<VectorIndex>> OpenIvfCodes(const Blob& blob, const VectorView& vectors) {
  const BlobHeader& header = blob.header();
  Meta meta = TRY(Meta::Decode(header.meta));
  const auto dim = static_cast<size_t>(header.dim);
  const size_t padded = simd::Rotation::PaddedDim(dim);
  if (meta.entries > header.rows || meta.lists > meta.entries || meta.blocks > meta.entries ||
      meta.m > padded || (meta.m == 0 && meta.entries > 0)) {
    return Status(Code::kCorruption, "IVF index file: sizes that do not fit its rows");
  }
  Lists lists;
  lists.count = meta.lists;
  lists.entries = meta.entries;
  lists.blocks = meta.blocks;
  lists.m = meta.m;
  lists.centres = TRY(blob.ArrayOf<float>(ivf_codes::kCentres, meta.lists * dim));
  lists.centre_norms = TRY(blob.ArrayOf<float>(ivf_codes::kCentreNorms, meta.lists));
  lists.centre_codes =
      TRY(blob.ArrayOf<uint8_t>(ivf_codes::kCentreCodes, meta.lists * CodeStride(dim)));
  const float* mean = TRY(blob.ArrayOf<float>(ivf_codes::kCentreMean, dim));
  lists.ends = TRY(blob.ArrayOf<uint64_t>(ivf_codes::kEnds, meta.lists));
  lists.rows = TRY(blob.ArrayOf<uint32_t>(ivf_codes::kRows, meta.blocks * kFastRows));
  lists.data = TRY(blob.ArrayOf<uint8_t>(ivf_codes::kData, meta.blocks * BlockBytes(meta.m)));
  const bool signs = blob.Section(ivf_codes::kValues).empty();
  if (signs && meta.m != padded / 4) {
    return Status(Code::kCorruption, "IVF index file: no codebook");
  }
  const float* values =
      signs ? nullptr : TRY(blob.ArrayOf<float>(ivf_codes::kValues, padded * simd::kFastCodes));
  Codebook book = signs ? Codebook::Signs(padded)
                        : Codebook::FromValues(padded, meta.m, {values, padded * simd::kFastCodes});
  CodeModel model;
  model.dim = dim;
  model.metric = header.metric == Metric::kIP ? Metric::kIP : Metric::kL2;
  model.mean.assign(mean, mean + dim);
  model.error = meta.error;
  model.norm = meta.norm;
  return ivf_codes::Make(vectors, header.metric, lists, std::move(book), std::move(model),
                         std::move(meta));
}

}  // namespace elanus::index
