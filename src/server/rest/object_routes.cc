// Databases, partitions, indexes, aliases and resource groups.
#include "server/rest/route.h"

namespace elanus::server {
namespace {

constexpr Param kNamedDatabaseParams[] = {{"dbName", ParamKind::kString, true}};
constexpr Shape kNamedDatabase{"NamedDatabase", kNamedDatabaseParams};
constexpr Param kDatabasePropertiesParams[] = {{"dbName", ParamKind::kString, true},
                                               {"properties", ParamKind::kMap}};
constexpr Shape kDatabaseProperties{"DatabaseProperties", kDatabasePropertiesParams};
constexpr Param kDatabaseKeysParams[] = {{"dbName", ParamKind::kString, true},
                                         {"propertyKeys", ParamKind::kStrings}};
constexpr Shape kDatabaseKeys{"DatabasePropertyKeys", kDatabaseKeysParams};
constexpr Shape kEmpty{"Empty", {}};
constexpr Param kPartitionParams[] = {{"dbName", ParamKind::kString},
                                      {"collectionName", ParamKind::kString, true},
                                      {"partitionName", ParamKind::kString, true}};
constexpr Shape kPartition{"Partition", kPartitionParams};
constexpr Param kPartitionsParams[] = {{"dbName", ParamKind::kString},
                                       {"collectionName", ParamKind::kString, true},
                                       {"partitionNames", ParamKind::kStrings, true}};
constexpr Shape kPartitions{"Partitions", kPartitionsParams};
constexpr Param kIndexParams[] = {{"dbName", ParamKind::kString},
                                  {"collectionName", ParamKind::kString, true},
                                  {"indexName", ParamKind::kString, true},
                                  {"timestamp", ParamKind::kInt64}};
constexpr Shape kIndex{"Index", kIndexParams};
constexpr Param kCreateIndexParams[] = {
    {"dbName", ParamKind::kString},
    {"collectionName", ParamKind::kString, true},
    {"indexParams", ParamKind::kStructs, true, &kIndexParamShape}};
constexpr Shape kCreateIndex{"CreateIndex", kCreateIndexParams};
constexpr Param kIndexPropertiesParams[] = {{"dbName", ParamKind::kString},
                                            {"collectionName", ParamKind::kString, true},
                                            {"indexName", ParamKind::kString, true},
                                            {"properties", ParamKind::kMap}};
constexpr Shape kIndexProperties{"IndexProperties", kIndexPropertiesParams};
constexpr Param kIndexKeysParams[] = {{"dbName", ParamKind::kString},
                                      {"collectionName", ParamKind::kString, true},
                                      {"indexName", ParamKind::kString, true},
                                      {"propertyKeys", ParamKind::kStrings}};
constexpr Shape kIndexKeys{"IndexPropertyKeys", kIndexKeysParams};
constexpr Param kAliasParams[] = {{"dbName", ParamKind::kString},
                                  {"aliasName", ParamKind::kString, true}};
constexpr Shape kAlias{"Alias", kAliasParams};
constexpr Param kAliasOfParams[] = {{"dbName", ParamKind::kString},
                                    {"collectionName", ParamKind::kString, true},
                                    {"aliasName", ParamKind::kString, true}};
constexpr Shape kAliasOf{"AliasOf", kAliasOfParams};

constexpr Param kNodesParams[] = {{"node_num", ParamKind::kInt32}};
constexpr Shape kNodes{"Nodes", kNodesParams};
constexpr Param kTransferParams[] = {{"resource_group", ParamKind::kString, true}};
constexpr Shape kTransfer{"Transfer", kTransferParams};
constexpr Param kGroupConfigParams[] = {{"requests", ParamKind::kStruct, true, &kNodes},
                                        {"limits", ParamKind::kStruct, true, &kNodes},
                                        {"transfer_from", ParamKind::kStructs, false, &kTransfer},
                                        {"transfer_to", ParamKind::kStructs, false, &kTransfer},
                                        {"node_filter", ParamKind::kMap}};
constexpr Shape kGroupConfig{"ResourceGroupConfig", kGroupConfigParams};
constexpr Param kGroupParams[] = {{"name", ParamKind::kString, true},
                                  {"config", ParamKind::kStruct, false, &kGroupConfig}};
constexpr Shape kGroup{"ResourceGroup", kGroupParams};
constexpr Param kGroupsParams[] = {{"resource_groups", ParamKind::kMap, true}};
constexpr Shape kGroups{"ResourceGroups", kGroupsParams};
constexpr Param kTransferReplicaParams[] = {{"sourceRgName", ParamKind::kString, true},
                                            {"targetRgName", ParamKind::kString, true},
                                            {"collectionName", ParamKind::kString, true},
                                            {"replicaNum", ParamKind::kInt64, true}};
constexpr Shape kTransferReplica{"TransferReplica", kTransferReplicaParams};

// --- databases ---

Status ListDatabases(RestCall& call, const Json&) {
  pb::ListDatabasesResponse response;
  TRY(call.Run("ListDatabases", pb::ListDatabasesRequest(), &response));
  AppendNames(response.db_names(), call.Data());
  return {};
}

Status CreateDatabase(RestCall& call, const Json& body) {
  pb::CreateDatabaseRequest request;
  request.set_db_name(body["dbName"].String());
  AddPairs(body["properties"], request.mutable_properties());
  return call.Finish("CreateDatabase", request);
}

Status DescribeDatabase(RestCall& call, const Json& body) {
  pb::DescribeDatabaseRequest request;
  request.set_db_name(body["dbName"].String());
  pb::DescribeDatabaseResponse response;
  TRY(call.Run("DescribeDatabase", request, &response));
  JsonObject data(call.Data());
  data.Add("dbName", response.db_name()).Add("dbID", response.dbid());
  AppendPairs(response.properties(), data.Key("properties"));
  return {};
}

Status DropDatabase(RestCall& call, const Json& body) {
  pb::DropDatabaseRequest request;
  request.set_db_name(body["dbName"].String());
  return call.Finish("DropDatabase", request);
}

Status AlterDatabase(RestCall& call, const Json& body) {
  pb::AlterDatabaseRequest request;
  request.set_db_name(body["dbName"].String());
  AddPairs(body["properties"], request.mutable_properties());
  for (std::string& key : body["propertyKeys"].Strings()) request.add_delete_keys(std::move(key));
  return call.Finish("AlterDatabase", request);
}

// --- partitions ---

template <typename Request>
Request NamedPartition(const RestCall& call, const Json& body) {
  auto request = Named<Request>(call, body);
  request.set_partition_name(body["partitionName"].String());
  return request;
}

template <typename Request>
Request NamedPartitions(const RestCall& call, const Json& body) {
  auto request = Named<Request>(call, body);
  for (std::string& name : body["partitionNames"].Strings())
    request.add_partition_names(std::move(name));
  return request;
}

Status ListPartitions(RestCall& call, const Json& body) {
  pb::ShowPartitionsResponse response;
  TRY(call.Run("ShowPartitions", Named<pb::ShowPartitionsRequest>(call, body), &response));
  AppendNames(response.partition_names(), call.Data());
  return {};
}

Status HasPartition(RestCall& call, const Json& body) {
  pb::BoolResponse response;
  TRY(call.Run("HasPartition", NamedPartition<pb::HasPartitionRequest>(call, body), &response));
  JsonObject(call.Data()).Add("has", response.value());
  return {};
}

Status PartitionStats(RestCall& call, const Json& body) {
  pb::GetPartitionStatisticsResponse response;
  TRY(call.Run("GetPartitionStatistics",
               NamedPartition<pb::GetPartitionStatisticsRequest>(call, body), &response));
  std::string_view rows = "0";
  for (const auto& stat : response.stats()) {
    if (stat.key() == "row_count") rows = stat.value();
  }
  *JsonObject(call.Data()).Key("rowCount") += rows;
  return {};
}

Status CreatePartition(RestCall& call, const Json& body) {
  return call.Finish("CreatePartition", NamedPartition<pb::CreatePartitionRequest>(call, body));
}
Status DropPartition(RestCall& call, const Json& body) {
  return call.Finish("DropPartition", NamedPartition<pb::DropPartitionRequest>(call, body));
}
Status LoadPartitions(RestCall& call, const Json& body) {
  return call.Finish("LoadPartitions", NamedPartitions<pb::LoadPartitionsRequest>(call, body));
}
Status ReleasePartitions(RestCall& call, const Json& body) {
  return call.Finish("ReleasePartitions",
                     NamedPartitions<pb::ReleasePartitionsRequest>(call, body));
}

// --- indexes ---

Status ListIndexes(RestCall& call, const Json& body) {
  pb::DescribeIndexResponse response;
  const Status status =
      call.Run("DescribeIndex", Named<pb::DescribeIndexRequest>(call, body), &response);
  if (!status.ok() && status.code() != Code::kIndexNotFound) return status;
  AppendArray(response.index_descriptions(), call.Data(),
              [](const auto& index, std::string* out) { AppendQuoted(index.index_name(), out); });
  return {};
}

void AppendIndexDetails(const pb::IndexDescription& index, std::string* out) {
  const auto param = [&](std::string_view key) -> std::string_view {
    for (const auto& pair : index.params()) {
      if (pair.key() == key) return pair.value();
    }
    return {};
  };
  JsonObject object(out);
  object.Add("indexName", index.index_name())
      .Add("fieldName", index.field_name())
      .Add("indexType", param("index_type"))
      .Add("metricType", param("metric_type"))
      .Add("mmap.enabled", param("mmap.enabled"))
      .Add("indexoffsetcache.enabled", param("indexoffsetcache.enabled"))
      .Add("warmup", param("warmup"))
      .Add("totalRows", index.total_rows())
      .Add("pendingRows", index.pending_index_rows())
      .Add("indexedRows", index.indexed_rows())
      .Add("indexState", pb_common::IndexState_Name(index.state()))
      .Add("failReason", index.index_state_fail_reason())
      .Add("minIndexVersion", index.min_index_version())
      .Add("maxIndexVersion", index.max_index_version());
  AppendPairs(index.params(), object.Key("indexParams"));
}

Status DescribeIndex(RestCall& call, const Json& body) {
  auto request = Named<pb::DescribeIndexRequest>(call, body);
  request.set_index_name(body["indexName"].String());
  request.set_timestamp(static_cast<uint64_t>(body["timestamp"].Int()));
  pb::DescribeIndexResponse response;
  TRY(call.Run("DescribeIndex", request, &response));
  AppendArray(response.index_descriptions(), call.Data(), AppendIndexDetails);
  return {};
}

Status CreateIndex(RestCall& call, const Json& body) {
  for (const Json& param : body["indexParams"].items) {
    TRY(call.Run("CreateIndex",
                 IndexOf(call.DatabaseOf(body), body["collectionName"].String(), param)));
  }
  call.NoData();
  return {};
}

Status DropIndex(RestCall& call, const Json& body) {
  auto request = Named<pb::DropIndexRequest>(call, body);
  request.set_index_name(body["indexName"].String());
  return call.Finish("DropIndex", request);
}

Status AlterIndex(RestCall& call, const Json& body) {
  auto request = Named<pb::AlterIndexRequest>(call, body);
  request.set_index_name(body["indexName"].String());
  AddPairs(body["properties"], request.mutable_extra_params());
  for (std::string& key : body["propertyKeys"].Strings()) request.add_delete_keys(std::move(key));
  return call.Finish("AlterIndex", request);
}

// --- aliases ---

Status ListAliases(RestCall& call, const Json& body) {
  pb::ListAliasesResponse response;
  TRY(call.Run("ListAliases", Named<pb::ListAliasesRequest>(call, body), &response));
  AppendNames(response.aliases(), call.Data());
  return {};
}

template <typename Request>
Request NamedAlias(const RestCall& call, const Json& body) {
  Request request;
  request.set_db_name(call.DatabaseOf(body));
  request.set_alias(body["aliasName"].String());
  return request;
}

Status DescribeAlias(RestCall& call, const Json& body) {
  pb::DescribeAliasResponse response;
  TRY(call.Run("DescribeAlias", NamedAlias<pb::DescribeAliasRequest>(call, body), &response));
  JsonObject(call.Data())
      .Add("dbName", response.db_name())
      .Add("collectionName", response.collection())
      .Add("aliasName", response.alias());
  return {};
}

Status CreateAlias(RestCall& call, const Json& body) {
  auto request = NamedAlias<pb::CreateAliasRequest>(call, body);
  request.set_collection_name(body["collectionName"].String());
  return call.Finish("CreateAlias", request);
}

Status AlterAlias(RestCall& call, const Json& body) {
  auto request = NamedAlias<pb::AlterAliasRequest>(call, body);
  request.set_collection_name(body["collectionName"].String());
  return call.Finish("AlterAlias", request);
}

Status DropAlias(RestCall& call, const Json& body) {
  return call.Finish("DropAlias", NamedAlias<pb::DropAliasRequest>(call, body));
}

// --- resource groups ---

using GroupConfig = ::milvus::proto::rg::ResourceGroupConfig;

void SetConfig(const Json& config, GroupConfig* out) {
  out->mutable_requests()->set_node_num(static_cast<int32_t>(config["requests"]["node_num"].Int()));
  out->mutable_limits()->set_node_num(static_cast<int32_t>(config["limits"]["node_num"].Int()));
  for (const Json& transfer : config["transfer_from"].items)
    out->add_transfer_from()->set_resource_group(transfer["resource_group"].String());
  for (const Json& transfer : config["transfer_to"].items)
    out->add_transfer_to()->set_resource_group(transfer["resource_group"].String());
  if (const Json& filter = config["node_filter"]; !filter.null())
    AddPairs(filter["node_labels"], out->mutable_node_filter()->mutable_node_labels());
}

Status CreateGroup(RestCall& call, const Json& body) {
  pb::CreateResourceGroupRequest request;
  request.set_resource_group(body["name"].String());
  if (const Json& config = body["config"]; !config.null())
    SetConfig(config, request.mutable_config());
  return call.Finish("CreateResourceGroup", request);
}

Status DropGroup(RestCall& call, const Json& body) {
  pb::DropResourceGroupRequest request;
  request.set_resource_group(body["name"].String());
  return call.Finish("DropResourceGroup", request);
}

Status AlterGroups(RestCall& call, const Json& body) {
  pb::UpdateResourceGroupsRequest request;
  for (const auto& [name, config] : body["resource_groups"].members) {
    TRY(CheckShape(config, kGroupConfig));
    SetConfig(config, &(*request.mutable_resource_groups())[name]);
  }
  return call.Finish("UpdateResourceGroups", request);
}

Status ListGroups(RestCall& call, const Json&) {
  pb::ListResourceGroupsResponse response;
  TRY(call.Run("ListResourceGroups", pb::ListResourceGroupsRequest(), &response));
  AppendNames(response.resource_groups(), call.Data());
  return {};
}

void AppendGroup(const pb::ResourceGroup& group, std::string* out) {
  const auto append_counts = [](const auto& counts, std::string* to) {
    JsonObject object(to);
    for (const auto& [name, count] : counts) object.Add(name, count);
  };
  JsonObject object(out);
  object.Add("name", group.name())
      .Add("capacity", group.capacity())
      .Add("num_available_node", group.num_available_node());
  append_counts(group.num_loaded_replica(), object.Key("num_loaded_replica"));
  append_counts(group.num_outgoing_node(), object.Key("num_outgoing_node"));
  append_counts(group.num_incoming_node(), object.Key("num_incoming_node"));
  JsonObject config(object.Key("config"));
  JsonObject(config.Key("requests")).Add("node_num", group.config().requests().node_num());
  JsonObject(config.Key("limits")).Add("node_num", group.config().limits().node_num());
}

Status DescribeGroup(RestCall& call, const Json& body) {
  pb::DescribeResourceGroupRequest request;
  request.set_resource_group(body["name"].String());
  pb::DescribeResourceGroupResponse response;
  TRY(call.Run("DescribeResourceGroup", request, &response));
  std::string group;
  AppendGroup(response.resource_group(), &group);
  *call.Data() += group;
  call.out += ",\"resource_group\":" + group;  // where Milvus has it
  return {};
}

Status TransferReplica(RestCall& call, const Json& body) {
  pb::TransferReplicaRequest request;
  request.set_source_resource_group(body["sourceRgName"].String());
  request.set_target_resource_group(body["targetRgName"].String());
  request.set_collection_name(body["collectionName"].String());
  request.set_num_replica(body["replicaNum"].Int());
  return call.Finish("TransferReplica", request);
}

#define PATH(op) "/v2/vectordb/" op
constexpr Route kRoutes[] = {
    {"POST", PATH("databases/list"), "ListDatabases", &kEmpty, ListDatabases},
    {"POST", PATH("databases/create"), "CreateDatabase", &kDatabaseProperties, CreateDatabase},
    {"POST", PATH("databases/describe"), "DescribeDatabase", &kNamedDatabase, DescribeDatabase},
    {"POST", PATH("databases/drop"), "DropDatabase", &kNamedDatabase, DropDatabase},
    {"POST", PATH("databases/alter"), "AlterDatabase", &kDatabaseProperties, AlterDatabase},
    {"POST", PATH("databases/alter_properties"), "AlterDatabase", &kDatabaseProperties,
     AlterDatabase},
    {"POST", PATH("databases/drop_properties"), "AlterDatabase", &kDatabaseKeys, AlterDatabase},
    {"POST", PATH("partitions/list"), "ShowPartitions", &kCollectionShape, ListPartitions},
    {"POST", PATH("partitions/has"), "HasPartition", &kPartition, HasPartition},
    {"POST", PATH("partitions/get_stats"), "GetPartitionStatistics", &kPartition, PartitionStats},
    {"POST", PATH("partitions/create"), "CreatePartition", &kPartition, CreatePartition},
    {"POST", PATH("partitions/drop"), "DropPartition", &kPartition, DropPartition},
    {"POST", PATH("partitions/load"), "LoadPartitions", &kPartitions, LoadPartitions},
    {"POST", PATH("partitions/release"), "ReleasePartitions", &kPartitions, ReleasePartitions},
    {"POST", PATH("indexes/list"), "DescribeIndex", &kCollectionShape, ListIndexes},
    {"POST", PATH("indexes/describe"), "DescribeIndex", &kIndex, DescribeIndex},
    {"POST", PATH("indexes/create"), "CreateIndex", &kCreateIndex, CreateIndex},
    {"POST", PATH("indexes/drop"), "DropIndex", &kIndex, DropIndex},
    {"POST", PATH("indexes/alter_properties"), "AlterIndex", &kIndexProperties, AlterIndex},
    {"POST", PATH("indexes/drop_properties"), "AlterIndex", &kIndexKeys, AlterIndex},
    {"POST", PATH("aliases/list"), "ListAliases", &kOptionalCollectionShape, ListAliases},
    {"POST", PATH("aliases/describe"), "DescribeAlias", &kAlias, DescribeAlias},
    {"POST", PATH("aliases/create"), "CreateAlias", &kAliasOf, CreateAlias},
    {"POST", PATH("aliases/drop"), "DropAlias", &kAlias, DropAlias},
    {"POST", PATH("aliases/alter"), "AlterAlias", &kAliasOf, AlterAlias},
    {"POST", PATH("resource_groups/create"), "CreateResourceGroup", &kGroup, CreateGroup},
    {"POST", PATH("resource_groups/drop"), "DropResourceGroup", &kGroup, DropGroup},
    {"POST", PATH("resource_groups/alter"), "UpdateResourceGroups", &kGroups, AlterGroups},
    {"POST", PATH("resource_groups/describe"), "DescribeResourceGroup", &kGroup, DescribeGroup},
    {"POST", PATH("resource_groups/list"), "ListResourceGroups", &kEmpty, ListGroups},
    {"POST", PATH("resource_groups/transfer_replica"), "TransferReplica", &kTransferReplica,
     TransferReplica},
};
#undef PATH

}  // namespace

std::span<const Route> ObjectRoutes() { return kRoutes; }

}  // namespace elanus::server
