// Reading rows: entities/query, get, search, hybrid_search.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "server/rest/entity.h"
#include "server/rest/route.h"
#include "server/rest/row_writer.h"
#include "server/rest/search_extras.h"
#include "server/rest/vector_reader.h"

namespace elanus::server {
namespace {

constexpr int64_t kDefaultLimit = 100;

constexpr Param kQueryParams[] = {
    {"dbName", ParamKind::kString},          {"collectionName", ParamKind::kString, true},
    {"partitionNames", ParamKind::kStrings}, {"outputFields", ParamKind::kStrings},
    {"filter", ParamKind::kString},          {"limit", ParamKind::kInt32},
    {"offset", ParamKind::kInt32},           {"orderByFields", ParamKind::kStrings},
    {"exprParams", ParamKind::kMap},         {"consistencyLevel", ParamKind::kString}};
constexpr Shape kQuery{"Query", kQueryParams};
constexpr Param kGetParams[] = {
    {"dbName", ParamKind::kString},          {"collectionName", ParamKind::kString, true},
    {"partitionName", ParamKind::kString},   {"partitionNames", ParamKind::kStrings},
    {"outputFields", ParamKind::kStrings},   {"id", ParamKind::kAny, true},
    {"consistencyLevel", ParamKind::kString}};
constexpr Shape kGet{"Get", kGetParams};
constexpr Param kFunctionScoreParams[] = {
    {"functions", ParamKind::kStructs, false, &kFunctionShape}, {"params", ParamKind::kMap}};
constexpr Shape kFunctionScore{"FunctionScore", kFunctionScoreParams};
const Param kSearchParams[] = {
    {"dbName", ParamKind::kString},
    {"collectionName", ParamKind::kString, true},
    {"data", ParamKind::kList},
    {"ids", ParamKind::kList},
    {"annsField", ParamKind::kString},
    {"partitionNames", ParamKind::kStrings},
    {"filter", ParamKind::kString},
    {"groupingField", ParamKind::kString},
    {"groupSize", ParamKind::kInt32},
    {"strictGroupSize", ParamKind::kBool},
    {"limit", ParamKind::kInt32},
    {"offset", ParamKind::kInt32},
    {"outputFields", ParamKind::kStrings},
    {"searchParams", ParamKind::kMap},
    {"consistencyLevel", ParamKind::kString},
    {"exprParams", ParamKind::kMap},
    {"functionScore", ParamKind::kStruct, false, &kFunctionScore},
    {"functionChains", ParamKind::kStructs, false, &kFunctionChainShape},
    {"searchAggregation", ParamKind::kStruct, false, &kAggregationShape}};
const Shape kSearch{"Search", kSearchParams};
constexpr Param kSubSearchParams[] = {
    {"data", ParamKind::kList, true},   {"annsField", ParamKind::kString},
    {"filter", ParamKind::kString},     {"groupingField", ParamKind::kString},
    {"metricType", ParamKind::kString}, {"limit", ParamKind::kInt32},
    {"offset", ParamKind::kInt32},      {"params", ParamKind::kMap},
    {"exprParams", ParamKind::kMap},    {"searchAggregation", ParamKind::kMap}};
constexpr Shape kSubSearch{"SubSearch", kSubSearchParams};
constexpr Param kRerankParams[] = {{"strategy", ParamKind::kString}, {"params", ParamKind::kMap}};
constexpr Shape kRerank{"Rerank", kRerankParams};
constexpr Param kHybridParams[] = {{"dbName", ParamKind::kString},
                                   {"collectionName", ParamKind::kString, true},
                                   {"partitionNames", ParamKind::kStrings},
                                   {"search", ParamKind::kStructs, false, &kSubSearch},
                                   {"rerank", ParamKind::kStruct, false, &kRerank},
                                   {"limit", ParamKind::kInt32},
                                   {"offset", ParamKind::kInt32},
                                   {"groupingField", ParamKind::kString},
                                   {"groupSize", ParamKind::kInt32},
                                   {"strictGroupSize", ParamKind::kBool},
                                   {"outputFields", ParamKind::kStrings},
                                   {"consistencyLevel", ParamKind::kString},
                                   {"functionScore", ParamKind::kStruct, false, &kFunctionScore},
                                   {"functionChains", ParamKind::kList},
                                   {"searchAggregation", ParamKind::kMap}};
constexpr Shape kHybrid{"HybridSearch", kHybridParams};

int64_t LimitOf(const Json& body) {
  return body["limit"].null() ? kDefaultLimit : body["limit"].Int();
}

template <typename Request>
void SetLists(const Json& body, Request* request) {
  for (std::string& name : body["outputFields"].Strings())
    request->add_output_fields(std::move(name));
  for (std::string& name : body["partitionNames"].Strings())
    request->add_partition_names(std::move(name));
}

template <typename Request>
Status SetConsistency(const Json& body, Request* request) {
  const std::string& level = body["consistencyLevel"].String();
  request->set_consistency_level(TRY(ConsistencyOf(level)));
  request->set_use_default_consistency(level.empty());
  return {};
}

enum class TemplateKind { kBool, kInt, kDouble, kString, kArray };

Result<TemplateKind> KindOf(const Json& value) {
  int64_t whole = 0;
  switch (value.kind) {
    case JsonKind::kBool:
      return TemplateKind::kBool;
    case JsonKind::kNumber:
      if (value.ToInt(&whole)) return TemplateKind::kInt;
      if (const double number = value.Double();
          number == std::trunc(number) && std::abs(number) < 0x1p63) {
        return TemplateKind::kInt;
      }
      return TemplateKind::kDouble;
    case JsonKind::kString:
      return TemplateKind::kString;
    case JsonKind::kArray:
      return TemplateKind::kArray;
    case JsonKind::kNone:
    case JsonKind::kNull:
    case JsonKind::kObject:
      break;
  }
  return Fail(Code::kParameterInvalid,
              "a value of exprParams may not be " + std::string(NameOf(value.kind)));
}

Status ToTemplateArray(const Json& list, pb_schema::TemplateArrayValue* out) {
  if (list.items.empty()) return {};
  const TemplateKind kind = TRY(KindOf(list.items[0]));
  bool same = true;
  for (const Json& item : list.items) same = same && TRY(KindOf(item)) == kind;
  for (const Json& item : list.items) {
    if (!same) {
      out->mutable_json_data()->add_data(item.Text());
      continue;
    }
    switch (kind) {
      case TemplateKind::kBool:
        out->mutable_bool_data()->add_data(item.boolean);
        break;
      case TemplateKind::kInt:
        out->mutable_long_data()->add_data(item.Int());
        break;
      case TemplateKind::kDouble:
        out->mutable_double_data()->add_data(item.Double());
        break;
      case TemplateKind::kString:
        out->mutable_string_data()->add_data(item.text);
        break;
      case TemplateKind::kArray:
        TRY(ToTemplateArray(item, out->mutable_array_data()->add_data()));
        break;
    }
  }
  return {};
}

Result<pb_schema::FunctionScore> ScoreOf(const Json& score) {
  pb_schema::FunctionScore out;
  for (const Json& function : score["functions"].items)
    *out.add_functions() = TRY(FunctionOf(function));
  AddPairs(score["params"], out.mutable_params());
  return out;
}

// What the object of search parameters says on its own level is also put among its `params`.
Status AddSearchParams(const Json& given, pb::SearchRequest* request) {
  const Json* own = given.Find("params");
  if (own != nullptr && !own->null() && own->kind != JsonKind::kObject) {
    return Fail(Code::kParameterInvalid, "searchParams.params must be a dict");
  }
  Json merged;
  merged.kind = JsonKind::kObject;
  if (own != nullptr) merged.members = own->members;
  for (const auto& [key, value] : given.members) {
    if (key == "params") continue;
    if (const Json* inner = merged.Find(key); inner == nullptr) {
      merged.members.push_back({key, value});
    } else if (inner->Spelled() != value.Spelled() &&
               (inner->kind != JsonKind::kNumber || value.kind != JsonKind::kNumber ||
                inner->Double() != value.Double())) {
      return Fail(Code::kParameterInvalid, "ambiguous parameter: " + key +
                                               ", in search_param: " + value.Spelled() +
                                               ", in search_param.params: " + inner->Spelled());
    }
  }
  auto* pairs = request->mutable_search_params();
  AddPair("params", merged.Text(), pairs);
  for (const auto& [key, value] : given.members) {
    if (key != "params")
      AddPair(key == "ignoreGrowing" ? "ignore_growing" : key, value.Spelled(), pairs);
  }
  AddPair("round_decimal", "-1", pairs);
  return {};
}

template <typename Pairs>
void AddGrouping(const Json& body, Pairs* pairs) {
  const std::string& field = body["groupingField"].String();
  if (field.empty()) return;
  AddPair("group_by_field", field, pairs);
  if (body["groupSize"].Int() <= 0) return;
  AddPair("group_size", std::to_string(body["groupSize"].Int()), pairs);
  AddPair("strict_group_size", body["strictGroupSize"].boolean ? "true" : "false", pairs);
}

Status FieldMissing(const std::string& name) {
  return FailWith(Code::kFieldNotFound, "cannot find a vector field", {{"field", name}});
}

// The field to search in, and whether its queries are text.
struct Target {
  const pb_schema::FieldSchema* field;
  bool as_text;
};

Result<Target> TargetOf(const pb_schema::CollectionSchema& schema, const std::string& name) {
  const pb_schema::FieldSchema* found = nullptr;
  for (const auto& field : schema.fields()) {
    if (!IsVectorType(field.data_type()) || (!name.empty() && field.name() != name)) continue;
    if (found != nullptr) {
      return Fail(Code::kParameterInvalid,
                  "search without annsField, but already found multiple vector fields: [" +
                      found->name() + ", " + field.name() + ",,,]");
    }
    found = &field;
  }
  if (found == nullptr) return FieldMissing(name);
  const bool is_made = std::ranges::any_of(schema.functions(), [&](const auto& function) {
    return function.output_field_names_size() > 0 &&
           function.output_field_names(0) == found->name();
  });
  return Target{found, found->is_function_output() && is_made};
}

Status SetQueries(const RestCall& call, const Json& body, const pb_schema::CollectionSchema& schema,
                  pb::SearchRequest* request) {
  const auto read = [&]() -> Result<std::string> {
    const Target target = TRY(TargetOf(schema, body["annsField"].String()));
    JsonReader reader(call.body);
    reader.Return(body["data"].place);
    return ReadQueries(&reader, *target.field, target.as_text);
  };
  auto queries = read();
  if (!queries.ok()) return RestError(Code::kRestIncorrectFormat, queries.status().message());
  request->set_placeholder_group(std::move(queries).take());
  return {};
}

Status BadId(size_t index, std::string_view what) {
  return Fail(Code::kParameterInvalid, "invalid parameter, error: invalid id at index " +
                                           std::to_string(index) + ": " + std::string(what));
}

Result<pb_schema::IDs> IdsOf(const Json& list, const pb_schema::FieldSchema& key) {
  pb_schema::IDs ids;
  for (size_t i = 0; i < list.items.size(); ++i) {
    const Json& item = list.items[i];
    if (item.kind != JsonKind::kNumber && item.kind != JsonKind::kString) {
      return BadId(i, NameOf(item.kind));
    }
    if (key.data_type() == pb_schema::VarChar) {
      if (item.text.empty()) return BadId(i, "an empty string");
      ids.mutable_str_id()->add_data(item.text);
      continue;
    }
    int64_t id = 0;
    if (!item.ToInt(&id)) {
      const double number = item.Double();
      if (item.kind == JsonKind::kString) return BadId(i, item.text);
      if (number != std::trunc(number)) return BadId(i, item.text + " has fractional part");
      id = static_cast<int64_t>(number);
    }
    ids.mutable_int_id()->add_data(id);
  }
  return ids;
}

// Whether there is an array with something in it.
bool HasElements(const RestCall& call, const Json& list) {
  if (list.kind != JsonKind::kArray) return false;
  JsonReader reader(call.body);
  reader.Return(list.place);
  return reader.BeginArray() && reader.NextElement();
}

Status Query(RestCall& call, const Json& body) {
  pb::QueryRequest request;
  request.set_expr(body["filter"].String());
  TRY(AddTemplates(body["exprParams"], request.mutable_expr_template_values()));
  return RunQuery(call, body, &request);
}

Status CheckAggregation(const Json& body) {
  const auto refuse = [](std::string_view text) { return Fail(Code::kParameterInvalid, text); };
  const Json& given = body["searchParams"];
  const auto has = [&](std::string_view key) {
    const Json* inner = given.Find("params");
    return given.Find(key) != nullptr || (inner != nullptr && inner->Find(key) != nullptr);
  };
  if (!body["ids"].items.empty()) {
    return refuse("ids and searchAggregation cannot be used simultaneously");
  }
  if (body["offset"].Int() != 0) return refuse("offset is not supported with searchAggregation");
  if (has("offset")) return refuse("searchParams.offset is not supported with searchAggregation");
  if (!body["groupingField"].String().empty() || body["groupSize"].Int() != 0 ||
      body["strictGroupSize"].boolean) {
    return refuse(
        "groupingField/groupSize/strictGroupSize and searchAggregation cannot be used "
        "simultaneously");
  }
  if (has("group_by_field") || has("group_by_fields")) {
    return refuse(
        "searchParams.group_by_field(s) and searchAggregation cannot be used simultaneously");
  }
  return {};
}

Status Search(RestCall& call, const Json& body) {
  auto request = Named<pb::SearchRequest>(call, body);
  TRY(SetConsistency(body, &request));
  pb::DescribeCollectionResponse info;
  TRY(call.Describe(request.db_name(), request.collection_name(), &info));
  const bool has_ids = !body["ids"].items.empty();
  const bool has_data = HasElements(call, body["data"]);
  if (has_ids && has_data) {
    return Status(Code::kParameterInvalid,
                  "primary keys (ids) and query vectors (data) are mutually exclusive. Please "
                  "provide either 'ids' or 'data', not both");
  }
  if (!has_ids && !has_data) {
    return Status(Code::kRestParameterMissing,
                  "either 'ids' (for primary key search) or 'data' (for vector search) must be "
                  "provided");
  }
  if (!body["searchAggregation"].null()) {
    TRY(CheckAggregation(body));
    *request.mutable_search_aggregation() = TRY(AggregationOf(body["searchAggregation"]));
  }
  TRY(AddChains(body["functionChains"], request.mutable_function_chains()));
  SetLists(body, &request);
  request.set_dsl(body["filter"].String());
  request.set_dsl_type(pb_common::DslType::BoolExprV1);
  TRY(AddSearchParams(body["searchParams"], &request));
  auto* pairs = request.mutable_search_params();
  AddPair("topk", std::to_string(LimitOf(body)), pairs);
  AddPair("offset", std::to_string(body["offset"].Int()), pairs);
  AddGrouping(body, pairs);
  if (!body["functionScore"]["functions"].items.empty())
    *request.mutable_function_score() = TRY(ScoreOf(body["functionScore"]));
  const std::string& field = body["annsField"].String();
  if (!field.empty() || has_data) AddPair("anns_field", field, pairs);
  if (has_ids) {
    const pb_schema::FieldSchema* key = PrimaryOf(info.schema());
    if (key == nullptr)
      return Status(Code::kParameterInvalid, "collection has no primary key field");
    *request.mutable_ids() = TRY(IdsOf(body["ids"], *key));
  } else {
    TRY(SetQueries(call, body, info.schema(), &request));
  }
  TRY(AddTemplates(body["exprParams"], request.mutable_expr_template_values()));
  pb::SearchResults response;
  TRY(call.Run("Search", request, &response));
  if (!request.has_search_aggregation()) return AnswerHits(call, response);
  const pb_schema::FieldSchema* key = PrimaryOf(info.schema());
  TRY(AppendBuckets(response.results(), key == nullptr ? "id" : key->name(), call.int64_numbers,
                    call.Data()));
  call.Cost();
  call.out += ",\"aggTopks\":";
  AppendArray(response.results().agg_topks(), &call.out,
              [](int64_t count, std::string* out) { AppendInt(count, out); });
  return {};
}

Status HybridSearch(RestCall& call, const Json& body) {
  auto request = Named<pb::HybridSearchRequest>(call, body);
  TRY(SetConsistency(body, &request));
  const auto aggregates = [](const Json& search) { return !search["searchAggregation"].null(); };
  const auto& searches = body["search"].items;
  if (aggregates(body) || std::ranges::any_of(searches, aggregates)) {
    return Fail(Code::kParameterInvalid, "searchAggregation is not supported for hybrid search");
  }
  if (!body["functionChains"].items.empty()) {
    return Fail(Code::kParameterInvalid, "functionChains is not supported for hybrid search yet");
  }
  pb::DescribeCollectionResponse info;
  TRY(call.Describe(request.db_name(), request.collection_name(), &info));
  SetLists(body, &request);
  for (const Json& sub : searches) {
    pb::SearchRequest* search = request.add_requests();
    search->set_db_name(request.db_name());
    search->set_collection_name(request.collection_name());
    *search->mutable_output_fields() = request.output_fields();
    *search->mutable_partition_names() = request.partition_names();
    search->set_dsl(sub["filter"].String());
    search->set_dsl_type(pb_common::DslType::BoolExprV1);
    TRY(AddSearchParams(sub["params"], search));
    auto* pairs = search->mutable_search_params();
    AddPair("topk", std::to_string(sub["limit"].Int()), pairs);
    AddPair("offset", std::to_string(sub["offset"].Int()), pairs);
    AddPair("anns_field", sub["annsField"].String(), pairs);
    if (sub["data"].kind != JsonKind::kArray) {
      return RestError(Code::kRestParameterMissing, "SubSearch.data is required");
    }
    TRY(SetQueries(call, sub, info.schema(), search));
    TRY(AddTemplates(sub["exprParams"], search->mutable_expr_template_values()));
  }
  auto* pairs = request.mutable_rank_params();
  AddPair("strategy", body["rerank"]["strategy"].String(), pairs);
  const Json& rank_params = body["rerank"]["params"];
  AddPair("params", rank_params.null() ? "{}" : rank_params.Text(), pairs);
  AddPair("limit", std::to_string(LimitOf(body)), pairs);
  AddPair("offset", std::to_string(body["offset"].Int()), pairs);
  AddPair("round_decimal", "-1", pairs);
  AddGrouping(body, pairs);
  if (!body["functionScore"]["functions"].items.empty())
    *request.mutable_function_score() = TRY(ScoreOf(body["functionScore"]));
  pb::SearchResults response;
  TRY(call.Run("HybridSearch", request, &response));
  return AnswerHits(call, response);
}

#define PATH(op) "/v2/vectordb/entities/" op
constexpr Route kRoutes[] = {
    {"POST", PATH("query"), "Query", &kQuery, Query},
    {"POST", PATH("get"), "Query", &kGet, GetRows},
    {"POST", PATH("search"), "Search", &kSearch, Search, SetAside::kData},
    {"POST", PATH("hybrid_search"), "HybridSearch", &kHybrid, HybridSearch, SetAside::kSearchData},
    {"POST", PATH("advanced_search"), "HybridSearch", &kHybrid, HybridSearch,
     SetAside::kSearchData},
};
#undef PATH

bool IsCount(const google::protobuf::RepeatedPtrField<std::string>& fields) {
  if (fields.size() != 1) return false;
  std::string_view name = fields.Get(0);
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  return EqualIgnoringCase(name, "count(*)");
}

}  // namespace

std::span<const Route> SearchRoutes() { return kRoutes; }

const pb_schema::FieldSchema* PrimaryOf(const pb_schema::CollectionSchema& schema) {
  for (const auto& field : schema.fields()) {
    if (field.is_primary_key()) return &field;
  }
  return nullptr;
}

Status AddTemplates(const Json& params, Templates* templates) {
  for (const auto& [name, value] : params.members) {
    pb_schema::TemplateValue& out = (*templates)[name];
    switch (TRY(KindOf(value))) {
      case TemplateKind::kBool:
        out.set_bool_val(value.boolean);
        break;
      case TemplateKind::kInt:
        out.set_int64_val(value.Int());
        break;
      case TemplateKind::kDouble:
        out.set_float_val(value.Double());
        break;
      case TemplateKind::kString:
        out.set_string_val(value.text);
        break;
      case TemplateKind::kArray:
        TRY(ToTemplateArray(value, out.mutable_array_val()));
        break;
    }
  }
  return {};
}

Status SetKeys(const pb_schema::CollectionSchema& schema, const Json& id, std::string* expr,
               Templates* templates) {
  const pb_schema::FieldSchema* key = PrimaryOf(schema);
  if (key == nullptr) {
    return RestError(Code::kRestInvalidPrimaryKey,
                     "collection: " + schema.name() + " has no primary field");
  }
  Json list;
  list.kind = JsonKind::kArray;
  if (id.kind != JsonKind::kArray) list.items.push_back(id);
  auto ids = IdsOf(id.kind == JsonKind::kArray ? id : list, *key);
  if (!ids.ok()) return RestError(Code::kRestInvalidPrimaryKey, ids.status().message());
  auto* values = (*templates)["keys"].mutable_array_val();
  if (key->data_type() == pb_schema::VarChar) {
    *values->mutable_string_data() = ids->str_id();
  } else {
    *values->mutable_long_data() = ids->int_id();
  }
  *expr = key->name() + " in {keys}";
  return {};
}

Status RunQuery(RestCall& call, const Json& body, pb::QueryRequest* request) {
  request->set_db_name(call.DatabaseOf(body));
  request->set_collection_name(body["collectionName"].String());
  TRY(SetConsistency(body, request));
  SetLists(body, request);
  if (body["outputFields"].null()) request->add_output_fields("*");
  auto* pairs = request->mutable_query_params();
  const bool is_get = !body["id"].null();
  if (body["offset"].Int() > 0) AddPair("offset", std::to_string(body["offset"].Int()), pairs);
  if (!is_get && LimitOf(body) > 0 && !IsCount(request->output_fields()))
    AddPair("limit", std::to_string(LimitOf(body)), pairs);
  std::string order;
  for (const std::string& field : body["orderByFields"].Strings())
    order += (order.empty() ? "" : ",") + field;
  if (!order.empty()) AddPair("order_by_fields", order, pairs);

  pb::QueryResults response;
  TRY(call.Run("Query", *request, &response));
  TRY(AppendRows({response.fields_data(), response.output_fields(), response.primary_field_name()},
                 call.int64_numbers, call.Data()));
  call.Cost();
  return {};
}

Status GetRows(RestCall& call, const Json& body) {
  pb::DescribeCollectionResponse info;
  TRY(call.Describe(call.DatabaseOf(body), body["collectionName"].String(), &info));
  pb::QueryRequest request;
  TRY(SetKeys(info.schema(), body["id"], request.mutable_expr(),
              request.mutable_expr_template_values()));
  return RunQuery(call, body, &request);
}

Status AnswerHits(RestCall& call, const pb::SearchResults& response) {
  const pb_schema::SearchResultData& results = response.results();
  TRY(AppendRows({results.fields_data(), results.output_fields(), results.primary_field_name(),
                  &results.ids(), &results.scores()},
                 call.int64_numbers, call.Data()));
  call.Cost();
  if (call.first_version) return {};
  const auto append_float = [](float value, std::string* out) { AppendFloat(value, out); };
  call.out += ",\"topks\":";
  AppendArray(results.topks(), &call.out,
              [](int64_t count, std::string* out) { AppendInt(count, out); });
  if (!results.recalls().empty()) {
    call.out += ",\"recalls\":";
    AppendArray(results.recalls(), &call.out, append_float);
  }
  return {};
}

}  // namespace elanus::server
