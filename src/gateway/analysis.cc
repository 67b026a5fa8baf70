#include "gateway/analysis.h"

#include "gateway/gateway.h"
#include "gateway/text.h"
#include "text/unicode.h"

namespace elanus::gateway {

bool Enabled(const Field& field, std::string_view param) {
  const std::string* value = FindProperty(field.type_params, param);
  return value != nullptr && ParseBool(*value).value_or(false);
}

Status CheckAnalyzer(const Field& field) {
  if (!Enabled(field, "enable_match")) return {};
  if (!Enabled(field, "enable_analyzer")) {
    return Invalid("field ", field.name,
                   " which has enable_match or is input of BM25 function must also "
                   "enable_analyzer");
  }
  if (FindProperty(field.type_params, "multi_analyzer_params") != nullptr) {
    return Invalid("multi analyzer now only support for bm25, but now field ", field.name,
                   " enable match");
  }
  return AnalyzerOf(field).status();
}

Result<std::shared_ptr<const text::Analyzer>> AnalyzerOf(const Field& field) {
  const std::string* params = FindProperty(field.type_params, "analyzer_params");
  return text::Analyzer::Make(params != nullptr ? std::string_view(*params) : std::string_view());
}

Result<std::vector<std::vector<AnalyzedToken>>> Analyze(const text::Analyzer& analyzer,
                                                        const std::vector<std::string>& texts) {
  std::vector<std::vector<AnalyzedToken>> answers;
  text::TokenList list;
  for (const std::string& one : texts) {
    if (!text::IsUtf8(one)) return Invalid("string data must be utf8 format: ", one);
    analyzer.Analyze(one, &list);
    std::vector<AnalyzedToken>& tokens = answers.emplace_back();
    for (const text::Token& token : list.tokens()) {
      tokens.push_back(
          {std::string(token.text), token.begin, token.end, token.position, token.length});
    }
  }
  return answers;
}

Result<std::vector<std::vector<AnalyzedToken>>> Gateway::RunAnalyzer(
    const AnalysisRequest& request) {
  if (request.collection.empty())
    return Analyze(*TRY(text::Analyzer::Make(request.params)), request.texts);
  if (!request.params.empty()) {
    return Invalid("run analyzer can't use analyzer params and (collection,field) in same time");
  }
  if (request.field.empty()) return Invalid("must set field name when collection name was set");
  const size_t names = request.analyzer_names.size();
  if (names > 1 && names != request.texts.size()) {
    return Invalid(
        "only support set one analyzer name for all text or set analyzer name for each text, but "
        "now analzer name num: ",
        names, ", text num: ", request.texts.size());
  }
  const roles::CollectionPtr collection = TRY(Find(request.database, request.collection));
  const Field* field = collection->schema.Find(request.field);
  if (field == nullptr) return FailWith(Code::kFieldNotFound, {{"field", request.field}});
  if (!Enabled(*field, "enable_analyzer"))
    return Invalid("field ", field->name, " does not enable analyzer");
  if (FindProperty(field->type_params, "multi_analyzer_params") != nullptr || names > 0)
    return NotBuilt("an analyzer by name (multi_analyzer_params)");
  return Analyze(*TRY(AnalyzerOf(*field)), request.texts);
}

}  // namespace elanus::gateway
