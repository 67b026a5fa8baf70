// Analyzers of fields: checked when a schema is made, tried out by RunAnalyzer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/schema.h"
#include "text/analyzer.h"

namespace elanus::gateway {

// A flag of the field's parameters, such as enable_match.
bool Enabled(const Field& field, std::string_view param);

// A field whose texts are asked for their terms must have an analyzer that works.
Status CheckAnalyzer(const Field& field);

// That of the field's parameters.
Result<std::shared_ptr<const text::Analyzer>> AnalyzerOf(const Field& field);

struct AnalysisRequest {
  std::string params;                       // or else of a field:
  std::string database, collection, field;  // `collection` empty: not given
  std::vector<std::string> analyzer_names;
  std::vector<std::string> texts;
};

struct AnalyzedToken {
  std::string text;
  uint32_t begin = 0, end = 0, position = 0, length = 0;
};

// The terms of each text.
Result<std::vector<std::vector<AnalyzedToken>>> Analyze(const text::Analyzer& analyzer,
                                                        const std::vector<std::string>& texts);

}  // namespace elanus::gateway
