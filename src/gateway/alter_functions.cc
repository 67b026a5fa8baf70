// Functions of a schema that come and go after the collection was made.
#include <algorithm>
#include <string>
#include <utility>

#include "gateway/analysis.h"
#include "gateway/functions.h"
#include "gateway/gateway.h"
#include "gateway/indexes.h"
#include "gateway/limits.h"
#include "gateway/names.h"
#include "gateway/params.h"
#include "gateway/request.h"
#include "gateway/schema_check.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

// The index that comes with the field of a function says what it is.
Status CheckBoundIndex(const Field& field, const Properties& params) {
  if (params.empty()) {
    return Invalid("index params are required when adding function output field \"", field.name,
                   "\" of vector type ", NameOf(field.type),
                   ": provide index_type/metric_type (and params) in field_info.extra_params");
  }
  const Properties flat = TRY(FlattenIndexParams(params));
  const std::string* type = FindProperty(flat, "index_type");
  if (type == nullptr || type->empty() || *type == "AUTOINDEX") {
    return Invalid(
        "an explicit index_type is required for the bound index of function output "
        "field \"",
        field.name, "\"");
  }
  const std::string* metric = FindProperty(flat, "metric_type");
  if (metric == nullptr || *metric == NameOf(Metric::kBm25)) return {};
  return Invalid("index metric type of BM25 function output field must be BM25, got ", *metric);
}

}  // namespace

Status Gateway::AddFunction(const std::string& database, const std::string& collection,
                            const Function& function, const FieldRequest* field,
                            const std::string& index_name, const Properties& index_params) {
  const roles::CollectionPtr info = TRY(FindNamed(database, collection));
  if (field == nullptr) return CheckAddition(function, nullptr);
  CollectionInfo after = *info;
  after.schema.fields.push_back(TRY(CheckMadeField(*info, *field, *limits_)));
  const Field& made = after.schema.fields.back();
  TRY(CheckAddition(function, &made));
  TRY(CheckIndexName(index_name, *limits_));
  TRY(CheckBoundIndex(made, index_params));
  after.schema.functions.push_back(function);
  TRY(CheckFunctions(after.schema.functions, after.schema));
  TRY(CheckAnalyzer(after.schema, *after.schema.Find(function.inputs.front())));
  IndexInfo index = TRY(DeclareIndex(after, made, made.name, index_name, index_params, *limits_));
  return coordinator_->AddFunction(DatabaseOf(database), collection, function, made,
                                   std::move(index));
}

Status Gateway::AddFunctionAlone(const std::string& database, const std::string& collection,
                                 const Function& function) {
  if (function.type == FunctionType::kBm25)
    return Invalid("currently does not support adding BM25 function");
  TRY(FindNamed(database, collection));
  return CheckAddition(function, nullptr);
}

Status Gateway::AlterFunction(const std::string& database, const std::string& collection,
                              const std::string& name, const Function& function) {
  if (function.type == FunctionType::kBm25)
    return Invalid("currently does not support alter BM25 function");
  if (name != function.name) return Invalid("invalid function config, name not match");
  const roles::CollectionPtr info = TRY(FindNamed(database, collection));
  for (const Function& known : info->schema.functions) {
    if (known.name == name) return Invalid("currently does not support alter BM25 function");
  }
  return Invalid("function ", name, " not found");
}

Status Gateway::DropFunction(const std::string& database, const std::string& collection,
                             const std::string& name, bool with_outputs) {
  const roles::CollectionPtr info = TRY(FindNamed(database, collection));
  if (name.empty()) return Invalid("function name is empty");
  const auto& functions = info->schema.functions;
  const auto function = std::find_if(functions.begin(), functions.end(),
                                     [&name](const Function& f) { return f.name == name; });
  if (function == functions.end()) return Invalid("function not found: ", name);
  if (!with_outputs) {
    return Invalid(
        "BM25 function must be dropped with its output field in drop_function_field interface: ",
        name);
  }
  return coordinator_->DropFunction(DatabaseOf(database), collection, name);
}

}  // namespace elanus::gateway
