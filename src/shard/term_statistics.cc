#include "shard/term_statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "index/sparse_row.h"
#include "segment/term_counts.h"

namespace elanus::shard {
namespace {

std::vector<uint32_t> TermsOf(const roles::QueryVectors& queries) {
  std::vector<uint32_t> terms;
  for (const std::string& query : queries.sparse) {
    for (size_t i = 0; i < index::SparseCount(query); ++i)
      terms.push_back(index::SparseAt(query, i).index);
  }
  return terms;
}

}  // namespace

Result<float> WeighTerms(const Context& context, const Snapshot& snapshot, FieldId field,
                         bool ignore_growing, roles::QueryVectors* queries) {
  segment::TermTotals totals(TermsOf(*queries));
  for (const SegmentViewPtr& view : snapshot.segments) {
    TRY(context.Check());
    if (view->rows == 0 || (ignore_growing && view->sealed == nullptr)) continue;
    TRY(view->segment->CountTerms(field, view->rows, *view->live, view->indexes.get(), &totals));
  }
  if (totals.rows == 0 || totals.length <= 0) return 0.0f;
  const auto rows = static_cast<double>(totals.rows);
  for (std::string& query : queries->sparse) {
    for (size_t i = 0; i < index::SparseCount(query); ++i) {
      index::SparseTerm term = index::SparseAt(query, i);
      const auto at = std::lower_bound(totals.terms.begin(), totals.terms.end(), term.index);
      const auto with =
          static_cast<double>(totals.with[static_cast<size_t>(at - totals.terms.begin())]);
      term.value *= static_cast<float>(std::log(1 + (rows - with + 0.5) / (with + 0.5)));
      std::memcpy(query.data() + i * sizeof term, &term, sizeof term);
    }
  }
  return static_cast<float>(totals.length / rows);
}

}  // namespace elanus::shard
