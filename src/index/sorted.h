// The sorted scalar index: rows in order of value. Fixed types keep the values beside the rows;
// strings keep a sorted dictionary and, for each entry, its run of rows. Nulls and NaNs are not in
// it; a row may be in it several times, by the elements of its array.
#pragma once

#include <memory>

#include "index/blob.h"
#include "index/scalar_index.h"

namespace elanus::index {

Status BuildSorted(const ScalarView& column, const ScalarPart& part, const Sink& sink);
Result<std::unique_ptr<ScalarIndex>> OpenSorted(const Blob& blob);

}  // namespace elanus::index
