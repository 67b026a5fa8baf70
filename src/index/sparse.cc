#include "index/sparse.h"

#include <algorithm>
#include <limits>
#include <mutex>

#include "index/array.h"
#include "index/flat.h"
#include "index/params.h"
#include "index/sparse_postings.h"
#include "index/sparse_row.h"
#include "index/workers.h"
#include "simd/kernels.h"

namespace elanus::index {
namespace {

// Rows that share nothing with the query are no hits: a score is at least this.
constexpr float kTiniest = std::numeric_limits<float>::denorm_min();
constexpr uint32_t kWindowRows = 16384;  // sums of 64 KiB
constexpr size_t kLocalRows = 65536;     // what a local id can name
constexpr size_t kPieceRows = 512;       // looked over for candidates at a time

// Costs in postings added to the sums: of scoring a row in the column, without its terms and by
// term; of looking over the sums, by row; of finding a row in a list that is not read.
constexpr double kRowCost = 400;
constexpr double kRowTermCost = 8;
constexpr double kLookCost = 0.06;
constexpr double kFindCost = 50;

// Half-precision values are at most this part above what they stand for, and this much when tiny.
constexpr float kHalfStep = 0x1p-10f;
constexpr float kHalfTiny = 0x1p-24f;

// A posting list of the query in the window at hand.
struct List {
  float weight;
  float most;  // what it can add to a row
  uint32_t begin, end;
  size_t size() const { return end - begin; }
};

// A term of the query and its runs that are still to come.
struct Cursor {
  float weight;
  const SparseRun* at;
  const SparseRun* end;
};

// A row whose score is at most `most`.
struct Candidate {
  float most;
  uint32_t row;
  bool operator<(const Candidate& o) const { return most != o.most ? most > o.most : row < o.row; }
};

struct Scratch {
  Array<float> sums{kLocalRows};  // between uses the first `clean` are zero
  size_t clean = kLocalRows;
  Array<float> norms{kLocalRows};  // BM25: of the window's rows
  std::vector<uint64_t> bits;
  std::vector<Cursor> cursors;
  std::vector<List> lists;
  std::vector<float> rest;  // what all lists from here on can add together
  std::vector<Candidate> found;

  // For windows of so many rows. The ids of a damaged file reach beyond its windows, and what they
  // leave there must not count in the search of another index.
  void Prepare(size_t window_rows) {
    for (; clean < window_rows; ++clean) sums.data()[clean] = 0;
    clean = window_rows;
  }
};

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

// The rows that can be among the k best, by what their scores are at least and at most.
class Pool {
 public:
  Pool(size_t k, const Range* range)
      : k_(k),
        lower_(k),
        // A row beyond the near end of a range is no hit, so its score says nothing about the
        // others.
        counts_(range == nullptr || range->lower == -std::numeric_limits<float>::infinity()),
        floor_(range == nullptr ? kTiniest : std::max(kTiniest, -range->upper)) {}

  // No row with less can be a hit.
  float Least() const { return std::max(floor_, -lower_.bound()); }
  void Add(uint32_t row, float least, float most) {
    if (counts_) lower_.Offer(-least, row);
    rows_.push_back({most, row});
    if (rows_.size() >= shrink_at_) Shrink();
  }
  // Those left, the highest first.
  const std::vector<Candidate>& Take() {
    Shrink();
    std::sort(rows_.begin(), rows_.end());
    return rows_;
  }

 private:
  void Shrink() {
    std::erase_if(rows_, [least = Least()](const Candidate& c) { return c.most < least; });
    shrink_at_ = 2 * rows_.size() + 4 * k_ + 1024;
  }

