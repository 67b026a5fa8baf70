// Connect, versions, health, timestamps, databases.
#include <milvus/ddl.pb.h>
#include <milvus/ops.pb.h>

#include "server/milvus/request.h"
#include "server/milvus/service.h"

namespace elanus::server {
namespace {

constexpr int64_t kDefaultDatabaseId = 1;

}  // namespace

void RegisterSystem(const MilvusService* service, RpcTable* table) {
  roles::Coordinator* coordinator = &service->gateway->coordinator();

  table->Add("Connect",
             [=](Call& call, const pb::ConnectRequest&, pb::ConnectResponse* response) -> Status {
               const std::string database = DatabaseOf(call, "");
               if (!coordinator->HasDatabase(database)) {
                 return FailWith(Code::kDatabaseNotFound, {{"database", database}});
               }
               pb_common::ServerInfo* info = response->mutable_server_info();
               info->set_build_tags(service->version);
               info->set_deploy_mode("STANDALONE");
               response->set_identifier(static_cast<int64_t>(coordinator->oracle().Next()));
               return {};
             });
  table->Add("GetVersion",
             [=](Call&, const pb::GetVersionRequest&, pb::GetVersionResponse* response) -> Status {
               response->set_version(service->version);
               return {};
             });
  table->Add(
      "CheckHealth",
      [=](Call&, const pb::CheckHealthRequest&, pb::CheckHealthResponse* response) -> Status {
        const std::string problem = service->problem();
        response->set_ishealthy(problem.empty());
        if (!problem.empty()) response->add_reasons(problem);
        return {};
      });
  table->Add(
      "GetComponentStates",
      [=](Call&, const pb::GetComponentStatesRequest&, pb::ComponentStates* response) -> Status {
        pb::ComponentInfo* info = response->mutable_state();
        info->set_nodeid(1);
        info->set_role("standalone");
        info->set_state_code(service->problem().empty() ? pb_common::StateCode::Healthy
                                                        : pb_common::StateCode::Abnormal);
        return {};
      });
  table->Add(
      "AllocTimestamp",
      [=](Call&, const pb::AllocTimestampRequest&, pb::AllocTimestampResponse* response) -> Status {
        response->set_timestamp(coordinator->oracle().Next());
        return {};
      });
  table->Add(
      "ListDatabases",
      [=](Call&, const pb::ListDatabasesRequest&, pb::ListDatabasesResponse* response) -> Status {
        for (const std::string& database : coordinator->Databases()) {
          response->add_db_names(database);
          response->add_created_timestamp(0);
          response->add_db_ids(kDefaultDatabaseId);
        }
        return {};
      });
  table->Add("DescribeDatabase",
             [=](Call& call, const pb::DescribeDatabaseRequest& request,
                 pb::DescribeDatabaseResponse* response) -> Status {
               const std::string database = DatabaseOf(call, request.db_name());
               if (!coordinator->HasDatabase(database)) {
                 return FailWith(Code::kDatabaseNotFound, {{"database", database}});
               }
               response->set_db_name(database);
               response->set_dbid(kDefaultDatabaseId);
               return {};
             });
}

void RegisterMilvus(const MilvusService* service, RpcTable* table) {
  RegisterSystem(service, table);
  RegisterCollections(service, table);
  RegisterIndexes(service, table);
  RegisterSegments(service, table);
  RegisterCluster(service, table);
  RegisterWrites(service, table);
  RegisterReads(service, table);
}

}  // namespace elanus::server
