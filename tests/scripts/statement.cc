#include "scripts/statement.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "scripts/rows.h"

namespace elanus::testing {
namespace {

Status Bad(const std::string& what) { return Status(Code::kInternal, "script: " + what); }

bool Blank(char c) { return c == ' ' || c == '\n' || c == '\t'; }

// The words of a statement. Brackets, braces, parentheses and quotes hold a word together.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  bool AtEnd() {
    SkipBlanks();
    return at_ >= text_.size();
  }
  std::string Next() {
    SkipBlanks();
    const size_t begin = at_;
    int depth = 0;
    char quote = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote != 0) {
        if (c == '\\') {
          ++at_;
        } else if (c == quote) {
          quote = 0;
        }
        continue;
      }
      if (c == '"') quote = c;
      if (c == '[' || c == '{' || c == '(') ++depth;
      if (c == ']' || c == '}' || c == ')') --depth;
      if (depth == 0 && Blank(c)) break;
    }
    at_ = std::min(at_, text_.size());
    return std::string(text_.substr(begin, at_ - begin));
  }
  std::string Rest() {
    SkipBlanks();
    std::string rest(text_.substr(at_));
    at_ = text_.size();
    while (!rest.empty() && Blank(rest.back())) rest.pop_back();
    return rest;
  }
  // Takes `word` if it comes next.
  bool Take(std::string_view word) {
    const size_t before = at_;
    if (Next() == word) return true;
    at_ = before;
    return false;
  }

 private:
  void SkipBlanks() {
    while (at_ < text_.size() && Blank(text_[at_])) ++at_;
  }
  std::string_view text_;
  size_t at_ = 0;
};

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  int depth = 0;
  bool quoted = false;
  std::string part;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == '[' || c == '{' || c == '(') ++depth;
    if (c == ']' || c == '}' || c == ')') --depth;
    if (c == separator && depth == 0 && !quoted) {
      parts.push_back(std::exchange(part, ""));
    } else {
      part += c;
    }
  }
  parts.push_back(part);
  for (std::string& trimmed : parts) trimmed = Words(trimmed).Rest();
  return parts;
}

