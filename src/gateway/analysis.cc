#include "gateway/analysis.h"

#include <algorithm>
#include <functional>

#include "gateway/gateway.h"
#include "gateway/text.h"
#include "text/field_analyzers.h"
#include "text/unicode.h"

namespace elanus::gateway {

namespace {

bool IsInput(const Schema& schema, const Field& field) {
  return std::any_of(
      schema.functions.begin(), schema.functions.end(), [&field](const Function& function) {
        return function.type == FunctionType::kBm25 && function.inputs.front() == field.name;
      });
}

// The field that names the analyzers.
Status CheckNaming(const Schema& schema, const std::string& by_field) {
  const Field* naming = schema.Find(by_field);
  if (naming == nullptr)
    return Invalid("multi analyzer dependent field \"", by_field, "\" not exist in collection");
  if (naming->type == DataType::kVarChar) return {};
  return Invalid("multi analyzer params now only support by string field, but field ", naming->name,
                 " is not string");
}

Result<std::vector<std::vector<AnalyzedToken>>> AnalyzeAll(
    const std::vector<std::string>& texts,
    const std::function<const text::Analyzer&(size_t)>& analyzer) {
  std::vector<std::vector<AnalyzedToken>> answers;
  for (size_t i = 0; i < texts.size(); ++i) answers.push_back(TRY(Analyze(analyzer(i), texts[i])));
  return answers;
}

}  // namespace

Status CheckAnalyzer(const Schema& schema, const Field& field) {
  const bool matched = IsTrue(field.type_params, "enable_match");
  if (!matched && !IsInput(schema, field)) return {};
  if (!IsTrue(field.type_params, "enable_analyzer")) {
    return Invalid("field ", field.name,
                   " which has enable_match or is input of BM25 function must also "
                   "enable_analyzer");
  }
  if (FindProperty(field.type_params, "multi_analyzer_params") == nullptr) {
    const auto analyzer = text::AnalyzerOf(field);
    if (analyzer.ok()) return {};
    return Status(analyzer.status())
        .Prefixed("validate analyzer failed for field: " + field.name + ", error");
  }
  if (matched) {
    return Invalid("multi analyzer now only support for bm25, but now field ", field.name,
                   " enable match");
  }
  if (FindProperty(field.type_params, "analyzer_params") != nullptr) {
    return Invalid("field ", field.name,
                   " analyzer params should be none if has multi analyzer params");
  }
  const auto analyzers = TRY(text::FieldAnalyzers::Of(field));
  return CheckNaming(schema, analyzers.by_field());
}

Status CheckUtf8(std::string_view text) {
  return text::IsUtf8(text) ? Status() : Invalid("string data must be utf8 format: ", text);
}

Result<std::vector<AnalyzedToken>> Analyze(const text::Analyzer& analyzer,
                                           const std::string& text) {
  TRY(CheckUtf8(text));
  text::TokenList list;
  analyzer.Analyze(text, &list);
  std::vector<AnalyzedToken> tokens;
  for (const text::Token& token : list.tokens()) {
    tokens.push_back(
        {std::string(token.text), token.begin, token.end, token.position, token.length});
  }
  return tokens;
}

Result<std::vector<std::vector<AnalyzedToken>>> Gateway::RunAnalyzer(
    const AnalysisRequest& request) {
  if (request.collection.empty()) {
    const auto analyzer = TRY(text::Analyzer::Make(request.params));
    return AnalyzeAll(request.texts, [&](size_t) -> const text::Analyzer& { return *analyzer; });
  }
  if (!request.params.empty()) {
    return Invalid("run analyzer can't use analyzer params and (collection,field) in same time");
  }
  if (request.field.empty()) return Invalid("must set field name when collection name was set");
  const std::vector<std::string>& names = request.analyzer_names;
  if (names.size() > 1 && names.size() != request.texts.size()) {
    return Invalid(
        "only support set one analyzer name for all text or set analyzer name for each text, but "
        "now analzer name num: ",
        names.size(), ", text num: ", request.texts.size());
  }
  const roles::CollectionPtr collection = TRY(Find(request.database, request.collection));
  const Field* field = collection->schema.Find(request.field);
  if (field == nullptr) return FailWith(Code::kFieldNotFound, {{"field", request.field}});
  if (!IsTrue(field->type_params, "enable_analyzer"))
    return Invalid("field ", field->name, " does not enable analyzer");
  const auto analyzers = TRY(text::FieldAnalyzers::Of(*field));
  return AnalyzeAll(request.texts, [&](size_t i) -> const text::Analyzer& {
    if (names.empty()) return analyzers.Named("");
    return analyzers.Named(names[names.size() == 1 ? 0 : i]);
  });
}

}  // namespace elanus::gateway
