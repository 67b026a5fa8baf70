// Analyzer: cuts texts into terms, as the `analyzer_params` of a field say: a tokenizer, then
// filters, or one of the ready-made ones. The parameters, defaults and errors are Milvus's
// (docs/compatibility.md).
//
//   auto analyzer = TRY(Analyzer::Make(R"({"tokenizer": "standard", "filter": ["lowercase"]})"));
//   analyzer->Analyze("The Quick fox", &list);   // the, quick, fox
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/schema.h"
#include "text/token.h"

namespace elanus::text {

// The first stage: fills an empty list.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual void Cut(std::string_view text, TokenList* list) const = 0;
};

// A later stage: changes the list.
class TokenFilter {
 public:
  virtual ~TokenFilter() = default;
  virtual void Apply(TokenList* list) const = 0;
};

// Immutable, thread-safe.
class Analyzer {
 public:
  // `params`: a JSON object; empty or "{}": the standard one. Equal parameters give the same object
  // as long as somebody holds it. kParameterInvalid says what is wrong with them, kUnimplemented
  // what this build or this machine lacks.
  static Result<std::shared_ptr<const Analyzer>> Make(std::string_view params);

  Analyzer(std::unique_ptr<Tokenizer> tokenizer, std::vector<std::unique_ptr<TokenFilter>> filters)
      : tokenizer_(std::move(tokenizer)), filters_(std::move(filters)) {}

  // The terms of `text`, which `list` refers to. Bytes that are no UTF-8 separate terms.
  void Analyze(std::string_view text, TokenList* list) const {
    list->Clear();
    tokenizer_->Cut(text, list);
    for (const auto& filter : filters_) filter->Apply(list);
  }

 private:
  const std::unique_ptr<Tokenizer> tokenizer_;
  const std::vector<std::unique_ptr<TokenFilter>> filters_;
};

// That of the field's parameters.
Result<std::shared_ptr<const Analyzer>> AnalyzerOf(const Field& field);

// What a term is called in a sparse vector: CRC-32 (IEEE) of its first 100 bytes, never the largest
// number.
uint32_t HashOfTerm(std::string_view term);

}  // namespace elanus::text
