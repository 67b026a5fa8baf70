#include "index/sparse_postings.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/coding.h"
#include "index/sparse_row.h"

namespace elanus::index {
namespace {

// Sections of the file.
enum : size_t { kTerms, kRunEnds, kRuns, kIds, kValues, kLengths };

constexpr float kHalfMax = 65504.0f;

// The smallest half-precision value that is not below `v`, 0 <= v <= kHalfMax.
uint16_t HalfAbove(float v) {
  const uint16_t h = simd::FloatToHalf(v);
  return simd::HalfToFloat(h) < v ? static_cast<uint16_t>(h + 1) : h;
}
uint16_t BFloat16Above(float v) {
  const uint16_t b = simd::FloatToBFloat16(v);
  return simd::BFloat16ToFloat(b) < v ? static_cast<uint16_t>(b + 1) : b;
}

template <typename Fn>
void ForTerms(const VectorView& vectors, size_t row, Fn fn) {
  if (vectors.valid != nullptr && vectors.valid[row] == 0) return;
  const std::string_view bytes = vectors.SparseRow(row);
  const size_t n = SparseCount(bytes);
  for (size_t i = 0; i < n; ++i) {
    if (const SparseTerm t = SparseAt(bytes, i); t.value != 0) fn(t);
  }
}

// Terms numbered in ascending order. A table by term where the terms are dense enough, else a
// search.
class Dictionary {
 public:
  Dictionary(const VectorView& vectors, size_t entries, uint32_t largest) {
    const size_t span = size_t{largest} + 1;
    if (span <= std::max<size_t>(entries * 2, 1u << 20)) {
      table_ = Array<uint32_t>(span);
      for (size_t row = 0; row < vectors.rows; ++row)
        ForTerms(vectors, row, [&](const SparseTerm& t) { table_[t.index] = 1; });
      for (size_t term = 0; term < span; ++term) {
        if (table_[term] == 0) continue;
        table_[term] = static_cast<uint32_t>(terms_.size());
        terms_.push_back(static_cast<uint32_t>(term));
      }
      return;
    }
    for (size_t row = 0; row < vectors.rows; ++row) {
      ForTerms(vectors, row, [&](const SparseTerm& t) { terms_.push_back(t.index); });
      if (row % 65536 == 65535) Unique();
    }
    Unique();
  }

  const std::vector<uint32_t>& terms() const { return terms_; }
  uint32_t NumberOf(uint32_t term) const {
    if (table_.size() > 0) return table_[term];
    return static_cast<uint32_t>(std::lower_bound(terms_.begin(), terms_.end(), term) -
                                 terms_.begin());
  }

 private:
  void Unique() {
    std::sort(terms_.begin(), terms_.end());
    terms_.erase(std::unique(terms_.begin(), terms_.end()), terms_.end());
  }

  std::vector<uint32_t> terms_;
  Array<uint32_t> table_;
};

// What has to be known of all entries before any is placed.
struct Survey {
  size_t entries = 0;
  uint32_t largest_term = 0;
  float largest = 0;
  bool negative = false;
};

struct RunOf {
  uint32_t term;
  SparseRun run;
};

// One worker's rows: whole windows.
struct Part {
  size_t first_window, last_window;
  std::vector<uint32_t>
      next;  // by term: first the number of postings, then where the next one goes
  std::vector<RunOf> runs;
};

class Inverter {
 public:
  Inverter(const VectorView& vectors, uint32_t window_rows, const Dictionary& dictionary,
           size_t entries, bool halves)
      : vectors_(vectors),
        window_rows_(window_rows),
        dictionary_(dictionary),
        ids(entries),
        halves_(halves),
        values16(halves ? entries : 0),
        values32(halves ? 0 : entries) {}

  void Invert(Workers* workers) {
    const size_t windows = (vectors_.rows + window_rows_ - 1) / window_rows_;
    const size_t count =
        std::clamp<size_t>(static_cast<size_t>(workers->count()), 1, std::max<size_t>(windows, 1));
    std::vector<Part> parts(count);
    for (size_t i = 0; i < count; ++i)
      parts[i] = {windows * i / count, windows * (i + 1) / count, {}, {}};
    workers->For(count, 1, [&](size_t i, size_t, int) { Count(&parts[i]); });
    const size_t terms = dictionary_.terms().size();
    uint32_t at = 0;
    for (size_t t = 0; t < terms; ++t) {
      for (Part& part : parts) at += std::exchange(part.next[t], at);
    }
    workers->For(count, 1, [&](size_t i, size_t, int) { Place(&parts[i]); });
    JoinRuns(parts, terms);
  }

 private:
  void Count(Part* part) const {
    part->next.assign(dictionary_.terms().size(), 0);
    const size_t end = std::min(vectors_.rows, part->last_window * window_rows_);
    for (size_t row = part->first_window * window_rows_; row < end; ++row) {
      ForTerms(vectors_, row,
               [&](const SparseTerm& t) { ++part->next[dictionary_.NumberOf(t.index)]; });
    }
  }

  void Place(Part* part) {
    std::vector<float> largest(part->next.size(), 0.0f);  // of the terms touched in this window
    std::vector<uint32_t> touched;
    for (size_t w = part->first_window; w < part->last_window; ++w) {
      const size_t first = w * window_rows_;
      const size_t end = std::min(vectors_.rows, first + window_rows_);
      for (size_t row = first; row < end; ++row) {
        ForTerms(vectors_, row, [&](const SparseTerm& t) {
          const uint32_t term = dictionary_.NumberOf(t.index);
          const uint32_t at = part->next[term]++;
          ids[at] = static_cast<uint16_t>(row - first);
          if (halves_) {
            values16[at] = HalfAbove(t.value);
          } else {
            values32[at] = t.value;
          }
          if (largest[term] == 0) touched.push_back(term);
          largest[term] = std::max(largest[term], t.value);
        });
      }
      for (const uint32_t term : touched) {
        part->runs.push_back(
            {term, {part->next[term], static_cast<uint16_t>(w), BFloat16Above(largest[term])}});
        largest[term] = 0;
      }
      touched.clear();
    }
  }

