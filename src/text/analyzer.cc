#include "text/analyzer.h"

#include <map>
#include <mutex>
#include <utility>

#include <zlib.h>

#include "text/bad.h"
#include "text/filters.h"
#include "text/tokenizers.h"

namespace elanus::text {
namespace {

using Filters = std::vector<std::unique_ptr<TokenFilter>>;

// One of those that are ready made.
Result<std::shared_ptr<const Analyzer>> MakeBuiltIn(const JsonView& params) {
  const JsonView type = params.Find("type");
  if (!type.is_string()) return Bad("analyzer type should be string");
  std::vector<std::string> stop_words;
  if (const JsonView words = params.Find("stop_words"); words.exists())
    stop_words = TRY(StringList(words, "filter stop_words"));
  std::unique_ptr<Tokenizer> tokenizer;
  Filters filters;
  const std::string_view name = type.string();
  if (name == "standard") {
    tokenizer = MakeStandardTokenizer();
    filters.push_back(MakeFilter("lowercase"));
  } else if (name == "english") {
    tokenizer = MakeStandardTokenizer();
    filters.push_back(MakeFilter("lowercase"));
    filters.push_back(TRY(MakeStemmer("english")));
    filters.push_back(TRY(MakeStopFilter({"_english_"})));
  } else if (name == "chinese") {
    tokenizer = TRY(MakeJiebaTokenizer({}));
    filters.push_back(MakeFilter("cnalphanumonly"));
  } else if (name == "arabic" || name == "thai") {
    return Fail(Code::kUnimplemented, "analyzer type " + std::string(name) +
                                          " is not built yet: its stop words are missing");
  } else {
    return Bad("unknown build-in analyzer type: " + std::string(name));
  }
  if (!stop_words.empty()) filters.push_back(TRY(MakeStopFilter(stop_words)));
  return std::make_shared<const Analyzer>(std::move(tokenizer), std::move(filters));
}

Result<Filters> MakeFilters(const JsonView& list) {
  if (!list.is_array()) return Bad("filter params should be array");
  Filters filters;
  for (size_t i = 0; i < list.size(); ++i) {
    const JsonView filter = list.At(i);
    if (filter.is_string()) {
      filters.push_back(MakeFilter(filter.string()));
      if (filters.back() == nullptr) {
        return Bad("build analyzer failed, filter not found :" + std::string(filter.string()));
      }
    } else if (filter.is_object()) {
      filters.push_back(TRY(MakeFilter(filter)));
    } else {
      return Bad("a filter should be string or dict");
    }
  }
  return filters;
}

Result<std::shared_ptr<const Analyzer>> Build(std::string_view text) {
  const std::string binary = TRY(EncodeJson(text));
  const JsonView params(binary);
  if (!params.is_object()) return Bad("analyzer params should be a JSON object");
  if (params.size() == 0) {
    Filters filters;
    filters.push_back(MakeFilter("lowercase"));
    return std::make_shared<const Analyzer>(MakeStandardTokenizer(), std::move(filters));
  }
  if (params.Find("type").exists()) return MakeBuiltIn(params);
  const JsonView tokenizer = params.Find("tokenizer");
  if (!tokenizer.exists()) return Bad("tokenizer name or type must be set");
  std::string unknown;
  params.ForEachMember([&](std::string_view key, const JsonView&) {
    if (key != "tokenizer" && key != "filter") unknown = key;
    return unknown.empty();
  });
  if (!unknown.empty()) return Bad("unknown analyzer option key: " + unknown);
  std::unique_ptr<Tokenizer> made;
  if (tokenizer.is_string()) {
    made = TRY(MakeTokenizer(tokenizer.string(), JsonView()));
  } else if (tokenizer.is_object()) {
    const JsonView type = tokenizer.Find("type");
    if (!type.exists()) return Bad("customized tokenizer must set type");
    if (!type.is_string()) return Bad("tokenizer type should be string");
    made = TRY(MakeTokenizer(type.string(), tokenizer));
  } else {
    return Bad("tokenizer name should be string or dict");
  }
  Filters filters;
  if (const JsonView list = params.Find("filter"); list.exists()) filters = TRY(MakeFilters(list));
  return std::make_shared<const Analyzer>(std::move(made), std::move(filters));
}

}  // namespace

Result<std::shared_ptr<const Analyzer>> Analyzer::Make(std::string_view params) {
  if (params.empty()) params = "{}";
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const Analyzer>, std::less<>> known;
  {
    const std::lock_guard lock(mutex);
    if (const auto it = known.find(params); it != known.end()) {
      if (auto analyzer = it->second.lock()) return analyzer;
    }
  }
  auto analyzer = TRY(Build(params));
  const std::lock_guard lock(mutex);
  std::erase_if(known, [](const auto& one) { return one.second.expired(); });
  known.insert_or_assign(std::string(params), analyzer);
  return analyzer;
}

Result<std::shared_ptr<const Analyzer>> AnalyzerOf(const Field& field) {
  const std::string* params = FindProperty(field.type_params, "analyzer_params");
  return Analyzer::Make(params != nullptr ? std::string_view(*params) : std::string_view());
}

uint32_t HashOfTerm(std::string_view term) {
  const std::string_view head = term.substr(0, 100);
  const auto hash = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(head.data()), static_cast<uInt>(head.size())));
  return hash == ~0U ? 0 : hash;
}

}  // namespace elanus::text
