#include "text/stemmer.h"

#include <algorithm>
#include <array>
#include <string>

#include <libstemmer.h>

#include "base/text.h"

namespace elanus::text {

Result<std::unique_ptr<Stemmer>> Stemmer::Make(std::string_view language) {
  constexpr std::array<const char*, 19> kLanguages = {
      "arabic",  "danish",    "dutch",   "english",   "finnish",    "french",   "german",
      "greek",   "hungarian", "italian", "norwegian", "portuguese", "romanian", "russian",
      "spanish", "swedish",   "tamil",   "turkish",   "arabig"};
  const std::string name = Lower(language);
  const auto* known = std::find(kLanguages.begin(), kLanguages.end(), name);
  if (known == kLanguages.end()) {
    return Fail(Code::kParameterInvalid, "create stemmer failed : unsupport language: " + name);
  }
  // A misspelling that Milvus's users may have in their schemas.
  const char* rules = name == "arabig" ? "arabic" : *known;
  std::unique_ptr<Stemmer> stemmer(new Stemmer(rules));
  if (stemmer->Take() == nullptr)
    return Fail(Code::kUnimplemented, "libstemmer has no rules for " + name);
  return stemmer;
}

void Stemmer::Delete::operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }

Stemmer::Handle Stemmer::Take() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Handle handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  return Handle(sb_stemmer_new(language_, nullptr));
}

void Stemmer::Apply(TokenList* list) const {
  Handle handle = Take();
  for (Token& token : list->tokens()) {
    const auto* stem =
        sb_stemmer_stem(handle.get(), reinterpret_cast<const sb_symbol*>(token.text.data()),
                        static_cast<int>(token.text.size()));
    if (stem == nullptr) continue;  // out of memory: the word as it is
    const std::string_view text(reinterpret_cast<const char*>(stem),
                                static_cast<size_t>(sb_stemmer_length(handle.get())));
    if (text == token.text) continue;
    std::string* room = list->Room();
    room->assign(text);
    token.text = *room;
  }
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(handle));
}

}  // namespace elanus::text
