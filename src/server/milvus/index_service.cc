// Indexes and their progress.
#include <milvus/ddl.pb.h>
#include <milvus/ops.pb.h>

#include "model/json.h"
#include "server/milvus/request.h"
#include "server/milvus/service.h"

namespace elanus::server {
namespace {

pb_common::IndexState StateOf(const gateway::IndexDescription& index) {
  if (!index.progress.failure.empty()) return pb_common::IndexState::Failed;
  return index.finished ? pb_common::IndexState::Finished : pb_common::IndexState::InProgress;
}

// As they were given: some clients send an index's own parameters as one JSON object, and look for
// them there.
void EncodeParams(const IndexInfo& index,
                  google::protobuf::RepeatedPtrField<pb_common::KeyValuePair>* out) {
  const Result<std::string> object = EncodeJson(index.params_text);
  const bool nested = !index.params_text.empty() && object.ok();
  for (const auto& param : index.params) {
    if (nested && JsonView(*object).Find(param.first).exists()) continue;
    FromProperties({param}, out);
  }
  if (nested) FromProperties({{"params", index.params_text}}, out);
}

void EncodeIndex(const gateway::IndexDescription& index, pb::IndexDescription* out) {
  out->set_index_name(index.info.name);
  out->set_indexid(index.info.id.value);
  out->set_field_name(index.field_name);
  EncodeParams(index.info, out->mutable_params());
  out->set_total_rows(index.progress.total_rows);
  out->set_indexed_rows(index.progress.indexed_rows);
  out->set_pending_index_rows(index.progress.total_rows - index.progress.indexed_rows);
  out->set_state(StateOf(index));
  out->set_index_state_fail_reason(index.progress.failure);
}

}  // namespace

void RegisterIndexes(const MilvusService* service, RpcTable* table) {
  gateway::Gateway* gateway = service->gateway;

  table->Add("CreateIndex",
             [=](Call& call, const pb::CreateIndexRequest& request, pb_common::Status*) -> Status {
               return gateway->CreateIndex(DatabaseOf(call, request.db_name()),
                                           request.collection_name(), request.field_name(),
                                           request.index_name(),
                                           ToProperties(request.extra_params()));
             });
  table->Add("AlterIndex",
             [=](Call& call, const pb::AlterIndexRequest& request, pb_common::Status*) -> Status {
               const auto& removed = request.delete_keys();
               return gateway->AlterIndex(
                   DatabaseOf(call, request.db_name()), request.collection_name(),
                   request.index_name(),
                   {ToProperties(request.extra_params()), {removed.begin(), removed.end()}});
             });
  table->Add("DropIndex",
             [=](Call& call, const pb::DropIndexRequest& request, pb_common::Status*) -> Status {
               return gateway->DropIndex(DatabaseOf(call, request.db_name()),
                                         request.collection_name(), request.field_name(),
                                         request.index_name());
             });
  table->Add(
      "DescribeIndex",
      [=](Call& call, const pb::DescribeIndexRequest& request,
          pb::DescribeIndexResponse* response) -> Status {
        for (const gateway::IndexDescription& index : TRY(gateway->DescribeIndex(
                 DatabaseOf(call, request.db_name()), request.collection_name(),
                 request.field_name(), request.index_name()))) {
          EncodeIndex(index, response->add_index_descriptions());
        }
        return {};
      },
      Runs::kWhereItArrives);
  table->Add("GetIndexStatistics",
             [=](Call& call, const pb::GetIndexStatisticsRequest& request,
                 pb::GetIndexStatisticsResponse* response) -> Status {
               for (const gateway::IndexDescription& index : TRY(gateway->DescribeIndex(
                        DatabaseOf(call, request.db_name()), request.collection_name(), "",
                        request.index_name()))) {
                 EncodeIndex(index, response->add_index_descriptions());
               }
               return {};
             });
  table->Add("GetIndexState",
             [=](Call& call, const pb::GetIndexStateRequest& request,
                 pb::GetIndexStateResponse* response) -> Status {
               const auto indexes = TRY(gateway->DescribeIndex(
                   DatabaseOf(call, request.db_name()), request.collection_name(),
                   request.field_name(), request.index_name()));
               response->set_state(StateOf(indexes.front()));
               response->set_fail_reason(indexes.front().progress.failure);
               return {};
             });
  table->Add("GetIndexBuildProgress",
             [=](Call& call, const pb::GetIndexBuildProgressRequest& request,
                 pb::GetIndexBuildProgressResponse* response) -> Status {
               const auto indexes = TRY(gateway->DescribeIndex(
                   DatabaseOf(call, request.db_name()), request.collection_name(),
                   request.field_name(), request.index_name()));
               response->set_indexed_rows(indexes.front().progress.indexed_rows);
               response->set_total_rows(indexes.front().progress.total_rows);
               return {};
             });
}

}  // namespace elanus::server
