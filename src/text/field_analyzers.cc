#include "text/field_analyzers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "model/json.h"
#include "text/bad.h"

namespace elanus::text {

Result<FieldAnalyzers> FieldAnalyzers::Of(const Field& field) {
  FieldAnalyzers all;
  if (const std::string* several = FindProperty(field.type_params, "multi_analyzer_params")) {
    TRY(all.Parse(field.name, *several));
  } else {
    all.analyzers_.emplace(kDefault, TRY(AnalyzerOf(field)));
  }
  return all;
}

Status FieldAnalyzers::Parse(const std::string& field, std::string_view params) {
  const std::string binary = TRY(EncodeJson(params));
  const JsonView json(binary);
  if (!json.is_object()) return Bad("multi analyzer params should be a JSON object");
  const JsonView by_field = json.Find("by_field");
  if (!by_field.exists()) {
    return Bad("multi analyzer params now must set by_field to specify with field decide analyzer");
  }
  if (!by_field.is_string()) {
    std::string text;
    by_field.AppendText(&text);
    return Bad("multi analyzer params by_field must be string but now: " + text);
  }
  by_field_ = by_field.string();

  Status status;
  if (const JsonView aliases = json.Find("alias"); aliases.exists()) {
    bool strings = aliases.is_object();
    if (strings) {
      aliases.ForEachMember([&](std::string_view key, const JsonView& name) {
        strings &= name.is_string();
        if (name.is_string()) aliases_.emplace(key, name.string());
        return true;
      });
    }
    if (!strings) {
      std::string text;
      aliases.AppendText(&text);
      return Bad("multi analyzer alias must be string map but now: " + text);
    }
  }

  const JsonView analyzers = json.Find("analyzers");
  if (!analyzers.exists()) return Bad("multi analyzer params must set analyzers ");
  if (!analyzers.is_object()) return Bad("unmarshal analyzers failed: it should be a JSON object");
  analyzers.ForEachMember([&](std::string_view name, const JsonView& one) {
    std::string text;
    one.AppendText(&text);
    auto made = Analyzer::Make(text);
    if (!made.ok()) {
      status = Status(made.status())
                   .Prefixed("validate analyzer failed for field: " + field +
                             ", name: " + std::string(name) + ", error");
      return false;
    }
    analyzers_.emplace(name, std::move(made).take());
    return true;
  });
  if (!status.ok()) return status;
  if (!analyzers_.contains(kDefault))
    return Bad("multi analyzer must set default analyzer for all unknown value");
  return {};
}

const Analyzer& FieldAnalyzers::Named(std::string_view name) const {
  const auto alias = aliases_.find(name);
  const auto found = analyzers_.find(alias == aliases_.end() ? name : alias->second);
  return found == analyzers_.end() ? *analyzers_.find(kDefault)->second : *found->second;
}

std::string TermFrequencies(std::string_view text, const Analyzer& analyzer, TokenList* list) {
  analyzer.Analyze(text, list);
  std::vector<uint32_t> hashes;
  hashes.reserve(list->tokens().size());
  for (const Token& token : list->tokens()) hashes.push_back(HashOfTerm(token.text));
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

}  // namespace elanus::text
