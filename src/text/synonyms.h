// Words that stand for one another. A row "a, b, c" is a group: each becomes all of them (without
// `expand` the first). A row "a, b => c, d" is a mapping: a and b become c and d (with `expand`
// and themselves). A backslash takes the meaning off ',', ' ', '=>' and itself.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace elanus::text {

class SynonymTable {
 public:
  explicit SynonymTable(bool expand) : expand_(expand) {}

  Status Add(std::string_view row);

  // What a word becomes, ascending; null: it stays.
  const std::vector<std::string>* Find(std::string_view word) const;

 private:
  void AddWords(const std::string& word, const std::vector<std::string>& become);

  const bool expand_;
  std::map<std::string, std::vector<std::string>, std::less<>> table_;
};

}  // namespace elanus::text
