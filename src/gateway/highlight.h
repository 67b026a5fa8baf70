// Lexical highlighting of a search's hits: the words of their texts that were searched for.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "gateway/gateway.h"
#include "model/schema.h"
#include "query/hits.h"
#include "text/field_analyzers.h"
#include "text/highlight.h"

namespace elanus::gateway {

class Highlighting {
 public:
  // Checks what was asked for, in Milvus's words. Borrows the schema.
  static Result<Highlighting> Plan(const Schema& schema, const Search& request);

  // Fields that it reads of the hits.
  std::vector<FieldId> inputs() const;
  // `columns`: of hits.output, those of inputs().
  Result<std::vector<HighlightedField>> Of(const query::HitLists& hits,
                                           const std::vector<size_t>& columns) const;

 private:
  struct Target {
    const Field* field;
    text::FieldAnalyzers analyzers;
    const Field* naming = nullptr;              // the analyzer of a row; null: there is one
    std::set<std::string, std::less<>> always;  // terms, of each query
    std::vector<std::set<std::string, std::less<>>> searched;  // terms, of one; may be none
  };

  Status AddSearched(const Schema& schema, const Search& request, const std::string& analyzer);
  Status AddQueries(const Schema& schema, std::string_view json, const std::string& analyzer);
  Result<Target*> TargetFor(const Schema& schema, const Field& field);

  text::HighlightStyle style_;
  std::vector<Target> targets_;
};

}  // namespace elanus::gateway
