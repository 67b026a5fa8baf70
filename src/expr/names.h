// What the names in a filter stand for: fields, keys of JSON, elements of arrays; an unknown name
// is a key of the dynamic field, where there is one.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "expr/operators.h"
#include "model/schema.h"

namespace elanus::expr {

class Names {
 public:
  explicit Names(const Schema& schema) : schema_(schema) {}  // outlives this

  // Fields of type Text only when allowed: comparisons cannot read them.
  Result<ColumnRef> Identifier(std::string_view text, bool allow_text) const;
  // js["a"][0], arr[1], as the lexer found it. Keys are as written, but for \uXXXX.
  Result<ColumnRef> Path(std::string_view text) const;

 private:
  Result<const Field*> Find(const std::string& name) const;
  const Schema& schema_;
};

}  // namespace elanus::expr
