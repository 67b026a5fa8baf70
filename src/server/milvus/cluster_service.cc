// Resource groups, as the one node has them.
#include <algorithm>

#include <milvus/ddl.pb.h>
#include <milvus/ops.pb.h>

#include "server/milvus/request.h"
#include "server/milvus/service.h"

namespace elanus::server {
namespace {

constexpr int64_t kNodeId = 1;

Result<ResourceGroup> DecodeGroup(const std::string& name,
                                  const milvus::proto::rg::ResourceGroupConfig& config) {
  if (!config.has_requests() || !config.has_limits()) {
    return FailWith(Code::kResourceGroupIllegalConfig, "requests or limits is required",
                    {{"rg", name}, {"config", config.ShortDebugString()}});
  }
  ResourceGroup group;
  group.name = name;
  group.requests = config.requests().node_num();
  group.limits = config.limits().node_num();
  for (const auto& other : config.transfer_from()) {
    group.transfer_from.push_back(other.resource_group());
  }
  for (const auto& other : config.transfer_to()) {
    group.transfer_to.push_back(other.resource_group());
  }
  group.node_labels = ToProperties(config.node_filter().node_labels());
  return group;
}

void EncodeConfig(const ResourceGroup& group, milvus::proto::rg::ResourceGroupConfig* config) {
  config->mutable_requests()->set_node_num(group.requests);
  config->mutable_limits()->set_node_num(group.limits);
  for (const std::string& other : group.transfer_from) {
    config->add_transfer_from()->set_resource_group(other);
  }
  for (const std::string& other : group.transfer_to) {
    config->add_transfer_to()->set_resource_group(other);
  }
  if (!group.node_labels.empty()) {
    FromProperties(group.node_labels, config->mutable_node_filter()->mutable_node_labels());
  }
}

Status Describe(const MilvusService& service, const std::string& name, pb::ResourceGroup* out) {
  roles::Coordinator& coordinator = service.gateway->coordinator();
  const std::vector<ResourceGroup> groups = coordinator.ResourceGroups();
  const auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const ResourceGroup& g) { return g.name == name; });
  if (group == groups.end()) return FailWith(Code::kResourceGroupNotFound, {{"rg", name}});
  const bool is_default = name == kDefaultResourceGroupName;
  out->set_name(name);
  out->set_capacity(is_default ? kDefaultResourceGroupCapacity : group->requests);
  out->set_num_available_node(group->has_node ? 1 : 0);
  EncodeConfig(*group, out->mutable_config());
  for (const std::string& database : coordinator.Databases()) {
    const auto collections = coordinator.List(database);
    if (!collections.ok()) continue;  // dropped meanwhile
    for (const roles::CollectionPtr& info : *collections) {
      if (!info->loaded) continue;
      const bool here = info->resource_group == (is_default ? std::string() : name);
      if (here) (*out->mutable_num_loaded_replica())[info->name] = info->replica_number;
      // The node serves it wherever the node is.
      if (here && !group->has_node) (*out->mutable_num_outgoing_node())[info->name] = 1;
      if (!here && group->has_node) (*out->mutable_num_incoming_node())[info->name] = 1;
    }
  }
  if (!group->has_node) return {};
  pb_common::NodeInfo* node = out->add_nodes();
  node->set_node_id(kNodeId);
  node->set_address(service.address);
  return {};
}

// On one node there is nothing to move, and nowhere to move it.
Status CheckBalance(const CollectionInfo& info, const pb::LoadBalanceRequest& request) {
  const std::string id = std::to_string(info.id.value);
  if (!info.loaded) return FailWith(Code::kCollectionNotFullyLoaded, {{"collection", id}});
  if (request.src_nodeid() != kNodeId) {
    return FailWith(Code::kNodeNotFound, "source node not found in any replica of collection " + id,
                    {{"node", std::to_string(request.src_nodeid())}});
  }
  for (const int64_t node : request.dst_nodeids()) {
    if (node == kNodeId) continue;
    return FailWith(Code::kNodeNotFound, "destination node not found in the same replica",
                    {{"node", std::to_string(node)}});
  }
  return {};
}

}  // namespace

void RegisterCluster(const MilvusService* service, RpcTable* table) {
  gateway::Gateway* gateway = service->gateway;
  roles::Coordinator* coordinator = &gateway->coordinator();

  table->Add("ListResourceGroups",
             [=](Call&, const pb::ListResourceGroupsRequest&,
                 pb::ListResourceGroupsResponse* response) -> Status {
               for (const ResourceGroup& group : coordinator->ResourceGroups()) {
                 response->add_resource_groups(group.name);
               }
               return {};
             });
  table->Add("DescribeResourceGroup",
             [=](Call&, const pb::DescribeResourceGroupRequest& request,
                 pb::DescribeResourceGroupResponse* response) -> Status {
               return Describe(*service, request.resource_group(),
                               response->mutable_resource_group());
             });
  table->Add(
      "CreateResourceGroup",
      [=](Call&, const pb::CreateResourceGroupRequest& request, pb_common::Status*) -> Status {
        ResourceGroup group;
        group.name = request.resource_group();
        if (request.has_config()) group = TRY(DecodeGroup(group.name, request.config()));
        return gateway->CreateResourceGroup(group);
      });
  table->Add(
      "UpdateResourceGroups",
      [=](Call&, const pb::UpdateResourceGroupsRequest& request, pb_common::Status*) -> Status {
        std::vector<ResourceGroup> groups;
        for (const auto& [name, config] : request.resource_groups()) {
          groups.push_back(TRY(DecodeGroup(name, config)));
        }
        return gateway->UpdateResourceGroups(groups);
      });
  table->Add("DropResourceGroup",
             [=](Call&, const pb::DropResourceGroupRequest& request, pb_common::Status*) -> Status {
               return coordinator->DropResourceGroup(request.resource_group());
             });
  table->Add("TransferNode",
             [=](Call&, const pb::TransferNodeRequest& request, pb_common::Status*) -> Status {
               return gateway->TransferNodes(request.source_resource_group(),
                                             request.target_resource_group(), request.num_node());
             });
  table->Add("LoadBalance",
             [=](Call& call, const pb::LoadBalanceRequest& request, pb_common::Status*) -> Status {
               return CheckBalance(*TRY(gateway->Find(DatabaseOf(call, request.db_name()),
                                                      request.collectionname())),
                                   request);
             });
  table->Add(
      "TransferReplica",
      [=](Call& call, const pb::TransferReplicaRequest& request, pb_common::Status*) -> Status {
        return gateway->TransferReplicas(DatabaseOf(call, request.db_name()),
                                         request.collection_name(), request.source_resource_group(),
                                         request.target_resource_group(), request.num_replica());
      });
}

}  // namespace elanus::server
