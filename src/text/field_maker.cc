#include "text/field_maker.h"

#include <utility>

namespace elanus::text {
namespace {

std::optional<std::string_view> At(const Column& column, size_t row) {
  if (column.IsNull(row)) return std::nullopt;
  return column.String(row);
}

Status Missing(const std::string& field) {
  return Fail(Code::kParameterInvalid, "a function's input is missing: field " + field);
}

Result<Column> MakeColumn(const Schema& schema, const Field& output, const Batch& rows) {
  auto maker = TRY(FieldMaker::Of(schema, output));
  const Column* texts = rows.Find(maker.input());
  if (texts == nullptr) return Missing(schema.Find(maker.input())->name);
  const Column* names = maker.naming() ? rows.Find(*maker.naming()) : nullptr;
  Column made(output.id, output.type);
  for (size_t row = 0; row < texts->rows(); ++row) {
    made.AppendString(
        maker.Make(At(*texts, row), names != nullptr ? At(*names, row) : std::nullopt));
  }
  return made;
}

}  // namespace

Result<FieldMaker> FieldMaker::Of(const Schema& schema, const Field& output) {
  const Function* function = schema.FindMaker(output.name);
  const Field* input = function == nullptr ? nullptr : schema.Find(function->inputs.front());
  if (input == nullptr) return Missing(output.name);
  FieldMaker maker(TRY(FieldAnalyzers::Of(*input)), input->id);
  if (const Field* naming = schema.Find(maker.analyzers_.by_field())) maker.naming_ = naming->id;
  return maker;
}

std::string FieldMaker::Make(std::optional<std::string_view> text,
                             std::optional<std::string_view> name) {
  return TermFrequencies(text.value_or(std::string_view()),
                         analyzers_.Named(name.value_or(std::string_view())), &list_);
}

Status MakeFields(const Schema& schema, Batch* rows) {
  for (const Field& field : schema.fields) {
    if (field.made && rows->Find(field.id) == nullptr)
      rows->columns.push_back(TRY(MakeColumn(schema, field, *rows)));
  }
  return {};
}

}  // namespace elanus::text
