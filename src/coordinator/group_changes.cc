// Resource groups of LocalCoordinator.
#include <algorithm>
#include <utility>

#include "coordinator/local_coordinator.h"

namespace elanus::coordinator {
namespace {

std::string_view GroupOf(const CollectionInfo& info) {
  return info.resource_group.empty() ? kDefaultResourceGroupName
                                     : std::string_view(info.resource_group);
}

}  // namespace

std::shared_ptr<const ResourceGroupTable> LocalCoordinator::Groups() {
  const std::lock_guard lock(groups_mutex_);
  return groups_;
}

std::vector<ResourceGroup> LocalCoordinator::ResourceGroups() { return Groups()->All(); }

Status LocalCoordinator::ChangeGroups(const std::function<Status(ResourceGroupTable*)>& edit) {
  const std::lock_guard lock(ddl_mutex_);
  const auto before = Groups();
  auto after = std::make_shared<ResourceGroupTable>(*before);
  TRY(edit(after.get()));
  TRY(catalog_->ChangeResourceGroups(before->All(), after->All()));
  const std::lock_guard groups_lock(groups_mutex_);
  groups_ = std::move(after);
  return {};
}

Status LocalCoordinator::CreateResourceGroup(const ResourceGroup& group) {
  return ChangeGroups([&](ResourceGroupTable* groups) {
    return groups->Create(group, options_.resource_groups_max);
  });
}

Status LocalCoordinator::UpdateResourceGroups(const std::vector<ResourceGroup>& groups) {
  if (groups.empty()) return {};
  return ChangeGroups([&](ResourceGroupTable* all) { return all->Update(groups); });
}

Status LocalCoordinator::DropResourceGroup(std::string_view name) {
  return ChangeGroups([&](ResourceGroupTable* groups) -> Status {
    for (const std::string& database : view_.Databases()) {
      for (const CollectionPtr& info : TRY(view_.List(database))) {
        if (!info->loaded || GroupOf(*info) != name) continue;
        const std::string group(name);
        return FailWith(
            Code::kParameterInvalid,
            "some replicas still loaded in resource group[" + group + "], release it first",
            {{"expected", "empty resource group"},
             {"actual", "resource group " + group + " has collection " +
                            std::to_string(info->id.value) + " loaded"}});
      }
    }
    return groups->Drop(name);
  });
}

Status LocalCoordinator::TransferNodes(std::string_view source, std::string_view target,
                                       int32_t nodes) {
  return ChangeGroups(
      [&](ResourceGroupTable* groups) { return groups->TransferNodes(source, target, nodes); });
}

Status LocalCoordinator::TransferReplicas(std::string_view database, std::string_view collection,
                                          std::string_view source, std::string_view target,
                                          int64_t replicas) {
  return Change(database, collection, [&](CollectionInfo* info) -> Result<Edit> {
    TRY(Groups()->CheckTransfer(source, target));
    const std::string wanted = std::to_string(replicas);
    if (replicas <= 0) {
      return FailWith(Code::kParameterInvalid,
                      {{"expected", "NumReplica > 0"}, {"actual", "invalid NumReplica " + wanted}});
    }
    if (!info->loaded) return FailWith(Code::kCollectionNotLoaded, {{"collection", info->name}});
    if (replicas > info->replica_number) {
      return FailWith(
          Code::kParameterInvalid,
          "the number of replicas to transfer is greater than the number of replicas in the "
          "collection",
          {{"expected", wanted}, {"actual", std::to_string(info->replica_number)}});
    }
    if (GroupOf(*info) != source) {
      return FailWith(
          Code::kParameterInvalid,
          {{"expected",
            "NumReplica not greater than the number of replica in source resource group"},
           {"actual", "only found [0] replicas of collection [" + info->name +
                          "] in source resource group [" + std::string(source) + "], but " +
                          wanted + " require"}});
    }
    info->resource_group = target == kDefaultResourceGroupName ? "" : target;
    return Edit::kChanged;
  });
}

}  // namespace elanus::coordinator
