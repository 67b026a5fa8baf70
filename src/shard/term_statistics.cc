#include "shard/term_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "shard/fetch.h"

namespace elanus::shard {
namespace {

struct Term {
  uint32_t hash;
  float value;
};
static_assert(sizeof(Term) == 8);

Term TermAt(std::string_view row, size_t i) {
  Term term;
  std::memcpy(&term, row.data() + i * sizeof term, sizeof term);
  return term;
}
size_t TermsIn(std::string_view row) { return row.size() / sizeof(Term); }

struct Counts {
  std::vector<uint32_t> terms;  // ascending
  std::vector<uint64_t> rows;   // that have each
  uint64_t all = 0;
  double length = 0;
};

void CountRow(std::string_view row, Counts* counts) {
  ++counts->all;
  size_t at = 0;
  for (size_t i = 0; i < TermsIn(row); ++i) {
    const Term term = TermAt(row, i);
    counts->length += term.value;
    while (at < counts->terms.size() && counts->terms[at] < term.hash) ++at;
    if (at < counts->terms.size() && counts->terms[at] == term.hash) ++counts->rows[at];
  }
}

Status CountSegment(const SegmentView& view, const Field& field, Counts* counts) {
  if (view.indexes != nullptr && view.sealed != nullptr) {
    const auto index = view.indexes->vectors.find(field.id);
    std::vector<uint64_t> rows(counts->terms.size());
    double length = 0;
    if (index != view.indexes->vectors.end() &&
        index->second->CountTerms(counts->terms, rows, &length)) {
      for (size_t i = 0; i < rows.size(); ++i) counts->rows[i] += rows[i];
      counts->all += view.rows;
      counts->length += length;
      return {};
    }
  }
  const auto values = TRY(view.segment->ReadValues(field));
  for (uint32_t row = 0; row < view.rows; ++row) {
    if (const auto bytes = values->At(row)) CountRow(*bytes, counts);
  }
  return {};
}

}  // namespace

Result<float> WeighTerms(const Context& context, const Snapshot& snapshot, FieldId field_id,
                         bool ignore_growing, roles::QueryVectors* queries) {
  const Field* field = TRY(FieldOf(snapshot.collection->schema, field_id));
  Counts counts;
  for (const std::string& query : queries->sparse) {
    for (size_t i = 0; i < TermsIn(query); ++i) counts.terms.push_back(TermAt(query, i).hash);
  }
  std::sort(counts.terms.begin(), counts.terms.end());
  counts.terms.erase(std::unique(counts.terms.begin(), counts.terms.end()), counts.terms.end());
  counts.rows.resize(counts.terms.size());
  for (const SegmentViewPtr& view : snapshot.segments) {
    TRY(context.Check());
    if (view->rows == 0 || (ignore_growing && view->sealed == nullptr)) continue;
    TRY(CountSegment(*view, *field, &counts));
  }
  if (counts.all == 0 || counts.length <= 0) return 0.0f;
  const auto all = static_cast<double>(counts.all);
  for (std::string& query : queries->sparse) {
    for (size_t i = 0; i < TermsIn(query); ++i) {
      Term term = TermAt(query, i);
      const auto at = std::lower_bound(counts.terms.begin(), counts.terms.end(), term.hash);
      const auto with = static_cast<double>(
          counts.rows[static_cast<size_t>(at - counts.terms.begin())]);
      term.value *= static_cast<float>(std::log(1 + (all - with + 0.5) / (with + 0.5)));
      std::memcpy(query.data() + i * sizeof term, &term, sizeof term);
    }
  }
  return static_cast<float>(counts.length / all);
}

}  // namespace elanus::shard
