// What makes a collection and changes its schema: collections/create in its quick form and with a
// schema, fields and functions added later.
#include <algorithm>
#include <charconv>

#include "server/rest/route.h"

namespace elanus::server {
namespace {

constexpr Param kIndexParamParams[] = {{"fieldName", ParamKind::kString, true},
                                       {"indexName", ParamKind::kString},
                                       {"metricType", ParamKind::kString},
                                       {"indexType", ParamKind::kString},
                                       {"params", ParamKind::kMap}};
constexpr Param kFunctionParams[] = {{"name", ParamKind::kString, true},
                                     {"description", ParamKind::kString},
                                     {"type", ParamKind::kString, true},
                                     {"inputFieldNames", ParamKind::kStrings, true},
                                     {"outputFieldNames", ParamKind::kStrings, true},
                                     {"params", ParamKind::kMap}};
constexpr Param kFieldParams[] = {
    {"fieldName", ParamKind::kString, true}, {"description", ParamKind::kString},
    {"dataType", ParamKind::kString, true},  {"elementDataType", ParamKind::kString},
    {"isPrimary", ParamKind::kBool},         {"isPartitionKey", ParamKind::kBool},
    {"isClusteringKey", ParamKind::kBool},   {"elementTypeParams", ParamKind::kMap},
    {"typeParams", ParamKind::kMap},         {"fields", ParamKind::kList},
    {"nullable", ParamKind::kBool},          {"defaultValue", ParamKind::kAny}};
constexpr Shape kField{"Field", kFieldParams};
constexpr Param kStructParams[] = {{"fieldName", ParamKind::kString, true},
                                   {"description", ParamKind::kString},
                                   {"fields", ParamKind::kStructs, true, &kField},
                                   {"typeParams", ParamKind::kMap},
                                   {"nullable", ParamKind::kBool}};
constexpr Shape kStruct{"StructField", kStructParams};
constexpr Param kSchemaParams[] = {{"fields", ParamKind::kStructs, false, &kField},
                                   {"structFields", ParamKind::kStructs, false, &kStruct},
                                   {"functions", ParamKind::kStructs, false, &kFunctionShape},
                                   {"autoID", ParamKind::kBool},
                                   {"enableDynamicField", ParamKind::kBool}};
constexpr Shape kSchema{"Schema", kSchemaParams};
constexpr Param kCreateParams[] = {{"dbName", ParamKind::kString},
                                   {"collectionName", ParamKind::kString, true},
                                   {"dimension", ParamKind::kInt32},
                                   {"idType", ParamKind::kString},
                                   {"autoID", ParamKind::kBool},
                                   {"metricType", ParamKind::kString},
                                   {"vectorFieldType", ParamKind::kString},
                                   {"consistencyLevel", ParamKind::kString},
                                   {"primaryFieldName", ParamKind::kString},
                                   {"vectorFieldName", ParamKind::kString},
                                   {"schema", ParamKind::kStruct, false, &kSchema},
                                   {"indexParams", ParamKind::kStructs, false, &kIndexParamShape},
                                   {"params", ParamKind::kMap},
                                   {"properties", ParamKind::kMap},
                                   {"description", ParamKind::kString}};
constexpr Shape kCreate{"CreateCollection", kCreateParams};

constexpr Param kAddFieldParams[] = {{"dbName", ParamKind::kString},
                                     {"collectionName", ParamKind::kString, true},
                                     {"schema", ParamKind::kStruct, true, &kField}};
constexpr Shape kAddField{"AddField", kAddFieldParams};
constexpr Param kAlterFieldParams[] = {{"dbName", ParamKind::kString},
                                       {"collectionName", ParamKind::kString, true},
                                       {"fieldName", ParamKind::kString, true},
                                       {"fieldParams", ParamKind::kMap}};
constexpr Shape kAlterField{"AlterField", kAlterFieldParams};
constexpr Param kAddFunctionParams[] = {{"dbName", ParamKind::kString},
                                        {"collectionName", ParamKind::kString, true},
                                        {"function", ParamKind::kStruct, true, &kFunctionShape}};
constexpr Shape kAddFunction{"AddFunction", kAddFunctionParams};
constexpr Param kAlterFunctionParams[] = {{"dbName", ParamKind::kString},
                                          {"collectionName", ParamKind::kString, true},
                                          {"functionName", ParamKind::kString, true},
                                          {"function", ParamKind::kStruct, true, &kFunctionShape}};
constexpr Shape kAlterFunction{"AlterFunction", kAlterFunctionParams};
constexpr Param kDropFunctionParams[] = {{"dbName", ParamKind::kString},
                                         {"collectionName", ParamKind::kString, true},
                                         {"functionName", ParamKind::kString, true}};
constexpr Shape kDropFunction{"DropFunction", kDropFunctionParams};

Result<pb_schema::DataType> TypeOf(const std::string& name, std::string_view what) {
  pb_schema::DataType type{};
  if (pb_schema::DataType_Parse(name, &type)) return type;
  return Fail(Code::kParameterInvalid,
              std::string(what) + " " + name + " is invalid(case sensitive)");
}

Status ToDefault(const Json& value, pb_schema::DataType type, pb_schema::ValueField* out) {
  const auto wrong = [&](std::string_view kind) {
    return Fail(Code::kParameterInvalid, "convert defaultValue fail, err:cannot use \"" +
                                             value.Spelled() + "\" as " + std::string(kind) +
                                             " default value");
  };
  const bool is_number = value.kind == JsonKind::kNumber;
  switch (static_cast<int>(type)) {
    case pb_schema::Bool:
      if (value.kind != JsonKind::kBool) return wrong("bool");
      out->set_bool_data(value.boolean);
      return {};
    case pb_schema::Int8:
    case pb_schema::Int16:
    case pb_schema::Int32:
      if (!is_number || value.Int() < INT32_MIN || value.Int() > INT32_MAX) return wrong("int");
      out->set_int_data(static_cast<int32_t>(value.Int()));
      return {};
    case pb_schema::Int64:
      if (!is_number) return wrong("long");
      out->set_long_data(value.Int());
      return {};
    case pb_schema::Float:
      if (!is_number) return wrong("float");
      out->set_float_data(static_cast<float>(value.Double()));
      return {};
    case pb_schema::Double:
      if (!is_number) return wrong("double");
      out->set_double_data(value.Double());
      return {};
    case pb_schema::Timestamptz:
    case pb_schema::Geometry:
    case pb_schema::String:
    case pb_schema::VarChar:
      if (value.kind != JsonKind::kString) return wrong("string");
      out->set_string_data(value.text);
      return {};
    default:
      return Fail(Code::kParameterInvalid,
                  "convert defaultValue fail, err:Unexpected default value type: " +
                      pb_schema::DataType_Name(type));
  }
}

Result<pb_schema::FieldSchema> FieldOf(const Json& field) {
  pb_schema::FieldSchema out;
  out.set_name(field["fieldName"].String());
  out.set_description(field["description"].String());
  out.set_is_primary_key(field["isPrimary"].boolean);
  out.set_is_partition_key(field["isPartitionKey"].boolean);
  out.set_is_clustering_key(field["isClusteringKey"].boolean);
  out.set_nullable(field["nullable"].boolean);
  out.set_data_type(TRY(TypeOf(field["dataType"].String(), "data type")));
  if (out.data_type() == pb_schema::Array || out.data_type() == pb_schema::ArrayOfVector) {
    out.set_element_type(TRY(TypeOf(field["elementDataType"].String(), "element data type")));
  }
  if (const Json& value = field["defaultValue"]; !value.null())
    TRY(ToDefault(value, out.data_type(), out.mutable_default_value()));
  AddPairs(field["elementTypeParams"], out.mutable_type_params());
  return out;
}

Result<pb_schema::StructArrayFieldSchema> StructOf(const Json& field) {
  pb_schema::StructArrayFieldSchema out;
  out.set_name(field["fieldName"].String());
  out.set_description(field["description"].String());
  out.set_nullable(field["nullable"].boolean);
  AddPairs(field["typeParams"], out.mutable_type_params());
  for (const Json& sub : field["fields"].items) *out.add_fields() = TRY(FieldOf(sub));
  return out;
}

// Names of the schema's fields, struct fields' own ones as "struct[sub]".
std::vector<std::string> NamesOf(const pb_schema::CollectionSchema& schema) {
  std::vector<std::string> names;
  for (const auto& field : schema.fields()) names.push_back(field.name());
  for (const auto& field : schema.struct_array_fields()) {
    names.push_back(field.name());
    for (const auto& sub : field.fields()) names.push_back(field.name() + "[" + sub.name() + "]");
  }
  return names;
}

Result<pb_schema::CollectionSchema> SchemaOf(const Json& body) {
  const Json& schema = body["schema"];
  pb_schema::CollectionSchema out;
  out.set_name(body["collectionName"].String());
  out.set_description(body["description"].String());
  out.set_autoid(schema["autoID"].boolean);
  out.set_enable_dynamic_field(schema["enableDynamicField"].boolean);
  for (const Json& function : schema["functions"].items)
    *out.add_functions() = TRY(FunctionOf(function));
  for (const Json& field : schema["fields"].items) {
    pb_schema::FieldSchema* made = out.add_fields();
    *made = TRY(FieldOf(field));
    if (made->is_primary_key()) made->set_autoid(out.autoid());
    for (const auto& function : out.functions()) {
      const auto& outputs = function.output_field_names();
      if (std::ranges::find(outputs, made->name()) != outputs.end())
        made->set_is_function_output(true);
    }
  }
  for (const Json& field : schema["structFields"].items)
    *out.add_struct_array_fields() = TRY(StructOf(field));
  return out;
}

// The quick form: a key, a vector, and what the dynamic field takes.
struct Quick {
  pb_schema::DataType vector_type = pb_schema::FloatVector;
  std::string vector_field;
  std::string metric;
};

Status CheckMetric(pb_schema::DataType type, const std::string& metric) {
  const auto among = [&](std::initializer_list<std::string_view> metrics) {
    return std::ranges::find(metrics, metric) != metrics.end();
  };
  std::string problem;
  if (type == pb_schema::BinaryVector) {
    if (!among({"HAMMING", "JACCARD"}))
      problem = "binary vector index does not support metric type: " + metric;
  } else if (type == pb_schema::SparseFloatVector) {
    if (metric == "BM25") problem = "only BM25 Function output field support BM25 metric type";
    if (!among({"IP", "BM25"}))
      problem = "only IP&BM25 is the supported metric type for sparse index";
  } else if (!among({"L2", "IP", "COSINE"})) {
    problem = "float vector index does not support metric type: " + metric;
  }
  if (problem.empty()) return {};
  return FailWith(Code::kParameterInvalid, problem,
                  {{"expected", "valid index params"}, {"actual", "invalid index params"}});
}

Result<Quick> QuickOf(const Json& body) {
  Quick quick;
  const std::string& type = body["vectorFieldType"].String();
  constexpr std::string_view kTypes =
      "FloatVector, BinaryVector, Float16Vector, BFloat16Vector, SparseFloatVector";
  if (!type.empty() && (!pb_schema::DataType_Parse(type, &quick.vector_type) ||
                        kTypes.find(type) == std::string_view::npos)) {
    return FailWith(
        Code::kParameterInvalid,
        "vectorFieldType can only be [" + std::string(kTypes) + "], default: FloatVector",
        {{"expected", kTypes}, {"actual", type}});
  }
  const bool sparse = quick.vector_type == pb_schema::SparseFloatVector;
  const std::string dimension = std::to_string(body["dimension"].Int());
  if (sparse && dimension != "0") {
    return FailWith(Code::kParameterInvalid,
                    "dimension should not be specified for SparseFloatVector quick create",
                    {{"expected", "0"}, {"actual", dimension}});
  }
  if (!sparse && dimension == "0") {
    return FailWith(
        Code::kParameterInvalid,
        "dimension is required for quickly create collection(default metric type: COSINE)",
        {{"expected", "collectionName & dimension"}, {"actual", "collectionName"}});
  }
  quick.metric = body["metricType"].String();
  if (quick.metric.empty()) {
    quick.metric = sparse                                         ? "IP"
                   : quick.vector_type == pb_schema::BinaryVector ? "HAMMING"
                                                                  : "COSINE";
  }
  TRY(CheckMetric(quick.vector_type, quick.metric));
  quick.vector_field = body["vectorFieldName"].String();
  if (quick.vector_field.empty()) quick.vector_field = "vector";
  return quick;
}

Result<bool> BoolOf(const Json& value, std::string_view what) {
  const std::string text = value.Spelled();
  if (text == "true" || text == "True" || text == "TRUE" || text == "1") return true;
  if (text == "false" || text == "False" || text == "FALSE" || text == "0") return false;
  return Fail(Code::kParameterInvalid,
              "parse " + std::string(what) + " fail, err: it is no bool: " + text);
}

Result<pb_schema::CollectionSchema> QuickSchema(const Json& body, const Quick& quick) {
  if (!body["schema"]["functions"].items.empty()) {
    return FailWith(Code::kParameterInvalid,
                    "functions are not supported for quickly create collection",
                    {{"expected", "schema"}, {"actual", "functions"}});
  }
  pb_schema::CollectionSchema schema;
  schema.set_name(body["collectionName"].String());
  schema.set_description(body["description"].String());
  const Json* dynamic = body["params"].Find("enableDynamicField");
  schema.set_enable_dynamic_field(
      dynamic == nullptr || dynamic->null() ? true : TRY(BoolOf(*dynamic, "enableDynamicField")));

  pb_schema::FieldSchema* key = schema.add_fields();
  const std::string& key_name = body["primaryFieldName"].String();
  key->set_name(key_name.empty() ? "id" : key_name);
  key->set_is_primary_key(true);
  key->set_autoid(body["autoID"].boolean);
  const std::string& id_type = body["idType"].String();
  if (id_type == "VarChar" || id_type == "Varchar") {
    key->set_data_type(pb_schema::VarChar);
    if (const Json* length = body["params"].Find("max_length"); length != nullptr)
      AddPair("max_length", length->Spelled(), key->mutable_type_params());
  } else if (id_type.empty() || id_type == "Int64" || id_type == "int64") {
    key->set_data_type(pb_schema::Int64);
  } else {
    return FailWith(Code::kParameterInvalid, "idType can only be [Int64, VarChar], default: Int64",
                    {{"expected", "Int64, Varchar"}, {"actual", id_type}});
  }
  pb_schema::FieldSchema* vector = schema.add_fields();
  vector->set_name(quick.vector_field);
  vector->set_data_type(quick.vector_type);
  if (quick.vector_type != pb_schema::SparseFloatVector)
    AddPair("dim", std::to_string(body["dimension"].Int()), vector->mutable_type_params());
  return schema;
}

Result<pb_common::ConsistencyLevel> CreateConsistency(const Json& body) {
  const std::string& own = body["consistencyLevel"].String();
  const Json* param = body["params"].Find("consistencyLevel");
  if (param == nullptr || param->null()) return ConsistencyOf(own);
  const std::string in_params = param->Spelled();
  if (!own.empty() && own != in_params) {
    return FailWith(Code::kParameterInvalid,
                    "top-level consistencyLevel conflicts with params.consistencyLevel",
                    {{"expected", "same consistencyLevel"}, {"actual", in_params}});
  }
  return ConsistencyOf(in_params);
}

int64_t NumberOf(const Json* value, int64_t otherwise) {
  int64_t number = 0;
  return value != nullptr && value->ToInt(&number) ? number : otherwise;
}

Status AddProperties(const Json& body, pb::CreateCollectionRequest* request) {
  constexpr std::string_view kTtl = "collection.ttl.seconds";
  const Json& params = body["params"];
  const Json& properties = body["properties"];
  int ttls = 0;
  for (const Json* ttl :
       {properties.Find(kTtl), properties.Find("ttl.seconds"), params.Find("ttlSeconds")}) {
    if (ttl == nullptr) continue;
    if (++ttls > 1) {
      return Fail(Code::kParameterInvalid, "collection TTL is specified multiple times");
    }
    AddPair(kTtl, ttl->Spelled(), request->mutable_properties());
  }
  constexpr std::pair<std::string_view, std::string_view> kParams[] = {
      {"ttlField", "ttl_field"},
      {"partitionKeyIsolation", "partitionkey.isolation"},
      {"mmap.enabled", "mmap.enabled"},
      {"warmup.scalarField", "warmup.scalarField"},
      {"warmup.scalarIndex", "warmup.scalarIndex"},
      {"warmup.vectorField", "warmup.vectorField"},
      {"warmup.vectorIndex", "warmup.vectorIndex"}};
  for (const auto& [param, property] : kParams) {
    if (const Json* value = params.Find(param); value != nullptr)
      AddPair(property, value->Spelled(), request->mutable_properties());
  }
  return {};
}

// Before the collection is made, so that a refused request leaves nothing behind.
Status CheckIndexedFields(const Json& body, const pb_schema::CollectionSchema& schema) {
  const auto names = NamesOf(schema);
  for (const Json& param : body["indexParams"].items) {
    const std::string& field = param["fieldName"].String();
    if (std::ranges::find(names, field) == names.end()) {
      return RestError(Code::kRestParameterMissing, "`" + field + "` hasn't defined in schema");
    }
  }
  return {};
}

Status Create(RestCall& call, const Json& body) {
  auto request = Named<pb::CreateCollectionRequest>(call, body);
  const bool is_quick = body["schema"]["fields"].items.empty();
  Quick quick;
  pb_schema::CollectionSchema schema;
  if (is_quick) {
    quick = TRY(QuickOf(body));
    schema = TRY(QuickSchema(body, quick));
  } else {
    schema = TRY(SchemaOf(body));
    TRY(CheckIndexedFields(body, schema));
  }
  const Json& params = body["params"];
  request.set_schema(schema.SerializeAsString());
  request.set_shards_num(static_cast<int32_t>(NumberOf(params.Find("shardsNum"), 1)));
  request.set_consistency_level(TRY(CreateConsistency(body)));
  if (std::ranges::any_of(schema.fields(), [](const auto& f) { return f.is_partition_key(); }))
    request.set_num_partitions(std::max<int64_t>(0, NumberOf(params.Find("partitionsNum"), 0)));
  TRY(AddProperties(body, &request));
  TRY(call.Run("CreateCollection", request));

  if (is_quick) {
    pb::CreateIndexRequest index;
    index.set_db_name(request.db_name());
    index.set_collection_name(request.collection_name());
    index.set_field_name(quick.vector_field);
    index.set_index_name(quick.vector_field);
    AddPair("metric_type", quick.metric, index.mutable_extra_params());
    TRY(call.Run("CreateIndex", index));
  } else {
    for (const Json& param : body["indexParams"].items) {
      TRY(call.Run("CreateIndex", IndexOf(request.db_name(), request.collection_name(), param)));
    }
    if (body["indexParams"].items.empty()) {
      call.NoData();
      return {};
    }
  }
  return call.Finish("LoadCollection", Named<pb::LoadCollectionRequest>(call, body));
}

bool IsStruct(const Json& field) {
  const std::string& type = field["dataType"].String();
  return type == "ArrayOfStruct" ||
         (type == "Array" && field["elementDataType"].String() == "Struct");
}

Status AddField(RestCall& call, const Json& body) {
  if (IsStruct(body["schema"])) {
    return Fail(
        Code::kParameterInvalid,
        "StructArray field must be added through /v2/vectordb/collections/struct_fields/add");
  }
  auto request = Named<pb::AddCollectionFieldRequest>(call, body);
  request.set_schema(TRY(FieldOf(body["schema"])).SerializeAsString());
  return call.Finish("AddCollectionField", request);
}

Status AddStructField(RestCall& call, const Json& body) {
  const Json& field = body["schema"];
  if (!IsStruct(field)) {
    return Fail(Code::kParameterInvalid,
                "StructArray field must use ArrayOfStruct or Array with Struct element, got "
                "dataType " +
                    field["dataType"].String() + " and elementDataType " +
                    field["elementDataType"].String());
  }
  auto request = Named<pb::AddCollectionStructFieldRequest>(call, body);
  *request.mutable_struct_array_field_schema() = TRY(StructOf(field));
  return call.Finish("AddCollectionStructField", request);
}

Status AlterField(RestCall& call, const Json& body) {
  auto request = Named<pb::AlterCollectionFieldRequest>(call, body);
  request.set_field_name(body["fieldName"].String());
  AddPairs(body["fieldParams"], request.mutable_properties());
  return call.Finish("AlterCollectionField", request);
}

Status AddFunction(RestCall& call, const Json& body) {
  auto request = Named<pb::AddCollectionFunctionRequest>(call, body);
  *request.mutable_functionschema() = TRY(FunctionOf(body["function"]));
  return call.Finish("AddCollectionFunction", request);
}

Status AlterFunction(RestCall& call, const Json& body) {
  auto request = Named<pb::AlterCollectionFunctionRequest>(call, body);
  request.set_function_name(body["functionName"].String());
  *request.mutable_functionschema() = TRY(FunctionOf(body["function"]));
  return call.Finish("AlterCollectionFunction", request);
}

Status DropFunction(RestCall& call, const Json& body) {
  auto request = Named<pb::DropCollectionFunctionRequest>(call, body);
  request.set_function_name(body["functionName"].String());
  return call.Finish("DropCollectionFunction", request);
}

#define PATH(op) "/v2/vectordb/collections/" op
constexpr Route kRoutes[] = {
    {"POST", PATH("create"), "CreateCollection", &kCreate, Create},
    {"POST", PATH("fields/add"), "AddCollectionField", &kAddField, AddField},
    {"POST", PATH("fields/alter_properties"), "AlterCollectionField", &kAlterField, AlterField},
    {"POST", PATH("struct_fields/add"), "AddCollectionStructField", &kAddField, AddStructField},
    {"POST", PATH("add_function"), "AddCollectionFunction", &kAddFunction, AddFunction},
    {"POST", PATH("alter_function"), "AlterCollectionFunction", &kAlterFunction, AlterFunction},
    {"POST", PATH("drop_function"), "DropCollectionFunction", &kDropFunction, DropFunction},
};
#undef PATH

}  // namespace

const Shape kIndexParamShape{"IndexParam", kIndexParamParams};
const Shape kFunctionShape{"Function", kFunctionParams};

std::span<const Route> SchemaRoutes() { return kRoutes; }

Result<pb_schema::FunctionSchema> FunctionOf(const Json& function) {
  pb_schema::FunctionSchema out;
  pb_schema::FunctionType type{};
  if (!pb_schema::FunctionType_Parse(function["type"].String(), &type)) {
    return Fail(Code::kParameterInvalid, "Unsupported function type: " + function["type"].String());
  }
  out.set_name(function["name"].String());
  out.set_description(function["description"].String());
  out.set_type(type);
  for (std::string& name : function["inputFieldNames"].Strings())
    out.add_input_field_names(std::move(name));
  for (std::string& name : function["outputFieldNames"].Strings())
    out.add_output_field_names(std::move(name));
  AddPairs(function["params"], out.mutable_params());
  return out;
}

pb::CreateIndexRequest IndexOf(const std::string& database, const std::string& collection,
                               const Json& param) {
  pb::CreateIndexRequest request;
  request.set_db_name(database);
  request.set_collection_name(collection);
  request.set_field_name(param["fieldName"].String());
  request.set_index_name(param["indexName"].String());
  auto* pairs = request.mutable_extra_params();
  const Json& params = param["params"];
  if (const std::string& type = param["indexType"].String(); !type.empty()) {
    AddPair("index_type", type, pairs);
  } else if (const Json* inner = params.Find("index_type"); inner != nullptr) {
    AddPair("index_type", inner->Spelled(), pairs);
  }
  if (const std::string& metric = param["metricType"].String(); !metric.empty())
    AddPair("metric_type", metric, pairs);
  if (!params.members.empty()) AddPair("params", params.Text(), pairs);
  return request;
}

}  // namespace elanus::server
