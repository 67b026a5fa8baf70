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

// A field whose texts are asked for their terms must have an analyzer that works. `schema`: the
// fields beside it, and the functions.
Status CheckAnalyzer(const Schema& schema, const Field& field);

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

// What is to be analyzed must be UTF-8.
Status CheckUtf8(std::string_view text);

// The terms of a text.
Result<std::vector<AnalyzedToken>> Analyze(const text::Analyzer& analyzer, const std::string& text);

}  // namespace elanus::gateway
