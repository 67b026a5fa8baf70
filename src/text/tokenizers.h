// Tokenizers by name. Private to the module.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "model/json.h"
#include "text/analyzer.h"

namespace elanus::text {

// `params`: the object that names it, missing where a string does.
Result<std::unique_ptr<Tokenizer>> MakeTokenizer(std::string_view name, const JsonView& params);

// Runs of letters and digits.
std::unique_ptr<Tokenizer> MakeStandardTokenizer();

// Words by the rules and dictionaries of ICU (UAX #29); the library is loaded when first asked for.
Result<std::unique_ptr<Tokenizer>> MakeIcuTokenizer(bool only_words);

// Chinese words: the most probable cut by a dictionary of word frequencies, words that are not in
// it by a hidden Markov model (jieba). `search` adds the words within words.
struct JiebaOptions {
  bool search = true;
  bool hmm = true;
  bool dictionary = true;          // the one that comes along
  std::vector<std::string> words;  // further ones
};
Result<std::unique_ptr<Tokenizer>> MakeJiebaTokenizer(const JiebaOptions& options);

}  // namespace elanus::text
