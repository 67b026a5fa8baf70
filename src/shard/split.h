// How the rows of some segments are dealt out to several new ones.
#pragma once

#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "model/bitmap.h"
#include "model/schema.h"
#include "shard/snapshot.h"

namespace elanus::shard {

// parts[output][input]: the rows of the input that go to the output; each row goes to one output.
using RowParts = std::vector<std::vector<Bitmap>>;

// Runs of rows, of about the same number.
RowParts SplitByOrder(const std::vector<SegmentViewPtr>& inputs, size_t outputs);
// Ranges of a field's values, of about the same number of rows; rows of one value stay together,
// and nulls are the least. Outputs may be empty.
Result<RowParts> SplitByValue(const Context& context, const std::vector<SegmentViewPtr>& inputs,
                              const Field& field, size_t outputs);

}  // namespace elanus::shard
