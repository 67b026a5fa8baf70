// Indexes as clients declare them.
#pragma once

#include <string>

#include "base/status.h"
#include "gateway/limits.h"
#include "model/schema.h"

namespace elanus::gateway {

// An index on `field` of `collection`, checked; its id and creation time are not set. `named`: what
// the client calls the field, a key of it where it is the dynamic one.
Result<IndexInfo> DeclareIndex(const CollectionInfo& collection, const Field& field,
                               const std::string& named, const std::string& index_name,
                               const Properties& params, const Limits& limits);

}  // namespace elanus::gateway
