#include "gateway/functions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "gateway/analysis.h"
#include "gateway/text.h"
#include "text/analyzer.h"
#include "text/unicode.h"

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
    return Invalid("function output field cannot be nullable: function ", function.name,
                   ", field ", field.name);
  }
  return {};
}

Status CheckBm25(const Function& function, const Schema& schema) {
  const Field& input = *schema.Find(function.inputs.front());
  if (function.inputs.size() != 1 || !IsString(input.type)) {
    return Invalid("BM25 function input field must be a VARCHAR/TEXT field, got ",
                   function.inputs.size(), " field with type ", NameOf(input.type));
  }
  if (!Enabled(input, "enable_analyzer"))
    return Invalid("BM25 function input field must set enable_analyzer to true");
  if (function.outputs.size() != 1)
    return Invalid("BM25 function only need 1 output field, but got ", function.outputs.size());
  const Field& output = *schema.Find(function.outputs.front());
  if (output.type != DataType::kSparseFloatVector) {
    return Invalid("BM25 function output field must be a SparseFloatVector field, but got ",
                   NameOf(output.type));
  }
  if (FindProperty(input.type_params, "multi_analyzer_params") != nullptr)
    return NotBuilt("multi_analyzer_params (field '", input.name, "')");
  return AnalyzerOf(input).status();
}

Result<Column> MakeTermFrequencies(const Field& input, const Field& output, const Column& texts) {
  const auto analyzer = TRY(AnalyzerOf(input));
  text::TokenList list;
  Column made(output.id, output.type);
  for (size_t row = 0; row < texts.rows(); ++row) {
    const std::string_view one = texts.IsNull(row) ? std::string_view() : texts.String(row);
    if (!text::IsUtf8(one)) {
      return Invalid("input with analyzer should be utf-8 format, but row: ", row,
                     " not utf-8 format. data: ", one);
    }
    made.AppendString(TermFrequencies(one, *analyzer, &list));
  }
  return made;
}

}  // namespace

Status CheckFunctions(const std::vector<Function>& functions, Schema* schema) {
  std::set<std::string_view> names, outputs;
  for (const Function& function : functions) {
    TRY(CheckShape(function));
    if (!names.insert(function.name).second)
      return Invalid("duplicate function name: ", function.name);
    for (const std::string& input : function.inputs) {
      if (schema->Find(input) == nullptr)
        return Invalid("function input field not found: ", input);
    }
    for (const std::string& output : function.outputs) {
      const Field* field = schema->Find(output);
      if (field == nullptr) return Invalid("function output field not found: ", output);
      TRY(CheckOutput(function, *field));
      if (!outputs.insert(output).second) {
        return Invalid("duplicate function output field: function ", function.name, ", field ",
                       output);
      }
    }
    TRY(CheckBm25(function, *schema));
  }
  for (Field& field : schema->fields) field.made = outputs.contains(field.name);
  schema->functions = functions;
  return {};
}

Status MakeOutputs(const Schema& schema, Batch* rows) {
  for (const Function& function : schema.functions) {
    const Field* input = schema.Find(function.inputs.front());
    const Field* output = schema.Find(function.outputs.front());
    if (input == nullptr || output == nullptr) continue;  // dropped since
    const Column* texts = rows->Find(input->id);
    if (texts == nullptr) return Invalid("the input of function ", function.name, " is missing");
    std::erase_if(rows->columns, [&](const Column& c) { return c.field() == output->id; });
    rows->columns.push_back(TRY(MakeTermFrequencies(*input, *output, *rows->Find(input->id))));
  }
  return {};
}

std::string TermFrequencies(std::string_view text, const text::Analyzer& analyzer,
                            text::TokenList* list) {
  analyzer.Analyze(text, list);
  std::vector<uint32_t> hashes;
  hashes.reserve(list->tokens().size());
  for (const text::Token& token : list->tokens()) hashes.push_back(text::HashOfTerm(token.text));
  std::sort(hashes.begin(), hashes.end());
  std::string row;
  for (size_t begin = 0; begin < hashes.size();) {
    size_t end = begin;
    while (end < hashes.size() && hashes[end] == hashes[begin]) ++end;
    const auto count = static_cast<float>(end - begin);
    row.append(reinterpret_cast<const char*>(&hashes[begin]), sizeof(uint32_t));
    row.append(reinterpret_cast<const char*>(&count), sizeof count);
    begin = end;
  }
  return row;
}

}  // namespace elanus::gateway
