#include "expr/names.h"

#include <strings.h>

#include "expr/lexer.h"

namespace elanus::expr {
namespace {

Status Bad(const std::string& reason) { return Fail(Code::kParameterInvalid, reason); }

}  // namespace

Result<const Field*> Names::Find(const std::string& name) const {
  const Field* field = schema_.Find(name);
  if (field != nullptr) return field;
  if (strcasecmp(name.c_str(), "null") == 0) {
    return Bad(
        "NULL literal is not supported in expressions; use '<field> is null' or '<field> is not "
        "null' instead");
  }
  field = schema_.dynamic_field();
  if (field != nullptr) return field;
  return Bad("field " + name + " not exist");
}

Result<ColumnRef> Names::Identifier(std::string_view text, bool allow_text) const {
  const std::string name = DecodeUnicode(text);
  ColumnRef column;
  column.field = TRY(Find(name));
  if (name != column.field->name) column.path.push_back(name);  // a key of $meta
  if (column.type() == DataType::kText && !allow_text) {
    return Bad("filter on text field (" + column.field->name + ") is not supported yet");
  }
  return column;
}

Result<ColumnRef> Names::Path(std::string_view text) const {
  const std::string name = DecodeUnicode(text.substr(0, text.find('[')));
  ColumnRef column;
  column.field = TRY(Find(name));
  if (column.type() != DataType::kJson && column.type() != DataType::kArray) {
    return Bad(std::string(NameOf(column.type())) + " data type not supported accessed with []");
  }
  if (name != column.field->name) column.path.push_back(name);
  for (size_t at = text.find('['); at < text.size();) {
    ++at;  // past '['
    const bool raw = text[at] == 'r' || text[at] == 'R';
    if (raw) ++at;
    const char quote = text[at];
    size_t end = at;
    if (quote == '"' || quote == '\'') {
      for (end = at + 1; text[end] != quote; ++end) end += text[end] == '\\' ? 1 : 0;
      const std::string_view key = text.substr(at + 1, end - at - 1);
      if (key.empty()) return Bad("invalid identifier: " + std::string(text));
      if (column.type() == DataType::kArray)
        return Bad("can only access array field with integer index");
      column.path.push_back(raw ? std::string(key) : DecodeUnicode(key));
      end += 1;
    } else {
      end = text.find(']', at);
      column.path.emplace_back(text.substr(at, end - at));
    }
    at = end + 1;  // past ']'
  }
  return column;
}

}  // namespace elanus::expr