  size_t k_;
  TopK lower_;
  bool counts_;
  float floor_;
  std::vector<Candidate> rows_;
  size_t shrink_at_ = 1024;
};

// The exact k best, or the best of those within a range.
class Best {
 public:
  Best(size_t k, const Range* range) : top_(k), range_(range) {}
  void Offer(float score, uint32_t row) {
    const float distance = -score;
    if (score == 0) return;
    if (range_ != nullptr && !(distance >= range_->lower && distance < range_->upper)) return;
    top_.Offer(distance, row);
  }
  float Least() const { return -top_.bound(); }
  std::vector<Hit> Take() { return top_.Take(); }

 private:
  TopK top_;
  const Range* range_;
};

class SparseIndex final : public VectorIndex {
 public:
  SparseIndex(const VectorView& vectors, const SparsePostings& postings)
      : vectors_(vectors),
        postings_(postings),
        row_cost_(kRowCost + kRowTermCost * static_cast<double>(postings.ids.size()) /
                                 static_cast<double>(std::max<size_t>(vectors.rows, 1))) {}

  Status Search(const Context& context, const Queries& queries, size_t k,
                const SearchParams& params, const RowMask& allowed,
                std::vector<std::vector<Hit>>* hits) const override {
    return SearchAll(context, queries, k, nullptr, params, allowed, hits);
  }
  Status RangeSearch(const Context& context, const Queries& queries, const Range& range,
                     size_t limit, const SearchParams& params, const RowMask& allowed,
                     std::vector<std::vector<Hit>>* hits) const override {
    return SearchAll(context, queries, limit, &range, params, allowed, hits);
  }
  bool CountTerms(std::span<const uint32_t> terms, std::span<uint64_t> rows,
                  double* length) const override {
    if (postings_.negative) return false;
    for (size_t i = 0; i < terms.size(); ++i) {
      rows[i] = 0;
      const std::span<const SparseRun> runs = postings_.RunsOf(terms[i]);
      if (!runs.empty()) rows[i] = runs.back().end - postings_.BeginOf(runs.front());
    }
    std::call_once(summed_, [this] {
      for (size_t row = 0; row < vectors_.rows; ++row) total_length_ += postings_.lengths[row];
    });
    *length = total_length_;
    return true;
  }
  std::string_view type() const override { return "SPARSE_INVERTED_INDEX"; }
  size_t memory_bytes() const override { return sizeof *this; }

 private:
  Status SearchAll(const Context& context, const Queries& queries, size_t k, const Range* range,
                   const SearchParams& params, const RowMask& allowed,
                   std::vector<std::vector<Hit>>* hits) const {
    hits->assign(queries.count, {});
    if (k == 0) return {};
    const size_t count = allowed.all() ? vectors_.rows : allowed.Count(vectors_.rows);
    Scratch& scratch = ThreadScratch();
    scratch.Prepare(WidestWindow());
    for (size_t q = 0; q < queries.count; ++q) {
      TRY(context.Check());
      const SparseQuery query((*queries.sparse)[q], params);
      const size_t postings = FindRuns(query, &scratch);
      // Upper bounds need products that are not negative.
      const bool negative =
          postings_.negative || std::any_of(query.terms().begin(), query.terms().end(),
                                            [](const SparseTerm& t) { return t.value < 0; });
      Best best(k, range);
      if (negative || RowCost(count) < static_cast<double>(postings)) {
        TRY(ScoreAllowed(context, query, allowed, &best));
      } else {
        Pool pool(k, range);
        TRY(SumWindows(context, query, allowed, &scratch, &pool));
        ScorePool(query, pool.Take(), &best);
      }
      (*hits)[q] = best.Take();
    }
    return {};
  }

  // The query's runs, one cursor a term; how many postings they have.
  size_t FindRuns(const SparseQuery& query, Scratch* scratch) const {
    scratch->cursors.clear();
    size_t postings = 0;
    for (const SparseTerm& t : query.terms()) {
      const auto runs = postings_.RunsOf(t.index);
      if (runs.empty()) continue;
      scratch->cursors.push_back({t.value, runs.data(), runs.data() + runs.size()});
      postings += runs.back().end - postings_.BeginOf(runs.front());
    }
    return postings;
  }

