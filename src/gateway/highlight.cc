#include "gateway/highlight.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "gateway/text.h"
#include "model/json.h"

namespace elanus::gateway {
namespace {

using Terms = std::set<std::string, std::less<>>;

// Tags: a JSON list of strings, not empty.
Status ReadTags(const Properties& params, std::string_view key, std::vector<std::string>* tags) {
  const std::string* text = FindProperty(params, key);
  if (text == nullptr) return {};
  const auto binary = EncodeJson(*text);
  const JsonView list = binary.ok() ? JsonView(*binary) : JsonView();
  bool strings = list.is_array();
  tags->clear();
  for (size_t i = 0; strings && i < list.size(); ++i) {
    strings = list.At(i).is_string();
    if (strings) tags->emplace_back(list.At(i).string());
  }
  if (!strings) return Invalid("unmarshal ", key, " as string array failed: ", *text);
  if (tags->empty()) return Invalid(key, " cannot be empty list");
  return {};
}

Status ReadCount(const Properties& params, std::string_view key, int64_t least, size_t* count) {
  const std::string* text = FindProperty(params, key);
  if (text == nullptr) return {};
  int64_t value = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < least)
    return Invalid("invalid ", key, ": ", *text);
  *count = static_cast<size_t>(value);
  return {};
}

Result<text::HighlightStyle> ReadStyle(const Properties& params) {
  text::HighlightStyle style;
  TRY(ReadTags(params, "pre_tags", &style.before));
  TRY(ReadTags(params, "post_tags", &style.after));
  TRY(ReadCount(params, "fragment_size", 1, &style.size));
  TRY(ReadCount(params, "num_of_fragments", 0, &style.pieces_max));
  TRY(ReadCount(params, "fragment_offset", 0, &style.lead));
  return style;
}

void AddTerms(const text::Analyzer& analyzer, std::string_view text, Terms* terms) {
  text::TokenList list;
  analyzer.Analyze(text, &list);
  for (const text::Token& token : list.tokens()) terms->emplace(token.text);
}

// A member that must be a string.
Result<std::string> Member(const JsonView& query, std::string_view key) {
  constexpr std::string_view kLead = "unmarshal highlight queries failed: ";
  const JsonView value = query.Find(key);
  if (!value.exists()) return Invalid(kLead, "must set `", key, "` in query");
  if (!value.is_string()) return Invalid(kLead, "`", key, "` must be string");
  return std::string(value.string());
}

}  // namespace

Result<Highlighting> Highlighting::Plan(const Schema& schema, const Search& request) {
  if (request.highlight->semantic)
    return NotBuilt("semantic highlighting (it needs a remote model)");
  const Properties& params = request.highlight->params;
  Highlighting plan;
  plan.style_ = TRY(ReadStyle(params));
  const std::string* name = FindProperty(request.params, "analyzer_name");
  const std::string analyzer = name != nullptr ? *name : "";
  if (const std::string* searched = FindProperty(params, "highlight_search_text")) {
    const std::optional<bool> enabled = ParseBool(*searched);
    if (!enabled.has_value())
      return Invalid("unmarshal highlight_search_text as bool failed: ", *searched);
    if (*enabled) TRY(plan.AddSearched(schema, request, analyzer));
  }
  if (const std::string* queries = FindProperty(params, "highlight_query"))
    TRY(plan.AddQueries(schema, *queries, analyzer));
  return plan;
}

Status Highlighting::AddSearched(const Schema& schema, const Search& request,
                                 const std::string& analyzer) {
  const std::string* metric = FindProperty(request.params, "metric_type");
  if (metric == nullptr || *metric != NameOf(Metric::kBm25))
    return Invalid("Search highlight only support with metric type \"BM25\" but was: ");
  const std::string* anns_field = FindProperty(request.params, "anns_field");
  const Field* input = anns_field != nullptr ? schema.FindInput(*anns_field) : nullptr;
  if (input == nullptr) {
    return Status(Code::kInternal,
                  "service internal error: Search with highlight failed, input field of BM25 "
                  "annsField not found");
  }
  if (request.queries.type != DataType::kVarChar) {
    return Invalid("please provide varchar/text for BM25 Function based search, got ",
                   NameOf(request.queries.type));
  }
  Target* target = TRY(TargetFor(schema, *input));
  for (const std::string& text : request.queries.sparse)
    AddTerms(target->analyzers.Named(analyzer), text, &target->searched.emplace_back());
  return {};
}

Status Highlighting::AddQueries(const Schema& schema, std::string_view json,
                                const std::string& analyzer) {
  const auto binary = EncodeJson(json);
  const JsonView queries = binary.ok() ? JsonView(*binary) : JsonView();
  if (!queries.is_array())
    return Invalid("unmarshal highlight queries as json array failed: ", json);
  for (size_t i = 0; i < queries.size(); ++i) {
    const JsonView query = queries.At(i);
    if (!query.is_object())
      return Invalid("unmarshal highlight queries failed: item in array is not json object");
    const std::string text = TRY(Member(query, "text"));
    const std::string type = TRY(Member(query, "type"));
    if (type != "TextMatch") {
      return Invalid("unmarshal highlight queries failed: invalid highlight query type: ", type);
    }
    const std::string name = TRY(Member(query, "field"));
    const Field* field = schema.Find(name);
    if (field == nullptr) return Invalid("highlight field not found in schema: ", name);
    if (!IsString(field->type) || !IsTrue(field->type_params, "enable_analyzer")) {
      return Invalid("get highlight failed, the highlight field not found, ", name, ":",
                     field->id.value);
    }
    Target* target = TRY(TargetFor(schema, *field));
    AddTerms(target->analyzers.Named(analyzer), text, &target->always);
  }
  return {};
}

Result<Highlighting::Target*> Highlighting::TargetFor(const Schema& schema, const Field& field) {
  for (Target& target : targets_) {
    if (target.field == &field) return &target;
  }
  Target target{&field, TRY(text::FieldAnalyzers::Of(field)), nullptr, {}, {}};
  target.naming = schema.Find(target.analyzers.by_field());
  targets_.push_back(std::move(target));
  return &targets_.back();
}

std::vector<FieldId> Highlighting::inputs() const {
  std::vector<FieldId> fields;
  for (const Target& target : targets_) {
    fields.push_back(target.field->id);
    if (target.naming != nullptr) fields.push_back(target.naming->id);
  }
  return fields;
}

Result<std::vector<HighlightedField>> Highlighting::Of(const query::HitLists& hits,
                                                       const std::vector<size_t>& columns) const {
  std::vector<HighlightedField> fields;
  if (hits.scores.empty()) return fields;
  size_t next = 0;
  text::TokenList list;
  for (const Target& target : targets_) {
    const Column& texts = hits.output[columns[next++]];
    const Column* names = target.naming != nullptr ? &hits.output[columns[next++]] : nullptr;
    HighlightedField& field = fields.emplace_back();
    field.name = target.field->name;
    size_t row = 0;
    for (size_t query = 0; query < hits.counts.size(); ++query) {
      Terms terms = target.always;
      if (query < target.searched.size())
        terms.insert(target.searched[query].begin(), target.searched[query].end());
      for (size_t i = 0; i < hits.counts[query]; ++i, ++row) {
        const std::string_view text = texts.ValueOf(row).value_or(std::string_view());
        const auto name = names != nullptr ? names->ValueOf(row) : std::nullopt;
        target.analyzers.Named(name.value_or(std::string_view())).Analyze(text, &list);
        field.rows.push_back(text::Highlight(text, list.tokens(), terms, style_));
      }
    }
  }
  return fields;
}

}  // namespace elanus::gateway
