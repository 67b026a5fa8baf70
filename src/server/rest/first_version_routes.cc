// /v1/vector: the first version of the API. Success is code 200, keys of collections are made by
// the server, and there is less to say.
#include "server/rest/entity.h"
#include "server/rest/route.h"

namespace elanus::server {
namespace {

constexpr Param kDatabaseParams[] = {{"dbName", ParamKind::kString}};
constexpr Shape kDatabase{"DatabaseV1", kDatabaseParams};
constexpr Param kCollectionParams[] = {{"dbName", ParamKind::kString},
                                       {"collectionName", ParamKind::kString, true}};
constexpr Shape kCollection{"CollectionV1", kCollectionParams};
constexpr Param kCreateParams[] = {
    {"dbName", ParamKind::kString},         {"collectionName", ParamKind::kString, true},
    {"dimension", ParamKind::kInt32, true}, {"description", ParamKind::kString},
    {"metricType", ParamKind::kString},     {"primaryField", ParamKind::kString},
    {"vectorField", ParamKind::kString},    {"enableDynamicField", ParamKind::kBool}};
constexpr Shape kCreate{"CreateCollectionV1", kCreateParams};
constexpr Param kQueryParams[] = {
    {"dbName", ParamKind::kString},        {"collectionName", ParamKind::kString, true},
    {"outputFields", ParamKind::kStrings}, {"filter", ParamKind::kString, true},
    {"limit", ParamKind::kInt32},          {"offset", ParamKind::kInt32}};
constexpr Shape kQuery{"QueryV1", kQueryParams};
constexpr Param kGetParams[] = {{"dbName", ParamKind::kString},
                                {"collectionName", ParamKind::kString, true},
                                {"outputFields", ParamKind::kStrings},
                                {"id", ParamKind::kAny, true}};
constexpr Shape kGet{"GetV1", kGetParams};
constexpr Param kDeleteParams[] = {{"dbName", ParamKind::kString},
                                   {"collectionName", ParamKind::kString, true},
                                   {"id", ParamKind::kAny},
                                   {"filter", ParamKind::kString}};
constexpr Shape kDelete{"DeleteV1", kDeleteParams};
constexpr Param kSearchParams[] = {
    {"dbName", ParamKind::kString},        {"collectionName", ParamKind::kString, true},
    {"filter", ParamKind::kString},        {"limit", ParamKind::kInt32},
    {"offset", ParamKind::kInt32},         {"outputFields", ParamKind::kStrings},
    {"vector", ParamKind::kList, true},    {"params", ParamKind::kMap},
    {"searchAggregation", ParamKind::kMap}};
constexpr Shape kSearch{"SearchV1", kSearchParams};

std::string Or(const Json& value, std::string_view otherwise) {
  return value.String().empty() ? std::string(otherwise) : value.String();
}

Status Create(RestCall& call, const Json& body) {
  auto request = Named<pb::CreateCollectionRequest>(call, body);
  const std::string vector_name = Or(body["vectorField"], "vector");
  pb_schema::CollectionSchema schema;
  schema.set_name(request.collection_name());
  schema.set_description(body["description"].String());
  schema.set_autoid(true);
  schema.set_enable_dynamic_field(body["enableDynamicField"].null() ||
                                  body["enableDynamicField"].boolean);
  auto* key = schema.add_fields();
  key->set_name(Or(body["primaryField"], "id"));
  key->set_is_primary_key(true);
  key->set_data_type(pb_schema::Int64);
  key->set_autoid(true);
  auto* vector = schema.add_fields();
  vector->set_name(vector_name);
  vector->set_data_type(pb_schema::FloatVector);
  AddPair("dim", std::to_string(body["dimension"].Int()), vector->mutable_type_params());
  request.set_schema(schema.SerializeAsString());
  request.set_shards_num(1);
  request.set_consistency_level(pb_common::ConsistencyLevel::Bounded);
  TRY(call.Run("CreateCollection", request));

  pb::CreateIndexRequest index;
  index.set_db_name(request.db_name());
  index.set_collection_name(request.collection_name());
  index.set_field_name(vector_name);
  index.set_index_name("vector_idx");
  AddPair("metric_type", Or(body["metricType"], "L2"), index.mutable_extra_params());
  TRY(call.Run("CreateIndex", index));
  return call.Finish("LoadCollection", Named<pb::LoadCollectionRequest>(call, body));
}

Status Drop(RestCall& call, const Json& body) {
  pb::BoolResponse has;
  TRY(call.Run("HasCollection", Named<pb::HasCollectionRequest>(call, body), &has));
  if (!has.value()) {
    return Status(Code::kCollectionNotFound,
                  "collection not found, database: " + call.DatabaseOf(body) +
                      ", collection: " + body["collectionName"].String());
  }
  return call.Finish("DropCollection", Named<pb::DropCollectionRequest>(call, body));
}

Status Upsert(RestCall& call, const Json& body) {
  pb::DescribeCollectionResponse info;
  TRY(call.Describe(call.DatabaseOf(body), body["collectionName"].String(), &info));
  const auto* key = PrimaryOf(info.schema());
  if (key != nullptr && key->autoid()) {
    return FailWith(Code::kParameterInvalid, "cannot upsert an autoID collection",
                    {{"expected", "autoID: false"}, {"actual", "autoID: true"}});
  }
  return UpsertRows(call, body);
}

Status Query(RestCall& call, const Json& body) {
  pb::QueryRequest request;
  request.set_expr(body["filter"].String());
  return RunQuery(call, body, &request);
}

Status Delete(RestCall& call, const Json& body) {
  pb::DeleteRequest request;
  request.set_expr(body["filter"].String());
  if (request.expr().empty()) {
    if (body["id"].null()) {
      return Status(Code::kRestParameterMissing,
                    std::string(TraitsOf(Code::kRestParameterMissing).text) +
                        ", required parameters: [collectionName, id/filter]");
    }
    pb::DescribeCollectionResponse info;
    TRY(call.Describe(call.DatabaseOf(body), body["collectionName"].String(), &info));
    TRY(SetKeys(info.schema(), body["id"], request.mutable_expr(),
                request.mutable_expr_template_values()));
  }
  return RunDelete(call, body, &request);
}

Status Search(RestCall& call, const Json& body) {
  if (!body["searchAggregation"].null()) {
    return Fail(Code::kParameterInvalid, "searchAggregation is not supported for REST v1 search");
  }
  const Json& params = body["params"];
  if (params.Find("range_filter") != nullptr && params.Find("radius") == nullptr) {
    return RestError(Code::kRestIncorrectFormat, "invalid search params");
  }
  pb_common::PlaceholderGroup group;
  auto* queries = group.add_placeholders();
  queries->set_tag("$0");
  queries->set_type(pb_common::PlaceholderType::FloatVector);
  std::string* query = queries->add_values();
  for (const Json& item : body["vector"].items) {
    if (item.kind != JsonKind::kNumber) {
      return RestError(Code::kRestIncorrectFormat, "vector: an array of numbers is expected");
    }
    const auto value = static_cast<float>(item.Double());
    query->append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  auto request = Named<pb::SearchRequest>(call, body);
  request.set_dsl(body["filter"].String());
  request.set_dsl_type(pb_common::DslType::BoolExprV1);
  request.set_nq(1);
  request.set_placeholder_group(group.SerializeAsString());
  request.set_consistency_level(pb_common::ConsistencyLevel::Bounded);
  for (std::string& name : body["outputFields"].Strings())
    request.add_output_fields(std::move(name));
  Json used;
  used.kind = JsonKind::kObject;
  for (const char* key : {"radius", "range_filter"}) {
    if (const Json* value = params.Find(key); value != nullptr)
      used.members.push_back({key, *value});
  }
  auto* pairs = request.mutable_search_params();
  AddPair("topk", std::to_string(body["limit"].null() ? 100 : body["limit"].Int()), pairs);
  AddPair("params", used.Text(), pairs);
  AddPair("round_decimal", "-1", pairs);
  AddPair("offset", std::to_string(body["offset"].Int()), pairs);
  pb::SearchResults response;
  TRY(call.Run("Search", request, &response));
  return AnswerHits(call, response);
}

#define PATH(op) "/v1/vector/" op
constexpr Route kRoutes[] = {
    {"GET", PATH("collections"), "ShowCollections", &kDatabase, ListCollections},
    {"POST", PATH("collections/create"), "CreateCollection", &kCreate, Create},
    {"GET", PATH("collections/describe"), "DescribeCollection", &kCollection, DescribeCollection},
    {"POST", PATH("collections/drop"), "DropCollection", &kCollection, Drop},
    {"POST", PATH("insert"), "Insert", &kDataShape, InsertRows, SetAside::kData, ReadInsertEarly},
    {"POST", PATH("upsert"), "Upsert", &kDataShape, Upsert, SetAside::kData, ReadUpsertEarly},
    {"POST", PATH("query"), "Query", &kQuery, Query},
    {"POST", PATH("get"), "Query", &kGet, GetRows},
    {"POST", PATH("delete"), "Delete", &kDelete, Delete},
    {"POST", PATH("search"), "Search", &kSearch, Search},
};
#undef PATH

}  // namespace

std::span<const Route> FirstVersionRoutes() { return kRoutes; }

}  // namespace elanus::server
