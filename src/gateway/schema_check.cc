#include "gateway/schema_check.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "gateway/analysis.h"
#include "gateway/functions.h"
#include "gateway/names.h"
#include "gateway/text.h"
#include "geo/wkt.h"
#include "model/timestamptz.h"

namespace elanus::gateway {
namespace {

constexpr int64_t kTtlSecondsMax = 3155760000;

// ---- One field ----------------------------------------------------------------------------------

bool CanCluster(DataType type) {
  return IsNumber(type) || type == DataType::kVarChar || type == DataType::kString ||
         type == DataType::kFloatVector;
}

Status CheckElementType(DataType type) {
  if (type == DataType::kBool || IsNumber(type) || type == DataType::kVarChar) return {};
  if (type == DataType::kString) {
    return Invalid("string data type not supported yet, please use VarChar type instead");
  }
  if (type == DataType::kNone) return Invalid("element data type None is not valid");
  return Invalid("element type ", NameOf(type), " is not supported");
}

Result<int64_t> CheckDim(const FieldRequest& field, const Limits& limits) {
  const std::string* text = FindProperty(field.type_params, "dim");
  int64_t dim = 0;
  if (text != nullptr) dim = TRY(ParseInt64(*text));
  if (field.type == DataType::kSparseFloatVector) {
    if (text != nullptr) {
      return Invalid("dim should not be specified for sparse vector field ", field.name, "(0)");
    }
    return int64_t{0};
  }
  if (text == nullptr) {
    return Invalid("dimension is not defined in field type params of field ", field.name,
                   ", check type param `dim` for vector field");
  }
  if (dim <= 1) {
    return Invalid("invalid dimension: ", dim, ". should be in range 2 ~ ", limits.dim_max);
  }
  if (field.type == DataType::kBinaryVector) {
    if (dim % 8 != 0) {
      return Invalid("invalid dimension: ", dim, " of field ", field.name,
                     ". binary vector dimension should be multiple of 8. ");
    }
    if (dim > limits.dim_max * 8) {
      return Invalid("invalid dimension: ", dim, " of field ", field.name,
                     ". binary vector dimension should be in range 2 ~ ", limits.dim_max * 8);
    }
  } else if (dim > limits.dim_max) {
    return Invalid("invalid dimension: ", dim, " of field ", field.name,
                   ". float vector dimension should be in range 2 ~ ", limits.dim_max);
  }
  return dim;
}

Result<int64_t> CheckMaxLength(const FieldRequest& field, std::string_view collection,
                               const Limits& limits) {
  const std::string* text = FindProperty(field.type_params, "max_length");
  if (text == nullptr) {
    return Fail(Code::kParameterMissing,
                Concat("type param(max_length) should be specified for the field(", field.name,
                       ") of collection ", collection));
  }
  const int64_t length = TRY(ParseInt64(*text));
  if (length <= 0 || length > limits.varchar_length_max) {
    return Invalid("the maximum length specified for the field(", field.name, ") should be in (0, ",
                   limits.varchar_length_max, "], but got ", length, " instead");
  }
  return length;
}

Result<int64_t> CheckMaxCapacity(const FieldRequest& field, std::string_view collection,
                                 const Limits& limits) {
  const std::string* text = FindProperty(field.type_params, "max_capacity");
  if (text == nullptr) {
    return Fail(Code::kParameterMissing,
                Concat("type param(max_capacity) should be specified for array field ", field.name,
                       " of collection ", collection));
  }
  const Result<int64_t> capacity = ParseInt64(*text);
  if (!capacity.ok()) {
    return Invalid("the value for max_capacity of field ", field.name, " must be an integer");
  }
  if (*capacity <= 0 || *capacity > limits.array_capacity_max) {
    return Invalid("the maximum capacity specified for a Array should be in (0, ",
                   limits.array_capacity_max, "]");
  }
  return *capacity;
}

// Name and type parameters.
Status CheckField(const FieldRequest& request, std::string_view collection, const Limits& limits,
                  Field* field) {
  TRY(CheckFieldName(request.name, limits));
  field->name = request.name;
  field->description = request.description;
  field->type = request.type;
  field->element_type = request.type == DataType::kArray ? request.element_type : DataType::kNone;
  field->primary = request.primary;
  field->auto_id = request.auto_id;
  field->partition_key = request.partition_key;
  field->clustering_key = request.clustering_key;
  field->nullable = request.nullable;
  field->default_value = request.default_value;
  field->type_params = request.type_params;

  if (IsVector(request.type)) field->dim = TRY(CheckDim(request, limits));
  if (request.type == DataType::kVarChar ||
      (request.type == DataType::kArray && request.element_type == DataType::kVarChar)) {
    field->max_length = TRY(CheckMaxLength(request, collection, limits));
  }
  if (request.type == DataType::kArray) {
    field->max_capacity = TRY(CheckMaxCapacity(request, collection, limits));
  }
  if (request.type == DataType::kArrayOfVector) {
    return Invalid("array of vector can only be in the struct array field, field name: ",
                   request.name);
  }
  if (const std::string* policy = FindProperty(request.type_params, "warmup")) {
    const Status status = CheckWarmupPolicy(*policy);
    if (!status.ok()) {
      return Invalid("invalid warmup policy for field ", request.name, ": ", status.message());
    }
  }
  return {};
}

std::string_view KindOf(const Value& value, DataType travels_in) {
  if (travels_in == DataType::kInt32) return "DataType_Int";
  if (travels_in == DataType::kFloat) return "DataType_Float";
  if (value.is_bool()) return "DataType_Bool";
  if (value.is_int()) return "DataType_Int64";
  if (value.is_double()) return "DataType_Double";
  return "DataType_VarChar";
}

bool Fits(const Value& value, DataType travels_in, DataType type) {
  const bool small = IsInteger(type) && type != DataType::kInt64;
  if (IsNumber(type) && IsNumber(travels_in) && travels_in != (small ? DataType::kInt32 : type)) {
    return false;
  }
  if (type == DataType::kBool) return value.is_bool();
  if (IsInteger(type)) return value.is_int();
  if (IsFloating(type)) return value.is_double();
  if (type == DataType::kTimestamptz)
    return value.is_string() || (value.is_int() && travels_in == DataType::kNone);
  return type == DataType::kVarChar && value.is_string();
}

Status CheckIntRange(int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return {};
  return Status(Code::kParameterInvalid,
                Concat("default value out of range: invalid parameter[", low, " <= value <= ", high,
                       ", actual=", value, "]"));
}

// `travels_in`: FieldRequest::default_type.
Status CheckDefault(const Field& field, DataType travels_in, std::string_view timezone) {
  const auto type_and_name = Concat("type:", NameOf(field.type), ", name:", field.name);
  if (field.primary && field.nullable) {
    return Invalid("primary field not support null, ", type_and_name);
  }
  if (!field.default_value.has_value()) return {};
  if (field.primary) return Invalid("primary field not support default_value, ", type_and_name);
  if (field.type == DataType::kArray || field.type == DataType::kJson ||
      field.type == DataType::kText || IsVector(field.type)) {
    return Invalid("type not support default_value, ", type_and_name);
  }
  const Value& value = *field.default_value;
  if (field.type == DataType::kGeometry) {
    if (value.is_string() && geo::WktToWkb(value.as_string()).ok()) return {};
    return Invalid("invalid default value for geometry field");
  }
  if (!Fits(value, travels_in, field.type)) {
    return Invalid("type (", NameOf(field.type), ") of field (", field.name,
                   ") is not equal to the type(", KindOf(value, travels_in), ") of default_value");
  }
  if (field.type == DataType::kInt8) return CheckIntRange(value.as_int(), -128, 127);
  if (field.type == DataType::kInt16) return CheckIntRange(value.as_int(), -32768, 32767);
  if (field.type == DataType::kInt32) {
    return CheckIntRange(value.as_int(), std::numeric_limits<int32_t>::min(),
                         std::numeric_limits<int32_t>::max());
  }
  if (field.type == DataType::kVarChar) {
    const auto length = static_cast<int64_t>(value.as_string().size());
    if (length > field.max_length) {
      return InvalidExpected("valid length string", "string length exceeds max length",
                             Concat("the length (", length, ") of string exceeds max length (",
                                    field.max_length, ")"));
    }
  }
  if (field.type == DataType::kTimestamptz && value.is_string()) {
    const auto zone = TRY(TimeZone::Load(timezone));
    TRY(ParseTimestamptz(value.as_string(), *zone));
  }
  return {};
}

Status CheckDuplicateParams(const Properties& params, std::string_view kind) {
  std::set<std::string_view> seen;
  for (const auto& [key, value] : params) {
    if (!seen.insert(key).second) return Invalid("duplicated ", kind, " param key \"", key, "\"");
  }
  return {};
}

// ---- The collection -----------------------------------------------------------------------------

Status CheckCounts(const CreateCollection& request, const Limits& limits) {
  if (request.shards_num > limits.shards_max) {
    return Invalid("maximum shards's number should be limited to ", limits.shards_max);
  }
  if (static_cast<int64_t>(request.fields.size() + request.struct_fields) > limits.fields_max) {
    return Invalid("maximum field's number should be limited to ", limits.fields_max);
  }
  const auto vectors =
      std::count_if(request.fields.begin(), request.fields.end(),
                    [](const FieldRequest& field) { return IsVector(field.type); });
  if (vectors > limits.vector_fields_max) {
    return Invalid("maximum vector field's number should be limited to ", limits.vector_fields_max);
  }
  if (vectors == 0 && request.struct_fields == 0) {
    return Invalid("schema does not contain vector field");
  }
  return {};
}

Status CheckPrimary(const CreateCollection& request) {
  const FieldRequest* primary = nullptr;
  for (const FieldRequest& field : request.fields) {
    if (!field.primary) continue;
    if (primary != nullptr) {
      return Invalid("there are more than one primary key, field name = ", primary->name, ", ",
                     field.name);
    }
    if (field.type != DataType::kInt64 && field.type != DataType::kVarChar) {
      return Invalid("the data type of primary key should be Int64 or VarChar");
    }
    primary = &field;
  }
  if (primary == nullptr) return Fail(Code::kParameterMissing, "primary key is not specified");

  const FieldRequest* automatic = nullptr;
  for (const FieldRequest& field : request.fields) {
    if (!field.auto_id) continue;
    if (automatic != nullptr) {
      return Invalid("only one field can speficy AutoID with true, field name = ", automatic->name,
                     ", ", field.name);
    }
    automatic = &field;
    if (!field.primary) {
      return Invalid("only primary field can speficy AutoID with true, field name = ", field.name);
    }
  }
  return {};
}

Status CheckTypes(const CreateCollection& request) {
  for (const FieldRequest& field : request.fields) {
    if (field.type == DataType::kString) {
      return Invalid("string data type not supported yet, please use VarChar type instead");
    }
    if (field.type == DataType::kNone) return Invalid("data type None is not valid");
    if (field.type == DataType::kArray) TRY(CheckElementType(field.element_type));
  }
  return {};
}

// How many partitions the key is spread over; 0: no partition key.
Result<int64_t> CheckPartitionKey(const CreateCollection& request, const Limits& limits) {
  const FieldRequest* key = nullptr;
  for (const FieldRequest& field : request.fields) {
    if (!field.partition_key) continue;
    if (key != nullptr) {
      return Invalid("there are more than one partition key, field name = ", key->name, ", ",
                     field.name);
    }
    if (field.primary) return Invalid("the partition key field must not be primary field");
    if (field.nullable) return Invalid("partition key field not support nullable");
    if (field.type != DataType::kInt64 && field.type != DataType::kVarChar) {
      return Invalid("the data type of partition key should be Int64 or VarChar");
    }
    if (request.num_partitions < 0) {
      return Invalid("the specified partitions should be greater than 0 if partition key is used");
    }
    if (request.num_partitions > limits.partitions_max) {
      return Invalid("partition number (", request.num_partitions, ") exceeds max configuration (",
                     limits.partitions_max, ")");
    }
    key = &field;
  }
  if (key == nullptr) {
    if (request.num_partitions != 0) {
      return Invalid("num_partitions should only be specified with partition key field enabled");
    }
    return int64_t{0};
  }
  if (request.num_partitions != 0) return request.num_partitions;
  return std::min(limits.partition_key_partitions, limits.partitions_max);
}

Status CheckClusteringKey(const CreateCollection& request) {
  const FieldRequest* key = nullptr;
  for (const FieldRequest& field : request.fields) {
    if (!field.clustering_key) continue;
    if (!CanCluster(field.type)) {
      return FailWith(Code::kCollectionIllegalSchema,
                      Concat("clustering key field ", field.name, " has unsupported data type ",
                             NameOf(field.type)),
                      {{"collection", request.name}});
    }
    if (IsVector(field.type)) {
      return FailWith(Code::kVectorClusteringKeyNotAllowed, {{"collection", request.name}});
    }
    if (key != nullptr) {
      return FailWith(Code::kCollectionIllegalSchema,
                      Concat("there are more than one clustering key, field name = ", key->name,
                             ", ", field.name),
                      {{"collection", request.name}});
    }
    key = &field;
  }
  return {};
}

Status CheckNames(const CreateCollection& request) {
  std::set<std::string_view> seen;
  for (const FieldRequest& field : request.fields) {
    if (!seen.insert(field.name).second) {
      return Invalid("duplicated field name ", field.name, " found");
    }
  }
  return {};
}

Status CheckSkippedLoads(const Schema& schema) {
  for (const Field& field : schema.fields) {
    if (!IsTrue(field.type_params, "field.skipLoad")) continue;
    if (field.primary) return Invalid("Primary key field ", field.name, " cannot skip loading");
    if (field.partition_key) {
      return Invalid("Partition Key field ", field.name, " cannot skip loading");
    }
    if (field.clustering_key) {
      return Invalid("Clustering Key field ", field.name, " cannot skip loading");
    }
  }
  return {};
}

Status CheckBuilt(const FieldRequest& field) {
  if (field.type == DataType::kArrayOfStruct || field.type == DataType::kStruct) {
    return Invalid("Invalid field type, type:", NameOf(field.type), ", name:", field.name);
  }
  return {};
}

Status CheckBuilt(const CreateCollection& request) {
  if (request.struct_fields > 0) return NotBuilt("a struct array field");
  for (const FieldRequest& field : request.fields) TRY(CheckBuilt(field));
  return {};
}

// What the schema that is there lets a new field be.
Status CheckPlace(const Schema& schema, const FieldRequest& request, const Limits& limits) {
  int64_t fields = 0, vectors = 0;
  bool has_clustering_key = false, has_name = false;
  for (const Field& field : schema.fields) {
    if (field.dynamic) continue;
    ++fields;
    vectors += IsVector(field.type) ? 1 : 0;
    has_clustering_key |= field.clustering_key;
    has_name |= field.name == request.name;
  }
  if (fields >= limits.fields_max) {
    return Invalid("The number of fields has reached the maximum value ", limits.fields_max);
  }
  if (has_name) return Invalid("duplicated field name ", request.name);
  if (request.type == DataType::kNone) {
    return FailWith(
        Code::kParameterInvalid,
        {{"expected", "valid field"}, {"actual", "field data type: None is not supported"}});
  }
  static constexpr std::string_view kSystem[] = {"RowID", "Timestamp", "$meta", "$namespace_id",
                                                 "__virtual_pk__"};
  if (std::find(std::begin(kSystem), std::end(kSystem), request.name) != std::end(kSystem)) {
    return Invalid("not support to add system field, field name = ", request.name);
  }
  if (request.primary) return Invalid("not support to add pk field, field name = ", request.name);
  if (request.auto_id) {
    return Invalid("only primary field can speficy AutoID with true, field name = ", request.name);
  }
  if (request.partition_key) {
    return Invalid("not support to add partition key field, field name  = ", request.name);
  }
  if (request.clustering_key) {
    if (!CanCluster(request.type)) {
      return Invalid("clustering key field ", request.name, " has unsupported data type ",
                     NameOf(request.type));
    }
    if (has_clustering_key) {
      return Invalid("already has another clustering key field, field name: ", request.name);
    }
  }
  if (!IsVector(request.type)) return {};
  if (vectors >= limits.vector_fields_max) {
    return Invalid("maximum vector field's number should be limited to ", limits.vector_fields_max);
  }
  if (request.type != DataType::kSparseFloatVector && request.type_params.empty()) {
    return Invalid("vector field must have dimension specified, field name = ", request.name);
  }
  return {};
}

}  // namespace

Status CheckProperties(const Properties& properties, std::string_view collection,
                       bool has_partition_key) {
  if (const std::string* text = FindProperty(properties, "partitionkey.isolation")) {
    const std::optional<bool> isolated = ParseBool(*text);
    if (!isolated.has_value()) {
      return Invalid("failed to parse partition key isolation: strconv.ParseBool: parsing \"",
                     *text, "\": invalid syntax");
    }
    if (*isolated && !has_partition_key) {
      return FailWith(Code::kCollectionIllegalSchema,
                      "partition key isolation mode is enabled but no partition key field is set. "
                      "Please set the partition key first",
                      {{"collection", collection}});
    }
  }
  if (const std::string* mode = FindProperty(properties, "query_mode")) {
    if (*mode != "large_topk") {
      return Invalid("invalid query_mode value \"", *mode, "\", valid values: [large_topk]");
    }
  }
  TRY(CheckTimeZone(properties));
  if (const std::string* ttl = FindProperty(properties, "collection.ttl.seconds")) {
    const Result<int64_t> seconds = ParseInt64(*ttl);
    if (!seconds.ok()) {
      return Invalid("collection ttl property value not valid, parse error: ",
                     seconds.status().message());
    }
  }
  const bool has_collection_warmup =
      std::any_of(properties.begin(), properties.end(),
                  [](const auto& property) { return property.first.starts_with("warmup."); });
  for (const auto& [key, value] : properties) {
    if (key == "warmup") {
      return Invalid(
          "warmup key 'warmup' is only allowed at field level, use warmup.scalarField/"
          "warmup.scalarIndex/warmup.vectorField/warmup.vectorIndex at collection level");
    }
    if (has_collection_warmup && key.starts_with("warmup.")) {
      const Status status = CheckWarmupPolicy(value);
      if (!status.ok()) {
        return Invalid("invalid warmup value for key ", key, ": ", status.message());
      }
    }
  }
  return {};
}

Status CheckTimeZone(const Properties& properties) {
  const std::string* zone = FindProperty(properties, "timezone");
  if (zone == nullptr || IsTimeZone(*zone)) return {};
  return Invalid("unknown or invalid IANA Time Zone ID: ", *zone);
}

Status CheckTtl(const Properties& properties, const Schema& schema) {
  const std::string* ttl = FindProperty(properties, "collection.ttl.seconds");
  if (ttl != nullptr) {
    const Result<int64_t> seconds = ParseInt64(*ttl);
    if (!seconds.ok()) return Invalid("collection TTL is not a valid positive integer");
    if (*seconds < -1 || *seconds > kTtlSecondsMax) {
      return Invalid("collection TTL is out of range, expect [-1, 3155760000], got ", *seconds);
    }
  }
  const std::string* ttl_field = FindProperty(properties, "ttl_field");
  if (ttl_field == nullptr) return {};
  const Field* field = schema.Find(*ttl_field);
  if (field == nullptr) return Invalid("ttl field name ", *ttl_field, " not found in schema");
  if (field->type != DataType::kTimestamptz) {
    return Invalid("ttl field must be timestamptz, field name = ", *ttl_field);
  }
  if (ttl != nullptr) {
    return Invalid("collection TTL and ttl field cannot be set at the same time");
  }
  return {};
}

Field DynamicField() {
  Field field;
  field.name = kDynamicFieldName;
  field.description = "dynamic schema";
  field.type = DataType::kJson;
  field.dynamic = true;
  field.nullable = true;
  return field;
}

Result<int64_t> ParseInt64(std::string_view text) {
  int64_t value = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {
    return Status(Code::kParameterInvalid,
                  Concat("strconv.ParseInt: parsing \"", text, "\": value out of range"));
  }
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) {
    return Status(Code::kParameterInvalid,
                  Concat("strconv.ParseInt: parsing \"", text, "\": invalid syntax"));
  }
  return value;
}

