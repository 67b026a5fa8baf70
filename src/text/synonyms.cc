#include "text/synonyms.h"

#include <algorithm>
#include <utility>

#include "text/bad.h"

namespace elanus::text {
namespace {

struct Row {
  std::vector<std::string> left, right;
  bool mapping = false;
};

Result<Row> ParseRow(std::string_view text) {
  Row row;
  std::string word;
  bool spaced = false;  // a space came after the word
  const auto end_word = [&] {
    if (!word.empty()) (row.mapping ? row.right : row.left).push_back(std::move(word));
    word.clear();
    spaced = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest[0] == '\\') {
      if (rest.size() == 1) return Bad("invalid synonym escaped in the end: " + std::string(text));
      if (rest[1] == ',' || rest[1] == '\\' || rest[1] == ' ') {
        word.push_back(rest[1]);
        ++i;
      } else if (rest.substr(1).starts_with("=>")) {
        word += "=>";
        i += 2;
      } else {
        return Bad("invalid synonym escaped: \\" + std::string(rest.substr(1, 1)) + " in " +
                   std::string(text));
      }
    } else if (rest[0] == ' ') {
      spaced |= !word.empty();
    } else if (rest[0] == ',') {
      end_word();
    } else if (rest.starts_with("=>")) {
      if (row.mapping)
        return Bad("read synonym dict failed, has more than one \"=>\" in " + std::string(text));
      end_word();
      row.mapping = true;
      ++i;
    } else if (spaced) {
      return Bad("read synonym dict failed, has space between words " + std::string(text) +
                 ", please use \\ to escape space");
    } else {
      word.push_back(rest[0]);
    }
  }
  end_word();
  return row;
}

}  // namespace

void SynonymTable::AddWords(const std::string& word, const std::vector<std::string>& become) {
  const auto [at, fresh] = table_.try_emplace(word);
  std::vector<std::string>& words = at->second;
  words.insert(words.end(), become.begin(), become.end());
  if (fresh && expand_) words.push_back(word);
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
}

Status SynonymTable::Add(std::string_view text) {
  const Row row = TRY(ParseRow(text));
  for (const std::string& word : row.left) {
    if (row.mapping) {
      AddWords(word, row.right);
    } else {
      AddWords(word, expand_ ? row.left : std::vector<std::string>{row.left.front()});
    }
  }
  return {};
}

const std::vector<std::string>* SynonymTable::Find(std::string_view word) const {
  const auto at = table_.find(word);
  return at == table_.end() ? nullptr : &at->second;
}

}  // namespace elanus::text
