#include "gateway/functions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "gateway/analysis.h"
#include "gateway/text.h"
#include "text/field_maker.h"

namespace elanus::gateway {
namespace {

template <typename... Parts>
Status Missing(const Parts&... parts) {
  return Fail(Code::kParameterMissing, Concat(parts...));
}

size_t CountOf(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<size_t>(std::count(names.begin(), names.end(), name));
}

Status CheckShape(const Function& function) {
  const std::string& name = function.name;
  if (name.empty()) return Missing("function name cannot be empty");
  if (function.inputs.empty())
    return Missing("function input field names cannot be empty, function: ", name);
  if (function.outputs.empty())
    return Missing("function output field names cannot be empty, function: ", name);
  for (const std::string& input : function.inputs) {
    if (input.empty())
      return Missing("function input field name cannot be empty string, function: ", name);
    if (CountOf(function.inputs, input) > 1) {
      return Invalid(
          "each function input field should be used exactly once in the same function, function: ",
          name, ", input field: ", input);
    }
  }
  for (const std::string& output : function.outputs) {
    if (output.empty())
      return Missing("function output field name cannot be empty string, function: ", name);
    if (CountOf(function.inputs, output) > 0) {
      return Invalid(
          "a single field cannot be both input and output in the same function, function: ", name,
          ", field: ", output);
    }
    if (CountOf(function.outputs, output) > 1) {
      return Invalid(
          "each function output field should be used exactly once in the same function, function: ",
          name, ", output field: ", output);
    }
  }
  if (function.type == FunctionType::kBm25) {
    if (!function.params.empty()) return Invalid("BM25 function accepts no params");
    return {};
  }
  if (function.type == FunctionType::kUnknown || function.type == FunctionType::kRerank)
    return Invalid("check function params with unknown function type");
  return NotBuilt("a function of type ", NameOf(function.type), " (", name, ")");
}

Status CheckOutput(const Function& function, const Field& field) {
  if (field.primary) {
    return Invalid("function output field cannot be primary key: function ", function.name,
                   ", field ", field.name);
  }
  if (field.partition_key || field.clustering_key) {
    return Invalid("function output field cannot be partition key or clustering key: function ",
                   function.name, ", field ", field.name);
  }
  if (field.nullable) {
    return Invalid("function output field cannot be nullable: function ", function.name, ", field ",
                   field.name);
  }
  return {};
}

Status CheckBm25(const Function& function, const Schema& schema) {
  const Field& input = *schema.Find(function.inputs.front());
  if (function.inputs.size() != 1 || !IsString(input.type)) {
    return Invalid("BM25 function input field must be a VARCHAR/TEXT field, got ",
                   function.inputs.size(), " field with type ", NameOf(input.type));
  }
  if (!IsTrue(input.type_params, "enable_analyzer"))
    return Invalid("BM25 function input field must set enable_analyzer to true");
  if (function.outputs.size() != 1)
    return Invalid("BM25 function only need 1 output field, but got ", function.outputs.size());
  const Field& output = *schema.Find(function.outputs.front());
  if (output.type != DataType::kSparseFloatVector) {
    return Invalid("BM25 function output field must be a SparseFloatVector field, but got ",
                   NameOf(output.type));
  }
  return {};
}

}  // namespace

Status CheckFunctions(const std::vector<Function>& functions, const Schema& schema) {
  std::set<std::string_view> names, outputs;
  for (const Function& function : functions) {
    TRY(CheckShape(function));
    if (!names.insert(function.name).second)
      return Invalid("duplicate function name: ", function.name);
    for (const std::string& input : function.inputs) {
      if (schema.Find(input) == nullptr) return Invalid("function input field not found: ", input);
    }
    for (const std::string& output : function.outputs) {
      const Field* field = schema.Find(output);
      if (field == nullptr) return Invalid("function output field not found: ", output);
      TRY(CheckOutput(function, *field));
      if (!outputs.insert(output).second) {
        return Invalid("duplicate function output field: function ", function.name, ", field ",
                       output);
      }
    }
    TRY(CheckBm25(function, schema));
  }
  return {};
}

Status CheckAddition(const Function& function, const Field* made) {
  const bool bm25 = function.type == FunctionType::kBm25;
  if (made == nullptr) {
    if (!bm25) return NotBuilt("adding a function of type ", NameOf(function.type));
    return Invalid(
        "BM25 function must be added with its output field in add_function_field interface");
  }
  if (!bm25 && function.type != FunctionType::kMinHash) {
    return Invalid(
        "For now, only BM25 and MinHash functions are supported in add_function_field interface");
  }
  if (function.inputs.size() != 1 || function.outputs.size() != 1) {
    return Invalid(NameOf(function.type),
                   " function should have exactly one input field and exactly one output field");
  }
  if (function.outputs.front() != made->name) {
    return Invalid("function output field \"", function.outputs.front(),
                   "\" must be the newly-added field \"", made->name, "\"");
  }
  if (!bm25) return NotBuilt("a function of type ", NameOf(function.type));
  return {};
}

void SetFunctions(std::vector<Function> functions, Schema* schema) {
  schema->functions = std::move(functions);
  for (Field& field : schema->fields) field.made = schema->FindMaker(field.name) != nullptr;
}

Status RefuseMade(const Field& field) {
  return Invalid("field ", field.name, " is a function output field and cannot be written");
}

Status MakeOutputs(const Schema& schema, Batch* rows) {
  for (const Function& function : schema.functions) {
    const Column* texts = rows->Find(schema.Find(function.inputs.front())->id);
    for (size_t row = 0; texts != nullptr && row < texts->rows(); ++row) {
      if (!texts->IsNull(row)) TRY(CheckUtf8(texts->String(row)));
    }
  }
  return text::MakeFields(schema, rows);
}

}  // namespace elanus::gateway
