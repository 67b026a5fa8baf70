// Whether a filter asks for one value of a field, as searches must of the partition key where its
// values are isolated from one another.
#pragma once

#include <string_view>

#include "base/status.h"
#include "expr/syntax.h"

namespace elanus::expr {

// OK: `field == constant` holds for every row that passes. Errors are Milvus's.
Status CheckIsolation(const Node& filter, std::string_view field);

}  // namespace elanus::expr
