// The indexes that segments of a collection get: those that are declared, and one of terms for each
// field whose texts may be matched (`enable_match`).
#pragma once

#include <string_view>
#include <vector>

#include "model/schema.h"

namespace elanus::shard {

inline constexpr std::string_view kTermsIndex = "TERMS";

// An index of terms has the id of its field, negative.
std::vector<IndexInfo> ServedIndexes(const CollectionInfo& collection);
bool Serves(const CollectionInfo& collection, IndexId index);

}  // namespace elanus::shard