Status CheckWarmupPolicy(std::string_view policy) {
  if (policy == "disable" || policy == "sync" || policy == "async") return {};
  return Invalid("invalid warmup policy: ", policy, ", must be 'disable', 'sync' or 'async'");
}

namespace {

Result<Field> CheckAdded(const CollectionInfo& collection, const FieldRequest& request,
                         const Limits& limits) {
  Field field;
  TRY(CheckField(request, collection.name, limits, &field));
  if (request.type == DataType::kArray) TRY(CheckElementType(request.element_type));
  const std::string* zone = FindProperty(collection.properties, "timezone");
  TRY(CheckDefault(field, request.default_type, zone != nullptr ? *zone : "UTC"));
  TRY(CheckDuplicateParams(request.type_params, "type"));
  TRY(CheckDuplicateParams(request.index_params, "index"));
  TRY(CheckBuilt(request));
  TRY(CheckAnalyzer(collection.schema, field));
  return field;
}

}  // namespace

Result<Field> CheckAddField(const CollectionInfo& collection, const FieldRequest& request,
                            const Limits& limits) {
  TRY(CheckPlace(collection.schema, request, limits));
  if (request.type == DataType::kText && request.default_value.has_value()) {
    return Invalid("default value is not supported when adding TEXT field, field name = ",
                   request.name);
  }
  if (!request.nullable) {
    return Invalid("added field must be nullable, please check it, field name = ", request.name);
  }
  return CheckAdded(collection, request, limits);
}

