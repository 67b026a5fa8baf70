// The filter language: text -> Filter (parsed and bound to a schema) -> rows that pass.
//
//   auto filter = TRY(expr::Compile("age > 18 and city in {cities}", schema, templates));
//   Bitmap passed(rows);
//   TRY(filter->Evaluate(context, source, &passed));
//
// A Filter is immutable and thread-safe; it knows no storage. Three-valued logic: a row passes only
// on TRUE.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "expr/source.h"
#include "model/bitmap.h"
#include "model/schema.h"
#include "model/value.h"

namespace elanus::expr {

using TemplateValues = std::map<std::string, Value, std::less<>>;

class ParsedFilters;

struct CompileOptions {
  std::string timezone = "UTC";     // for naive timestamps
  ParsedFilters* parsed = nullptr;  // where the syntax of texts is kept, if anywhere
};

class Filter {
 public:
  virtual ~Filter() = default;

  // Sets bit r of `passed` (source.rows() bits) for each row r < source.rows() that passes.
  virtual Status Evaluate(const Context& context, const Source& source, Bitmap* passed) const = 0;

  // Fields it reads, each once.
  virtual const std::vector<FieldId>& fields() const = 0;

  // If the whole filter is `pk == x` or `pk in [..]`: the keys (a fast path for point reads and
  // deletes).
  virtual const std::vector<Value>* primary_keys() const = 0;

  // The filter is the literal true (or empty): every row passes.
  virtual bool always_true() const = 0;
};

// Errors are Milvus's: code 1100 and texts without the "failed to create query plan: " prefix,
// which the caller adds ("cannot parse expression: <text>, error: ..." but for a predicate that is
// no boolean one). Empty text compiles to always_true.
Result<std::shared_ptr<const Filter>> Compile(std::string_view text, const Schema& schema,
                                              const TemplateValues& templates,
                                              const CompileOptions& options = {});

}  // namespace elanus::expr
