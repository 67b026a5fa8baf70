#include "index/sparse.h"

#include <algorithm>
#include <atomic>
#include <span>

#include "base/coding.h"
#include "index/array.h"
#include "index/sparse_row.h"
#include "index/workers.h"
#include "simd/kernels.h"

namespace elanus::index {
namespace {

// Sections of the file.
enum : size_t { kWindows, kTerms, kEnds, kIds, kValues };

constexpr size_t kWindowRows = 65536;

// A window's place in the other sections.
struct Window {
  uint64_t terms_end;     // of terms and ends; a window begins where the one before ends
  uint64_t postings_end;  // of ids and values
};

struct Postings {
  std::vector<uint32_t> terms;  // ascending
  std::vector<uint32_t> ends;   // of each term's postings, from the window's first
  std::vector<uint16_t> ids;    // rows from the window's first, ascending within a term
  std::vector<float> values;
};

Postings Invert(const VectorView& vectors, size_t begin, size_t end) {
  Postings out;
  const auto for_each = [&](auto fn) {
    for (size_t row = begin; row < end; ++row) {
      if (vectors.valid != nullptr && vectors.valid[row] == 0) continue;
      const std::string_view bytes = vectors.SparseRow(row);
      for (size_t i = 0; i < SparseCount(bytes); ++i) {
        if (const SparseTerm t = SparseAt(bytes, i); t.value != 0) fn(row, t);
      }
    }
  };
  for_each([&](size_t, const SparseTerm& t) { out.terms.push_back(t.index); });
  const size_t postings = out.terms.size();
  std::sort(out.terms.begin(), out.terms.end());
  // Runs of equal terms are the posting lists.
  std::vector<uint32_t> next;
  size_t kept = 0;
  for (size_t i = 0; i < postings; ++i) {
    if (i > 0 && out.terms[i] == out.terms[kept - 1]) continue;
    next.push_back(static_cast<uint32_t>(i));
    out.terms[kept++] = out.terms[i];
  }
  out.terms.resize(kept);
  out.terms.shrink_to_fit();
  out.ids.resize(postings);
  out.values.resize(postings);
  for_each([&](size_t row, const SparseTerm& t) {
    const auto term =
        std::lower_bound(out.terms.begin(), out.terms.end(), t.index) - out.terms.begin();
    const uint32_t at = next[static_cast<size_t>(term)]++;
    out.ids[at] = static_cast<uint16_t>(row - begin);
    out.values[at] = t.value;
  });
  out.ends = std::move(next);  // each has reached its end
  return out;
}

struct Scratch {
  std::vector<float> sums;  // all zero between uses
  struct List {
    float weight;
    size_t begin, end;
  };
  std::vector<List> lists;
};

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

class SparseIndex final : public VectorIndex {
 public:
  SparseIndex(const VectorView& vectors, std::span<const Window> windows, const uint32_t* terms,
              const uint32_t* ends, const uint16_t* ids, const float* values)
      : vectors_(vectors),
        windows_(windows),
        terms_(terms),
        ends_(ends),
        ids_(ids),
        values_(values) {}

  Status Search(const Context& context, const Queries& queries, size_t k,
                const SearchParams& params, const RowMask& allowed,
                std::vector<std::vector<Hit>>* hits) const override {
    return Sum(context, queries, k, nullptr, params, allowed, hits);
  }
  Status RangeSearch(const Context& context, const Queries& queries, const Range& range,
                     size_t limit, const SearchParams& params, const RowMask& allowed,
                     std::vector<std::vector<Hit>>* hits) const override {
    return Sum(context, queries, limit, &range, params, allowed, hits);
  }
  std::string_view type() const override { return "SPARSE_INVERTED_INDEX"; }
  size_t memory_bytes() const override { return sizeof *this; }

 private:
  Status Sum(const Context& context, const Queries& queries, size_t k, const Range* range,
             const SearchParams& params, const RowMask& allowed,
             std::vector<std::vector<Hit>>* hits) const {
    Scratch& scratch = ThreadScratch();
    scratch.sums.resize(kWindowRows);
    hits->assign(queries.count, {});
    for (size_t q = 0; q < queries.count; ++q) {
      const SparseQuery query((*queries.sparse)[q], params.drop_ratio_search);
      TopK top(k);
      for (size_t w = 0; w < windows_.size(); ++w) {
        TRY(context.Check());
        SumWindow(w, query, range, allowed, &scratch, &top);
      }
      (*hits)[q] = top.Take();
    }
    return {};
  }

