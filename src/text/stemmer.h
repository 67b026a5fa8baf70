// Stems by Snowball's rules (libstemmer). Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "text/token.h"

struct sb_stemmer;

namespace elanus::text {

class Stemmer {
 public:
  // `language`: its English name in any case. kParameterInvalid: there are no rules for it.
  static Result<std::unique_ptr<Stemmer>> Make(std::string_view language);

  // The tokens' stems.
  void Apply(TokenList* list) const;

 private:
  struct Delete {
    void operator()(sb_stemmer* stemmer) const;
  };
  using Handle = std::unique_ptr<sb_stemmer, Delete>;

  explicit Stemmer(const char* language) : language_(language) {}
  Handle Take() const;

  const char* const language_;
  mutable std::mutex mutex_;
  mutable std::vector<Handle> idle_;  // guarded by mutex_; one thread uses one at a time
};

}  // namespace elanus::text
