// Key-value parameters as clients spell them: pymilvus writes True, 10, [1, 2]; Go and Java true.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "model/schema.h"
#include "model/value.h"

namespace elanus::gateway {

// Go's ParseInt(text, 0, 64): decimal, 0x, 0b, 0o and a leading 0 for octal.
std::optional<int64_t> ParseInteger(std::string_view text);

// Go's ParseFloat(text, 32), decimal.
std::optional<float> ParseFloat(std::string_view text);

// The members of a JSON object given as text: scalars as Values (null as null), everything else
// as its JSON text in a string.
Result<std::vector<std::pair<std::string, Value>>> ParseJsonObject(std::string_view text);

// index_type, metric_type and the members of `params` side by side, all as strings.
Result<Properties> FlattenIndexParams(const Properties& params);

}  // namespace elanus::gateway
