// Insert, upsert, delete.
#include <milvus/dml.pb.h>

#include "server/milvus/request.h"
#include "server/milvus/service.h"
#include "server/milvus/wire_columns.h"

namespace elanus::server {
namespace {

template <typename Request>
Result<gateway::Insert> DecodeInsert(const Call& call, const Request& request) {
  gateway::Insert insert;
  insert.database = DatabaseOf(call, request.db_name());
  insert.collection = request.collection_name();
  insert.partition = request.partition_name();
  insert.num_rows = request.num_rows();
  insert.schema_timestamp = request.schema_timestamp();
  insert.columns.reserve(static_cast<size_t>(request.fields_data_size()));
  for (const pb_schema::FieldData& data : request.fields_data())
    insert.columns.push_back(TRY(DecodeColumn(data)));
  return insert;
}

Result<gateway::ArrayOp> DecodeOp(int op) {
  if (op == pb_schema::FieldPartialUpdateOp::REPLACE) return gateway::ArrayOp::kReplace;
  if (op == pb_schema::FieldPartialUpdateOp::ARRAY_APPEND) return gateway::ArrayOp::kAppend;
  if (op == pb_schema::FieldPartialUpdateOp::ARRAY_REMOVE) return gateway::ArrayOp::kRemove;
  return Fail(Code::kParameterInvalid, "unsupported partial update op: " + std::to_string(op));
}

void EncodeMutation(const gateway::Mutation& mutation, pb::MutationResult* response) {
  EncodeIds(mutation.ids, response->mutable_ids());
  const auto rows = static_cast<uint32_t>(mutation.ids.rows());
  response->mutable_succ_index()->Reserve(static_cast<int>(rows));
  for (uint32_t row = 0; row < rows; ++row) response->add_succ_index(row);
  response->set_acknowledged(true);
  response->set_insert_cnt(mutation.inserted);
  response->set_delete_cnt(mutation.deleted);
  response->set_upsert_cnt(mutation.upserted);
  response->set_timestamp(mutation.timestamp);
}

}  // namespace

void RegisterWrites(const MilvusService* service, RpcTable* table) {
  gateway::Gateway* gateway = service->gateway;

  table->Add(
      "Insert",
      [=](Call& call, const pb::InsertRequest& request, pb::MutationResult* response) -> Status {
        EncodeMutation(TRY(gateway->RunInsert(call.context, TRY(DecodeInsert(call, request)))),
                       response);
        call.vectors = response->insert_cnt();
        return {};
      });
  table->Add(
      "Upsert",
      [=](Call& call, const pb::UpsertRequest& request, pb::MutationResult* response) -> Status {
        gateway::Insert insert = TRY(DecodeInsert(call, request));
        insert.partial_update = request.partial_update();
        for (const pb_schema::FieldPartialUpdateOp& op : request.field_ops()) {
          insert.field_ops.push_back({op.field_name(), TRY(DecodeOp(op.op()))});
        }
        EncodeMutation(TRY(gateway->RunUpsert(call.context, std::move(insert))), response);
        call.vectors = response->upsert_cnt();
        return {};
      });
  table->Add(
      "Delete",
      [=](Call& call, const pb::DeleteRequest& request, pb::MutationResult* response) -> Status {
        gateway::Delete del;
        del.database = DatabaseOf(call, request.db_name());
        del.collection = request.collection_name();
        del.partition = request.partition_name();
        del.filter = request.expr();
        for (const auto& [name, value] : request.expr_template_values())
          del.templates[name] = TRY(DecodeTemplate(value));
        const gateway::Mutation mutation = TRY(gateway->RunDelete(call.context, del));
        EncodeMutation(mutation, response);
        call.vectors = mutation.deleted;
        return {};
      });
}

}  // namespace elanus::server
