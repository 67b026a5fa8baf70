#include "text/filters.h"

#include <algorithm>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <re2/re2.h>

#include "base/hash.h"
#include "text/bad.h"
#include "text/stemmer.h"
#include "text/synonyms.h"
#include "text/unicode.h"

namespace elanus::text {
namespace {

using Words = std::unordered_set<std::string, StringHash, std::equal_to<>>;

// Keeps the tokens that pass.
template <typename Test>
class KeepFilter final : public TokenFilter {
 public:
  explicit KeepFilter(Test test) : test_(std::move(test)) {}
  void Apply(TokenList* list) const override {
    std::erase_if(list->tokens(), [this](const Token& token) { return !test_(token.text); });
  }

 private:
  Test test_;
};

template <typename Test>
std::unique_ptr<TokenFilter> Keep(Test test) {
  return std::make_unique<KeepFilter<Test>>(std::move(test));
}

// Gives tokens another text; `change(text, room)` is false where it stays.
template <typename Change>
class ChangeFilter final : public TokenFilter {
 public:
  explicit ChangeFilter(Change change) : change_(std::move(change)) {}
  void Apply(TokenList* list) const override {
    for (Token& token : list->tokens()) {
      std::string* room = list->Room();
      if (change_(token.text, room)) {
        token.text = *room;
      } else {
        list->Return();
      }
    }
  }

 private:
  Change change_;
};

template <typename Change>
std::unique_ptr<TokenFilter> Changing(Change change) {
  return std::make_unique<ChangeFilter<Change>>(std::move(change));
}

template <typename Test>
bool AnyChar(std::string_view text, Test test) {
  for (size_t at = 0; at < text.size();) {
    if (test(NextChar(text, &at))) return true;
  }
  return false;
}

bool IsAsciiAlphanumeric(char32_t c) { return c < 0x80 && IsAlphanumeric(c); }

bool Lowered(std::string_view text, std::string* room) {
  const bool changes = std::any_of(
      text.begin(), text.end(), [](char c) { return (c & 0x80) != 0 || (c >= 'A' && c <= 'Z'); });
  if (changes) AppendLower(text, room);
  return changes;
}

// Alef, teh marbuta and alef maksura in one form each; no tatweel, no vowel marks.
bool ArabicNormalized(std::string_view text, std::string* room) {
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = NextChar(text, &at);
    if (c == 0x640 || (c >= 0x64B && c <= 0x65F)) continue;
    if (c == 0x622 || c == 0x623 || c == 0x625) {
      AppendUtf8(0x627, room);
    } else if (c == 0x629) {
      AppendUtf8(0x647, room);
    } else if (c == 0x649) {
      AppendUtf8(0x64A, room);
    } else {
      room->append(text.substr(begin, at - begin));
    }
  }
  return true;
}

// Words made of words of a list become those, at the same place.
class Decompounder final : public TokenFilter {
 public:
  explicit Decompounder(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      longest_ = std::max(longest_, word.size());
      words_.insert(word);
    }
  }

  void Apply(TokenList* list) const override {
    std::vector<Token>& tokens = list->tokens();
    std::vector<Token> split;
    split.reserve(tokens.size());
    for (const Token& token : tokens) {
      const size_t before = split.size();
      for (std::string_view rest = token.text; !rest.empty();) {
        const size_t length = LongestAt(rest);
        if (length == 0) {
          split.resize(before);
          break;
        }
        Token part = token;
        part.text = rest.substr(0, length);
        split.push_back(part);
        rest.remove_prefix(length);
      }
      if (split.size() == before) split.push_back(token);
    }
    tokens = std::move(split);
  }

 private:
  size_t LongestAt(std::string_view text) const {
    for (size_t length = std::min(longest_, text.size()); length > 0; --length) {
      if (words_.contains(text.substr(0, length))) return length;
    }
    return 0;
  }

  Words words_;
  size_t longest_ = 0;
};

