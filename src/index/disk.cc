#include "index/disk.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <mutex>
#include <vector>

#include "index/array.h"
#include "index/beam.h"
#include "index/block_reader.h"
#include "index/disk_codes.h"
#include "index/disk_layout.h"
#include "index/distance.h"
#include "index/flat.h"
#include "index/refine.h"

namespace elanus::index {
namespace {

constexpr size_t kDefaultList = 64;
constexpr size_t kDefaultWidth = 8;
constexpr size_t kStarts = 4;
// A mask that keeps less than this part of the rows, or fewer rows, is searched by a scan of the
// codes.
constexpr double kScanPart = 0.04;
constexpr size_t kScanRows = 2000;
// A scan keeps so many candidates for each hit, to be compared exactly.
constexpr size_t kScanKeep = 10;

// Blocks read for one query; they stay until it ends.
class Blocks {
 public:
  void Reset(size_t block) {
    block_ = block;
    used_ = 0;
    held_.clear();
  }
  // Null: not held.
  const std::byte* Find(uint32_t block) const {
    const auto at = std::lower_bound(held_.begin(), held_.end(), block,
                                     [](const Held& h, uint32_t b) { return h.block < b; });
    return at != held_.end() && at->block == block ? at->bytes : nullptr;
  }
  void Add(uint32_t block, const std::byte* bytes) {
    const auto at = std::lower_bound(held_.begin(), held_.end(), block,
                                     [](const Held& h, uint32_t b) { return h.block < b; });
    held_.insert(at, {block, bytes});
  }
  // Room for one more block, aligned to a page.
  std::byte* Room() {
    constexpr size_t kChunkBytes = 1u << 20;
    const size_t per_chunk = std::max<size_t>(1, kChunkBytes / block_);
    const size_t chunk = used_ / per_chunk;
    while (chunks_.size() <= chunk) chunks_.emplace_back(std::max(kChunkBytes, block_));
    if (chunks_[chunk].size() < block_) chunks_[chunk] = Array<std::byte>(block_);
    return chunks_[chunk].data() + used_++ % per_chunk * block_;
  }

 private:
  struct Held {
    uint32_t block;
    const std::byte* bytes;
  };
  std::vector<Array<std::byte>> chunks_;
  std::vector<Held> held_;  // by block
  size_t block_ = 0;
  size_t used_ = 0;
};

struct Scratch {
  Beam beam;
  Visited visited;
  Blocks blocks;
  RowDistance::Query query;
  std::vector<float> floats, tables, exact, norms;
  std::vector<uint32_t> frontier, wanted, fresh, links;
  std::vector<const std::byte*> buffers;
  std::vector<Estimate> starts;
};

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

class Disk final : public DiskIndex {
 public:
  Disk(const VectorView& vectors, Metric metric, const DiskMeta& meta, const DiskLayout& layout,
       DiskCodes model, const uint8_t* codes, const uint32_t* rows, const uint32_t* entries,
       std::unique_ptr<BlockReader> reader, Array<std::byte> cache)
      : exact_(vectors, metric),
        meta_(meta),
        layout_(layout),
        model_(std::move(model)),
        codes_(codes),
        rows_(rows),
        entries_(entries),
        reader_(std::move(reader)),
        cache_(std::move(cache)) {}

  Status Search(const Context& context, const Queries& queries, size_t k,
                const SearchParams& params, const RowMask& allowed,
                std::vector<std::vector<Hit>>* hits) const override {
    const size_t list = std::max<size_t>(k, static_cast<size_t>(params.search_list.value_or(
                                                static_cast<int64_t>(std::max(k, kDefaultList)))));
    const size_t count = allowed.all() ? vectors().rows : allowed.Count(vectors().rows);
    Scratch& scratch = ThreadScratch();
    hits->assign(queries.count, {});
    for (size_t q = 0; q < queries.count && k > 0; ++q) {
      TRY(context.Check());
      Bind(queries.Row(q), &scratch);
      TopK top(k);
      if (!Scanned(count)) {
        TRY(Walk(context, ListFor(list, count), params, allowed, &scratch, &top));
      }
      std::vector<Hit>& out = (*hits)[q];
      out = top.Take();
      // The graph may fail to lead to enough rows of a mask; no one gets fewer than there are.
      if (out.size() < std::min(k, count)) TRY(Scan(context, k, allowed, nullptr, &scratch, &out));
    }
    return {};
  }

