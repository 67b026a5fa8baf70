// FieldAnalyzers: what cuts the texts of a field: one analyzer, or of several the one that another
// field of the row names (`multi_analyzer_params`). Immutable, thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/schema.h"
#include "text/analyzer.h"

namespace elanus::text {

class FieldAnalyzers {
 public:
  // kParameterInvalid says what is wrong with the field's parameters.
  static Result<FieldAnalyzers> Of(const Field& field);

  // The field whose values name analyzers; empty: there is one for all.
  const std::string& by_field() const { return by_field_; }
  // By name or alias; the default one where there is none of that name.
  const Analyzer& Named(std::string_view name) const;

 private:
  static constexpr std::string_view kDefault = "default";

  Status Parse(const std::string& field, std::string_view params);

  std::string by_field_;
  std::map<std::string, std::string, std::less<>> aliases_;
  std::map<std::string, std::shared_ptr<const Analyzer>, std::less<>> analyzers_;
};

// What a text says as a sparse row, for BM25: the hashes of its terms, ascending, with how often
// each is in it. `list`: room, reused from text to text.
std::string TermFrequencies(std::string_view text, const Analyzer& analyzer, TokenList* list);

}  // namespace elanus::text
