// Bytes of resource groups (docs/formats/catalog.md).
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "model/resource_group.h"

namespace elanus::meta {

std::string EncodeResourceGroup(std::string_view key, const ResourceGroup& group);
Result<ResourceGroup> DecodeResourceGroup(std::string_view key, std::string_view value);

}  // namespace elanus::meta
