// DamagedSegment: stands for a segment whose file cannot be opened. How many rows it has and of
// which partitions is known from the head; whatever needs a row of it is told the damage.
#pragma once

#include <memory>

#include "segment/sealed_segment.h"

namespace elanus::segment {

std::shared_ptr<SealedSegment> MakeDamagedSegment(const meta::SegmentMeta& meta, Status damage);

}  // namespace elanus::segment
