// A resource group: nodes that serve the collections loaded into it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/schema.h"

namespace elanus {

inline constexpr std::string_view kDefaultResourceGroupName = "__default_resource_group";
inline constexpr int32_t kDefaultResourceGroupCapacity = 1'000'000;

struct ResourceGroup {
  std::string name;
  int32_t requests = 0;                                 // so many nodes it takes from others
  int32_t limits = 0;                                   // with more it gives away
  std::vector<std::string> transfer_from, transfer_to;  // preferred groups
  Properties node_labels;                               // nodes without them do not belong here
  bool has_node = false;                                // of the one node: it is here

  bool operator==(const ResourceGroup&) const = default;
};

}  // namespace elanus
