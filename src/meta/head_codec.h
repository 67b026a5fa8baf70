// Bytes of a shard's head record and of its segments (docs/formats/catalog.md).
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "meta/catalog.h"

namespace elanus::meta {

// Everything but the segments.
std::string EncodeHead(std::string_view key, const ShardHead& head);
Result<ShardHead> DecodeHead(std::string_view key, std::string_view value);

std::string EncodeSegment(std::string_view key, const SegmentMeta& segment);
Result<SegmentMeta> DecodeSegment(std::string_view key, std::string_view value);

}  // namespace elanus::meta
