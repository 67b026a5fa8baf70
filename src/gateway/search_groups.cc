#include "gateway/search_groups.h"

#include <algorithm>
#include <string>
#include <utility>

#include "expr/field_path.h"
#include "gateway/names.h"
#include "gateway/order_by.h"
#include "gateway/params.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

// A key of the group by its name in the request; with `json_path`, of what that names in the field.
Result<roles::SearchGroups::Key> ParseKey(const Schema& schema, const std::string& name,
                                          const std::string& json_path) {
  const bool brackets = name.find('[') != std::string::npos && name.find(']') != std::string::npos;
  const Field* field = schema.Find(brackets ? name.substr(0, name.find('[')) : name);
  std::string path = json_path;
  if (field == nullptr) {
    field = schema.dynamic_field();
    if (field == nullptr) {
      return FailWith(Code::kFieldNotFound, "groupBy field not found in schema", {{"field", name}});
    }
    if (path.empty()) path = name;
  } else if (path.empty() && brackets && field->type == DataType::kJson) {
    path = name;
  }
  roles::SearchGroups::Key key;
  key.field = field->id;
  key.json = field->type == DataType::kJson;
  if (path.empty()) return key;
  expr::FieldPath inner = TRY(expr::ParseFieldPath(path, schema));
  if (inner.field != field) return Invalid("fieldID not match with field name");
  if (key.json) key.path = std::move(inner.keys);
  return key;
}

Result<size_t> ParseSize(const Properties& params, const Limits& limits) {
  const std::string* text = FindProperty(params, "group_size");
  if (text == nullptr) return size_t{1};
  const std::optional<int64_t> size = ParseInteger(*text);
  if (!size.has_value()) return Invalid("failed to parse input group size:", *text);
  if (*size <= 0) {
    return Invalid("input group size:", *size, " is negative, failed to do search_groupby");
  }
  if (*size > limits.group_size_max) {
    return Invalid("input group size:", *size,
                   " exceeds configured max group size:", limits.group_size_max);
  }
  return static_cast<size_t>(*size);
}

DataType TypeNamed(const std::string* name) {
  if (name == nullptr) return DataType::kNone;
  for (int i = 0; i < 256; ++i) {
    if (NameOf(static_cast<DataType>(i)) == *name) return static_cast<DataType>(i);
  }
  return DataType::kNone;
}

// As the query node of Milvus spells them.
std::string InnerName(DataType type) {
  std::string name(NameOf(type));
  for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
  if (!IsVector(type)) return name;
  if (type == DataType::kSparseFloatVector) return "VECTOR_SPARSE_U32_F32";
  if (type == DataType::kArrayOfVector) return "VECTOR_ARRAY";
  return "VECTOR_" + name.substr(0, name.size() - std::string_view("VECTOR").size());
}

bool IsGroupType(DataType type) {
  return type == DataType::kBool || IsInteger(type) || type == DataType::kVarChar;
}

}  // namespace

Result<std::optional<GroupingPlan>> ParseSearchGroups(const Schema& schema,
                                                      const Properties& params,
                                                      const Limits& limits) {
  const std::string* one = FindProperty(params, "group_by_field");
  const std::string* several = FindProperty(params, "group_by_fields");
  std::vector<std::string> names;
  if (one != nullptr) names = {std::string(Trim(*one))};
  std::erase(names, "");
  if (names.empty() && several != nullptr) names = SplitList(*several);

  GroupingPlan plan;
  plan.singular = one != nullptr && several == nullptr;
  query::JsonCast cast;
  cast.type = TypeNamed(FindProperty(params, "json_type"));
  cast.strict = IsTrue(params, "strict_cast");
  const std::string* json_path = FindProperty(params, "json_path");
  for (const std::string& name : names) {
    auto key = TRY(ParseKey(schema, name, json_path != nullptr ? *json_path : ""));
    if (!key.path.empty() && names.size() > 1) {
      return Invalid("group_by with json path is not supported for multi-field group_by, field:",
                     name);
    }
    Field field = *schema.Find(key.field);
    if (key.json) {
      key.cast = cast;
      field.type = cast.type == DataType::kNone ? DataType::kVarChar : cast.type;
      field.dynamic = false;  // a column of its own, not documents
    }
    plan.fields.push_back(std::move(field));
    plan.groups.keys.push_back(std::move(key));
  }
  plan.groups.size = TRY(ParseSize(params, limits));
  plan.groups.strict = IsTrue(params, "strict_group_size");
  if (names.empty()) return std::optional<GroupingPlan>();
  return std::optional(std::move(plan));
}

Status CheckGroupTypes(const Schema& schema, const GroupingPlan& plan) {
  constexpr std::string_view kLead = "fail to search on QueryNode 1: ";
  for (const roles::SearchGroups::Key& key : plan.groups.keys) {
    const DataType type = schema.Find(key.field)->type;
    if (key.json) {
      if (key.cast.type == DataType::kNone || IsGroupType(key.cast.type)) continue;
      return Invalid(kLead, "unsupported json_type ", InnerName(key.cast.type),
                     " for JSON group by");
    }
    if (IsGroupType(type) || type == DataType::kTimestamptz) continue;
    return Invalid(kLead, "unsupported data type ", InnerName(type), " for group by operator");
  }
  return {};
}

}  // namespace elanus::gateway
