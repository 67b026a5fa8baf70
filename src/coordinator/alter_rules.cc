#include <algorithm>
#include <charconv>
#include <utility>

#include "coordinator/rules.h"

namespace elanus::coordinator {
namespace {

constexpr std::string_view kCollectionDescription = "collection.description";
constexpr std::string_view kFieldDescription = "field.description";
constexpr std::string_view kTtlField = "ttl_field";

// Takes what `change` sets under `key` out of it, into `text`; true when that made a difference.
bool TakeText(std::string_view key, roles::PropertyChange* change, std::string* text) {
  bool changed = false;
  std::erase_if(change->set, [&](const auto& property) {
    if (property.first != key) return false;
    changed |= *text != property.second;
    *text = property.second;
    return true;
  });
  return changed;
}

// Whether a collection can be without the field.
Status CheckDroppable(const CollectionInfo& info, const Field& field) {
  const auto refuse = [](const std::string& text) { return Fail(Code::kParameterInvalid, text); };
  const std::string* ttl_field = FindProperty(info.properties, kTtlField);
  if (ttl_field != nullptr && *ttl_field == field.name) {
    return refuse("cannot drop field " + field.name +
                  " because it is referenced by collection property " + std::string(kTtlField) +
                  ", drop the property first");
  }
  if (field.primary) return refuse("cannot drop primary key field: " + field.name);
  if (field.partition_key) return refuse("cannot drop partition key field: " + field.name);
  if (field.clustering_key) return refuse("cannot drop clustering key field: " + field.name);
  const auto is_vector = [](const Field& other) { return IsVector(other.type); };
  if (is_vector(field) &&
      std::count_if(info.schema.fields.begin(), info.schema.fields.end(), is_vector) == 1) {
    return refuse("cannot drop the last vector field: " + field.name);
  }
  for (const Function& function : info.schema.functions) {
    for (const auto& [names, role] :
         {std::pair(&function.inputs, "input"), std::pair(&function.outputs, "output")}) {
      if (std::find(names->begin(), names->end(), field.name) != names->end()) {
        return refuse("field is referenced by function " + function.name + " as " + role +
                      ", drop function first");
      }
    }
  }
  return {};
}

}  // namespace

bool Apply(const roles::PropertyChange& change, Properties* properties) {
  Properties after = *properties;
  for (const auto& [key, value] : change.set) {
    const auto found = std::find_if(after.begin(), after.end(),
                                    [&](const auto& property) { return property.first == key; });
    if (found == after.end()) {
      after.emplace_back(key, value);
    } else {
      found->second = value;
    }
  }
  for (const std::string& key : change.removed) {
    std::erase_if(after, [&](const auto& property) { return property.first == key; });
  }
  if (after == *properties) return false;
  *properties = std::move(after);
  return true;
}

void ReadNumber(const Properties& properties, std::string_view key, int64_t* number) {
  const std::string* text = FindProperty(properties, key);
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), *number);
}

Result<Edit> AddFieldTo(CollectionInfo* info, Field field) {
  Schema& schema = info->schema;
  if (schema.Find(field.name) != nullptr) {
    if (field.dynamic && schema.enable_dynamic_field) return Edit::kUnchanged;
    return Fail(Code::kParameterInvalid, "duplicated field name " + field.name);
  }
  field.id = FieldId(info->next_field_id++);
  // Fields that a loaded collection serves are named one by one when they are not all of them.
  if (!info->load_fields.empty()) info->load_fields.push_back(field.id);
  const bool before_dynamic = schema.dynamic_field() != nullptr;
  schema.enable_dynamic_field |= field.dynamic;
  schema.fields.insert(schema.fields.end() - (before_dynamic ? 1 : 0), std::move(field));
  ++schema.version;
  return Edit::kChanged;
}

namespace {

void Erase(CollectionInfo* info, FieldId id) {
  std::erase_if(info->schema.fields, [id](const Field& other) { return other.id == id; });
  std::erase_if(info->indexes, [id](const IndexInfo& index) { return index.field == id; });
  std::erase(info->load_fields, id);
}

}  // namespace

