// Turns what a client sent for CreateCollection into a schema, or says what is wrong with it, in
// Milvus's order and words (compat.md section 4.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "roles/coordinator.h"

namespace elanus::gateway {

Result<roles::CreateCollectionRequest> CheckCreateCollection(const CreateCollection& request,
                                                             const Limits& limits);

// The field that AddCollectionField asks for.
Result<Field> CheckAddField(const CollectionInfo& collection, const FieldRequest& request,
                            const Limits& limits);

// The field that comes with a function that makes it.
Result<Field> CheckMadeField(const CollectionInfo& collection, const FieldRequest& request,
                             const Limits& limits);

// The hidden field that takes what the schema does not name.
Field DynamicField();

// What is wrong with properties whatever the collection is.
Status CheckProperties(const Properties& properties, std::string_view collection,
                       bool has_partition_key);
Status CheckTtl(const Properties& properties, const Schema& schema);
// Of a collection or a database.
Status CheckTimeZone(const Properties& properties);

// Warm-up policies are checked and kept; pages are mapped, so they change nothing.
Status CheckWarmupPolicy(std::string_view policy);

// A decimal integer and nothing else; Milvus's text for what is not one.
Result<int64_t> ParseInt64(std::string_view text);

}  // namespace elanus::gateway
