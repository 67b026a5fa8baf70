#include "gateway/search_order.h"

#include <utility>

#include "base/text.h"
#include "expr/field_path.h"
#include "gateway/names.h"
#include "gateway/order_by.h"
#include "gateway/params.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

// "field:direction:nulls" at the colons outside of brackets.
Result<std::vector<std::string>> SplitItem(const std::string& item) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : item) {
    if (c == '[') ++depth;
    if (c == ']') --depth;
    if (c != ':' || depth != 0) {
      parts.back() += c;
    } else if (parts.size() == 3) {
      return Invalid("too many order_by field options in '", item, "'");
    } else {
      parts.emplace_back();
    }
  }
  for (std::string& part : parts) part = std::string(Trim(part));
  parts.resize(3);
  return parts;
}

bool IsSortable(DataType type) {
  return type == DataType::kBool || IsNumber(type) || type == DataType::kString ||
         type == DataType::kVarChar;
}

Result<SearchOrder::Source> ParseSource(const Schema& schema, const std::string& name) {
  const bool brackets = name.find('[') != std::string::npos && name.find(']') != std::string::npos;
  const std::string base = brackets ? name.substr(0, name.find('[')) : name;
  const Field* field = schema.Find(base);
  if (field != nullptr && !brackets) {
    if (!IsSortable(field->type)) {
      return Invalid("order_by field '", name, "' has unsortable type ", NameOf(field->type),
                     "; supported types: bool, int8/16/32/64, float, double, string, varchar; for "
                     "JSON fields use path syntax like field[\"key\"]");
    }
    return SearchOrder::Source{field->id, false, {}};
  }
  if (field != nullptr && field->type != DataType::kJson) {
    return Invalid("order_by field '", name, "' has brackets but is not a JSON type");
  }
  if (field == nullptr && schema.dynamic_field() == nullptr) {
    if (brackets) {
      return Invalid("order_by field '", base,
                     "' not found in schema and no dynamic field available");
    }
    return Invalid("order_by field '", name, "' does not exist in collection schema");
  }
  Result<expr::FieldPath> path = expr::ParseFieldPath(name, schema);
  if (!path.ok()) {
    return Invalid(
        brackets ? "invalid JSON path in order_by field '" : "invalid dynamic field key '", name,
        "': ", path.status().message());
  }
  return SearchOrder::Source{path->field->id, true, std::move(path->keys)};
}

}  // namespace

Result<SearchOrder> ParseSearchOrder(const Schema& schema, const Properties& params) {
  SearchOrder order;
  const std::string* text = FindProperty(params, "order_by_fields");
  if (text == nullptr) return order;
  for (const std::string& item : SplitList(*text)) {
    const std::vector<std::string> parts = TRY(SplitItem(item));
    const std::string& name = parts[0];
    if (name.empty()) return Invalid("empty field name in order_by_fields");
    query::OrderKey key;
    const std::string direction = Lower(parts[1]);
    key.ascending = direction != "desc" && direction != "descending";
    if (key.ascending && !direction.empty() && direction != "asc" && direction != "ascending") {
      return Invalid("invalid order direction '", parts[1], "' for field '", name,
                     "', expected 'asc' or 'desc'");
    }
    const std::string nulls = Lower(parts[2]);
    if (!nulls.empty() && nulls != "nulls_first" && nulls != "nulls_last") {
      return Invalid("invalid null ordering '", parts[2],
                     "', expected 'nulls_first' or 'nulls_last'");
    }
    key.nulls_first = nulls.empty() ? !key.ascending : nulls == "nulls_first";
    SearchOrder::Source source = TRY(ParseSource(schema, name));
    key.field = source.field;
    order.keys.push_back(key);
    order.sources.push_back(std::move(source));
  }
  return order;
}

}  // namespace elanus::gateway