  // By term; windows ascend because the parts and what each has gathered do.
  void JoinRuns(const std::vector<Part>& parts, size_t terms) {
    run_ends.assign(terms, 0);
    for (const Part& part : parts) {
      for (const RunOf& r : part.runs) ++run_ends[r.term];
    }
    uint32_t at = 0;
    for (uint32_t& n : run_ends) at += std::exchange(n, at);
    runs.resize(at);
    for (const Part& part : parts) {
      for (const RunOf& r : part.runs) runs[run_ends[r.term]++] = r.run;
    }
  }

  const VectorView& vectors_;
  const size_t window_rows_;
  const Dictionary& dictionary_;

 public:
  std::vector<uint32_t> run_ends;
  std::vector<SparseRun> runs;
  Array<uint16_t> ids;

 private:
  const bool halves_;

 public:
  Array<uint16_t> values16;
  Array<float> values32;
};

}  // namespace

Status WriteSparsePostings(const Context& context, const VectorView& vectors, Metric metric,
                           uint32_t window_rows, Workers* workers, const Progress& progress,
                           const Sink& sink) {
  Survey survey;
  std::vector<float> lengths(vectors.rows);
  for (size_t row = 0; row < vectors.rows; ++row) {
    if (row % 65536 == 0) TRY(context.Check());
    ForTerms(vectors, row, [&](const SparseTerm& t) {
      ++survey.entries;
      survey.largest_term = std::max(survey.largest_term, t.index);
      survey.largest = std::max(survey.largest, t.value);
      survey.negative |= !(t.value > 0);
      lengths[row] += t.value;
    });
  }
  if (survey.entries > std::numeric_limits<uint32_t>::max() ||
      (vectors.rows + window_rows - 1) / window_rows > 65536) {
    return Status(Code::kParameterInvalid,
                  "a sparse index holds up to 4,294,967,295 entries of a segment, got " +
                      std::to_string(survey.entries));
  }
  if (survey.negative) survey.entries = 0;
  if (progress != nullptr) progress(0.2);

  VectorView none = vectors;
  none.rows = 0;
  const VectorView& source = survey.negative ? none : vectors;
  const bool halves = survey.largest <= kHalfMax;
  const Dictionary dictionary(source, survey.entries, survey.largest_term);
  TRY(context.Check());
  if (progress != nullptr) progress(0.4);
  Inverter inverter(source, window_rows, dictionary, survey.entries, halves);
  inverter.Invert(workers);
  TRY(context.Check());
  if (progress != nullptr) progress(0.9);

  std::string meta;
  Writer w(&meta);
  w.U32(window_rows);
  w.U32((halves ? 1u : 0u) | (survey.negative ? 2u : 0u));
  w.U64(dictionary.terms().size());
  w.U64(inverter.runs.size());
  w.U64(survey.entries);
  BlobWriter blob({BlobKind::kSparse, vectors.type, metric, vectors.rows, 0, meta});
  blob.Add(BytesOf(dictionary.terms()));
  blob.Add(BytesOf(inverter.run_ends));
  blob.Add(BytesOf(inverter.runs));
  blob.Add(inverter.ids.view());
  blob.Add(halves ? inverter.values16.view() : inverter.values32.view());
  blob.Add(BytesOf(lengths));
  return blob.Write(sink);
}

Result<SparsePostings> SparsePostings::Of(const Blob& blob) {
  Reader r(blob.header().meta);
  SparsePostings p;
  p.window_rows = TRY(r.U32());
  const uint32_t flags = TRY(r.U32());
  p.halves = (flags & 1) != 0;
  p.negative = (flags & 2) != 0;
  const uint64_t terms = TRY(r.U64());
  const uint64_t runs = TRY(r.U64());
  const uint64_t entries = TRY(r.U64());
  if (p.window_rows == 0 || p.window_rows > 65536 || p.window_rows % 64 != 0)
    return Status(Code::kCorruption,
                  "sparse index file: a window of " + std::to_string(p.window_rows) + " rows");
  p.terms = {TRY(blob.ArrayOf<uint32_t>(kTerms, terms)), terms};
  p.run_ends = {TRY(blob.ArrayOf<uint32_t>(kRunEnds, terms)), terms};
  p.runs = {TRY(blob.ArrayOf<SparseRun>(kRuns, runs)), runs};
  p.ids = {TRY(blob.ArrayOf<uint16_t>(kIds, entries)), entries};
  if (p.halves) {
    p.values = TRY(blob.ArrayOf<uint16_t>(kValues, entries));
  } else {
    p.values = TRY(blob.ArrayOf<float>(kValues, entries));
  }
  p.lengths = TRY(blob.ArrayOf<float>(kLengths, blob.header().rows));
  return p;
}

std::span<const SparseRun> SparsePostings::RunsOf(uint32_t term) const {
  const auto at = std::lower_bound(terms.begin(), terms.end(), term);
  if (at == terms.end() || *at != term) return {};
  const auto number = static_cast<size_t>(at - terms.begin());
  const size_t begin = number == 0 ? 0 : run_ends[number - 1];
  const size_t end = run_ends[number];
  if (begin > end || end > runs.size()) return {};
  return runs.subspan(begin, end - begin);
}

}  // namespace elanus::index
