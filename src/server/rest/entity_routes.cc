// Writing rows: entities/insert, upsert, delete.
#include <algorithm>
#include <utility>

#include "server/rest/entity.h"
#include "server/rest/route.h"
#include "server/rest/row_reader.h"
#include "server/rest/row_writer.h"

namespace elanus::server {
namespace {

constexpr Param kFieldOpParams[] = {{"fieldName", ParamKind::kString}, {"op", ParamKind::kString}};
constexpr Shape kFieldOp{"FieldOp", kFieldOpParams};
constexpr Param kDataParams[] = {
    {"dbName", ParamKind::kString},        {"collectionName", ParamKind::kString, true},
    {"partitionName", ParamKind::kString}, {"data", ParamKind::kRows, true},
    {"partialUpdate", ParamKind::kBool},   {"fieldOps", ParamKind::kStructs, false, &kFieldOp}};
constexpr Param kDeleteParams[] = {{"dbName", ParamKind::kString},
                                   {"collectionName", ParamKind::kString, true},
                                   {"partitionName", ParamKind::kString},
                                   {"filter", ParamKind::kString, true},
                                   {"exprParams", ParamKind::kMap}};
constexpr Shape kDelete{"Delete", kDeleteParams};

bool TakesAutoIds(const pb::DescribeCollectionResponse& info) {
  return std::ranges::any_of(info.properties(), [](const auto& property) {
    return property.key() == "allow_insert_auto_id" &&
           (property.value() == "true" || property.value() == "True" || property.value() == "1");
  });
}

// Reads the rows at the reader's place, for what the body says so far.
std::unique_ptr<ReadRowsOf> ReadRowsAt(RestCall& call, const Json& body, bool upsert,
                                       JsonReader* reader) {
  auto rows = std::make_unique<ReadRowsOf>();
  rows->database = call.DatabaseOf(body);
  rows->collection = body["collectionName"].String();
  rows->partial = upsert && body["partialUpdate"].boolean;
  pb::DescribeCollectionResponse info;
  rows->status = call.Describe(rows->database, rows->collection, &info);
  if (!rows->status.ok()) return rows;
  const RowTarget target{info.schema(), upsert || TakesAutoIds(info), rows->partial};
  const Status status = ReadRows(reader, target, &rows->rows, &rows->columns);
  if (!status.ok()) rows->status = RestError(Code::kRestInvalidInsertData, status.message());
  return rows;
}

bool ReadEarly(RestCall& call, const Json& so_far, JsonReader* reader, bool upsert) {
  if (so_far["collectionName"].String().empty()) return false;
  call.rows = ReadRowsAt(call, so_far, upsert, reader);
  return call.rows->status.ok();
}

// The rows of the whole body. Read in passing, unless what followed them made a difference.
Status TakeRows(RestCall& call, const Json& body, bool upsert) {
  const bool right = call.rows != nullptr && call.rows->database == call.DatabaseOf(body) &&
                     call.rows->collection == body["collectionName"].String() &&
                     call.rows->partial == (upsert && body["partialUpdate"].boolean);
  if (!right) {
    JsonReader reader(call.body);
    reader.Return(body["data"].place);
    call.rows = ReadRowsAt(call, body, upsert, &reader);
  }
  return call.rows->status;
}

void AnswerIds(RestCall& call, std::string_view count_key, int64_t count, std::string_view ids_key,
               const pb_schema::IDs& ids) {
  {
    JsonObject data(call.Data());
    data.Add(count_key, count);
    AppendIds(ids, call.int64_numbers, data.Key(ids_key));
  }
  call.Cost();
}

Status Delete(RestCall& call, const Json& body) {
  // A collection that is missing is told of as Milvus does here.
  pb::DescribeCollectionResponse info;
  TRY(call.Describe(call.DatabaseOf(body), body["collectionName"].String(), &info));
  pb::DeleteRequest request;
  request.set_expr(body["filter"].String());
  return RunDelete(call, body, &request);
}

#define PATH(op) "/v2/vectordb/entities/" op
constexpr Route kRoutes[] = {
    {"POST", PATH("insert"), "Insert", &kDataShape, InsertRows, SetAside::kData, ReadInsertEarly},
    {"POST", PATH("upsert"), "Upsert", &kDataShape, UpsertRows, SetAside::kData, ReadUpsertEarly},
    {"POST", PATH("delete"), "Delete", &kDelete, Delete},
};
#undef PATH

}  // namespace

const Shape kDataShape{"Data", kDataParams};

std::span<const Route> EntityRoutes() { return kRoutes; }

bool ReadInsertEarly(RestCall& call, const Json& so_far, JsonReader* reader) {
  return ReadEarly(call, so_far, reader, false);
}
bool ReadUpsertEarly(RestCall& call, const Json& so_far, JsonReader* reader) {
  return ReadEarly(call, so_far, reader, true);
}

Status InsertRows(RestCall& call, const Json& body) {
  TRY(TakeRows(call, body, false));
  auto request = Named<pb::InsertRequest>(call, body);
  request.set_partition_name(body["partitionName"].String());
  request.set_num_rows(call.rows->rows);
  request.mutable_fields_data()->Swap(&call.rows->columns);
  pb::MutationResult response;
  TRY(call.Run("Insert", request, &response));
  AnswerIds(call, "insertCount", response.insert_cnt(), "insertIds", response.ids());
  return {};
}

Status UpsertRows(RestCall& call, const Json& body) {
  auto request = Named<pb::UpsertRequest>(call, body);
  for (const Json& item : body["fieldOps"].items) {
    std::string name = item["op"].String();
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    });
    pb_schema::FieldPartialUpdateOp::OpType op{};
    if (!pb_schema::FieldPartialUpdateOp::OpType_Parse(name, &op)) {
      return Fail(Code::kParameterInvalid, "unsupported partial update op: " + item["op"].String());
    }
    auto* field_op = request.add_field_ops();
    field_op->set_field_name(item["fieldName"].String());
    field_op->set_op(op);
  }
  TRY(TakeRows(call, body, true));
  request.set_partition_name(body["partitionName"].String());
  request.set_partial_update(call.rows->partial);
  request.set_num_rows(call.rows->rows);
  request.mutable_fields_data()->Swap(&call.rows->columns);
  pb::MutationResult response;
  TRY(call.Run("Upsert", request, &response));
  AnswerIds(call, "upsertCount", response.upsert_cnt(), "upsertIds", response.ids());
  return {};
}

Status RunDelete(RestCall& call, const Json& body, pb::DeleteRequest* request) {
  request->set_db_name(call.DatabaseOf(body));
  request->set_collection_name(body["collectionName"].String());
  request->set_partition_name(body["partitionName"].String());
  TRY(AddTemplates(body["exprParams"], request->mutable_expr_template_values()));
  pb::MutationResult response;
  TRY(call.Run("Delete", *request, &response));
  if (call.first_version) {
    call.NoData();
  } else {
    JsonObject(call.Data()).Add("deleteCount", response.delete_cnt());
  }
  return {};
}

}  // namespace elanus::server
