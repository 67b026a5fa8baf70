// Collections, partitions, aliases, loading.
#include <algorithm>

#include <milvus/ddl.pb.h>

#include "server/milvus/request.h"
#include "server/milvus/service.h"
#include "server/milvus/visibility.h"
#include "server/milvus/wire_columns.h"
#include "server/wire_status.h"

namespace elanus::server {
namespace {

std::vector<std::string> Strings(const google::protobuf::RepeatedPtrField<std::string>& values) {
  return {values.begin(), values.end()};
}

// A number on the wire may be no type at all, and must not be cut down to one.
Result<DataType> DecodeType(int number, std::string_view what) {
  if (pb_schema::DataType_IsValid(number) && number >= 0 && number < 256) {
    return static_cast<DataType>(number);
  }
  return Fail(Code::kParameterInvalid,
              std::string(what) + " " + std::to_string(number) + " is not supported");
}

// kNone: not a number.
DataType NumberTypeOf(const pb_schema::ValueField& value) {
  if (value.has_int_data()) return DataType::kInt32;
  if (value.has_long_data()) return DataType::kInt64;
  if (value.has_float_data()) return DataType::kFloat;
  if (value.has_double_data()) return DataType::kDouble;
  return DataType::kNone;
}

Result<gateway::FieldRequest> DecodeField(const pb_schema::FieldSchema& field) {
  gateway::FieldRequest out;
  out.name = field.name();
  out.description = field.description();
  out.type = TRY(DecodeType(field.data_type(), "field data type"));
  out.element_type = TRY(DecodeType(field.element_type(), "element type"));
  out.primary = field.is_primary_key();
  out.auto_id = field.autoid();
  out.partition_key = field.is_partition_key();
  out.clustering_key = field.is_clustering_key();
  out.nullable = field.nullable();
  out.is_function_output = field.is_function_output();
  if (field.has_default_value()) {
    out.default_value = DecodeValue(field.default_value());
    out.default_type = NumberTypeOf(field.default_value());
  }
  out.type_params = ToProperties(field.type_params());
  out.index_params = ToProperties(field.index_params());
  return out;
}

Function DecodeFunction(const pb_schema::FunctionSchema& function) {
  Function out;
  out.name = function.name();
  out.description = function.description();
  const int type = function.type();
  if (type > 0 && type <= static_cast<int>(FunctionType::kMinHash))
    out.type = static_cast<FunctionType>(type);
  out.inputs = Strings(function.input_field_names());
  out.outputs = Strings(function.output_field_names());
  out.params = ToProperties(function.params());
  return out;
}

Result<gateway::CreateCollection> DecodeCreate(const Call& call,
                                               const pb::CreateCollectionRequest& request) {
  pb_schema::CollectionSchema schema;
  if (!schema.ParseFromString(request.schema())) {
    return Fail(Code::kParameterInvalid, "collection schema cannot be parsed");
  }
  gateway::CreateCollection create;
  create.database = DatabaseOf(call, request.db_name());
  create.name = request.collection_name();
  create.schema_name = schema.name();
  create.description = schema.description();
  create.enable_dynamic_field = schema.enable_dynamic_field();
  create.auto_id = schema.autoid();
  for (const pb_schema::FieldSchema& field : schema.fields())
    create.fields.push_back(TRY(DecodeField(field)));
  create.struct_fields = static_cast<size_t>(schema.struct_array_fields_size());
  for (const pb_schema::FunctionSchema& function : schema.functions())
    create.functions.push_back(DecodeFunction(function));
  create.shards_num = request.shards_num();
  create.consistency = static_cast<ConsistencyLevel>(request.consistency_level());
  create.num_partitions = request.num_partitions();
  create.properties = ToProperties(request.properties());
  for (auto& property : ToProperties(schema.properties()))
    create.properties.push_back(std::move(property));
  return create;
}

// Fields come and go one at a time.
Status AddToSchema(gateway::Gateway* gateway, const std::string& database,
                   const std::string& collection,
                   const pb::AlterCollectionSchemaRequest::AddRequest& add) {
  const auto refuse = [](std::string_view text) { return Fail(Code::kParameterInvalid, text); };
  if (add.func_schema_size() > 1) {
    return refuse("For now, at most one function schema is supported");
  }
  if (add.field_infos_size() > 1) return refuse("For now, only one field info is supported");
  if (add.field_infos_size() + add.func_schema_size() == 0) {
    return refuse("fieldInfos and function schema are both empty");
  }
  gateway::FieldRequest field;
  const bool has_field = add.field_infos_size() > 0;
  if (has_field) {
    if (!add.field_infos(0).has_field_schema()) return refuse("fieldSchema is nil in fieldInfos");
    field = TRY(DecodeField(add.field_infos(0).field_schema()));
  }
  if (add.func_schema_size() == 0) return gateway->AddField(database, collection, field);
  const Function function = DecodeFunction(add.func_schema(0));
  if (!has_field) return gateway->AddFunction(database, collection, function, nullptr, "", {});
  return gateway->AddFunction(database, collection, function, &field,
                              add.field_infos(0).index_name(),
                              ToProperties(add.field_infos(0).extra_params()));
}

// Clients look for this very phrase where a collection is missing.
Status AsClientsExpect(const Status& found, const std::string& database,
                       const std::string& collection) {
  if (found.code() != Code::kCollectionNotFound) return found;
  return Status(Code::kCollectionNotFound,
                "can't find collection[database=" + database + "][collection=" + collection + "]");
}

Status AlterSchema(gateway::Gateway* gateway, const std::string& database,
                   const pb::AlterCollectionSchemaRequest& request) {
  using Drop = pb::AlterCollectionSchemaRequest::DropRequest;
  const std::string& collection = request.collection_name();
  TRY(AsClientsExpect(gateway->FindNamed(database, collection).status(), database, collection));
  if (!request.has_action()) {
    return Fail(Code::kParameterInvalid, "action is nil in alter schema task");
  }
  if (request.action().has_add_request()) {
    return AddToSchema(gateway, database, collection, request.action().add_request());
  }
  if (!request.action().has_drop_request()) {
    return Fail(Code::kParameterInvalid, "unknown action type in alter collection schema request");
  }
  const Drop& drop = request.action().drop_request();
  switch (drop.identifier_case()) {
    case Drop::kFieldName:
      if (drop.field_name().empty()) return Fail(Code::kParameterInvalid, "field name is empty");
      return gateway->DropField(database, collection, drop.field_name(), FieldId());
    case Drop::kFieldId:
      return gateway->DropField(database, collection, "", FieldId(drop.field_id()));
    case Drop::kFunctionName:
      return gateway->DropFunction(database, collection, drop.function_name(),
                                   drop.drop_function_output_fields());
    case Drop::IDENTIFIER_NOT_SET:
      break;
  }
  return Fail(Code::kParameterMissing,
              "drop request must specify field_name, field_id, or function_name");
}

template <typename Request>
roles::PropertyChange DecodeChange(const Request& request) {
  return {ToProperties(request.properties()), Strings(request.delete_keys())};
}

void EncodeField(const Field& field, pb_schema::FieldSchema* out) {
  out->set_fieldid(field.id.value);
  out->set_name(field.name);
  out->set_description(field.description);
  out->set_data_type(static_cast<pb_schema::DataType>(field.type));
  out->set_element_type(static_cast<pb_schema::DataType>(field.element_type));
  out->set_is_primary_key(field.primary);
  out->set_autoid(field.auto_id);
  out->set_is_partition_key(field.partition_key);
  out->set_is_clustering_key(field.clustering_key);
  out->set_nullable(field.nullable);
  out->set_is_function_output(field.made);
  if (field.default_value)
    EncodeValue(field.type, *field.default_value, out->mutable_default_value());
  FromProperties(field.type_params, out->mutable_type_params());
}

void EncodeFunction(const Schema& schema, const Function& function,
                    pb_schema::FunctionSchema* out) {
  out->set_name(function.name);
  out->set_id(function.id);
  out->set_description(function.description);
  out->set_type(static_cast<pb_schema::FunctionType>(function.type));
  for (const std::string& input : function.inputs) {
    out->add_input_field_names(input);
    if (const Field* field = schema.Find(input)) out->add_input_field_ids(field->id.value);
  }
  for (const std::string& output : function.outputs) {
    out->add_output_field_names(output);
    if (const Field* field = schema.Find(output)) out->add_output_field_ids(field->id.value);
  }
  FromProperties(function.params, out->mutable_params());
}

std::string ChannelName(const CollectionInfo& info, int32_t shard) {
  return "by-dev-rootcoord-dml_" + std::to_string(shard) + "_" + std::to_string(info.id.value) +
         "v" + std::to_string(shard);
}

void EncodeDescription(const CollectionInfo& info, pb::DescribeCollectionResponse* response) {
  pb_schema::CollectionSchema* schema = response->mutable_schema();
  schema->set_name(info.name);
  schema->set_description(info.schema.description);
  schema->set_autoid(info.schema.auto_id);
  schema->set_enable_dynamic_field(info.schema.enable_dynamic_field);
  schema->set_dbname(info.database);
  for (const Field& field : info.schema.fields) {
    if (!field.dynamic) EncodeField(field, schema->add_fields());
  }
  for (const Function& function : info.schema.functions)
    EncodeFunction(info.schema, function, schema->add_functions());
  schema->set_version(static_cast<int32_t>(info.schema.version));
  FromProperties(info.properties, schema->mutable_properties());
  FromProperties(info.properties, response->mutable_properties());
  const Properties always = {{"timezone", "UTC"},
                             {"max_field_id", std::to_string(info.next_field_id - 1)},
                             {"namespace.sharding.enabled", "false"}};
  for (const auto& [key, value] : always) {
    if (FindProperty(info.properties, key) == nullptr) {
      FromProperties({{key, value}}, response->mutable_properties());
    }
  }
  response->set_collectionid(info.id.value);
  response->set_collection_name(info.name);
  response->set_db_name(info.database);
  response->set_db_id(1);
  response->set_shards_num(info.shards_num);
  response->set_num_partitions(static_cast<int64_t>(info.partitions.size()));
  response->set_consistency_level(static_cast<pb_common::ConsistencyLevel>(info.consistency));
  response->set_created_timestamp(info.created);
  response->set_created_utc_timestamp(static_cast<uint64_t>(MsOfTimestamp(info.created)));
  response->set_update_timestamp(info.updated);
  response->set_update_timestamp_str(std::to_string(info.updated));
  for (const std::string& alias : info.aliases) response->add_aliases(alias);
  for (int32_t shard = 0; shard < info.shards_num; ++shard) {
    response->add_virtual_channel_names(ChannelName(info, shard));
    response->add_physical_channel_names("by-dev-rootcoord-dml_" + std::to_string(shard));
  }
}

Status DescribeCollection(gateway::Gateway* gateway, const Call& call,
                          const pb::DescribeCollectionRequest& request,
                          pb::DescribeCollectionResponse* response) {
  const std::string database = DatabaseOf(call, request.db_name());
  const auto found = request.collection_name().empty() && request.collectionid() != 0
                         ? gateway->coordinator().FindById(CollectionId(request.collectionid()))
                         : gateway->FindNamed(database, request.collection_name());
  TRY(AsClientsExpect(found.status(), database, request.collection_name()));
  EncodeDescription(**found, response);
  return {};
}

void AddStat(const std::string& key, int64_t value,
             google::protobuf::RepeatedPtrField<pb_common::KeyValuePair>* stats) {
  pb_common::KeyValuePair* stat = stats->Add();
  stat->set_key(key);
  stat->set_value(std::to_string(value));
}

}  // namespace

void RegisterCollections(const MilvusService* service, RpcTable* table) {
  gateway::Gateway* gateway = service->gateway;
  roles::Coordinator* coordinator = &gateway->coordinator();

  table->Add(
      "CreateCollection",
      [=](Call& call, const pb::CreateCollectionRequest& request, pb_common::Status*) -> Status {
        return gateway->Create(call.context, TRY(DecodeCreate(call, request)));
      });
  table->Add(
      "DropCollection",
      [=](Call& call, const pb::DropCollectionRequest& request, pb_common::Status*) -> Status {
        const std::string database = DatabaseOf(call, request.db_name());
        TRY(gateway->DropCollection(call.context, database, request.collection_name()));
        return service->access_control->ForgetCollection(database, request.collection_name());
      });
  table->Add(
      "HasCollection",
      [=](Call& call, const pb::HasCollectionRequest& request,
          pb::BoolResponse* response) -> Status {
        const auto found =
            gateway->FindNamed(DatabaseOf(call, request.db_name()), request.collection_name());
        if (!found.ok() && found.status().code() != Code::kCollectionNotFound)
          return found.status();
        response->set_value(found.ok());
        return {};
      },
      Runs::kWhereItArrives);
  table->Add(
      "DescribeCollection",
      [=](Call& call, const pb::DescribeCollectionRequest& request,
          pb::DescribeCollectionResponse* response) -> Status {
        return DescribeCollection(gateway, call, request, response);
      },
      Runs::kWhereItArrives);
  table->Add("BatchDescribeCollection",
             [=](Call& call, const pb::BatchDescribeCollectionRequest& request,
                 pb::BatchDescribeCollectionResponse* response) -> Status {
               if (request.collection_name().empty()) {
                 return Fail(Code::kParameterMissing, "collection names cannot be empty");
               }
               pb::DescribeCollectionRequest one;
               one.set_db_name(request.db_name());
               for (const std::string& name : request.collection_name()) {
                 one.set_collection_name(name);
                 pb::DescribeCollectionResponse* description = response->add_responses();
                 const Status described = DescribeCollection(gateway, call, one, description);
                 if (described.ok()) continue;
                 description->Clear();
                 description->set_collection_name(name);
                 ToWire(described, description->mutable_status());
               }
               return {};
             });
  table->Add(
      "ShowCollections",
      [=](Call& call, const pb::ShowCollectionsRequest& request,
          pb::ShowCollectionsResponse* response) -> Status {
        const Visibility visible(*service, call);
        const auto all = TRY(coordinator->List(DatabaseOf(call, request.db_name())));
        for (const roles::CollectionPtr& info : all) {
          if (!visible.Collection(info->database, info->name)) continue;
          const auto& names = request.collection_names();
          if (!names.empty() && std::find(names.begin(), names.end(), info->name) == names.end())
            continue;
          if (request.type() == pb::ShowType::InMemory && !info->loaded) continue;
          response->add_collection_names(info->name);
          response->add_collection_ids(info->id.value);
          response->add_created_timestamps(info->created);
          response->add_created_utc_timestamps(static_cast<uint64_t>(MsOfTimestamp(info->created)));
          response->add_inmemory_percentages(info->loaded ? 100 : 0);
          response->add_query_service_available(info->loaded);
          response->add_shards_num(info->shards_num);
        }
        return {};
      });
  table->Add("GetCollectionStatistics",
             [=](Call& call, const pb::GetCollectionStatisticsRequest& request,
                 pb::GetCollectionStatisticsResponse* response) -> Status {
               const roles::ShardStats stats = TRY(
                   gateway->Stats(DatabaseOf(call, request.db_name()), request.collection_name()));
               AddStat("row_count", stats.physical_rows, response->mutable_stats());
               return {};
             });

  table->Add(
      "AddCollectionField",
      [=](Call& call, const pb::AddCollectionFieldRequest& request, pb_common::Status*) -> Status {
        pb_schema::FieldSchema field;
        if (!field.ParseFromString(request.schema()))
          return Fail(Code::kParameterInvalid, "field schema cannot be parsed");
        return gateway->AddField(DatabaseOf(call, request.db_name()), request.collection_name(),
                                 TRY(DecodeField(field)));
      });
  table->Add("AlterCollectionSchema",
             [=](Call& call, const pb::AlterCollectionSchemaRequest& request,
                 pb::AlterCollectionSchemaResponse*) -> Status {
               return AlterSchema(gateway, DatabaseOf(call, request.db_name()), request);
             });
  table->Add("AddCollectionFunction",
             [=](Call& call, const pb::AddCollectionFunctionRequest& request,
                 pb_common::Status*) -> Status {
               if (!request.has_functionschema())
                 return Fail(Code::kParameterInvalid, "function schema is empty");
               return gateway->AddFunctionAlone(DatabaseOf(call, request.db_name()),
                                                request.collection_name(),
                                                DecodeFunction(request.functionschema()));
             });
  table->Add("AlterCollectionFunction",
             [=](Call& call, const pb::AlterCollectionFunctionRequest& request,
                 pb_common::Status*) -> Status {
               if (!request.has_functionschema())
                 return Fail(Code::kParameterInvalid, "function schema is empty");
               return gateway->AlterFunction(DatabaseOf(call, request.db_name()),
                                             request.collection_name(), request.function_name(),
                                             DecodeFunction(request.functionschema()));
             });
  table->Add("DropCollectionFunction",
             [=](Call& call, const pb::DropCollectionFunctionRequest& request,
                 pb_common::Status*) -> Status {
               return gateway->DropFunction(DatabaseOf(call, request.db_name()),
                                            request.collection_name(), request.function_name(),
                                            false);
             });
  table->Add(
      "AlterCollection",
      [=](Call& call, const pb::AlterCollectionRequest& request, pb_common::Status*) -> Status {
        return gateway->AlterCollection(DatabaseOf(call, request.db_name()),
                                        request.collection_name(), DecodeChange(request));
      });
  table->Add("AlterCollectionField",
             [=](Call& call, const pb::AlterCollectionFieldRequest& request,
                 pb_common::Status*) -> Status {
               return gateway->AlterField(DatabaseOf(call, request.db_name()),
                                          request.collection_name(), request.field_name(),
                                          DecodeChange(request));
             });
  table->Add(
      "RenameCollection",
      [=](Call& call, const pb::RenameCollectionRequest& request, pb_common::Status*) -> Status {
        const std::string database = DatabaseOf(call, request.db_name());
        TRY(gateway->Rename(database, request.oldname(), request.newdbname(), request.newname()));
        const std::string& other = request.newdbname();
        return service->access_control->RenameCollection(
            database, request.oldname(), other.empty() ? database : other, request.newname());
      });
  table->Add("TruncateCollection",
             [=](Call& call, const pb::TruncateCollectionRequest& request,
                 pb::TruncateCollectionResponse*) -> Status {
               return gateway->Truncate(DatabaseOf(call, request.db_name()),
                                        request.collection_name());
             });

  table->Add(
      "CreatePartition",
      [=](Call& call, const pb::CreatePartitionRequest& request, pb_common::Status*) -> Status {
        return gateway->CreatePartition(DatabaseOf(call, request.db_name()),
                                        request.collection_name(), request.partition_name());
      });
  table->Add(
      "DropPartition",
      [=](Call& call, const pb::DropPartitionRequest& request, pb_common::Status*) -> Status {
        return gateway->DropPartition(DatabaseOf(call, request.db_name()),
                                      request.collection_name(), request.partition_name());
      });
  table->Add("HasPartition",
             [=](Call& call, const pb::HasPartitionRequest& request,
                 pb::BoolResponse* response) -> Status {
               response->set_value(
                   TRY(gateway->HasPartition(DatabaseOf(call, request.db_name()),
                                             request.collection_name(), request.partition_name())));
               return {};
             });
  table->Add("ShowPartitions",
             [=](Call& call, const pb::ShowPartitionsRequest& request,
                 pb::ShowPartitionsResponse* response) -> Status {
               const auto info = TRY(gateway->FindNamed(DatabaseOf(call, request.db_name()),
                                                        request.collection_name()));
               for (const std::string& name : request.partition_names()) {
                 if (info->FindPartition(name) == nullptr)
                   return FailWith(Code::kPartitionNotFound, {{"partition", name}});
               }
               for (const Partition& partition : info->partitions) {
                 const auto& names = request.partition_names();
                 if (!names.empty() &&
                     std::find(names.begin(), names.end(), partition.name) == names.end())
                   continue;
                 response->add_partition_names(partition.name);
                 response->add_partitionids(partition.id.value);
                 response->add_created_timestamps(partition.created);
                 response->add_created_utc_timestamps(
                     static_cast<uint64_t>(MsOfTimestamp(partition.created)));
                 response->add_inmemory_percentages(partition.loaded ? 100 : 0);
               }
               return {};
             });
  table->Add("GetPartitionStatistics",
             [=](Call& call, const pb::GetPartitionStatisticsRequest& request,
                 pb::GetPartitionStatisticsResponse* response) -> Status {
               const std::string database = DatabaseOf(call, request.db_name());
               const auto info = TRY(gateway->Find(database, request.collection_name()));
               const Partition* partition = info->FindPartition(request.partition_name());
               if (partition == nullptr)
                 return FailWith(Code::kPartitionNotFound,
                                 {{"partition", request.partition_name()}});
               int64_t rows = 0;
               for (const auto& [id, count] :
                    TRY(gateway->Stats(database, request.collection_name())).partition_rows) {
                 if (id == partition->id) rows = count;
               }
               AddStat("row_count", rows, response->mutable_stats());
               return {};
             });

  table->Add(
      "LoadCollection",
      [=](Call& call, const pb::LoadCollectionRequest& request, pb_common::Status*) -> Status {
        return gateway->Load(DatabaseOf(call, request.db_name()), request.collection_name(), {},
                             request.replica_number(), Strings(request.resource_groups()),
                             Strings(request.load_fields()), false);
      });
  table->Add(
      "ReleaseCollection",
      [=](Call& call, const pb::ReleaseCollectionRequest& request, pb_common::Status*) -> Status {
        return gateway->Release(DatabaseOf(call, request.db_name()), request.collection_name(), {},
                                false);
      });
  table->Add(
      "LoadPartitions",
      [=](Call& call, const pb::LoadPartitionsRequest& request, pb_common::Status*) -> Status {
        return gateway->Load(DatabaseOf(call, request.db_name()), request.collection_name(),
                             Strings(request.partition_names()), request.replica_number(),
                             Strings(request.resource_groups()), Strings(request.load_fields()),
                             true);
      });
  table->Add(
      "ReleasePartitions",
      [=](Call& call, const pb::ReleasePartitionsRequest& request, pb_common::Status*) -> Status {
        return gateway->Release(DatabaseOf(call, request.db_name()), request.collection_name(),
                                Strings(request.partition_names()), true);
      });
  table->Add(
      "GetLoadState",
      [=](Call& call, const pb::GetLoadStateRequest& request,
          pb::GetLoadStateResponse* response) -> Status {
        const gateway::LoadState state = TRY(
            gateway->GetLoadState(DatabaseOf(call, request.db_name()), request.collection_name(),
                                  Strings(request.partition_names())));
        response->set_state(static_cast<pb_common::LoadState>(state));
        return {};
      },
      Runs::kWhereItArrives);
  table->Add("GetLoadingProgress",
             [=](Call& call, const pb::GetLoadingProgressRequest& request,
                 pb::GetLoadingProgressResponse* response) -> Status {
               const int64_t progress = TRY(gateway->LoadingProgress(
                   DatabaseOf(call, request.db_name()), request.collection_name(),
                   Strings(request.partition_names())));
               response->set_progress(progress);
               response->set_refresh_progress(progress);
               return {};
             });

  table->Add("CreateAlias",
             [=](Call& call, const pb::CreateAliasRequest& request, pb_common::Status*) -> Status {
               return gateway->CreateAlias(DatabaseOf(call, request.db_name()),
                                           request.collection_name(), request.alias());
             });
  table->Add("AlterAlias",
             [=](Call& call, const pb::AlterAliasRequest& request, pb_common::Status*) -> Status {
               return gateway->AlterAlias(DatabaseOf(call, request.db_name()),
                                          request.collection_name(), request.alias());
             });
  table->Add("DropAlias",
             [=](Call& call, const pb::DropAliasRequest& request, pb_common::Status*) -> Status {
               return gateway->DropAlias(DatabaseOf(call, request.db_name()), request.alias());
             });
  table->Add("DescribeAlias",
             [=](Call& call, const pb::DescribeAliasRequest& request,
                 pb::DescribeAliasResponse* response) -> Status {
               const std::string database = DatabaseOf(call, request.db_name());
               const roles::AliasInfo alias =
                   TRY(coordinator->DescribeAlias(database, request.alias()));
               response->set_db_name(database);
               response->set_alias(alias.alias);
               response->set_collection(alias.collection);
               return {};
             });
  table->Add("ListAliases",
             [=](Call& call, const pb::ListAliasesRequest& request,
                 pb::ListAliasesResponse* response) -> Status {
               const std::string database = DatabaseOf(call, request.db_name());
               response->set_db_name(database);
               response->set_collection_name(request.collection_name());
               for (const roles::AliasInfo& alias :
                    TRY(coordinator->ListAliases(database, request.collection_name()))) {
                 response->add_aliases(alias.alias);
               }
               return {};
             });
}

}  // namespace elanus::server