class Synonyms final : public TokenFilter {
 public:
  explicit Synonyms(SynonymTable table) : table_(std::move(table)) {}

  void Apply(TokenList* list) const override {
    std::vector<Token>& tokens = list->tokens();
    std::vector<Token> all;
    all.reserve(tokens.size());
    for (const Token& token : tokens) {
      const std::vector<std::string>* words = table_.Find(token.text);
      if (words == nullptr || words->empty()) {
        all.push_back(token);
        continue;
      }
      for (const std::string& word : *words) {
        all.push_back(token);
        all.back().text = word;
      }
    }
    tokens = std::move(all);
  }

 private:
  SynonymTable table_;
};

class Stemming final : public TokenFilter {
 public:
  explicit Stemming(std::unique_ptr<Stemmer> stemmer) : stemmer_(std::move(stemmer)) {}
  void Apply(TokenList* list) const override { stemmer_->Apply(list); }

 private:
  std::unique_ptr<Stemmer> stemmer_;
};

Result<std::unique_ptr<TokenFilter>> MakeLength(const JsonView& params) {
  const JsonView max = params.Find("max");
  const bool whole =
      max.type() == JsonType::kUint || (max.type() == JsonType::kInt && max.int64() >= 0);
  if (!whole) return Bad("lenth max param was none or not uint");
  const size_t most = max.type() == JsonType::kUint ? SIZE_MAX : static_cast<size_t>(max.int64());
  return Keep([most](std::string_view text) { return text.size() <= most; });
}

Result<std::unique_ptr<TokenFilter>> MakeRegex(const JsonView& params) {
  const JsonView expr = params.Find("expr");
  if (!expr.exists()) return Bad("must set expr for regex filter");
  if (!expr.is_string()) return Bad("expr must be string");
  RE2::Options options;
  options.set_log_errors(false);
  auto regex = std::make_shared<const RE2>(std::string(expr.string()), options);
  if (!regex->ok()) {
    return Bad("regex expression invalid, expr:" + std::string(expr.string()) +
               ", err: " + regex->error());
  }
  return Keep([regex](std::string_view text) {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex);
  });
}

Result<std::unique_ptr<TokenFilter>> MakeDecompounder(const JsonView& params) {
  std::vector<std::string> words;
  if (const JsonView list = params.Find("word_list"); list.exists()) {
    if (!list.is_array()) return Bad("decompounder word list should be array");
    words = TRY(StringList(list, "decompounder word list"));
  }
  std::erase(words, "");
  if (words.empty()) return Bad("decompounder word list is empty");
  return std::unique_ptr<TokenFilter>(std::make_unique<Decompounder>(words));
}

Result<std::unique_ptr<TokenFilter>> MakeSynonyms(const JsonView& params) {
  bool expand = true;
  if (const JsonView given = params.Find("expand"); given.exists()) {
    if (!given.is_bool()) return Bad("create synonym filter failed, `expand` must be bool");
    expand = given.boolean();
  }
  SynonymTable table(expand);
  if (const JsonView rows = params.Find("synonyms"); rows.exists()) {
    if (!rows.is_array()) return Bad("create synonym filter failed, `synonyms` must be array");
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!rows.At(i).is_string())
        return Bad("create synonym filter failed, item in `synonyms` must be string");
      TRY(table.Add(rows.At(i).string()));
    }
  }
  return std::unique_ptr<TokenFilter>(std::make_unique<Synonyms>(std::move(table)));
}

// The list of most search engines for English.
constexpr std::string_view kEnglishStopWords[] = {
    "a",   "an",    "and",  "are",   "as",    "at",   "be",   "but", "by",  "for",  "if",
    "in",  "into",  "is",   "it",    "no",    "not",  "of",   "on",  "or",  "such", "that",
    "the", "their", "then", "there", "these", "they", "this", "to",  "was", "will", "with"};

}  // namespace

