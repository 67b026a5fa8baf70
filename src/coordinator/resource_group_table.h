// What resource groups there are, and where the one node is: pure functions, with Milvus's rules
// and texts. Rows are served wherever the node is; groups are what clients are told.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/resource_group.h"

namespace elanus::coordinator {

class ResourceGroupTable {
 public:
  // `groups` as stored; the default one is made where it is missing.
  explicit ResourceGroupTable(std::vector<ResourceGroup> groups = {});

  std::vector<ResourceGroup> All() const;  // by name
  // kResourceGroupNotFound.
  Result<ResourceGroup> Find(std::string_view name) const;

  // After each of these the node is where the settings want it. The same group again is success.
  Status Create(const ResourceGroup& group, int64_t groups_max);
  Status Update(const std::vector<ResourceGroup>& groups);
  // One that is there, and that no collection is loaded into.
  Status Drop(std::string_view name);
  Status TransferNodes(std::string_view source, std::string_view target, int32_t nodes);
  // Fails where one of the two is not there, or both are one.
  Status CheckTransfer(std::string_view source, std::string_view target) const;

 private:
  Status CheckSettings(const ResourceGroup& group) const;
  Status CheckDroppable(const ResourceGroup& group) const;
  void PlaceNode();
  const ResourceGroup* PickTaker(const ResourceGroup& giver) const;

  std::map<std::string, ResourceGroup, std::less<>> groups_;
};

}  // namespace elanus::coordinator
