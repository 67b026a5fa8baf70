#include "gateway/output_fields.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "gateway/names.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

Status CheckAggregate(const Schema& schema, const AggregateCall& aggregate) {
  if (aggregate.field == "*") {
    if (aggregate.name == "count") return {};
    return Invalid(aggregate.name, "(*) is not supported, only count(*) is allowed");
  }
  const Field* field = schema.Find(aggregate.field);
  if (field == nullptr) {
    return Invalid("target field ", aggregate.field, " for aggregation:", aggregate.name,
                   " does not exist");
  }
  const bool ordered = IsNumber(field->type) || field->type == DataType::kVarChar ||
                       field->type == DataType::kTimestamptz;
  const bool fits =
      aggregate.name == "count" ||
      (aggregate.name == "min" || aggregate.name == "max" ? ordered : IsNumber(field->type));
  if (fits) return {};
  return Invalid("aggregation operator ", aggregate.name, " does not support data type ",
                 NameOf(field->type));
}

// `key` or `$meta["key"]`.
bool IsDynamicKey(std::string_view name) {
  const std::string lead = Concat(kDynamicFieldName, "[");
  if (name.starts_with(lead)) {
    const std::string_view quoted = name.substr(lead.size());
    return quoted.size() > 3 && (quoted[0] == '"' || quoted[0] == '\'') && quoted.back() == ']' &&
           quoted[quoted.size() - 2] == quoted[0] && quoted.find(']') == quoted.size() - 1;
  }
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (static_cast<unsigned char>(c) & 0x80) != 0;
  });
}

template <typename T>
void AddOnce(const T& item, std::vector<T>* list) {
  if (std::find(list->begin(), list->end(), item) == list->end()) list->push_back(item);
}

}  // namespace

std::optional<AggregateCall> ParseAggregate(std::string_view text) {
  const size_t open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')') return std::nullopt;
  const std::string name = Lower(Trim(text.substr(0, open)));
  constexpr std::array<std::string_view, 5> kNames = {"count", "sum", "avg", "min", "max"};
  if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) return std::nullopt;
  return AggregateCall{name, std::string(Trim(text.substr(open + 1, text.size() - open - 2)))};
}

Result<OutputFields> ResolveOutputFields(const Schema& schema,
                                         const std::vector<std::string>& requested,
                                         PrimaryKey primary) {
  OutputFields out;
  for (const std::string& text : requested) {
    const std::string name(Trim(text));
    if (name == "*") {
      out.primary_named = true;
      for (const Field& field : schema.fields) {
        if (field.made) continue;
        AddOnce(field.id, &out.ids);
        AddOnce(field.name, &out.names);
      }
      continue;
    }
    if (const std::optional<AggregateCall> aggregate = ParseAggregate(name)) {
      TRY(CheckAggregate(schema, *aggregate));
      AddOnce(Concat(aggregate->name, "(", aggregate->field, ")"), &out.aggregates);
      AddOnce(name, &out.names);
      continue;
    }
    if (const Field* field = schema.Find(name)) {
      if (field->made) return Invalid("not allowed to retrieve raw data of field ", field->name);
      out.primary_named |= field->primary;
      AddOnce(field->id, &out.ids);
      AddOnce(name, &out.names);
      continue;
    }
    const Field* dynamic = schema.dynamic_field();
    if (dynamic == nullptr) return Invalid("field ", name, " not exist");
    if (!IsDynamicKey(name)) return Invalid("parse output field name failed: ", name);
    AddOnce(dynamic->id, &out.ids);
    AddOnce(name, &out.names);
  }
  if (primary == PrimaryKey::kLast) {
    std::erase(out.ids, schema.primary().id);
    std::erase(out.names, schema.primary().name);
    if (out.primary_named) {
      out.ids.push_back(schema.primary().id);
      out.names.push_back(schema.primary().name);
    }
  }
  return out;
}

std::vector<OutputColumn> Describe(const Schema& schema, const std::vector<FieldId>& ids,
                                   std::vector<Column> columns) {
  std::vector<OutputColumn> out;
  for (size_t i = 0; i < ids.size() && i < columns.size(); ++i) {
    out.push_back({*schema.Find(ids[i]), std::move(columns[i])});
  }
  return out;
}

}  // namespace elanus::gateway
