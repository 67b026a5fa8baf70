#include "text/field_maker.h"

#include <utility>

namespace elanus::text {
namespace {

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
        maker.Make(texts->ValueOf(row), names != nullptr ? names->ValueOf(row) : std::nullopt));
  }
  return made;
}

}  // namespace

Result<FieldMaker> FieldMaker::Of(const Schema& schema, const Field& output) {
  const Field* input = schema.FindInput(output.name);
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