  void SumWindow(size_t w, const SparseQuery& query, const Range* range, const RowMask& allowed,
                 Scratch* scratch, TopK* top) const {
    const size_t first = w * kWindowRows;
    const size_t rows = std::min(kWindowRows, vectors_.rows - first);
    const size_t postings = FindLists(w, query, scratch);
    float* sums = scratch->sums.data();
    for (const Scratch::List& l : scratch->lists) {
      simd::Get().scatter(l.weight, ids_ + l.begin, values_ + l.begin, l.end - l.begin, sums);
    }
    const auto offer = [&](size_t local) {
      const float distance = -sums[local];
      sums[local] = 0;
      if (distance > top->bound()) return;
      if (range != nullptr && !(distance >= range->lower && distance < range->upper)) return;
      if (local < rows && allowed.Test(first + local))
        top->Offer(distance, static_cast<uint32_t>(first + local));
    };
    if (postings <
        rows / 8) {  // few rows touched: visit just those; a sum taken is zero the next time
      for (const Scratch::List& l : scratch->lists) {
        for (size_t i = l.begin; i < l.end; ++i) {
          if (sums[ids_[i]] != 0) offer(ids_[i]);
        }
      }
      return;
    }
    for (size_t local = 0; local < kWindowRows; ++local) {
      if (sums[local] != 0) offer(local);
    }
  }

  // The posting lists of the query's terms in a window; how many postings they have.
  size_t FindLists(size_t w, const SparseQuery& query, Scratch* scratch) const {
    const Window from = w == 0 ? Window{0, 0} : windows_[w - 1];
    const uint32_t* const begin = terms_ + from.terms_end;
    const uint32_t* const end = terms_ + windows_[w].terms_end;
    const uint32_t* at = begin;
    size_t postings = 0;
    scratch->lists.clear();
    for (const SparseTerm& t : query.terms()) {
      at = std::lower_bound(at, end, t.index);
      if (at == end) break;
      if (*at != t.index) continue;
      const auto term = static_cast<size_t>(at - terms_);
      const size_t list_begin = from.postings_end + (at == begin ? 0 : ends_[term - 1]);
      const size_t list_end =
          std::min<size_t>(from.postings_end + ends_[term], windows_[w].postings_end);
      if (list_begin >= list_end) continue;
      scratch->lists.push_back({t.value, list_begin, list_end});
      postings += list_end - list_begin;
    }
    return postings;
  }

  VectorView vectors_;
  std::span<const Window> windows_;
  const uint32_t* terms_;
  const uint32_t* ends_;
  const uint16_t* ids_;
  const float* values_;
};

}  // namespace

Status BuildSparse(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                   int threads, const Progress& progress, const Sink& sink) {
  const size_t count = (vectors.rows + kWindowRows - 1) / kWindowRows;
  std::vector<Postings> windows(count);
  Workers workers(std::max(threads, 1));
  std::atomic<size_t> done{0};
  workers.For(count, 1, [&](size_t begin, size_t, int worker) {
    if (!context.Check().ok()) return;
    windows[begin] =
        Invert(vectors, begin * kWindowRows, std::min(vectors.rows, (begin + 1) * kWindowRows));
    ++done;
    if (worker == 0 && progress != nullptr)
      progress(static_cast<double>(done) / static_cast<double>(count));
  });
  TRY(context.Check());

  std::vector<Window> table;
  Window at{0, 0};
  for (const Postings& w : windows) {
    at.terms_end += w.terms.size();
    at.postings_end += w.ids.size();
    table.push_back(at);
  }
  const auto join = [&](auto member) {
    using Element = typename std::remove_reference_t<decltype(windows[0].*member)>::value_type;
    size_t size = 0;
    for (const Postings& w : windows) size += (w.*member).size();
    Array<Element> all(size);
    size = 0;
    for (Postings& w : windows) {
      std::copy((w.*member).begin(), (w.*member).end(), all.data() + size);
      size += (w.*member).size();
      w.*member = {};
    }
    return all;
  };
  const auto terms = join(&Postings::terms);
  const auto ends = join(&Postings::ends);
  const auto ids = join(&Postings::ids);
  const auto values = join(&Postings::values);
  std::string meta;
  Writer(&meta).U64(count);
  BlobWriter blob({BlobKind::kSparse, vectors.type, spec.metric, vectors.rows, 0, meta});
  blob.Add({reinterpret_cast<const char*>(table.data()), table.size() * sizeof(Window)});
  blob.Add(terms.view());
  blob.Add(ends.view());
  blob.Add(ids.view());
  blob.Add(values.view());
  return blob.Write(sink);
}

Result<std::unique_ptr<VectorIndex>> OpenSparse(const Blob& blob, const VectorView& vectors) {
  const size_t count = (blob.header().rows + kWindowRows - 1) / kWindowRows;
  const std::span windows(TRY(blob.ArrayOf<Window>(kWindows, count)), count);
  Window last{0, 0};
  for (const Window& w : windows) {
    if (w.terms_end < last.terms_end || w.postings_end < last.postings_end) {
      return Status(Code::kCorruption, "sparse index file: windows out of order");
    }
    last = w;
  }
  const auto* terms = TRY(blob.ArrayOf<uint32_t>(kTerms, last.terms_end));
  const auto* ends = TRY(blob.ArrayOf<uint32_t>(kEnds, last.terms_end));
  const auto* ids = TRY(blob.ArrayOf<uint16_t>(kIds, last.postings_end));
  const auto* values = TRY(blob.ArrayOf<float>(kValues, last.postings_end));
  return std::unique_ptr<VectorIndex>(
      std::make_unique<SparseIndex>(vectors, windows, terms, ends, ids, values));
}

}  // namespace elanus::index
