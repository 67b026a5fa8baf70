// FieldMaker: the values of a field that a function makes of other fields of the row.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/column.h"
#include "model/schema.h"
#include "text/field_analyzers.h"

namespace elanus::text {

class FieldMaker {
 public:
  // `output`: a field of the schema with `made`.
  static Result<FieldMaker> Of(const Schema& schema, const Field& output);

  FieldId input() const { return input_; }
  // The field that names the analyzer of a row, if there is one.
  std::optional<FieldId> naming() const { return naming_; }

  // Of a row's text and the analyzer that it names; nullopt: null.
  std::string Make(std::optional<std::string_view> text, std::optional<std::string_view> name);

 private:
  FieldMaker(FieldAnalyzers analyzers, FieldId input)
      : analyzers_(std::move(analyzers)), input_(input) {}

  FieldAnalyzers analyzers_;
  FieldId input_;
  std::optional<FieldId> naming_;
  TokenList list_;
};

// Adds the columns of made fields that `rows` lacks.
Status MakeFields(const Schema& schema, Batch* rows);

}  // namespace elanus::text