  Status ScoreAllowed(const Context& context, const SparseQuery& query, const RowMask& allowed,
                      Best* best) const {
    constexpr size_t kPollRows = 4096;
    for (size_t begin = 0; begin < vectors_.rows; begin += kPollRows) {
      TRY(context.Check());
      const size_t end = std::min(vectors_.rows, begin + kPollRows);
      ForAllowed(vectors_, allowed, begin, end, [&](const uint32_t* ids, size_t first, size_t n) {
        for (size_t i = 0; i < n; ++i) {
          const uint32_t row = ids != nullptr ? ids[i] : static_cast<uint32_t>(first + i);
          best->Offer(query.Score(vectors_.SparseRow(row)), row);
        }
      });
    }
    return {};
  }

  Status SumWindows(const Context& context, const SparseQuery& query, const RowMask& allowed,
                    Scratch* scratch, Pool* pool) const {
    const size_t windows = (vectors_.rows + postings_.window_rows - 1) / postings_.window_rows;
    for (size_t w = 0; w < windows; ++w) {
      TRY(context.Check());
      SumWindow(w, query, allowed, scratch, pool);
    }
    return {};
  }

  void SumWindow(size_t w, const SparseQuery& query, const RowMask& allowed, Scratch* scratch,
                 Pool* pool) const {
    const size_t first = w * postings_.window_rows;
    const size_t rows = std::min<size_t>(postings_.window_rows, vectors_.rows - first);
    float norm_least = 0;
    if (query.bm25()) norm_least = ReadNorms(*query.bm25(), first, rows, scratch);
    OpenLists(static_cast<uint16_t>(w), query, norm_least, scratch);
    const std::vector<List>& lists = scratch->lists;
    if (lists.empty()) return;
    const std::vector<float>& rest = scratch->rest;
    float weights = 0;
    for (const List& l : lists) weights += l.weight;
    // Sums are rounded, in another order than the column's: this much at most.
    const float slack = rest[0] * static_cast<float>(lists.size() + 2) * 0x1p-23f;
    const size_t padded = (rows + 63) / 64 * 64;
    scratch->bits.resize(padded / 64);

    size_t left = 0;
    for (const List& l : lists) left += l.size();
    const auto look = static_cast<size_t>(kLookCost * static_cast<double>(padded));
    size_t since = 0;  // postings added since the last look
    const float least = pool->Least() - slack;
    size_t next = 0;
    for (; next < lists.size(); ++next) {
      const float bound = least - rest[next];
      if (bound > 0 && (since >= look || lists[next].size() >= look)) {
        const size_t count = simd::Get().at_least(scratch->sums.data(), padded,
                                                  std::max(bound, kTiniest), scratch->bits.data());
        const double find = kFindCost * static_cast<double>(count * (lists.size() - next));
        if (find <= static_cast<double>(left)) break;
        since = 0;
      }
      if (next + 2 < lists.size()) Prefetch(lists[next + 2]);
      Add(lists[next], query, scratch);
      left -= lists[next].size();
      since += lists[next].size();
    }
    // The bound rises along the way, so what is a candidate is asked again, a piece at a time.
    const float exact = postings_.halves ? 1 - kHalfStep : 1.0f;
    const float tiny = slack + (postings_.halves ? weights * kHalfTiny : 0.0f);
    const float unread = next < lists.size() ? rest[next] : 0.0f;
    for (size_t begin = 0; begin < padded; begin += kPieceRows) {
      const size_t n = std::min(kPieceRows, padded - begin);
      const float reach = pool->Least() - slack;
      if (simd::Get().at_least(scratch->sums.data() + begin, n, std::max(reach - unread, kTiniest),
                               scratch->bits.data()) == 0) {
        continue;
      }
      Collect(first, begin, std::min(rows - begin, n), allowed, scratch);
      if (unread > 0) Complete(next, query, first, reach, scratch);
      for (const Candidate& c : scratch->found) {
        if (c.most + slack < pool->Least()) continue;
        pool->Add(c.row, std::max(c.most * exact - tiny, kTiniest), c.most + slack);
      }
    }
    std::fill_n(scratch->sums.data(), WidestWindow(), 0.0f);
  }