  // Searches with a growing list until it reaches past the range.
  Status RangeSearch(const Context& context, const Queries& queries, const Range& range,
                     size_t limit, const SearchParams& params, const RowMask& allowed,
                     std::vector<std::vector<Hit>>* hits) const override {
    const size_t count = allowed.all() ? vectors().rows : allowed.Count(vectors().rows);
    Scratch& scratch = ThreadScratch();
    hits->assign(queries.count, {});
    for (size_t q = 0; q < queries.count && limit > 0; ++q) {
      Bind(queries.Row(q), &scratch);
      std::vector<Hit>& out = (*hits)[q];
      for (size_t list = std::max<size_t>(limit, kDefaultList);; list *= 2) {
        TRY(context.Check());
        if (Scanned(count) || list > count / 8) {
          out.clear();
          TRY(Scan(context, limit, allowed, &range, &scratch, &out));
          break;
        }
        TopK top(list);
        TRY(Walk(context, ListFor(list, count), params, allowed, &scratch, &top));
        out = top.Take();
        const bool past = out.size() == list && !(out.back().distance < range.upper);
        std::erase_if(out, [&](const Hit& h) {
          return !(h.distance >= range.lower && h.distance < range.upper);
        });
        if (past || out.size() >= limit) {
          if (out.size() > limit) out.resize(limit);
          break;
        }
      }
    }
    return {};
  }

  std::string_view type() const override { return "DISKANN"; }
  size_t memory_bytes() const override {
    return sizeof *this + model_.values().size_bytes() + cache_.bytes();
  }
  size_t code_bytes() const override { return meta_.slots * meta_.m; }
  DiskStats stats() const override {
    return {searches_.load(std::memory_order_relaxed), reads_.load(std::memory_order_relaxed),
            rounds_.load(std::memory_order_relaxed)};
  }
  std::string way() const override {
    switch (reader_->way()) {
      case BlockReader::Way::kMapping:
        return "mapping";
      case BlockReader::Way::kRead:
        return reader_->direct() ? "pread direct" : "pread";
      case BlockReader::Way::kRing:
        return reader_->direct() ? "io_uring direct" : "io_uring";
    }
    return "";
  }

 private:
  const VectorView& vectors() const { return exact_.vectors(); }
  bool Scanned(size_t count) const {
    return meta_.slots == 0 || count < kScanRows ||
           static_cast<double>(count) < kScanPart * static_cast<double>(vectors().rows);
  }
  // Rows that are not allowed take places of the list as well.
  size_t ListFor(size_t list, size_t count) const {
    const double part =
        static_cast<double>(count) / static_cast<double>(std::max<size_t>(vectors().rows, 1));
    return static_cast<size_t>(static_cast<double>(list) / part);
  }

  void Bind(const std::byte* query, Scratch* s) const {
    exact_.Prepare(query, &s->query);
    const auto dim = static_cast<size_t>(vectors().dim);
    s->floats.resize(dim);
    ToFloats(vectors().type, query, dim, s->floats.data());
    if (exact_.metric() == Metric::kCosine) {
      for (float& v : s->floats) v *= -s->query.scale;  // 1/|q|
    }
    model_.Tables(s->floats.data(), &s->tables);
  }

  float Guess(const Scratch& s, size_t slot) const {
    return model_.Distance(s.tables.data(), codes_ + slot * meta_.m);
  }

  // The graph from the nearest entries on; what was read is offered by its exact distance.
  Status Walk(const Context& context, size_t list, const SearchParams& params,
              const RowMask& allowed, Scratch* s, TopK* top) const {
    const auto width =
        static_cast<size_t>(params.beamwidth.value_or(static_cast<int64_t>(kDefaultWidth)));
    s->beam.Reset(list);
    s->visited.Reset(meta_.slots);
    s->blocks.Reset(layout_.block);
    s->starts.clear();
    for (size_t i = 0; i < meta_.entries; ++i) {
      if (entries_[i] < meta_.slots) s->starts.push_back({Guess(*s, entries_[i]), entries_[i]});
    }
    const size_t starts = std::min(kStarts, s->starts.size());
    std::partial_sort(s->starts.begin(), s->starts.begin() + static_cast<std::ptrdiff_t>(starts),
                      s->starts.end());
    for (size_t i = 0; i < starts; ++i) {
      if (s->visited.Add(s->starts[i].row)) s->beam.Insert(s->starts[i].distance, s->starts[i].row);
    }
    searches_.fetch_add(1, std::memory_order_relaxed);
    for (;;) {
      s->frontier.clear();
      s->wanted.clear();
      float distance;
      while (s->wanted.size() < width) {
        const uint32_t slot = s->beam.Next(&distance);
        if (slot == Beam::kNone) break;
        const auto block = static_cast<uint32_t>(slot / layout_.per_block);
        if (const std::byte* bytes = s->blocks.Find(block); bytes != nullptr) {
          Expand(RecordOf(bytes, slot), s);
          continue;
        }
        s->frontier.push_back(slot);
        if (std::find(s->wanted.begin(), s->wanted.end(), block) == s->wanted.end())
          s->wanted.push_back(block);
      }
      if (s->frontier.empty()) return {};
      TRY(context.Check());
      TRY(ReadWanted(allowed, s, top));
      for (const uint32_t slot : s->frontier) {
        const std::byte* bytes = s->blocks.Find(static_cast<uint32_t>(slot / layout_.per_block));
        Expand(RecordOf(bytes, slot), s);
      }
    }
  }

