// The values of a field that a function makes, in a segment written before the field was there.
#pragma once

#include <memory>

#include "base/status.h"
#include "model/schema.h"
#include "segment/segment.h"

namespace elanus::segment {

// Made one by one as they are read: a value stays until the next is read, so one thread reads.
// Borrows the segment.
Result<std::unique_ptr<ValueReader>> MakeMadeValues(const Segment& segment, const Schema& schema,
                                                    const Field& field);

}  // namespace elanus::segment