Result<Edit> RemoveField(CollectionInfo* info, FieldId id) {
  Schema& schema = info->schema;
  const Field* field = schema.Find(id);
  if (field == nullptr) {
    return Fail(Code::kParameterInvalid, "field not found with id: " + std::to_string(id.value));
  }
  TRY(CheckDroppable(*info, *field));
  if (field->dynamic) schema.enable_dynamic_field = false;
  Erase(info, id);
  ++schema.version;
  return Edit::kChanged;
}

Result<Edit> AddFunctionTo(CollectionInfo* info, Function function, Field field, IndexInfo index) {
  function.id = kFirstUserFieldId;
  for (const Function& other : info->schema.functions) {
    if (other.name == function.name) {
      return Fail(Code::kParameterInvalid, "function already exists, name: " + function.name);
    }
    function.id = std::max(function.id, other.id + 1);
  }
  for (const IndexInfo& other : info->indexes) {
    if (other.name == (index.name.empty() ? field.name : index.name)) {
      return Fail(Code::kParameterInvalid,
                  "index name " + other.name + " already exists in collection");
    }
  }
  const std::string name = field.name;
  TRY(AddFieldTo(info, std::move(field)));
  index.field = info->schema.Find(name)->id;
  info->schema.functions.push_back(std::move(function));
  return AddIndex(info, std::move(index));
}

Result<Edit> RemoveFunction(CollectionInfo* info, std::string_view name) {
  Schema& schema = info->schema;
  const auto function = std::find_if(schema.functions.begin(), schema.functions.end(),
                                     [name](const Function& f) { return f.name == name; });
  if (function == schema.functions.end()) {
    return Fail(Code::kParameterInvalid, "function not found: " + std::string(name));
  }
  std::vector<FieldId> made;
  for (const Field& field : schema.fields) {
    if (schema.FindMaker(field.name) == &*function) made.push_back(field.id);
  }
  const auto vectors =
      static_cast<size_t>(std::count_if(schema.fields.begin(), schema.fields.end(),
                                        [](const Field& other) { return IsVector(other.type); }));
  if (vectors <= made.size()) {
    return Fail(Code::kParameterInvalid, "cannot drop function " + std::string(name) +
                                             ": it would leave no vector field in the collection");
  }
  schema.functions.erase(function);
  for (const FieldId id : made) Erase(info, id);
  ++schema.version;
  return Edit::kChanged;
}

Result<Edit> ChangeProperties(CollectionInfo* info, const roles::PropertyChange& change) {
  roles::PropertyChange rest = change;
  const bool described = TakeText(kCollectionDescription, &rest, &info->schema.description);
  const bool changed = Apply(rest, &info->properties);
  return described || changed ? Edit::kChanged : Edit::kUnchanged;
}

Result<Edit> ChangeField(CollectionInfo* info, std::string_view field_name,
                         const roles::PropertyChange& change) {
  const auto field = std::find_if(info->schema.fields.begin(), info->schema.fields.end(),
                                  [&](const Field& f) { return f.name == field_name; });
  if (field == info->schema.fields.end() || field->dynamic) {
    return Fail(Code::kParameterInvalid,
                "field " + std::string(field_name) + " does not exist in collection");
  }
  roles::PropertyChange rest = change;
  const bool described = TakeText(kFieldDescription, &rest, &field->description);
  const bool changed = Apply(rest, &field->type_params);
  if (!described && !changed) return Edit::kUnchanged;
  ReadNumber(field->type_params, "max_length", &field->max_length);
  ReadNumber(field->type_params, "max_capacity", &field->max_capacity);
  return Edit::kChanged;
}

Result<Edit> ChangeIndex(CollectionInfo* info, std::string_view index_name,
                         const roles::PropertyChange& change) {
  const auto index = std::find_if(info->indexes.begin(), info->indexes.end(),
                                  [&](const IndexInfo& i) { return i.name == index_name; });
  if (index == info->indexes.end()) {
    return FailWith(Code::kIndexNotFound, {{"indexName", index_name}});
  }
  if (!Apply(change, &index->params)) return Edit::kUnchanged;
  index->params_text.clear();  // no longer what was given
  return Edit::kChanged;
}

}  // namespace elanus::coordinator
