// SPARSE_INVERTED_INDEX: sums of postings, window by window, as upper bounds of the rows' scores;
// the rows that can still be among the k best are then scored exactly in the column. Exact when no
// term of the query is dropped, whatever `inverted_index_algo` says.
//
// A window's sums are an array in the second-level cache to which the query's posting lists are
// added one after the other (SINDI: Li et al., 2025, section 4). The lists are taken in the order
// of what they can add per posting. Once the lists left can no longer lift a row they alone hold
// into the result, and few rows could be lifted at all, they are not read (MaxScore: Turtle and
// Flood, 1995).
#pragma once

#include <memory>

#include "index/blob.h"
#include "index/vector_index.h"

namespace elanus::index {

Status BuildSparse(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                   int threads, const Progress& progress, const Sink& sink);
Result<std::unique_ptr<VectorIndex>> OpenSparse(const Blob& blob, const VectorView& vectors);

}  // namespace elanus::index
