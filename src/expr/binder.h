// From syntax to predicates: names to columns, literals and templates to values of the columns'
// types, every rule of the language that syntax does not express.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "expr/filter.h"
#include "expr/predicate.h"
#include "expr/syntax.h"

namespace elanus::expr {

struct BoundFilter {
  PredicatePtr root;
  std::optional<double> sample;  // random_sample: the share of the matching rows to keep
  std::vector<ColumnSlot> slots;
};

// What a filter that is not of the language is answered with.
Status CannotParse(std::string_view text, const Status& reason);

// `source` is the text that `root` was parsed from.
Result<BoundFilter> Bind(std::string_view source, const Node& root, const Schema& schema,
                         const TemplateValues& templates, const CompileOptions& options);

}  // namespace elanus::expr