// "a(b)" -> a, b.
std::pair<std::string, std::string> SplitCall(const std::string& text) {
  const size_t open = text.find('(');
  if (open == std::string::npos || text.back() != ')') return {text, ""};
  return {text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
}

std::optional<std::pair<std::string, std::string>> SplitPair(const std::string& word) {
  const size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  return std::pair(word.substr(0, equals), word.substr(equals + 1));
}

DataType TypeNamed(std::string_view name) {
  for (int i = 0; i < 256; ++i) {
    const auto type = static_cast<DataType>(i);
    if (NameOf(type) == name) return type;
  }
  return DataType::kNone;
}

// Ids differ from run to run: "[collection=1035]" is told as "[collection=ID]".
std::string WithoutIds(std::string message) {
  for (const std::string_view label : {"[collection=", "[partition="}) {
    const size_t at = message.find(label);
    if (at == std::string::npos) continue;
    const size_t begin = at + label.size();
    const size_t end = message.find_first_not_of("0123456789", begin);
    if (end != begin && end != std::string::npos && message[end] == ']')
      message.replace(begin, end - begin, "ID");
  }
  return message;
}

Outcome Told(const Status& status) {
  if (status.ok()) return {};
  return {"error " + std::to_string(static_cast<int>(status.code())) + ": " +
          WithoutIds(status.message()) + "\n"};
}

Outcome Changed(const Status& status) {
  Outcome outcome = Told(status);
  outcome.changed = true;
  return outcome;
}

// ---- create -------------------------------------------------------------------------------------

Result<gateway::FieldRequest> ParseField(const std::string& text) {
  Words words(text);
  gateway::FieldRequest field;
  field.name = words.Next();
  const auto [type, argument] = SplitCall(words.Next());
  field.type = TypeNamed(type);
  const auto set = [&field](std::string key, std::string value) {
    if (!value.empty()) field.type_params.emplace_back(std::move(key), std::move(value));
  };
  if (field.type == DataType::kArray) {
    const std::vector<std::string> parts = Split(argument, ',');
    const auto [element, length] = SplitCall(parts[0]);
    field.element_type = TypeNamed(element);
    set("max_length", length);
    if (parts.size() > 1) set("max_capacity", parts[1]);
  } else {
    set(IsVector(field.type) ? "dim" : "max_length", argument);
  }
  while (!words.AtEnd()) {
    const std::string word = words.Next();
    if (word == "primary") {
      field.primary = true;
    } else if (word == "autoid") {
      field.auto_id = true;
    } else if (word == "nullable") {
      field.nullable = true;
    } else if (word == "partitionkey") {
      field.partition_key = true;
    } else if (word == "clusteringkey") {
      field.clustering_key = true;
    } else if (word == "default") {
      const std::string binary = TRY(EncodeJson(words.Next()));
      field.default_value = TRY(ToValue(JsonView(binary)));
    } else if (const auto pair = SplitPair(word)) {
      field.type_params.push_back(*pair);
    } else {
      return Bad("field attribute " + word);
    }
  }
  return field;
}

// NAME TYPE INPUT,.. OUTPUT,..
Result<Function> ParseSchemaFunction(Words& words) {
  Function function;
  function.name = words.Next();
  const std::string type = words.Next();
  for (int i = 0; i <= static_cast<int>(FunctionType::kMinHash); ++i) {
    if (NameOf(static_cast<FunctionType>(i)) == type) function.type = static_cast<FunctionType>(i);
  }
  if (NameOf(function.type) != type) return Bad("no type of functions: " + type);
  function.inputs = Split(words.Next(), ',');
  function.outputs = Split(words.Next(), ',');
  return function;
}

Result<Outcome> Create(Database& database, Words& words) {
  gateway::CreateCollection request;
  request.name = words.Next();
  request.schema_name = request.name;
  std::string fields = words.Next();
  if (fields.size() < 2 || fields[0] != '(') return Bad("create NAME (fields): no fields");
  fields = fields.substr(1, fields.size() - 2);
  for (const std::string& field : Split(fields, ',')) {
    if (!field.empty()) request.fields.push_back(TRY(ParseField(field)));
  }
  while (!words.AtEnd()) {
    const std::string word = words.Next();
    if (word == "function") {
      request.functions.push_back(TRY(ParseSchemaFunction(words)));
    } else if (word == "dynamic") {
      request.enable_dynamic_field = true;
    } else if (word == "shards") {
      request.shards_num = std::stoi(words.Next());
    } else if (word == "partitions") {
      request.num_partitions = std::stoi(words.Next());
    } else if (const auto pair = SplitPair(word)) {
      request.properties.push_back(*pair);
    } else {
      return Bad("create: " + word);
    }
  }
  return Changed(database.gateway().Create(Context(), request));
}

// ---- altering ---------------------------------------------------------------------------------

Result<Outcome> AddField(Database& database, Words& words) {
  const std::string collection = words.Next();
  std::string field = words.Next();
  if (field.size() < 2 || field[0] != '(') return Bad("addfield NAME (field)");
  field = field.substr(1, field.size() - 2);
  return Changed(database.gateway().AddField("", collection, TRY(ParseField(field))));
}

// NAME FUNCTION TYPE INPUT (FIELD ..) and the parameters of the field's index.
Result<Outcome> AddFunction(Database& database, Words& words) {
  const std::string collection = words.Next();
  Function function = TRY(ParseSchemaFunction(words));
  std::string text = function.outputs.front();
  if (text.size() < 2 || text[0] != '(') return Bad("addfunction NAME FUNCTION TYPE INPUT (field)");
  text = text.substr(1, text.size() - 2);
  const gateway::FieldRequest field = TRY(ParseField(text));
  function.outputs = {field.name};
  Properties index;
  while (!words.AtEnd()) {
    const auto pair = SplitPair(words.Next());
    if (!pair) return Bad("addfunction .. key=value");
    index.push_back(*pair);
  }
  return Changed(database.gateway().AddFunction("", collection, function, &field, "", index));
}

// key=value sets, -key takes away.
Result<roles::PropertyChange> ParseChange(Words& words) {
  roles::PropertyChange change;
  while (!words.AtEnd()) {
    const std::string word = words.Next();
    if (word[0] == '-') {
      change.removed.push_back(word.substr(1));
    } else if (const auto pair = SplitPair(word)) {
      change.set.push_back(*pair);
    } else {
      return Bad("alter: " + word);
    }
  }
  return change;
}

Result<Outcome> Alter(Database& database, Words& words) {
  const bool field = words.Take("field");
  const bool index = !field && words.Take("index");
  const std::string collection = words.Next();
  const std::string part = field || index ? words.Next() : std::string();
  const roles::PropertyChange change = TRY(ParseChange(words));
  gateway::Gateway& gateway = database.gateway();
  if (field) return Changed(gateway.AlterField("", collection, part, change));
  if (index) return Changed(gateway.AlterIndex("", collection, part, change));
  return Changed(gateway.AlterCollection("", collection, change));
}

// ---- writing ------------------------------------------------------------------------------------

Schema SchemaOf(Database& database, const std::string& collection) {
  const auto info = database.gateway().Find("", collection);
  return info.ok() ? (*info)->schema : Schema();
}

enum class WriteKind { kInsert, kUpsert, kUpdate };

Result<Outcome> Write(Database& database, Words& words, WriteKind kind) {
  gateway::Insert request;
  request.collection = words.Next();
  if (words.Take("into")) request.partition = words.Next();
  request.partial_update = kind == WriteKind::kUpdate;
  while (kind == WriteKind::kUpdate) {
    if (words.Take("append")) {
      request.field_ops.push_back({words.Next(), gateway::ArrayOp::kAppend});
    } else if (words.Take("remove")) {
      request.field_ops.push_back({words.Next(), gateway::ArrayOp::kRemove});
    } else {
      break;
    }
  }
  std::vector<std::string> rows;
  while (!words.AtEnd()) rows.push_back(words.Next());
  request.columns = TRY(ToColumns(SchemaOf(database, request.collection), rows));
  request.num_rows = static_cast<int64_t>(rows.size());
  gateway::Gateway& gateway = database.gateway();
  const auto result = kind == WriteKind::kInsert ? gateway.RunInsert(Context(), std::move(request))
                                                 : gateway.RunUpsert(Context(), std::move(request));
  return Changed(result.status());
}

Result<expr::TemplateValues> ParseTemplates(const std::string& json) {
  const std::string binary = TRY(EncodeJson(json));
  expr::TemplateValues values;
  Status status;
  JsonView(binary).ForEachMember([&](std::string_view key, const JsonView& value) {
    auto parsed = ToValue(value);
    if (!parsed.ok()) {
      status = parsed.status();
      return false;
    }
    values[std::string(key)] = std::move(parsed).take();
    return true;
  });
  if (!status.ok()) return status;
  return values;
}

Result<Outcome> Delete(Database& database, Words& words) {
  gateway::Delete request;
  request.collection = words.Next();
  while (!words.AtEnd()) {
    const std::string word = words.Next();
    if (word == "in") {
      request.partition = words.Next();
    } else if (word == "with") {
      request.templates = TRY(ParseTemplates(words.Next()));
    } else if (word == "where") {
      request.filter = words.Rest();
    } else {
      return Bad("delete: " + word);
    }
  }
  const auto result = database.gateway().RunDelete(Context(), request);
  Outcome outcome = Changed(result.status());
  if (result.ok()) outcome.text = "deleted " + std::to_string(result->deleted) + "\n";
  return outcome;
}

// ---- reading ------------------------------------------------------------------------------------

// What query and search share: NAME, then in, select, hide, with, key=value, where.
struct ReadWords {
  std::vector<std::string> hidden;

  // False: not a word of these.
  Result<bool> Take(const std::string& word, Words& words, gateway::ReadOptions* options,
                    Properties* params) {
    if (word == "in") {
      options->partitions = Split(words.Next(), ',');
    } else if (word == "select") {
      options->output_fields = Split(words.Next(), ',');
    } else if (word == "hide") {
      hidden = Split(words.Next(), ',');
    } else if (word == "with") {
      options->templates = TRY(ParseTemplates(words.Next()));
    } else if (word == "offset") {
      params->emplace_back("offset", words.Next());
    } else if (word == "where") {
      options->filter = words.Rest();
    } else if (const auto pair = SplitPair(word)) {
      params->push_back(*pair);
    } else {
      return false;
    }
    return true;
  }
};

Result<Outcome> Query(Database& database, Words& words, bool count) {
  gateway::Query request;
  request.collection = words.Next();
  ReadWords common;
  while (!words.AtEnd()) {
    const std::string word = words.Next();
    if (word == "limit") {
      request.params.emplace_back("limit", words.Next());
    } else if (!TRY(common.Take(word, words, &request, &request.params))) {
      return Bad("query: " + word);
    }
  }
  if (count) request.output_fields = {"count(*)"};
  const auto answer = database.gateway().RunQuery(Context(), request);
  if (!answer.ok()) return Told(answer.status());
  Outcome outcome;
  if (answer->count) outcome.text = std::to_string(*answer->count) + "\n";
  const size_t rows = answer->columns.empty() ? 0 : answer->columns[0].column.rows();
  for (size_t row = 0; row < rows; ++row)
    outcome.text += RowText(answer->columns, row, common.hidden) + "\n";
  if (outcome.text.empty()) outcome.text = "nothing\n";
  return outcome;
}

// A function of function_score: its parameters, and as "inputs" the names of fields.
Status ParseFunction(const std::string& json, gateway::FunctionScore* score) {
  const std::string binary = TRY(EncodeJson(json));
  gateway::RankFunction& function = score->functions.emplace_back();
  JsonView(binary).ForEachMember([&](std::string_view key, const JsonView& value) {
    std::string text(value.string());
    if (!value.is_string()) value.AppendText(&text);
    if (key != "inputs") function.params.emplace_back(key, text);
    for (size_t i = 0; key == "inputs" && i < value.size(); ++i) {
      function.inputs.emplace_back(value.At(i).string());
    }
    return true;
  });
  return {};
}

// `function JSON` and `functions key=value`. False: not a word of these.
Result<bool> TakeFunction(const std::string& word, Words& words, gateway::FunctionScore* score) {
  if (word == "function") {
    TRY(ParseFunction(words.Next(), score));
  } else if (word == "functions") {
    const auto pair = SplitPair(words.Next());
    if (!pair) return Bad("functions key=value");
    score->params.push_back(*pair);
  } else {
    return false;
  }
  return true;
}

// A highlighter by its parameters, which travel as text.
Result<gateway::HighlightRequest> ParseHighlight(const std::string& json) {
  const std::string binary = TRY(EncodeJson(json));
  gateway::HighlightRequest highlight;
  JsonView(binary).ForEachMember([&](std::string_view key, const JsonView& value) {
    std::string text(value.string());
    if (!value.is_string()) value.AppendText(&text);
    highlight.params.emplace_back(key, text);
    return true;
  });
  return highlight;
}

// FIELD VECTORS, then limit, metric, round, params and what ReadWords knows.
Status ParseSearch(Database& database, Words& words, gateway::Search* search, ReadWords* common) {
  const Schema schema = SchemaOf(database, search->collection);
  const std::string name = words.Next();
  search->params.emplace_back("anns_field", name);
  const Field* field = schema.Find(name);
  search->queries = TRY(ToQueries(field != nullptr ? *field : Field(), words.Next()));
  while (!words.AtEnd()) {
    const std::string word = words.Next();
    if (word == "limit") {
      search->params.emplace_back("topk", words.Next());
    } else if (word == "metric") {
      search->params.emplace_back("metric_type", words.Next());
    } else if (word == "round") {
      search->params.emplace_back("round_decimal", words.Next());
    } else if (word == "params") {
      search->params.emplace_back("params", words.Next());
    } else if (word == "highlight") {
      search->highlight = TRY(ParseHighlight(words.Next()));
    } else if (!TRY(TakeFunction(word, words, &search->function_score)) &&
               !TRY(common->Take(word, words, search, &search->params))) {
      return Bad("search: " + word);
    }
  }
  return {};
}

std::string HitsText(const gateway::SearchAnswer& answer, const std::vector<std::string>& hidden) {
  constexpr int kScoreDigits = 5;  // an index may round otherwise than a scan
  std::string text;
  size_t hit = 0;
  for (size_t query = 0; query < answer.counts.size(); ++query) {
    if (query > 0) text += "--\n";
    if (answer.counts[query] == 0) text += "nothing\n";
    for (int64_t i = 0; i < answer.counts[query]; ++i, ++hit) {
      text += KeyText(answer.ids, hit) + " " + NumberText(answer.scores[hit], kScoreDigits);
      if (!answer.columns.empty()) text += " " + RowText(answer.columns, hit, hidden);
      if (!answer.groups.empty()) text += " of " + RowText(answer.groups, hit, {});
      text += "\n";
      for (const gateway::HighlightedField& field : answer.highlights) {
        for (const std::string& piece : field.rows[hit])
          text += "  " + field.name + ": " + piece + "\n";
      }
    }
  }
  return text;
}

Result<Outcome> Search(Database& database, Words& words) {
  gateway::Search search;
  search.collection = words.Next();
  ReadWords common;
  TRY(ParseSearch(database, words, &search, &common));
  const auto answer = database.gateway().RunSearch(Context(), search);
  if (!answer.ok()) return Told(answer.status());
  return Outcome{HitsText(*answer, common.hidden)};
}

// hybrid NAME [in ..] [select ..] [key=value ..] (search) (search) ...
Result<Outcome> Hybrid(Database& database, Words& words) {
  gateway::HybridSearch request;
  request.collection = words.Next();
  gateway::ReadOptions options;
  ReadWords common;
  while (!words.AtEnd()) {
    const std::string word = words.Next();
    if (word[0] == '(') {
      gateway::Search search;
      search.collection = request.collection;
      const std::string inner = word.substr(1, word.size() - 2);
      Words inner_words(inner);
      ReadWords ignored;
      TRY(ParseSearch(database, inner_words, &search, &ignored));
      request.searches.push_back(std::move(search));
    } else if (word == "limit") {
      request.rank_params.emplace_back("limit", words.Next());
    } else if (!TRY(TakeFunction(word, words, &request.function_score)) &&
               !TRY(common.Take(word, words, &options, &request.rank_params))) {
      return Bad("hybrid: " + word);
    }
  }
  request.partitions = options.partitions;
  request.output_fields = options.output_fields;
  const auto answer = database.gateway().RunHybridSearch(Context(), request);
  if (!answer.ok()) return Told(answer.status());
  return Outcome{HitsText(*answer, common.hidden)};
}

// ---- the rest -----------------------------------------------------------------------------------

Result<Outcome> Index(Database& database, Words& words) {
  const std::string collection = words.Next();
  const std::string field = words.Next();
  Properties params;
  std::string name;
  while (!words.AtEnd()) {
    const std::string word = words.Next();
    const auto pair = SplitPair(word);
    if (word == "named") {
      name = words.Next();
    } else if (word == "type") {
      params.emplace_back("index_type", words.Next());
    } else if (word == "metric") {
      params.emplace_back("metric_type", words.Next());
    } else if (pair) {
      params.push_back(*pair);
    } else {
      return Bad("index: " + word);
    }
  }
  return Changed(database.gateway().CreateIndex("", collection, field, name, params));
}

// AUTOINDEX on every vector field that has no index, then load.
Result<Outcome> Serve(Database& database, Words& words) {
  const std::string collection = words.Next();
  const std::string metric = words.AtEnd() ? "L2" : words.Next();
  const auto info = database.gateway().Find("", collection);
  if (!info.ok()) return Told(info.status());
  for (const Field& field : (*info)->schema.fields) {
    if (!IsVector(field.type) || (*info)->FindIndex(field.id) != nullptr) continue;
    std::string fitting = metric;
    if (field.type == DataType::kBinaryVector)
      fitting = metric == "JACCARD" ? "JACCARD" : "HAMMING";
    if (field.type == DataType::kSparseFloatVector) fitting = field.made ? "BM25" : "IP";
    const Status indexed = database.gateway().CreateIndex(
        "", collection, field.name, "", {{"index_type", "AUTOINDEX"}, {"metric_type", fitting}});
    if (!indexed.ok()) return Changed(indexed);
  }
  return Changed(database.gateway().Load("", collection, {}, 0, {}, {}, false));
}

Result<Outcome> Describe(Database& database, Words& words) {
  const auto info = database.gateway().Find("", words.Next());
  if (!info.ok()) return Told(info.status());
  Outcome outcome;
  outcome.text = (*info)->name + (*info)->schema.description + "\n";
  for (const Field& field : (*info)->schema.fields) {
    outcome.text += "  " + field.name + " " + std::string(NameOf(field.type));
    if (field.primary) outcome.text += " primary";
    if (field.auto_id) outcome.text += " autoid";
    if (field.nullable) outcome.text += " nullable";
    if (field.partition_key) outcome.text += " partitionkey";
    if (field.made) outcome.text += " made";
    for (const auto& [key, value] : field.type_params) outcome.text += " " + key + "=" + value;
    outcome.text += "\n";
  }
  for (const Function& function : (*info)->schema.functions) {
    outcome.text += "  function " + function.name + " " + std::string(NameOf(function.type)) + " " +
                    function.inputs.front() + " " + function.outputs.front() + "\n";
  }
  std::string partitions;
  for (const Partition& partition : (*info)->partitions) {
    partitions +=
        (partitions.empty() ? "" : ",") + partition.name + (partition.loaded ? "" : "(released)");
  }
  outcome.text += "partitions " + partitions + "\n";
  for (const IndexInfo& index : (*info)->indexes) {
    outcome.text += "index " + index.name;
    for (const auto& [key, value] : index.params) outcome.text += " " + key + "=" + value;
    outcome.text += "\n";
  }
  return outcome;
}

Result<Outcome> Load(Database& database, Words& words, bool load) {
  const std::string collection = words.Next();
  std::vector<std::string> partitions;
  if (words.Take("in")) partitions = Split(words.Next(), ',');
  gateway::Gateway& gateway = database.gateway();
  return Changed(load ? gateway.Load("", collection, partitions, 0, {}, {}, !partitions.empty())
                      : gateway.Release("", collection, partitions, !partitions.empty()));
}

Result<Outcome> Drop(Database& database, Words& words) {
  gateway::Gateway& gateway = database.gateway();
  const std::string first = words.Next();
  if (words.AtEnd()) return Changed(gateway.DropCollection(Context(), "", first));
  const std::string name = words.Next();
  if (first == "alias") return Changed(gateway.DropAlias("", name));
  const std::string what = words.Next();
  if (first == "partition") return Changed(gateway.DropPartition("", name, what));
  if (first == "field") return Changed(gateway.DropField("", name, what, FieldId()));
  if (first == "function") return Changed(gateway.DropFunction("", name, what, true));
  if (first == "index") return Changed(gateway.DropIndex("", name, what, what));
  return Bad("drop " + first);
}

Result<Outcome> Stats(Database& database, Words& words) {
  const auto stats = database.gateway().Stats("", words.Next());
  if (!stats.ok()) return Told(stats.status());
  return Outcome{std::to_string(stats->live_rows) + " live rows\n"};
}

using Handler = std::function<Result<Outcome>(Database&, Words&)>;

const std::map<std::string, Handler, std::less<>>& Handlers() {
  static const auto* const kHandlers = new std::map<std::string, Handler, std::less<>>{
      {"create", Create},
      {"addfield", AddField},
      {"addfunction", AddFunction},
      {"alter", Alter},
      {"rename",
       [](Database& d, Words& w) -> Result<Outcome> {
         const std::string name = w.Next();
         return Changed(d.gateway().Rename("", name, "", w.Next()));
       }},
      {"truncate",
       [](Database& d, Words& w) -> Result<Outcome> {
         return Changed(d.gateway().Truncate("", w.Next()));
       }},
      {"insert", [](Database& d, Words& w) { return Write(d, w, WriteKind::kInsert); }},
      {"upsert", [](Database& d, Words& w) { return Write(d, w, WriteKind::kUpsert); }},
      {"update", [](Database& d, Words& w) { return Write(d, w, WriteKind::kUpdate); }},
      {"delete", Delete},
      {"query", [](Database& d, Words& w) { return Query(d, w, false); }},
      {"count", [](Database& d, Words& w) { return Query(d, w, true); }},
      {"search", Search},
      {"hybrid", Hybrid},
      {"index", Index},
      {"serve", Serve},
      {"describe", Describe},
      {"stats", Stats},
      {"load", [](Database& d, Words& w) { return Load(d, w, true); }},
      {"release", [](Database& d, Words& w) { return Load(d, w, false); }},
      {"drop", Drop},
      {"partition",
       [](Database& d, Words& w) -> Result<Outcome> {
         const std::string collection = w.Next();
         return Changed(d.gateway().CreatePartition("", collection, w.Next()));
       }},
      {"alias",
       [](Database& d, Words& w) -> Result<Outcome> {
         const std::string alias = w.Next();
         return Changed(d.gateway().CreateAlias("", w.Next(), alias));
       }},
      {"realias",
       [](Database& d, Words& w) -> Result<Outcome> {
         const std::string alias = w.Next();
         return Changed(d.gateway().AlterAlias("", w.Next(), alias));
       }},
      {"flush", [](Database& d, Words&) -> Result<Outcome> { return Told(d.FlushAll()); }},
      {"settle",
       [](Database& d, Words&) -> Result<Outcome> {
         const Status flushed = d.FlushAll();
         return Told(flushed.ok() ? d.FinishIndexes() : flushed);
       }},
      {"later",
       [](Database& d, Words& w) -> Result<Outcome> {
         d.clock().Advance(1000 * std::strtoll(w.Next().c_str(), nullptr, 10));
         return Told(Status());
       }},
      {"restart", [](Database& d, Words&) -> Result<Outcome> { return Told(d.Restart()); }},
      {"crash", [](Database& d, Words&) -> Result<Outcome> { return Told(d.Crash()); }},
      {"kill", [](Database& d, Words&) -> Result<Outcome> { return Told(d.Kill()); }},
  };
  return *kHandlers;
}

}  // namespace

bool IsRead(std::string_view statement) {
  const std::string word = Words(statement).Next();
  return word == "query" || word == "count" || word == "search" || word == "hybrid" ||
         word == "stats";
}

Result<Outcome> RunStatement(Database& database, std::string_view statement) {
  Words words(statement);
  const std::string word = words.Next();
  const auto handler = Handlers().find(word);
  if (handler == Handlers().end()) return Bad("no statement '" + word + "'");
  return handler->second(database, words);
}

}  // namespace elanus::testing
