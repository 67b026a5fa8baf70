#include "segment/term_counts.h"

#include <algorithm>
#include <utility>

#include "index/sparse_row.h"

namespace elanus::segment {

TermTotals::TermTotals(std::vector<uint32_t> asked) : terms(std::move(asked)) {
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  with.resize(terms.size());
}

void TermCounts::Counts::Add(std::string_view row) {
  ++rows;
  for (size_t i = 0; i < index::SparseCount(row); ++i) {
    const index::SparseTerm term = index::SparseAt(row, i);
    ++with[term.index];
    length += static_cast<double>(term.value);
  }
}

uint64_t TermCounts::Counts::With(uint32_t term) const {
  const auto it = with.find(term);
  return it == with.end() ? 0 : it->second;
}

uint64_t TermCounts::memory_bytes() const {
  const std::lock_guard lock(mutex_);
  // A node and its place in the table.
  constexpr size_t kTermBytes = 40;
  return (all_.with.size() + ended_.with.size()) * kTermBytes;
}

void TermCounts::Clear() const {
  const std::lock_guard lock(mutex_);
  counted_ = 0;
  all_ = {};
  ended_ = {};
  ends_ = nullptr;
}

Status TermCounts::AddTo(size_t rows, const LiveTable& live, const index::VectorIndex* index,
                         const RowAt& row_at, TermTotals* totals) const {
  std::vector<uint64_t> with(totals->terms.size());
  double length = 0;
  const bool indexed = index != nullptr && index->CountTerms(totals->terms, with, &length);

  const std::lock_guard lock(mutex_);
  while (!indexed && counted_ < rows) {
    all_.Add(TRY(row_at(static_cast<uint32_t>(counted_))));
    ++counted_;
  }
  // Of two tables of a segment the one that has ended more rows is the newer.
  if (live.dead() > (ends_ == nullptr ? 0 : ends_->dead())) {
    std::vector<uint32_t> fresh;
    live.ForEachEndedSince(ends_.get(), [&fresh](uint32_t row) { fresh.push_back(row); });
    for (const uint32_t ended : fresh) {
      ended_.Add(TRY(row_at(ended)));
    }
    ends_ = live.shared_from_this();
  }
  if (!indexed) {
    for (size_t i = 0; i < with.size(); ++i) with[i] = all_.With(totals->terms[i]);
    length = all_.length;
  }
  for (size_t i = 0; i < with.size(); ++i) {
    totals->with[i] += with[i] - std::min(with[i], ended_.With(totals->terms[i]));
  }
  const uint64_t all = indexed ? rows : all_.rows;
  totals->rows += all - std::min(all, ended_.rows);
  totals->length += length - ended_.length;
  return {};
}

}  // namespace elanus::segment
