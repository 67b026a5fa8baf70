// What a search may ask for beside its hits: chains of functions over their scores, and buckets
// instead of them.
#pragma once

#include <milvus/schema.pb.h>

#include "base/status.h"
#include "server/rest/route.h"
#include "server/rest/shape.h"

namespace elanus::server {

extern const Shape kFunctionChainShape;
extern const Shape kAggregationShape;

using FunctionChains = google::protobuf::RepeatedPtrField<pb_schema::FunctionChain>;

// The member `functionChains`, of that shape.
Status AddChains(const Json& chains, FunctionChains* out);
// The member `searchAggregation`, of that shape.
Result<pb_common::SearchAggregationSpec> AggregationOf(const Json& aggregation);

// [{"buckets":[...]}, ...], one for each query.
Status AppendBuckets(const pb_schema::SearchResultData& results, std::string_view primary_field,
                     bool int64_numbers, std::string* out);

}  // namespace elanus::server