Result<std::vector<std::string>> StringList(const JsonView& value, std::string_view what) {
  if (!value.is_array()) return Bad(std::string(what) + " should be array");
  std::vector<std::string> strings;
  for (size_t i = 0; i < value.size(); ++i) {
    if (!value.At(i).is_string()) return Bad(std::string(what) + " list item should be string");
    strings.emplace_back(value.At(i).string());
  }
  return strings;
}

Result<std::unique_ptr<TokenFilter>> MakeStopFilter(const std::vector<std::string>& words) {
  constexpr std::string_view kOtherLists[] = {
      "_arabic_",     "_chinese_", "_danish_",    "_dutch_",   "_finnish_",
      "_french_",     "_german_",  "_hungarian_", "_italian_", "_norwegian_",
      "_portuguese_", "_russian_", "_spanish_",   "_swedish_", "_thai_"};
  auto stop = std::make_shared<Words>();
  for (const std::string& word : words) {
    if (word == "_english_") {
      for (const std::string_view one : kEnglishStopWords) stop->emplace(one);
    } else if (std::find(std::begin(kOtherLists), std::end(kOtherLists), word) !=
               std::end(kOtherLists)) {
      return Fail(Code::kUnimplemented, "the list of stop words " + word + " is not in this build");
    } else {
      stop->insert(word);
    }
  }
  return Keep([stop](std::string_view text) { return !stop->contains(text); });
}

Result<std::unique_ptr<TokenFilter>> MakeStemmer(std::string_view language) {
  return std::unique_ptr<TokenFilter>(std::make_unique<Stemming>(TRY(Stemmer::Make(language))));
}

std::unique_ptr<TokenFilter> MakeFilter(std::string_view name) {
  if (name == "lowercase") return Changing(Lowered);
  if (name == "asciifolding") return Changing(AppendAsciiFolded);
  if (name == "decimaldigit") return Changing(AppendDecimalFolded);
  if (name == "arabic_normalization") return Changing(ArabicNormalized);
  if (name == "alphanumonly") {
    return Keep([](std::string_view text) {
      return !AnyChar(text, [](char32_t c) { return !IsAsciiAlphanumeric(c); });
    });
  }
  if (name == "cncharonly") return Keep([](std::string_view text) { return AnyChar(text, IsHan); });
  if (name == "cnalphanumonly") {
    return Keep([](std::string_view text) {
      return AnyChar(text, [](char32_t c) { return IsAsciiAlphanumeric(c) || IsHan(c); });
    });
  }
  if (name == "removepunct") {
    return Keep([](std::string_view text) {
      return !AnyChar(text, [](char32_t c) { return IsPunctuation(c) || IsSpace(c); });
    });
  }
  return nullptr;
}

Result<std::unique_ptr<TokenFilter>> MakeFilter(const JsonView& params) {
  const JsonView type = params.Find("type");
  if (!type.exists()) return Bad("no type field in filter params");
  if (!type.is_string()) return Bad("filter type should be string");
  for (const std::string_view file : {"stop_words_file", "word_list_file", "synonyms_file"}) {
    if (params.Find(file).exists())
      return Fail(Code::kUnimplemented, std::string(file) + " (file resources) is not built yet");
  }
  const std::string_view name = type.string();
  if (name == "length") return MakeLength(params);
  if (name == "stop") {
    const JsonView words = params.Find("stop_words");
    return MakeStopFilter(words.exists() ? TRY(StringList(words, "stop_words"))
                                         : std::vector<std::string>());
  }
  if (name == "decompounder") return MakeDecompounder(params);
  if (name == "stemmer") {
    const JsonView language = params.Find("language");
    if (!language.is_string()) return Bad("stemmer language field should be string");
    return MakeStemmer(language.string());
  }
  if (name == "regex") return MakeRegex(params);
  if (name == "synonym") return MakeSynonyms(params);
  if (name == "pinyin") return Fail(Code::kUnimplemented, "filter pinyin is not built yet");
  return Bad("unsupport filter type: " + std::string(name));
}

}  // namespace elanus::text
