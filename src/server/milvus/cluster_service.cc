// What a single node says of resource groups: the one that is always there. None can be added, so
// the RPCs that would do so stay unbuilt.
#include <milvus/ops.pb.h>

#include "server/milvus/request.h"
#include "server/milvus/service.h"

namespace elanus::server {
namespace {

constexpr int64_t kNodeId = 1;
constexpr const char* kDefaultGroup = "__default_resource_group";
constexpr int32_t kDefaultGroupCapacity = 1'000'000;

}  // namespace

void RegisterCluster(const MilvusService* service, RpcTable* table) {
  roles::Coordinator* coordinator = &service->gateway->coordinator();

  table->Add("ListResourceGroups",
             [](Call&, const pb::ListResourceGroupsRequest&,
                pb::ListResourceGroupsResponse* response) -> Status {
               response->add_resource_groups(kDefaultGroup);
               return {};
             });
  table->Add("DescribeResourceGroup",
             [=](Call&, const pb::DescribeResourceGroupRequest& request,
                 pb::DescribeResourceGroupResponse* response) -> Status {
               if (request.resource_group() != kDefaultGroup) {
                 return FailWith(Code::kResourceGroupNotFound, {{"rg", request.resource_group()}});
               }
               pb::ResourceGroup* group = response->mutable_resource_group();
               group->set_name(kDefaultGroup);
               group->set_capacity(kDefaultGroupCapacity);
               group->set_num_available_node(1);
               for (const std::string& database : coordinator->Databases()) {
                 for (const roles::CollectionPtr& info : TRY(coordinator->List(database))) {
                   if (info->loaded)
                     (*group->mutable_num_loaded_replica())[info->name] = info->replica_number;
                 }
               }
               pb_common::NodeInfo* node = group->add_nodes();
               node->set_node_id(kNodeId);
               node->set_address(service->address);
               return {};
             });
}

}  // namespace elanus::server
