// Limits: how much a request may ask for. Defaults are Milvus's; the comment names its setting.
#pragma once

#include <cstdint>

namespace elanus::gateway {

struct Limits {
  int64_t name_length_max = 255;                 // proxy.maxNameLength
  int64_t collection_description_max = 1024;     // proxy.maxCollectionDescriptionLength, bytes
  int64_t fields_max = 64;                       // proxy.maxFieldNum
  int64_t vector_fields_max = 10;                // proxy.maxVectorFieldNum
  int64_t shards_max = 16;                       // proxy.maxShardNum
  int64_t dim_max = 32768;                       // proxy.maxDimension; binary vectors 8 times that
  int64_t varchar_length_max = 65535;            // proxy.maxVarCharLength, bytes
  int64_t text_length_max = 2 << 20;             // proxy.maxTextLength, bytes
  int64_t array_capacity_max = 4096;             // proxy.maxArrayCapacity
  int64_t json_length_max = 65536;               // common.JSONMaxLength, bytes
  int64_t partitions_max = 1024;                 // rootCoord.maxPartitionNum, with _default
  int64_t databases_max = 64;                    // rootCoord.maxDatabaseNum, beside `default`
  int64_t collections_max = 65536;               // quotaAndLimits.limits.maxCollectionNum
  int64_t collections_per_database_max = 65536;  // quotaAndLimits.limits.maxCollectionNumPerDB
  int64_t general_capacity_max = 65536;          // rootCoord.maxGeneralCapacity
  int64_t resource_groups_max = 1024;  // quotaAndLimits.limits.maxResourceGroupNumOfQueryNode
  int64_t top_k_max = 16384;           // quotaAndLimits.limits.topK
  int64_t large_top_k_max = 1000000;   // with query_mode=large_topk
  int64_t queries_max = 16384;         // quotaAndLimits.limits.nq
  int64_t result_window_max = 16384;   // quotaAndLimits.limits.maxQueryResultWindow
  int64_t large_result_window_max = 1000000;
  int64_t output_bytes_max = 104857600;  // quotaAndLimits.limits.maxOutputSize
  int64_t insert_bytes_max = -1;         // quotaAndLimits.limits.maxInsertSize; -1: any
  int64_t group_size_max = 10;           // quotaAndLimits.limits.maxGroupSize
  int64_t query_groups_max = 100000;     // common.groupBy.maxGroups
  int64_t hybrid_searches_max = 1024;
  int64_t index_params_bytes_max = 102400;  // proxy.maxIndexParamsSize
  int64_t search_iterators_max = 10000;     // gateway.maxSearchIterators
  int64_t search_iterator_idle_s = 600;     // gateway.searchIteratorIdleSeconds
  int64_t aggregation_entries_max = 10000;  // proxy.maxSearchAggregationResultEntries
  int64_t password_length_min = 6;          // proxy.minPasswordLength
  int64_t password_length_max = 72;         // proxy.maxPasswordLength
  int64_t username_length_max = 32;         // proxy.maxUsernameLength
  int64_t users_max = 100;                  // proxy.maxUserNum
  int64_t roles_max = 10;                   // proxy.maxRoleNum
  int64_t partition_key_partitions = 16;    // when num_partitions is not given
};

}  // namespace elanus::gateway
