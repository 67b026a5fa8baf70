#include "coordinator/resource_group_table.h"

#include <algorithm>
#include <utility>

namespace elanus::coordinator {
namespace {

bool Names(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// As Milvus prints it.
std::string Printed(const ResourceGroup& group) {
  std::string text = "requests:{node_num:" + std::to_string(group.requests) +
                     "} limits:{node_num:" + std::to_string(group.limits) + "}";
  for (const std::string& name : group.transfer_from) {
    text += " transfer_from:{resource_group:\"" + name + "\"}";
  }
  for (const std::string& name : group.transfer_to) {
    text += " transfer_to:{resource_group:\"" + name + "\"}";
  }
  return text;
}

Status Illegal(const ResourceGroup& group, std::string_view message) {
  return FailWith(Code::kResourceGroupIllegalConfig, message,
                  {{"rg", group.name}, {"config", Printed(group)}});
}

Status Refused(std::string_view expected, std::string_view actual, std::string_view message) {
  return FailWith(Code::kParameterInvalid, message, {{"expected", expected}, {"actual", actual}});
}

// The one node has no labels.
bool Accepts(const ResourceGroup& group) { return group.node_labels.empty() && group.limits > 0; }

Status CheckDistinct(std::string_view source, std::string_view target) {
  if (source != target) return {};
  return Fail(Code::kParameterInvalid,
              "source resource group and target resource group should not be the same, resource "
              "group: " +
                  std::string(source));
}

bool SameSettings(const ResourceGroup& a, const ResourceGroup& b) {
  ResourceGroup other = b;
  other.has_node = a.has_node;
  return a == other;
}

}  // namespace

ResourceGroupTable::ResourceGroupTable(std::vector<ResourceGroup> groups) {
  for (ResourceGroup& group : groups) groups_.emplace(group.name, std::move(group));
  if (!groups_.contains(kDefaultResourceGroupName)) {
    ResourceGroup group;
    group.name = kDefaultResourceGroupName;
    group.limits = kDefaultResourceGroupCapacity;
    groups_.emplace(group.name, group);
  }
  PlaceNode();
}

std::vector<ResourceGroup> ResourceGroupTable::All() const {
  std::vector<ResourceGroup> all;
  for (const auto& [name, group] : groups_) all.push_back(group);
  return all;
}

Result<ResourceGroup> ResourceGroupTable::Find(std::string_view name) const {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return FailWith(Code::kResourceGroupNotFound, {{"rg", name}});
  return found->second;
}

Status ResourceGroupTable::Create(const ResourceGroup& group, int64_t groups_max) {
  const auto existing = groups_.find(group.name);
  if (existing != groups_.end()) {
    if (SameSettings(existing->second, group)) return {};
    return FailWith(Code::kResourceGroupExists, {{"rg", group.name}});
  }
  if (static_cast<int64_t>(groups_.size()) >= groups_max) {
    return FailWith(Code::kResourceGroupCountExceeded,
                    {{"rg", group.name}, {"limit", std::to_string(groups_max)}});
  }
  TRY(CheckSettings(group));
  groups_.emplace(group.name, group).first->second.has_node = false;
  PlaceNode();
  return {};
}

Status ResourceGroupTable::Update(const std::vector<ResourceGroup>& groups) {
  for (const ResourceGroup& group : groups) {
    TRY(Find(group.name));
    TRY(CheckSettings(group));
  }
  for (const ResourceGroup& group : groups) {
    ResourceGroup& place = groups_.find(group.name)->second;
    const bool has_node = place.has_node;
    place = group;
    place.has_node = has_node;
  }
  PlaceNode();
  return {};
}

Status ResourceGroupTable::Drop(std::string_view name) {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return {};
  TRY(CheckDroppable(found->second));
  groups_.erase(found);
  PlaceNode();
  return {};
}

Status ResourceGroupTable::CheckTransfer(std::string_view source, std::string_view target) const {
  TRY(Find(source));
  TRY(Find(target));
  return CheckDistinct(source, target);
}

Status ResourceGroupTable::TransferNodes(std::string_view source, std::string_view target,
                                         int32_t nodes) {
  TRY(CheckDistinct(source, target));
  if (nodes <= 0) {
    return FailWith(
        Code::kParameterInvalid,
        {{"expected", "NumNode > 0"}, {"actual", "invalid NumNode " + std::to_string(nodes)}});
  }
  TRY(CheckTransfer(source, target));
  ResourceGroup& from = groups_.find(source)->second;
  ResourceGroup& to = groups_.find(target)->second;
  const int32_t there = from.has_node ? 1 : 0;
  if (there < nodes) {
    return FailWith(Code::kResourceGroupNodeNotEnough,
                    {{"rg", source},
                     {"currentNodeNum", std::to_string(there)},
                     {"expectedNodeNum", std::to_string(nodes)}});
  }
  from.requests = std::max(0, from.requests - nodes);
  if (source != kDefaultResourceGroupName) from.limits = std::max(0, from.limits - nodes);
  to.requests += nodes;
  to.limits = std::max(to.limits, to.requests);
  PlaceNode();
  return {};
}

Status ResourceGroupTable::CheckSettings(const ResourceGroup& group) const {
  if (group.requests < 0 || group.limits < 0) {
    return Illegal(group, "node num in `requests` or `limits` should not less than 0");
  }
  if (group.limits < group.requests) {
    return Illegal(group, "limits node num should not less than requests node num");
  }
  const auto check = [&](const std::vector<std::string>& others, const std::string& what) {
    for (const std::string& other : others) {
      const std::string lead = "resource group in `" + what + "` " + other;
      if (other == group.name) return Illegal(group, lead + " should not be itself");
      if (!groups_.contains(other)) return Illegal(group, lead + " not exist");
    }
    return Status();
  };
  TRY(check(group.transfer_from, "TransferFrom"));
  return check(group.transfer_to, "TransferTo");
}

Status ResourceGroupTable::CheckDroppable(const ResourceGroup& group) const {
  if (group.name == kDefaultResourceGroupName) {
    return Refused("not default resource group", group.name,
                   "default resource group is not deletable");
  }
  if (group.limits != 0) {
    return Refused("not empty resource group", group.name,
                   "resource group's limits node num is not 0");
  }
  for (const auto& [name, other] : groups_) {
    for (const bool from : {true, false}) {
      if (!Names(from ? other.transfer_from : other.transfer_to, group.name)) continue;
      const std::string what = from ? "`TransferFrom`" : "`TransferTo`";
      return Refused("not " + what + " of resource group", group.name,
                     "resource group " + group.name + " is used by " + name + "'s " + what +
                         ", remove that configuration first");
    }
  }
  return {};
}

// Whoever asks for a node gets one that its group can spare, preferred groups first; a group that
// must not keep it gives it to whoever may have one, in the end to the default group.
const ResourceGroup* ResourceGroupTable::PickTaker(const ResourceGroup& giver) const {
  const ResourceGroup* best = nullptr;
  int best_rank = 0;
  for (const auto& [name, group] : groups_) {
    if (&group == &giver || !Accepts(group)) continue;
    int rank = group.requests > 0 ? 4 : 0;
    if (rank == 0 && Accepts(giver)) continue;
    if (Names(giver.transfer_to, name) || Names(group.transfer_from, giver.name)) rank += 2;
    if (name == kDefaultResourceGroupName) rank += 1;
    if (best == nullptr || rank > best_rank) {
      best = &group;
      best_rank = rank;
    }
  }
  return best;
}

void ResourceGroupTable::PlaceNode() {
  ResourceGroup* holder = nullptr;
  for (auto& [name, group] : groups_) {
    if (group.has_node) holder = &group;
    group.has_node = false;
  }
  if (holder == nullptr) holder = &groups_.find(kDefaultResourceGroupName)->second;
  if (holder->requests == 0 || !Accepts(*holder)) {
    const ResourceGroup* taker = PickTaker(*holder);
    if (taker != nullptr) {
      holder = &groups_.find(taker->name)->second;
    } else if (!Accepts(*holder)) {
      holder = &groups_.find(kDefaultResourceGroupName)->second;
    }
  }
  holder->has_node = true;
}

}  // namespace elanus::coordinator
