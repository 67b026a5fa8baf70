// HNSW: the layered graph, traversed over 8-bit codes (over the bits themselves for binary
// columns), its best candidates then compared exactly in the raw column.
#pragma once

#include <memory>

#include "index/blob.h"
#include "index/vector_index.h"

namespace elanus::index {

Status BuildHnsw(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                 int threads, const Progress& progress, const Sink& sink);
// What a row takes in the file where the fast form is our choice; 0: another form is, or was asked
// for.
size_t FastRowBytes(const VectorView& vectors, const BuildSpec& spec);
// The same graph in the lean form: with as many links as the fast one would have, which rounds them
// up.
BuildSpec LeanSpec(BuildSpec spec);
Result<std::unique_ptr<VectorIndex>> OpenHnsw(const Blob& blob, const VectorView& vectors);

}  // namespace elanus::index
