// The spatial index: a packed R-tree over the envelopes of a Geometry column (Leutenegger, Lopez
// and Edgington, "STR: A Simple and Efficient Algorithm for R-Tree Packing", 1997). Nulls and
// geometries without points are not in it.
#pragma once

#include <memory>

#include "index/blob.h"
#include "index/scalar_index.h"

namespace elanus::index {

// kCorruption for a value that is no geometry.
Status BuildRTree(const ScalarView& column, const Sink& sink);
Result<std::unique_ptr<ScalarIndex>> OpenRTree(const Blob& blob);

}  // namespace elanus::index
