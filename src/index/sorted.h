// The sorted scalar index: rows in order of value. Fixed types keep the values beside the rows;
// strings keep a sorted dictionary and, for each entry, its run of rows. Nulls and NaNs are not in
// it; a row may be in it several times, by the elements of its array.
#pragma once

#include <memory>

#include "index/blob.h"
#include "index/scalar_index.h"

namespace elanus::index {

Status BuildSorted(const ScalarView& column, const ScalarPart& part, const Sink& sink);
// Of the terms of texts. Takes 8 bytes of memory for each different term of a row.
Status BuildTerms(const ScalarView& column, const ScalarSpec& spec, const Sink& sink);
Result<std::unique_ptr<ScalarIndex>> OpenSorted(const Blob& blob);

}  // namespace elanus::index
