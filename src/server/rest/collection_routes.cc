// /v2/vectordb/collections, but what makes schemas.
#include "server/rest/route.h"
#include "server/rest/vector_reader.h"

namespace elanus::server {
namespace {

constexpr Param kDatabaseParams[] = {{"dbName", ParamKind::kString}};
constexpr Param kCollectionParams[] = {{"dbName", ParamKind::kString},
                                       {"collectionName", ParamKind::kString, true},
                                       {"partitionNames", ParamKind::kStrings}};
constexpr Param kOptionalCollectionParams[] = {{"dbName", ParamKind::kString},
                                               {"collectionName", ParamKind::kString}};
constexpr Param kRenameParams[] = {{"dbName", ParamKind::kString},
                                   {"collectionName", ParamKind::kString, true},
                                   {"newCollectionName", ParamKind::kString, true},
                                   {"newDbName", ParamKind::kString}};
constexpr Param kPropertiesParams[] = {{"dbName", ParamKind::kString},
                                       {"collectionName", ParamKind::kString, true},
                                       {"properties", ParamKind::kMap}};
constexpr Param kPropertyKeysParams[] = {{"dbName", ParamKind::kString},
                                         {"collectionName", ParamKind::kString, true},
                                         {"propertyKeys", ParamKind::kStrings}};
constexpr Param kCompactParams[] = {{"dbName", ParamKind::kString},
                                    {"collectionName", ParamKind::kString, true},
                                    {"isClustering", ParamKind::kBool}};
constexpr Param kCompactionParams[] = {{"jobID", ParamKind::kInt64}};

constexpr Shape kRename{"RenameCollection", kRenameParams};
constexpr Shape kProperties{"CollectionProperties", kPropertiesParams};
constexpr Shape kPropertyKeys{"CollectionPropertyKeys", kPropertyKeysParams};
constexpr Shape kCompact{"Compact", kCompactParams};
constexpr Shape kCompaction{"Compaction", kCompactionParams};

constexpr std::string_view kDefaultMetric = "COSINE";

void AppendDefault(const pb_schema::ValueField& value, std::string* out) {
  using Value = pb_schema::ValueField;
  JsonObject outer(out);
  JsonObject inner(outer.Key("Data"));
  switch (static_cast<int>(value.data_case())) {
    case Value::kBoolData:
      inner.Add("BoolData", value.bool_data());
      return;
    case Value::kIntData:
      inner.Add("IntData", value.int_data());
      return;
    case Value::kLongData:
      inner.Add("LongData", value.long_data());
      return;
    case Value::kFloatData:
      return AppendFloat(value.float_data(), inner.Key("FloatData"));
    case Value::kDoubleData:
      return AppendDouble(value.double_data(), inner.Key("DoubleData"));
    case Value::kStringData:
      inner.Add("StringData", value.string_data());
      return;
    default:
      return;
  }
}

std::string_view ParamOf(const pb_schema::FieldSchema& field, std::string_view key) {
  for (const auto& param : field.type_params()) {
    if (param.key() == key) return param.value();
  }
  return "0";
}

void AppendField(const pb_schema::FieldSchema& field, bool first_version, std::string* out) {
  const auto type = field.data_type();
  std::string type_name = pb_schema::DataType_Name(type);
  JsonObject object(out);
  object.Add("name", field.name())
      .Add("primaryKey", field.is_primary_key())
      .Add("partitionKey", field.is_partition_key())
      .Add("clusteringKey", field.is_clustering_key())
      .Add("autoId", field.autoid())
      .Add("description", field.description())
      .Add("nullable", field.nullable());
  if (field.has_default_value()) AppendDefault(field.default_value(), object.Key("defaultValue"));
  if (field.is_function_output()) object.Add("isFunctionOutput", true);
  if (first_version) {
    if (IsVectorType(type)) type_name.append("(").append(ParamOf(field, "dim")).append(")");
    if (type == pb_schema::VarChar)
      type_name.append("(").append(ParamOf(field, "max_length")).append(")");
    object.Add("type", type_name);
    return;
  }
  object.Add("type", type_name).Add("id", field.fieldid());
  if (!field.type_params().empty()) AppendPairs(field.type_params(), object.Key("params"));
  if (type == pb_schema::Array || type == pb_schema::ArrayOfVector) {
    object.Add("elementType", pb_schema::DataType_Name(field.element_type()));
  }
}

void AppendStructField(const pb_schema::StructArrayFieldSchema& field, std::string* out) {
  JsonObject object(out);
  object.Add("name", field.name())
      .Add("id", field.fieldid())
      .Add("description", field.description())
      .Add("nullable", field.nullable())
      .Add("type", "ArrayOfStruct");
  AppendArray(field.fields(), object.Key("fields"),
              [](const auto& sub, std::string* to) { AppendField(sub, false, to); });
  if (!field.type_params().empty()) AppendPairs(field.type_params(), object.Key("params"));
}

void AppendFunction(const pb_schema::FunctionSchema& function, std::string* out) {
  JsonObject object(out);
  object.Add("name", function.name())
      .Add("description", function.description())
      .Add("type", static_cast<int>(function.type()))
      .Add("id", function.id());
  AppendNames(function.input_field_names(), object.Key("inputFieldNames"));
  AppendNames(function.output_field_names(), object.Key("outputFieldNames"));
  AppendPairs(function.params(), object.Key("params"));
}

void AppendIndex(const pb::IndexDescription& index, std::string* out) {
  std::string_view metric = kDefaultMetric;
  for (const auto& param : index.params()) {
    if (param.key() == "metric_type") metric = param.value();
  }
  JsonObject(out)
      .Add("indexName", index.index_name())
      .Add("fieldName", index.field_name())
      .Add("metricType", metric);
}

Status HasCollection(RestCall& call, const Json& body) {
  pb::BoolResponse response;
  TRY(call.Run("HasCollection", Named<pb::HasCollectionRequest>(call, body), &response));
  JsonObject(call.Data()).Add("has", response.value());
  return {};
}

Status CollectionStats(RestCall& call, const Json& body) {
  pb::GetCollectionStatisticsResponse response;
  TRY(call.Run("GetCollectionStatistics", Named<pb::GetCollectionStatisticsRequest>(call, body),
               &response));
  std::string_view rows = "0";
  for (const auto& stat : response.stats()) {
    if (stat.key() == "row_count") rows = stat.value();
  }
  *JsonObject(call.Data()).Key("rowCount") += rows;
  return {};
}

Status LoadState(RestCall& call, const Json& body) {
  const auto request = Named<pb::GetLoadStateRequest>(call, body);
  pb::GetLoadStateResponse response;
  TRY(call.Run("GetLoadState", request, &response));
  if (response.state() == pb_common::LoadState::LoadStateNotExist) {
    return FailWith(Code::kCollectionNotFound, {{"collection", request.collection_name()}});
  }
  if (response.state() == pb_common::LoadState::LoadStateNotLoad) {
    JsonObject(call.Data()).Add("loadState", pb_common::LoadState_Name(response.state()));
    return {};
  }
  auto progress_request = Named<pb::GetLoadingProgressRequest>(call, body);
  for (std::string& name : body["partitionNames"].Strings())
    progress_request.add_partition_names(std::move(name));
  pb::GetLoadingProgressResponse progress;
  const Status status = call.Run("GetLoadingProgress", progress_request, &progress);
  const int64_t percent = status.ok() ? progress.progress() : -1;
  JsonObject(call.Data())
      .Add("loadState", percent >= 100 ? "LoadStateLoaded" : "LoadStateLoading")
      .Add("loadProgress", percent);
  call.out += ",\"message\":";
  AppendQuoted(status.ok() ? "" : status.message() + ".", &call.out);
  return {};
}

template <typename Request>
Status Simple(RestCall& call, const Json& body, std::string_view rpc) {
  return call.Finish(rpc, Named<Request>(call, body));
}

Status Load(RestCall& call, const Json& body, bool refresh) {
  auto request = Named<pb::LoadCollectionRequest>(call, body);
  request.set_refresh(refresh);
  return call.Finish("LoadCollection", request);
}

Status Rename(RestCall& call, const Json& body) {
  pb::RenameCollectionRequest request;
  request.set_db_name(call.DatabaseOf(body));
  request.set_oldname(body["collectionName"].String());
  request.set_newname(body["newCollectionName"].String());
  const std::string& database = body["newDbName"].String();
  request.set_newdbname(database.empty() ? request.db_name() : database);
  return call.Finish("RenameCollection", request);
}

Status AlterProperties(RestCall& call, const Json& body) {
  auto request = Named<pb::AlterCollectionRequest>(call, body);
  AddPairs(body["properties"], request.mutable_properties());
  for (std::string& key : body["propertyKeys"].Strings()) request.add_delete_keys(std::move(key));
  return call.Finish("AlterCollection", request);
}

Status Flush(RestCall& call, const Json& body) {
  pb::FlushRequest request;
  request.set_db_name(call.DatabaseOf(body));
  request.add_collection_names(body["collectionName"].String());
  return call.Finish("Flush", request);
}

Status Compact(RestCall& call, const Json& body) {
  auto request = Named<pb::ManualCompactionRequest>(call, body);
  request.set_majorcompaction(body["isClustering"].boolean);
  pb::ManualCompactionResponse response;
  TRY(call.Run("ManualCompaction", request, &response));
  JsonObject(call.Data()).Add("compactionID", response.compactionid());
  return {};
}

Status CompactionState(RestCall& call, const Json& body) {
  pb::GetCompactionStateRequest request;
  request.set_compactionid(body["jobID"].Int());
  pb::GetCompactionStateResponse response;
  TRY(call.Run("GetCompactionState", request, &response));
  JsonObject(call.Data())
      .Add("compactionID", request.compactionid())
      .Add("state", pb_common::CompactionState_Name(response.state()))
      .Add("executingPlanNumber", response.executingplanno())
      .Add("timeoutPlanNumber", response.timeoutplanno())
      .Add("completedPlanNumber", response.completedplanno());
  return {};
}

#define PATH(op) "/v2/vectordb/collections/" op
constexpr Route kRoutes[] = {
    {"POST", PATH("list"), "ShowCollections", &kDatabaseShape, ListCollections},
    {"POST", PATH("has"), "HasCollection", &kCollectionShape, HasCollection, SetAside::kNothing,
     nullptr, true},
    {"POST", PATH("describe"), "DescribeCollection", &kCollectionShape, DescribeCollection,
     SetAside::kNothing, nullptr, true},
    {"POST", PATH("get_stats"), "GetCollectionStatistics", &kCollectionShape, CollectionStats},
    {"POST", PATH("get_load_state"), "GetLoadState", &kCollectionShape, LoadState},
    {"POST", PATH("drop"), "DropCollection", &kCollectionShape,
     [](RestCall& call, const Json& body) {
       return Simple<pb::DropCollectionRequest>(call, body, "DropCollection");
     }},
    {"POST", PATH("truncate"), "TruncateCollection", &kCollectionShape,
     [](RestCall& call, const Json& body) {
       return Simple<pb::TruncateCollectionRequest>(call, body, "TruncateCollection");
     }},
    {"POST", PATH("rename"), "RenameCollection", &kRename, Rename},
    {"POST", PATH("load"), "LoadCollection", &kCollectionShape,
     [](RestCall& call, const Json& body) { return Load(call, body, false); }},
    {"POST", PATH("refresh_load"), "LoadCollection", &kCollectionShape,
     [](RestCall& call, const Json& body) { return Load(call, body, true); }},
    {"POST", PATH("release"), "ReleaseCollection", &kCollectionShape,
     [](RestCall& call, const Json& body) {
       return Simple<pb::ReleaseCollectionRequest>(call, body, "ReleaseCollection");
     }},
    {"POST", PATH("alter_properties"), "AlterCollection", &kProperties, AlterProperties},
    {"POST", PATH("drop_properties"), "AlterCollection", &kPropertyKeys, AlterProperties},
    {"POST", PATH("flush"), "Flush", &kCollectionShape, Flush},
    {"POST", PATH("compact"), "ManualCompaction", &kCompact, Compact},
    {"POST", PATH("get_compaction_state"), "GetCompactionState", &kCompaction, CompactionState},
};
#undef PATH

}  // namespace

const Shape kDatabaseShape{"Database", kDatabaseParams};
const Shape kCollectionShape{"Collection", kCollectionParams};
const Shape kOptionalCollectionShape{"OptionalCollection", kOptionalCollectionParams};

std::span<const Route> CollectionRoutes() { return kRoutes; }

Status ListCollections(RestCall& call, const Json& body) {
  pb::ShowCollectionsRequest request;
  request.set_db_name(call.DatabaseOf(body));
  pb::ShowCollectionsResponse response;
  TRY(call.Run("ShowCollections", request, &response));
  AppendNames(response.collection_names(), call.Data());
  return {};
}

Status DescribeCollection(RestCall& call, const Json& body) {
  pb::DescribeCollectionResponse info;
  TRY(call.Run("DescribeCollection", Named<pb::DescribeCollectionRequest>(call, body), &info));

  // What else is known; without it the answer is still one.
  std::string problems;
  const auto also = [&](Status status) {
    if (!status.ok()) problems += status.message() + ";";
    return status.ok();
  };
  pb::GetLoadStateResponse load;
  const bool has_load =
      also(call.Run("GetLoadState", Named<pb::GetLoadStateRequest>(call, body), &load));
  auto index_request = Named<pb::DescribeIndexRequest>(call, body);
  bool auto_id = false;
  for (const auto& field : info.schema().fields()) {
    if (field.is_primary_key()) auto_id = field.autoid();
    if (IsVectorType(field.data_type()) && index_request.field_name().empty())
      index_request.set_field_name(field.name());
  }
  pb::DescribeIndexResponse indexes;
  also(call.Run("DescribeIndex", index_request, &indexes));

  const pb_schema::CollectionSchema& schema = info.schema();
  {
    JsonObject data(call.Data());
    data.Add("collectionName", info.collection_name()).Add("description", schema.description());
    AppendArray(schema.fields(), data.Key("fields"), [&](const auto& field, std::string* to) {
      AppendField(field, call.first_version, to);
    });
    AppendArray(indexes.index_descriptions(), data.Key("indexes"), AppendIndex);
    data.Add("load", has_load ? pb_common::LoadState_Name(load.state()) : "")
        .Add("shardsNum", info.shards_num())
        .Add("enableDynamicField", schema.enable_dynamic_field());
    if (call.first_version) return {};
    data.Add("collectionID", info.collectionid())
        .Add("autoId", auto_id)
        .Add("partitionsNum", info.num_partitions())
        .Add("consistencyLevel", pb_common::ConsistencyLevel_Name(info.consistency_level()));
    AppendArray(schema.struct_array_fields(), data.Key("structFields"), AppendStructField);
    AppendArray(schema.functions(), data.Key("functions"), AppendFunction);
    AppendNames(info.aliases(), data.Key("aliases"));
    AppendPairs(info.properties(), data.Key("properties"));
  }
  call.out += ",\"message\":";
  AppendQuoted(problems, &call.out);
  return {};
}

}  // namespace elanus::server
