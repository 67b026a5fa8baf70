// function_score: what changes the scores of a search, in the segments (boosts) and after it (one
// reranker).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "expr/filter.h"
#include "gateway/gateway.h"
#include "gateway/rank_params.h"
#include "model/schema.h"
#include "roles/shard.h"

namespace elanus::gateway {

// Errors come without "failed to create query plan: ". What is random takes a seed of its own where
// none is given.
Result<roles::Boosts> ParseBoosts(const Schema& schema, const FunctionScore& score,
                                  const expr::TemplateValues& templates);

// The one function that is not a boost; nothing where there is none. `searches`: how many lists it
// joins.
Result<std::optional<Reranker>> ParseRankFunction(const Schema& schema, const FunctionScore& score,
                                                  size_t searches);

}  // namespace elanus::gateway
