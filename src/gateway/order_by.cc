#include "gateway/order_by.h"

#include <algorithm>

#include "base/text.h"
#include "gateway/names.h"
#include "gateway/params.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(Trim(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return parts;
}

bool IsSortable(DataType type) {
  return type == DataType::kBool || IsNumber(type) || IsString(type);
}

}  // namespace

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> parts = Split(text, ',');
  std::erase(parts, "");
  return parts;
}

Result<std::vector<query::OrderKey>> ParseOrderBy(const Schema& schema,
                                                  const std::vector<std::string>& items) {
  std::vector<query::OrderKey> keys;
  for (const std::string& item : items) {
    const std::vector<std::string> parts = Split(item, ':');
    const std::string& name = parts[0];
    query::OrderKey key;
    if (parts.size() > 1) {
      const std::string direction = Lower(parts[1]);
      key.ascending = direction != "desc" && direction != "descending";
      if (key.ascending && direction != "asc" && direction != "ascending" && !direction.empty()) {
        return Invalid("invalid order direction '", direction, "' for field '", name,
                       "', must be 'asc' or 'desc'");
      }
    }
    key.nulls_first = !key.ascending;
    if (parts.size() > 2) {
      const std::string nulls = Lower(parts[2]);
      if (nulls != "nulls_first" && nulls != "nulls_last") {
        return Invalid("invalid null ordering '", nulls,
                       "', must be 'nulls_first' or 'nulls_last'");
      }
      key.nulls_first = nulls == "nulls_first";
    }
    const Field* field = schema.Find(name);
    if (field == nullptr) {
      return Invalid("order_by field '", name, "' does not exist in collection schema");
    }
    if (!IsSortable(field->type)) {
      return Invalid("order_by field '", name, "' has type ", NameOf(field->type),
                     " which is not sortable");
    }
    key.field = field->id;
    keys.push_back(key);
  }
  return keys;
}

}  // namespace elanus::gateway
