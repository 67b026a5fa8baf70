// A graph's stand-in for a small segment: rows in two bits a dimension, scanned whole
// (bit_coder.h). Up to some ten thousand rows that takes less time than a walk through a graph, it
// finds nearly everything, filtered or not, and it is built in milliseconds.
#pragma once

#include <memory>

#include "index/blob.h"
#include "index/vector_index.h"

namespace elanus::index {

// Whether a scan of the column takes less time than a graph search of usual effort.
bool SuitsBitScan(const VectorView& vectors);

// False: a row is beyond what floats can estimate, nothing was written.
Result<bool> BuildBitScan(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                          const Sink& sink);
Result<std::unique_ptr<VectorIndex>> OpenBitScan(const Blob& blob, const VectorView& vectors);

}  // namespace elanus::index