  // The marked rows from `begin` of the window on that are allowed, with their sums.
  void Collect(size_t first, size_t begin, size_t rows, const RowMask& allowed,
               Scratch* scratch) const {
    scratch->found.clear();
    for (size_t word = 0; word * 64 < rows; ++word) {
      uint64_t bits = scratch->bits[word];
      if (bits == 0) continue;
      bits &= allowed.Word((first + begin) / 64 + word);
      for (; bits != 0; bits &= bits - 1) {
        const size_t at = word * 64 + static_cast<size_t>(std::countr_zero(bits));
        const size_t row = first + begin + at;
        if (at >= rows) break;
        if (vectors_.valid != nullptr && vectors_.valid[row] == 0) continue;  // a damaged file
        scratch->found.push_back({scratch->sums[begin + at], static_cast<uint32_t>(row)});
      }
    }
  }

  // Looks up what the lists from `next` on add to the rows found; drops those that cannot reach
  // `least`.
  void Complete(size_t next, const SparseQuery& query, size_t first, float least,
                Scratch* scratch) const {
    std::vector<Candidate>& found = scratch->found;
    for (; next < scratch->lists.size(); ++next) {
      const List& l = scratch->lists[next];
      const float bound = least - scratch->rest[next];
      const uint16_t* const ids = postings_.ids.data() + l.begin;
      size_t kept = 0;
      for (const Candidate& c : found) {
        if (c.most < bound) continue;
        const auto local = static_cast<uint16_t>(c.row - first);
        size_t at = 0;
        for (size_t n = l.size(); n > 1;) {  // the last id not above `local`
          const size_t half = n / 2;
          at += ids[at + half] <= local ? half : 0;
          n -= half;
        }
        float most = c.most;
        if (ids[at] == local) most += l.weight * Value(query, l.begin + at, scratch->norms[local]);
        found[kept++] = {most, c.row};
      }
      found.resize(kept);
    }
  }

  float Value(const SparseQuery& query, size_t posting, float norm) const {
    const float v = postings_.halves
                        ? simd::HalfToFloat(static_cast<const uint16_t*>(postings_.values)[posting])
                        : static_cast<const float*>(postings_.values)[posting];
    return query.bm25() ? query.bm25()->Of(v, norm) : v;
  }

  // Exact scores, until no row left can enter.
  void ScorePool(const SparseQuery& query, const std::vector<Candidate>& rows, Best* best) const {
    constexpr size_t kAhead = 8;  // rows lie anywhere in the column: several are on their way
    for (size_t i = 0; i < rows.size() && i < kAhead; ++i)
      PrefetchRow(vectors_.SparseRow(rows[i].row));
    for (size_t i = 0; i < rows.size() && !(rows[i].most < best->Least()); ++i) {
      if (i + kAhead < rows.size()) PrefetchRow(vectors_.SparseRow(rows[i + kAhead].row));
      best->Offer(query.Score(vectors_.SparseRow(rows[i].row)), rows[i].row);
    }
  }

  static void PrefetchRow(std::string_view row) {
    for (size_t at = 0; at < row.size(); at += 64) __builtin_prefetch(row.data() + at);
  }

  float ReadNorms(const Bm25Scorer& bm25, size_t first, size_t rows, Scratch* scratch) const {
    float least = std::numeric_limits<float>::infinity();
    float* const norms = scratch->norms.data();
    for (size_t i = 0; i < rows; ++i) {
      norms[i] = bm25.Norm(postings_.lengths[first + i]);
      least = std::min(least, norms[i]);
    }
    return least;
  }

