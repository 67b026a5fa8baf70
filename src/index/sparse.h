// SPARSE_INVERTED_INDEX: postings by term in windows of 65,536 rows, so that the sums of a window
// stay in the second-level cache while the query's terms are added to them. Exact when no term is
// dropped.
#pragma once

#include <memory>

#include "index/blob.h"
#include "index/vector_index.h"

namespace elanus::index {

Status BuildSparse(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                   int threads, const Progress& progress, const Sink& sink);
Result<std::unique_ptr<VectorIndex>> OpenSparse(const Blob& blob, const VectorView& vectors);

}  // namespace elanus::index
