// What the boosts of a search say of rows (compat.md, 5.7).
#pragma once

#include <optional>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "roles/shard.h"
#include "shard/fetch.h"
#include "shard/snapshot.h"

namespace elanus::shard {

// For each place what its score is to be changed by; nothing where no boost's filter passes it.
// Reads the fields of the filters for these rows alone.
Result<std::vector<std::optional<float>>> BoostsOf(const Context& context, const Snapshot& snapshot,
                                                   const roles::Boosts& boosts,
                                                   const std::vector<Place>& places);

}  // namespace elanus::shard
