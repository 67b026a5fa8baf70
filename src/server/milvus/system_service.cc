// Connect, versions, health, timestamps, databases.
#include <milvus/ddl.pb.h>
#include <milvus/dml.pb.h>
#include <milvus/feder.pb.h>
#include <milvus/ops.pb.h>

#include "model/json.h"
#include "server/milvus/request.h"
#include "server/milvus/service.h"
#include "server/milvus/system_info.h"
#include "server/milvus/visibility.h"

namespace elanus::server {
namespace {

namespace pb_feder = ::milvus::proto::feder;

// OK: the request asks for the one kind of metrics that there is.
Status CheckMetricType(const std::string& request) {
  const Result<std::string> json = EncodeJson(request);
  JsonView type;
  if (json.ok()) {
    type = JsonView(*json).Find("req_type");
    if (!type.exists()) type = JsonView(*json).Find("metric_type");
  }
  if (!type.exists()) {
    return Fail(Code::kParameterInvalid, "metric_type or req_type not found in request");
  }
  if (type.type() == JsonType::kString && type.string() == "system_info") return {};
  const std::string name(type.type() == JsonType::kString ? type.string() : "");
  return FailWith(Code::kMetricNotFound, {{"metric", name}});
}

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
  table->Add(
      "GetVersion",
      [=](Call&, const pb::GetVersionRequest&, pb::GetVersionResponse* response) -> Status {
        response->set_version(service->version);
        return {};
      },
      Runs::kWhereItArrives);
  table->Add(
      "CheckHealth",
      [=](Call&, const pb::CheckHealthRequest&, pb::CheckHealthResponse* response) -> Status {
        const std::string problem = service->problem();
        response->set_ishealthy(problem.empty());
        if (!problem.empty()) response->add_reasons(problem);
        if (service->quotas == nullptr) return {};
        for (const gateway::Quotas::Closed& closed : service->quotas->ClosedNow()) {
          response->add_quota_states(closed.writing ? pb::QuotaState::DenyToWrite
                                                    : pb::QuotaState::DenyToRead);
          response->add_reasons(closed.reason);
        }
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
      "GetMetrics",
      [=](Call&, const pb::GetMetricsRequest& request, pb::GetMetricsResponse* response) -> Status {
        TRY(CheckMetricType(request.request()));
        response->set_response(SystemInfo(*service));
        response->set_component_name("proxy1");
        return {};
      });
  table->Add("RegisterLink",
             [=](Call&, const pb::RegisterLinkRequest&, pb::RegisterLinkResponse* response) {
               response->mutable_address()->set_ip(service->address);
               return Status();
             });
  // Milvus declares these, too, and refuses them.
  table->Add("CalcDistance", [](Call&, const pb::CalcDistanceRequest&, pb::CalcDistanceResults*) {
    return Fail(Code::kServiceUnavailable, "CalcDistance deprecated");
  });
  table->Add("ListIndexedSegment", [](Call&, const pb_feder::ListIndexedSegmentRequest&,
                                      pb_feder::ListIndexedSegmentResponse*) {
    return Fail(Code::kServiceUnavailable, "unimp");
  });
  table->Add("DescribeSegmentIndexData", [](Call&, const pb_feder::DescribeSegmentIndexDataRequest&,
                                            pb_feder::DescribeSegmentIndexDataResponse*) {
    return Fail(Code::kServiceUnavailable, "unimp");
  });
  table->Add("Dummy", [](Call&, const pb::DummyRequest&, pb::DummyResponse* response) {
    response->set_response(R"({"status": "fail"})");
    return Status();
  });
  table->Add(
      "AllocTimestamp",
      [=](Call&, const pb::AllocTimestampRequest&, pb::AllocTimestampResponse* response) -> Status {
        response->set_timestamp(coordinator->oracle().Next());
        return {};
      });
}

void RegisterDatabases(const MilvusService* service, RpcTable* table) {
  gateway::Gateway* gateway = service->gateway;
  roles::Coordinator* coordinator = &gateway->coordinator();

  table->Add("ListDatabases",
             [=](Call& call, const pb::ListDatabasesRequest&,
                 pb::ListDatabasesResponse* response) -> Status {
               const Visibility visible(*service, call);
               for (const std::string& name : coordinator->Databases()) {
                 if (!visible.Database(name)) continue;
                 const Result<DatabaseInfo> database = coordinator->FindDatabase(name);
                 if (!database.ok()) continue;  // dropped meanwhile
                 response->add_db_names(database->name);
                 response->add_created_timestamp(database->created);
                 response->add_db_ids(database->id);
               }
               return {};
             });
  table->Add("DescribeDatabase",
             [=](Call& call, const pb::DescribeDatabaseRequest& request,
                 pb::DescribeDatabaseResponse* response) -> Status {
               const DatabaseInfo database =
                   TRY(coordinator->FindDatabase(DatabaseOf(call, request.db_name())));
               response->set_db_name(database.name);
               response->set_dbid(database.id);
               response->set_created_timestamp(database.created);
               FromProperties(database.properties, response->mutable_properties());
               return {};
             });
  table->Add("CreateDatabase",
             [=](Call&, const pb::CreateDatabaseRequest& request, pb_common::Status*) -> Status {
               return gateway->CreateDatabase(request.db_name(),
                                              ToProperties(request.properties()));
             });
  table->Add("DropDatabase",
             [=](Call&, const pb::DropDatabaseRequest& request, pb_common::Status*) -> Status {
               return gateway->DropDatabase(request.db_name());
             });
  table->Add("AlterDatabase",
             [=](Call&, const pb::AlterDatabaseRequest& request, pb_common::Status*) -> Status {
               roles::PropertyChange change;
               change.set = ToProperties(request.properties());
               change.removed.assign(request.delete_keys().begin(), request.delete_keys().end());
               return gateway->AlterDatabase(request.db_name(), change);
             });
}

void RegisterMilvus(const MilvusService* service, RpcTable* table) {
  RegisterSystem(service, table);
  RegisterDatabases(service, table);
  RegisterCollections(service, table);
  RegisterIndexes(service, table);
  RegisterSegments(service, table);
  RegisterCluster(service, table);
  RegisterWrites(service, table);
  RegisterText(service, table);
  RegisterReads(service, table);
  RegisterAccess(service, table);
}

}  // namespace elanus::server
