// IVF_FLAT, IVF_SQ8, BIN_IVF_FLAT: rows in lists around centres, each list's codes (bits for binary
// columns) one after the other. Numeric lists are scanned as 8-bit codes and what may be among the
// nearest is compared exactly in the raw column, so IVF_FLAT and IVF_SQ8 are one: exact within the
// lists probed.
#pragma once

#include <memory>

#include "index/blob.h"
#include "index/vector_index.h"

namespace elanus::index {

Status BuildIvf(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                int threads, const Progress& progress, const Sink& sink);
Result<std::unique_ptr<VectorIndex>> OpenIvf(const Blob& blob, const VectorView& vectors);

}  // namespace elanus::index
