// What may be a name. Errors are Milvus's texts (compat.md section 4.3).
#pragma once

#include <string_view>

#include "base/status.h"
#include "gateway/limits.h"

namespace elanus::gateway {

Status CheckCollectionName(std::string_view name, const Limits& limits);
Status CheckAliasName(std::string_view name, const Limits& limits);
Status CheckDatabaseName(std::string_view name, const Limits& limits);
Status CheckResourceGroupName(std::string_view name, const Limits& limits);
// Of a field that the user declares; reserved words are refused.
Status CheckFieldName(std::string_view name, const Limits& limits);
// Empty is a name too: the field's.
Status CheckIndexName(std::string_view name, const Limits& limits);
// Lenient where a name is only looked up: any characters.
enum class PartitionNameUse { kDeclare, kLookUp };
Status CheckPartitionName(std::string_view name, PartitionNameUse use, const Limits& limits);

std::string_view Trim(std::string_view text);  // white space at both ends

}  // namespace elanus::gateway
