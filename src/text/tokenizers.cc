#include "text/tokenizers.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "text/bad.h"
#include "text/filters.h"
#include "text/unicode.h"

namespace elanus::text {
namespace {

// Runs of characters that are no delimiter, one place each.
template <typename Delimits>
class RunTokenizer final : public Tokenizer {
 public:
  explicit RunTokenizer(Delimits delimits) : delimits_(std::move(delimits)) {}

  void Cut(std::string_view text, TokenList* list) const override {
    uint32_t position = 0;
    size_t begin = 0;
    const auto end_at = [&](size_t end) {
      if (end > begin) {
        list->tokens().push_back({text.substr(begin, end - begin), static_cast<uint32_t>(begin),
                                  static_cast<uint32_t>(end), position++, 1});
      }
    };
    for (size_t at = 0; at < text.size();) {
      const size_t here = at;
      if (!delimits_(NextChar(text, &at))) continue;
      end_at(here);
      begin = at;
    }
    end_at(text.size());
  }

 private:
  Delimits delimits_;
};

template <typename Delimits>
std::unique_ptr<Tokenizer> MakeRuns(Delimits delimits) {
  return std::make_unique<RunTokenizer<Delimits>>(std::move(delimits));
}

bool IsAsciiSpace(char32_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

// Delimiters that are named, or given one by one.
class CharGroup {
 public:
  static Result<CharGroup> Parse(const JsonView& params) {
    const JsonView delimiters = params.Find("delimiters");
    if (!delimiters.exists()) return Bad("char group tokenizer delimiters can't be empty");
    if (!delimiters.is_array()) return Bad("char group tokenizer delimiters must be a vector");
    CharGroup group;
    for (size_t i = 0; i < delimiters.size(); ++i) {
      const JsonView delimiter = delimiters.At(i);
      if (!delimiter.is_string())
        return Bad("char group tokenizer delimiter in delimiters must be string");
      const std::string_view text = delimiter.string();
      if (CountChars(text) == 1) {
        size_t at = 0;
        group.chars_.push_back(NextChar(text, &at));
        continue;
      }
      const auto known = std::find_if(kNames.begin(), kNames.end(),
                                      [&](const Named& named) { return named.name == text; });
      if (known == kNames.end())
        return Bad(std::string(text) + " not a char or name of build-in char group");
      group.groups_.push_back(known->holds);
    }
    return group;
  }

  bool operator()(char32_t c) const {
    return std::find(chars_.begin(), chars_.end(), c) != chars_.end() ||
           std::any_of(groups_.begin(), groups_.end(), [c](auto* holds) { return holds(c); });
  }

 private:
  struct Named {
    std::string_view name;
    bool (*holds)(char32_t);
  };
  static constexpr std::array<Named, 9> kNames = {{
      {"whitespace", IsSpace},
      {"letter", IsLetter},
      {"digit", [](char32_t c) { return c >= '0' && c <= '9'; }},
      {"punctuation", IsPunctuation},
      {"symbol", IsSymbol},
      {"ascii_whitespace", IsAsciiSpace},
      {"ascii_letter", [](char32_t c) { return c < 0x80 && IsLetter(c); }},
      {"ascii_digit", [](char32_t c) { return c >= '0' && c <= '9'; }},
      {"ascii_punctuation",
       [](char32_t c) { return c < 0x80 && (IsPunctuation(c) || IsSymbol(c)); }},
  }};

  std::vector<char32_t> chars_;
  std::vector<bool (*)(char32_t)> groups_;
};

Result<JiebaOptions> ParseJieba(const JsonView& params) {
  JiebaOptions options;
  if (const JsonView dict = params.Find("dict"); dict.exists()) {
    if (!dict.is_array()) return Bad("jieba tokenizer dict must be array");
    options.dictionary = false;
    for (size_t i = 0; i < dict.size(); ++i) {
      if (!dict.At(i).is_string()) return Bad("jieba tokenizer dict item must be string");
      const std::string_view word = dict.At(i).string();
      if (word == "_extend_default_") {
        return Fail(Code::kUnimplemented,
                    "jieba dictionary _extend_default_ is not in this build; use _default_");
      }
      if (word == "_default_") {
        if (options.dictionary) return Bad("jieba tokenizer dict can only set one system dict");
        options.dictionary = true;
      } else if (!word.empty()) {
        options.words.emplace_back(word);
      }
    }
  }
  if (params.Find("extra_dict_file").exists())
    return Fail(Code::kUnimplemented, "jieba extra_dict_file (file resources) is not built yet");
  if (const JsonView mode = params.Find("mode"); mode.exists()) {
    if (!mode.is_string()) return Bad("jieba tokenizer mode must be string");
    if (mode.string() != "exact" && mode.string() != "search")
      return Bad("jieba tokenizer mode must be \"exact\" or \"search\"");
    options.search = mode.string() == "search";
  }
  if (const JsonView hmm = params.Find("hmm"); hmm.exists()) {
    if (!hmm.is_bool()) return Bad("jieba tokenizer mode must be boolean");
    options.hmm = hmm.boolean();
  }
  return options;
}

}  // namespace

std::unique_ptr<Tokenizer> MakeStandardTokenizer() {
  return MakeRuns([](char32_t c) { return !IsAlphanumeric(c); });
}

Result<std::unique_ptr<Tokenizer>> MakeTokenizer(std::string_view name, const JsonView& params) {
  if (name == "standard") return MakeStandardTokenizer();
  if (name == "whitespace") return MakeRuns(IsAsciiSpace);
  if (name == "char_group") {
    if (!params.exists()) return Bad("char group tokenizer must be customized");
    return MakeRuns(TRY(CharGroup::Parse(params)));
  }
  if (name == "icu") return MakeIcuTokenizer(/*only_words=*/false);
  if (name == "thai") return MakeIcuTokenizer(/*only_words=*/true);
  if (name == "jieba") return MakeJiebaTokenizer(TRY(ParseJieba(params)));
  if (name == "lindera" || name == "language_identifier" || name == "grpc")
    return Fail(Code::kUnimplemented, "tokenizer " + std::string(name) + " is not built yet");
  return Bad("unsupported tokenizer: " + std::string(name));
}

}  // namespace elanus::text