  // The window's lists, those first that can add most per posting.
  void OpenLists(uint16_t window, const SparseQuery& query, float norm_least,
                 Scratch* scratch) const {
    scratch->lists.clear();
    for (Cursor& c : scratch->cursors) {
      while (c.at != c.end && c.at->window < window) ++c.at;
      if (c.at == c.end || c.at->window != window) continue;
      const SparseRun& run = *c.at++;
      const uint32_t begin = postings_.BeginOf(run);
      if (begin >= run.end || run.end > postings_.ids.size()) continue;  // a damaged file
      const float most = query.bm25() ? query.bm25()->Of(run.Max(), norm_least) : run.Max();
      scratch->lists.push_back({c.weight, c.weight * most, begin, run.end});
    }
    std::vector<List>& lists = scratch->lists;
    std::sort(lists.begin(), lists.end(), [](const List& a, const List& b) {
      const float left = a.most * static_cast<float>(b.size());
      const float right = b.most * static_cast<float>(a.size());
      return left != right ? left > right : a.begin < b.begin;
    });
    scratch->rest.assign(lists.size(), 0.0f);
    float rest = 0;
    for (size_t i = lists.size(); i-- > 0;) scratch->rest[i] = rest += lists[i].most;
  }

  void Prefetch(const List& list) const {
    __builtin_prefetch(postings_.ids.data() + list.begin);
    __builtin_prefetch(static_cast<const char*>(postings_.values) +
                       size_t{list.begin} * (postings_.halves ? 2 : 4));
  }

  void Add(const List& l, const SparseQuery& query, Scratch* scratch) const {
    const simd::Kernels& kernels = simd::Get();
    const uint16_t* ids = postings_.ids.data() + l.begin;
    float* const sums = scratch->sums.data();
    if (!postings_.halves) {
      const float* values = static_cast<const float*>(postings_.values) + l.begin;
      if (!query.bm25()) {
        kernels.scatter(l.weight, ids, values, l.size(), sums);
        return;
      }
      const float* norms = scratch->norms.data();
      for (size_t i = 0; i < l.size(); ++i)
        sums[ids[i]] += l.weight * query.bm25()->Of(values[i], norms[ids[i]]);
      return;
    }
    const uint16_t* values = static_cast<const uint16_t*>(postings_.values) + l.begin;
    if (query.bm25()) {
      kernels.scatter_bm25(l.weight * query.bm25()->gain(), ids, values, l.size(),
                           scratch->norms.data(), sums);
    } else {
      kernels.scatter_half(l.weight, ids, values, l.size(), sums);
    }
  }

  size_t WidestWindow() const {
    return std::min<size_t>(postings_.window_rows, (vectors_.rows + 63) / 64 * 64);
  }

  double RowCost(size_t rows) const { return static_cast<double>(rows) * row_cost_; }

  VectorView vectors_;
  SparsePostings postings_;
  mutable std::once_flag summed_;
  mutable double total_length_ = 0;  // of all rows; once summed_ is through
  double row_cost_;
};

}  // namespace

Status BuildSparse(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                   int threads, const Progress& progress, const Sink& sink) {
  const auto asked = IntParam(spec.params, "sindi_window_size", kWindowRows);
  const auto rows = static_cast<uint32_t>(std::clamp<int64_t>((asked + 63) / 64 * 64, 64, 65536));
  Workers workers(std::max(threads, 1));
  return WriteSparsePostings(context, vectors, spec.metric, rows, &workers, progress, sink);
}

Result<std::unique_ptr<VectorIndex>> OpenSparse(const Blob& blob, const VectorView& vectors) {
  const SparsePostings postings = TRY(SparsePostings::Of(blob));
  return std::unique_ptr<VectorIndex>(std::make_unique<SparseIndex>(vectors, postings));
}

}  // namespace elanus::index
