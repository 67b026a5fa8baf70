// One search of a request: settled before rows are read, then run against its shard.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "expr/filter.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/search_params.h"
#include "query/hits.h"
#include "roles/shard.h"

namespace elanus::gateway {

struct Prepared {
  SearchPlan plan;
  std::shared_ptr<const expr::Filter> filter;  // null: every row
  roles::Boosts boosts;
  std::shared_ptr<const query::Chain> chain;  // in the segments; or null
};

// `rank`: of the hybrid search it belongs to, or null. `score`: what changes its scores.
Result<Prepared> Prepare(expr::ParsedFilters* parsed, const CollectionInfo& collection,
                         const Search& request, const RankPlan* rank, const FunctionScore& score,
                         const std::string& timezone, const Limits& limits);

int64_t QueryCount(const Search& request);

// No hits of one query; typed all the same.
query::HitLists NoHits(const CollectionInfo& collection, const Prepared& prepared,
                       const std::vector<FieldId>& output);

// At most offset + limit hits a query (of a grouped search: groups). After the output columns come
// those of the groups.
Result<query::HitLists> RunPrepared(const Context& context, roles::Shard* shard,
                                    const roles::CollectionPtr& collection, const Search& request,
                                    const Prepared& prepared, std::vector<PartitionId> partitions,
                                    const std::vector<FieldId>& output, Timestamp at,
                                    int64_t* rows_searched);

}  // namespace elanus::gateway