  const std::byte* RecordOf(const std::byte* block, size_t slot) const {
    return block + slot % layout_.per_block * layout_.stride;
  }

  Status ReadWanted(const RowMask& allowed, Scratch* s, TopK* top) const {
    s->buffers.clear();
    // Cached blocks are the first of the file.
    const auto cached = std::partition(s->wanted.begin(), s->wanted.end(), [&](uint32_t b) {
      return (b + 1) * layout_.block > cache_.size();
    });
    const auto reads = static_cast<size_t>(cached - s->wanted.begin());
    for (size_t i = 0; i < reads; ++i) s->buffers.push_back(s->blocks.Room());
    if (reads > 0) {
      TRY(reader_->Read(std::span(s->wanted).first(reads), s->buffers));
      reads_.fetch_add(reads, std::memory_order_relaxed);
      rounds_.fetch_add(1, std::memory_order_relaxed);
    }
    for (size_t i = reads; i < s->wanted.size(); ++i)
      s->buffers.push_back(cache_.data() + s->wanted[i] * layout_.block);
    for (size_t i = 0; i < s->wanted.size(); ++i) {
      s->blocks.Add(s->wanted[i], s->buffers[i]);
      Compare(s->wanted[i], s->buffers[i], allowed, s, top);
    }
    return {};
  }

  // All rows of a block, exactly; those that few rows of the beam are nearer than enter it.
  void Compare(uint32_t block, const std::byte* bytes, const RowMask& allowed, Scratch* s,
               TopK* top) const {
    const size_t first = block * layout_.per_block;
    const size_t n = std::min(layout_.per_block, meta_.slots - first);
    s->exact.resize(n);
    s->norms.resize(n);
    for (size_t i = 0; i < n; ++i) s->norms[i] = layout_.InverseNorm(bytes + i * layout_.stride);
    VectorView view = vectors();
    view.data = bytes;
    view.stride = layout_.stride;
    view.rows = n;
    view.valid = nullptr;
    view.inverse_norms = s->norms.data();
    RowDistance(view, exact_.metric()).Rows(s->query, nullptr, 0, n, s->exact.data());
    for (size_t i = 0; i < n; ++i) {
      const uint32_t row = layout_.Row(bytes + i * layout_.stride);
      if (row >= vectors().rows || (vectors().valid != nullptr && vectors().valid[row] == 0))
        continue;  // a damaged file
      if (s->exact[i] <= top->bound() && allowed.Test(row)) top->Offer(s->exact[i], row);
      const auto slot = static_cast<uint32_t>(first + i);
      if (s->exact[i] < s->beam.bound() && s->visited.Add(slot)) s->beam.Insert(s->exact[i], slot);
    }
  }

  void Expand(const std::byte* record, Scratch* s) const {
    s->links.resize(layout_.degree);
    s->fresh.resize(layout_.degree);
    for (size_t i = 0; i < layout_.degree; ++i) s->links[i] = layout_.Link(record, i);
    const size_t n =
        s->visited.AddAll(s->links.data(), layout_.degree, meta_.slots, s->fresh.data());
    for (size_t i = 0; i < n; ++i) {
      const std::byte* codes = reinterpret_cast<const std::byte*>(codes_) + s->fresh[i] * meta_.m;
      for (size_t at = 0; at < meta_.m; at += 64) __builtin_prefetch(codes + at);
    }
    for (size_t i = 0; i < n; ++i) {
      const float d = Guess(*s, s->fresh[i]);
      if (d < s->beam.bound()) s->beam.Insert(d, s->fresh[i]);
    }
  }

