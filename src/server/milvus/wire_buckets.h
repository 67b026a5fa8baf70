// Search aggregations between the wire and the gateway.
#pragma once

#include <milvus/common.pb.h>
#include <milvus/schema.pb.h>

#include "base/status.h"
#include "gateway/gateway.h"
#include "server/milvus/request.h"

namespace elanus::server {

gateway::AggregationSpec DecodeAggregation(const pb_common::SearchAggregationSpec& spec);

// The buckets of an answer that has some, with their hits; num_queries is the caller's.
Status EncodeBuckets(const gateway::SearchAnswer& answer, pb_schema::SearchResultData* results);

}  // namespace elanus::server
