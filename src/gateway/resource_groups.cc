// Resource groups: names are checked here, the rules are the coordinator's.
#include <string>

#include "gateway/gateway.h"
#include "gateway/names.h"
#include "gateway/request.h"

namespace elanus::gateway {

Status Gateway::CreateResourceGroup(const ResourceGroup& group) {
  TRY(CheckResourceGroupName(group.name, *limits_));
  return coordinator_->CreateResourceGroup(group);
}

Status Gateway::UpdateResourceGroups(const std::vector<ResourceGroup>& groups) {
  for (const ResourceGroup& group : groups) TRY(CheckResourceGroupName(group.name, *limits_));
  return coordinator_->UpdateResourceGroups(groups);
}

Status Gateway::TransferNodes(const std::string& source, const std::string& target, int32_t nodes) {
  TRY(CheckResourceGroupName(source, *limits_));
  TRY(CheckResourceGroupName(target, *limits_));
  return coordinator_->TransferNodes(source, target, nodes);
}

Status Gateway::TransferReplicas(const std::string& database, const std::string& collection,
                                 const std::string& source, const std::string& target,
                                 int64_t replicas) {
  TRY(CheckResourceGroupName(source, *limits_));
  TRY(CheckResourceGroupName(target, *limits_));
  return coordinator_->TransferReplicas(DatabaseOf(database), collection, source, target, replicas);
}

}  // namespace elanus::gateway