  // Every allowed row: by codes first, the nearest of those exactly in the column; all of them
  // exactly where the codes could leave out rows of a range.
  Status Scan(const Context& context, size_t k, const RowMask& allowed, const Range* range,
              Scratch* s, std::vector<Hit>* out) const {
    constexpr size_t kPollRows = 64 * kScanBlock;
    TopK top(k);
    float distances[kScanBlock];
    const auto offer = [&](const uint32_t* ids, size_t first, size_t n) {
      exact_.Rows(s->query, ids, first, n, distances);
      for (size_t i = 0; i < n; ++i) {
        if (range != nullptr && !(distances[i] >= range->lower && distances[i] < range->upper))
          continue;
        top.Offer(distances[i], ids != nullptr ? ids[i] : static_cast<uint32_t>(first + i));
      }
    };
    TopK guesses(std::max(k * kScanKeep, kDefaultList));
    const size_t count = allowed.all() ? vectors().rows : allowed.Count(vectors().rows);
    if (range == nullptr && count > guesses.k()) {
      for (size_t slot = 0; slot < meta_.slots; ++slot) {
        if (slot % kPollRows == 0) TRY(context.Check());
        const uint32_t row = rows_[slot];
        if (row >= vectors().rows || !allowed.Test(row)) continue;
        if (vectors().valid != nullptr && vectors().valid[row] == 0) continue;
        guesses.Offer(Guess(*s, slot), row);
      }
      std::vector<uint32_t> ids;
      for (const Hit& h : guesses.Take()) ids.push_back(h.row);
      std::sort(ids.begin(), ids.end());
      ids.erase(std::unique(ids.begin(), ids.end()), ids.end());  // a damaged file
      for (size_t at = 0; at < ids.size(); at += kScanBlock)
        offer(ids.data() + at, 0, std::min(kScanBlock, ids.size() - at));
    } else {
      for (size_t begin = 0; begin < vectors().rows; begin += kPollRows) {
        TRY(context.Check());
        ForAllowed(vectors(), allowed, begin, std::min(vectors().rows, begin + kPollRows), offer);
      }
    }
    *out = top.Take();
    return {};
  }

  RowDistance exact_;
  DiskMeta meta_;
  DiskLayout layout_;
  DiskCodes model_;
  const uint8_t* codes_;     // by slot
  const uint32_t* rows_;     // of the slots
  const uint32_t* entries_;  // slots
  std::unique_ptr<BlockReader> reader_;
  Array<std::byte> cache_;  // the first blocks
  mutable std::atomic<uint64_t> searches_{0}, reads_{0}, rounds_{0};
};

}  // namespace

Result<std::unique_ptr<DiskIndex>> OpenDisk(const Blob& blob, const VectorView& vectors,
                                            const std::string& path) {
  const BlobHeader& header = blob.header();
  const DiskMeta meta = TRY(DiskMeta::Decode(header.meta));
  const size_t dim = header.dim;
  if (meta.slots > header.rows || meta.m == 0 || meta.m > dim || meta.degree > 1u << 16)
    return Status(Code::kCorruption, "DISKANN index file: header out of bounds");
  const DiskLayout layout = DiskLayout::Of(WidthOf(header.type, vectors.dim), meta.degree);
  const size_t blocks = layout.Blocks(meta.slots);
  const float* values = TRY(blob.ArrayOf<float>(kDiskValues, dim * DiskCodes::kCentroids));
  const uint8_t* codes = TRY(blob.ArrayOf<uint8_t>(kDiskCodes, meta.slots * meta.m));
  const uint32_t* rows = TRY(blob.ArrayOf<uint32_t>(kDiskRows, meta.slots));
  const uint32_t* entries = TRY(blob.ArrayOf<uint32_t>(kDiskEntries, meta.entries));
  TRY(blob.ArrayOf<std::byte>(kDiskBlocks, blocks * layout.block));
  const std::string_view region = blob.Section(kDiskBlocks);
  auto reader = TRY(BlockReader::Open(region, layout.block, path, blob.Offset(kDiskBlocks)));
  Array<std::byte> cache(std::min<size_t>(meta.cached, blocks) * layout.block);
  if (cache.size() > 0) std::memcpy(cache.data(), region.data(), cache.size());
  DiskCodes model(dim, meta.m, header.metric, {values, dim * DiskCodes::kCentroids});
  return std::unique_ptr<DiskIndex>(std::make_unique<Disk>(vectors, header.metric, meta, layout,
                                                           std::move(model), codes, rows, entries,
                                                           std::move(reader), std::move(cache)));
}

}  // namespace elanus::index
