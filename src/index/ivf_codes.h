// IVF_PQ, SCANN, IVF_RABITQ: rows in lists around centres, each list's rows as 4-bit codes of what
// is left of a row without its centre (pq.h), scanned by FastScan and compared exactly in the raw
// column where a row's estimate less its error may still be among the nearest (RaBitQ, section 3:
// estimator of section 3.2, bound of theorem 3.2). The estimator is RaBitQ's for trained codebooks
// as well: a decoded residual is stretched so that its product with the true one is right.
#pragma once

#include <memory>

#include "index/blob.h"
#include "index/vector_index.h"

namespace elanus::index {

Status BuildIvfCodes(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                     int threads, const Progress& progress, const Sink& sink);
Result<std::unique_ptr<VectorIndex>> OpenIvfCodes(const Blob& blob, const VectorView& vectors);

}  // namespace elanus::index
