// The catalog's records of compactions (docs/formats/catalog.md).
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "model/compaction.h"

namespace elanus::meta {

std::string EncodeCompaction(std::string_view key, const Compaction& compaction);
Result<Compaction> DecodeCompaction(std::string_view key, std::string_view value);

}  // namespace elanus::meta