Result<Field> CheckMadeField(const CollectionInfo& collection, const FieldRequest& request,
                             const Limits& limits) {
  TRY(CheckPlace(collection.schema, request, limits));
  Field field = TRY(CheckAdded(collection, request, limits));
  field.made = true;
  return field;
}

namespace {

// The fields as far as functions ask about them.
Schema Outline(const CreateCollection& request) {
  Schema schema;
  for (const FieldRequest& field : request.fields) {
    Field& out = schema.fields.emplace_back();
    out.name = field.name;
    out.type = field.type;
    out.primary = field.primary;
    out.partition_key = field.partition_key;
    out.clustering_key = field.clustering_key;
    out.nullable = field.nullable;
    out.type_params = field.type_params;
  }
  return schema;
}

}  // namespace

Result<roles::CreateCollectionRequest> CheckCreateCollection(const CreateCollection& request,
                                                             const Limits& limits) {
  TRY(CheckFunctions(request.functions, Outline(request)));
  TRY(CheckCounts(request, limits));
  const std::string_view name =
      request.schema_name.empty() ? std::string_view(request.name) : request.schema_name;
  TRY(CheckCollectionName(name, limits));
  if (static_cast<int64_t>(request.description.size()) > limits.collection_description_max) {
    return Invalid("the length of a collection description must not exceed ",
                   limits.collection_description_max, " bytes");
  }
  for (const FieldRequest& field : request.fields) {
    if (field.name == "RowID" || field.name == "Timestamp" || field.name == "__virtual_pk__") {
      return FailWith(Code::kFieldInvalidName,
                      Concat("field name \"", field.name,
                             "\" is reserved for internal use and cannot be used in user schemas"),
                      {{"field", field.name}});
    }
  }
  TRY(CheckPrimary(request));
  TRY(CheckTypes(request));
  const int64_t partitions = TRY(CheckPartitionKey(request, limits));
  TRY(CheckProperties(request.properties, request.name, partitions > 0));
  TRY(CheckClusteringKey(request));

  roles::CreateCollectionRequest out;
  Schema& schema = out.schema;
  schema.fields.resize(request.fields.size());
  for (size_t i = 0; i < request.fields.size(); ++i) {
    TRY(CheckField(request.fields[i], name, limits, &schema.fields[i]));
    schema.auto_id |= schema.fields[i].auto_id;
  }
  TRY(CheckNames(request));
  TRY(CheckSkippedLoads(schema));
  TRY(CheckTtl(request.properties, schema));

  if (name != request.name) {
    return InvalidExpected("collection name matches schema name", "don't match",
                           Concat("collection name = ", request.name, ", schema.Name=", name));
  }
  const std::string* zone = FindProperty(request.properties, "timezone");
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    TRY(CheckDefault(schema.fields[i], request.fields[i].default_type,
                     zone != nullptr ? *zone : "UTC"));
    TRY(CheckDuplicateParams(request.fields[i].type_params, "type"));
    TRY(CheckDuplicateParams(request.fields[i].index_params, "index"));
  }
  TRY(CheckBuilt(request));
  SetFunctions(request.functions, &schema);
  for (const Field& field : schema.fields) TRY(CheckAnalyzer(schema, field));

  schema.description = request.description;
  schema.enable_dynamic_field = request.enable_dynamic_field;
  if (request.enable_dynamic_field) schema.fields.push_back(DynamicField());
  out.database = request.database;
  out.name = request.name;
  out.shards_num = std::max(request.shards_num, 1);
  out.consistency = request.consistency;
  out.properties = request.properties;
  for (int64_t i = 0; i < partitions; ++i) {
    out.partitions.push_back(Concat(kDefaultPartitionName, "_", i));
  }
  return out;
}

}  // namespace elanus::gateway
